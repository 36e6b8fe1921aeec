"""What a text tells: its words that mean something, its names and numbers, and its clauses. English."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence

from chatkit_generation.wording import sentences

WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?\d*|\d+(?:[:.]\d+)?")
_CLAUSE = re.compile(
    r"(?<=[.!?;])\s+|,\s+(?:and |but )?(?=(?:my|our|his|her|the|i|we|it|he|she|they|its|but|and)\b)"
    r"|(?<!\bme)(?<!\bi)\s+(?:and|but|while|whereas)\s+(?=(?:my|our|his|her|the|i|i'm|we|it|he|she|they|its)\b)",
    re.IGNORECASE,
)
_NAMED = re.compile(r"(?:,|\s+and)\s+(?=[A-Z]\w+ (?:is|was|has|lives|works|likes|loves|wants|plays)\b)")
_SENTENCE = re.compile(r"(?:[.!?:]\s+|\A\W*)(\w+)")
_TIME_WORDS = """
monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october
november december today tonight tomorrow yesterday morning noon afternoon evening midnight weekend"""
_NUMBER_WORDS = "one two three four five six seven eight nine ten eleven twelve"
_OWN_NAMES = "i i'm i've i'd i'll ok chatkit f1 f3 lstm ai ctrl"
# Words that tell nothing of what is meant, and what is asked with.
_EMPTY_WORDS = """
the and but for with from into onto that this these those there here then than what what's whats who who's whose
which when where why how are is was were will would shall should can could may might must has have had does did
doing done been being you your yours our ours his her hers him she they them their its it's not don't didn't all any
some now again please everything show shows whos whats wheres hows whens just really very much many yet also too
about tell told say said know remember remind name named names called call ask asked let me my mine thing things
something anything ever out well hey hello thanks thank okay yes yeah nope one get got gonna wanna i'd i'm i've i'll
that's like want wanted order ordered orders booking book booked reservation note noted notes list agree agreed
actually people maybe somewhere sorry make change changed instead give take bring put rather far read back repeat
off cancel cancelled forget scrap delete remove drop crossed bit summary summarise summarize confirm whole once
complete full currently more anyway btw also still"""
TIMES, _NO_NAMES, EMPTY = (frozenset(text.split()) for text in (_TIME_WORDS, _OWN_NAMES, _EMPTY_WORDS))
_NUMBERS = {word: str(number) for number, word in enumerate(_NUMBER_WORDS.split(), start=1)}
_ENDING = re.compile(r"(?<=\w{3})(?:ing|ed|es|(?<!s)s|e)$")
COUNTS = frozenset(_NUMBERS) - {"one"}
INSTEAD = re.compile(
    r"\b(?:instead of|rather than|in place of|not)\s+(?:the |a |an |at |on |for )?[\w:.]+", re.IGNORECASE
)
MENDS = re.compile(
    r"^\W*(?:(?:oh|hm+|ah|um|well|ok)\W+)*(?:no|wait|sorry|oops|actually|correction|scratch that)\b|\bi mean(?:t)?\b"
    r"|\bwrong\b|\bmy mistake\b",
    re.IGNORECASE,
)
# Of whom it tells, only the words before it say.
_OF_NOBODY = re.compile(r"(?:he|she|they|it)\b|.*\b(?:them|him|it)$", re.IGNORECASE)
_FEW = 8  # words of what says no more than a time
_HAS_VERB = re.compile(r"\b(?:i|i'?m|we|he|she|they|is|are|was|were|has|have|had|am|will|do|does|did)\b", re.IGNORECASE)
_GOES_ON = re.compile(r"[,;.!]\s+(?:and |but )?(?:he|she|it|they)\b", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Clause:
    """A part of a message.

    Args:
        text: Its words.
        says: What tells of it, without what it says not to be so.
        about: What it is about.
        mends: Whether it puts right what was said before it.
        message: All of the message.
    """

    text: str
    says: set[str]
    about: set[str]
    mends: bool
    message: str

    @property
    def goes_on(self) -> bool:
        """Whether it says no more than when the thing is that stands before it in the message: "Tuesday at four"."""
        is_short = len(self.text.split()) <= _FEW and not _HAS_VERB.search(self.text)
        return self.text != self.message.strip(" ,.!?;") and is_short and names_any(self.text)

    @property
    def is_a_part(self) -> bool:
        """Whether all of its message is better quoted: it says of whom it tells, or goes on about the same."""
        return bool(_OF_NOBODY.match(self.text) or _GOES_ON.search(self.message))


def clauses_of(messages: Sequence[str], asks: Callable[[str], object]) -> list[Clause]:
    """Clauses of messages, without sentences that ask; one that puts the message before it right is about the same."""
    out: list[Clause] = []
    before = set[str]()
    for message in messages:
        mends = bool(before and MENDS.search(message))
        told = [sentence for sentence in sentences(message) if not asks(sentence)]
        parts = [part for sentence in told for each in _CLAUSE.split(sentence) for part in _NAMED.split(each)]
        for part in (part.strip(" ,.!?;") for part in parts):
            if part:
                says = stems(INSTEAD.sub(" ", part))
                out.append(Clause(part, says, stems(part) | (before if mends else set()), mends, message))
        before = stems(message) | (before if mends else set())
    return out


def names_any(text: str) -> bool:
    """Whether a text names a number, a day or a time."""
    return any(word in TIMES or word[0].isdigit() for word in numbered(text))


def numbered(text: str) -> set[str]:
    """Words in small letters, without genitives; numbers in words as digits, too."""
    words = {without_genitive(word) for word in WORD.findall(text)}
    return words | {_NUMBERS[word] for word in words if word in _NUMBERS}


def without_genitive(word: str) -> str:
    """A word in small letters, "Ana" for "Ana's"."""
    return re.sub(r"['\u2019]s$", "", word.lower())


def specific(text: str) -> set[str]:
    """What ``specifics`` finds, once each."""
    return set(specifics(text))


def specifics(reply: str) -> list[str]:
    """Numbers, days and times, and what is written with a capital within a sentence; each as often as it is said."""
    begins = {match.start(1) for match in _SENTENCE.finditer(reply)}
    out = []
    for match in WORD.finditer(reply):
        word = without_genitive(match[0])
        named = match[0][0].isupper() and match.start() not in begins and match[0].lower() not in _NO_NAMES
        if word[0].isdigit() or word in TIMES or named or word in COUNTS:
            out.append(_NUMBERS.get(word, word))
    return out


def stems(text: str) -> set[str]:
    """What tells of a text: beginnings of its words that mean something, without their endings."""
    words = (without_genitive(word) for word in WORD.findall(text))
    kept = {word for word in words if word not in EMPTY and (len(word) > 2 or word[0].isdigit())}
    return {_NUMBERS.get(word, _ENDING.sub("", word)[:6]) for word in kept}
