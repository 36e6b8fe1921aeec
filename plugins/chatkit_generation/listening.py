"""What is said to a message that nothing like it is known of: it shows that it was read, and claims no more.

Chosen by the act of the message and its mood (``acts.py``), and by what the assistant asked just before (``asked.py``);
what is told may be said back (``reflecting.py``), or what it speaks of (``echoing.py``). Each of these replies must fit
whatever else the message says.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from chatkit_generation.acts import ACTS, FEW, KINDS, PLAIN, TOLD_OPINION, act_alone, is_asking, kind_of
from chatkit_generation.asked import QUESTIONS, asked_by
from chatkit_generation.choices import options_in
from chatkit_generation.echoing import echoed
from chatkit_generation.focus import Focus, focus_of, is_open
from chatkit_generation.names import names_in, own_name
from chatkit_generation.reflecting import reflected
from chatkit_generation.wording import bare, sentences

_ASKED, _REFLECTED, _ABOUT, _ECHOED = "asked", "reflected", "about", "echoed"
_DROPPED = ("topics", "forms")  # of earlier versions
REFLECTING = ("plain", "bad", "sad", "good")  # moods of what is said back
ANSWERS = {"statement": "", "answer": "", "plan": "", "hope": "", "agree": ".yes", "reject": ".no"}  # acts of an answer
_TELLS = frozenset({"statement", "plan", "hope"})
_AFTER = (*(f".{mood}" for mood in ("bad", "good")), ".yes", ".no")  # what the kind of an answer adds
_ANSWER = 40  # words of an answer; one that says more tells something of its own
_INVITES = re.compile(
    r"(?i)\b(?:go on|keep going|tell me (?:more|a bit more)|(?:say|hear) (?:more|a bit more|the rest)|i'm listening"
    r"|i'm (?:still )?with you)\b"
)
_ASKS_OF_IT = re.compile(r"(?i)(?:how|what|where|when|who|which|why|did|does|do|will|is|are)\b.*\?$")
_TELLS_MORE = 9  # words of one that tells more than was asked for, whatever its form
_GUESS = 6  # words of one that ends with a question mark and asks nothing
_JOKE = "joke"  # kind of question


@dataclasses.dataclass(frozen=True)
class Listening:
    """Replies to what is not known.

    Args:
        kinds: Kind of message, see ``acts.kind_of`` -> replies.
        asked: Replies to an answer to each kind of question, see ``asked.asked_by``.
        about: What a question may be about -> its cues, and replies.
        reflected: Replies that say back what was told, "{0}", by its mood, one of ``REFLECTING``.
        echoed: Replies that name what a message speaks of, "{0}".
    """

    kinds: Mapping[str, Sequence[str]]
    asked: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)
    reflected: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)
    about: Mapping[str, tuple[re.Pattern[str], Sequence[str]]] = dataclasses.field(default_factory=dict)
    echoed: Sequence[str] = ()

    def replies(
        self,
        text: str,
        mood: Mapping[str, float],
        before: str,
        drawn: Callable[[int], Sequence[int]],
        *,
        sad: bool = False,
        answered: str = "",
        act: str = "",
    ) -> list[str]:
        """Replies to a message, in an order that is drawn; of what was not said before while any is left.

        Args:
            text: The message.
            mood: Probabilities of "negative" and "positive"; none: its mood is not known.
            before: What was said in the conversation.
            drawn: Numbers from 0 to below one that is given, in an order that is drawn.
            sad: Whether the message says sad words.
            answered: What the assistant said just before.
            act: The act of what is to be answered, where that is known better than by its form.
        """
        focus = focus_of(text)
        focus = dataclasses.replace(focus, act=act or focus.act)
        kind = self._kind(text, focus, mood, before, sad=sad)
        groups: list[Sequence[str]] = [self._plain(text, focus, kind, drawn)]
        to_answer = () if sad or len(bare(text).split()) > _TELLS_MORE else self.to_answer(text, kind, answered)
        back = self._said_back(focus.text, kind, answered)
        named = self._named(focus.text, kind, before)
        shown = [lines for lines in (back, named) if lines]
        if shown and (to_answer or drawn(3)[0]):  # now and then it is enough to listen
            groups.insert(0, shown[drawn(len(shown))[0]])
        elif to_answer:
            groups.insert(0, to_answer)
        for lines in groups:
            if new := [lines[place] for place in drawn(len(lines)) if lines[place] not in before]:
                return new
        return list(groups[-1])

    def _named(self, text: str, kind: str, before: str) -> list[str]:
        """Replies that name what is spoken of; none where its mood is one to be met first."""
        act, _, mood = kind.partition(".")
        if act not in _TELLS | {"naming"} or mood in ("bad", "sad", "good") or not (named := echoed(text, before)):
            return []
        lines = [line.format(named) for line in self.echoed if _frame(line) not in before]
        return [f"{line[0].upper()}{line[1:]}" for line in lines]

    def of_matter(self, text: str) -> Sequence[str]:
        """What is said to a question about one of the matters that ``about`` holds; none to any other."""
        focus = focus_of(text)
        if not focus.asks:
            return ()
        return next((lines for cues, lines in self.about.values() if cues.search(bare(focus.text))), ())

    def _kind(self, text: str, focus: Focus, mood: Mapping[str, float], before: str, *, sad: bool) -> str:
        kind = kind_of(focus.text, mood, sad=sad, act=focus.act)
        name = own_name(text)
        if name and name not in before and act_alone(kind) in _TELLS | {"answer"} and "introduction" in self.kinds:
            return "introduction"
        openly = kind == "opinion" and is_open((sentences(focus.text) or [""])[-1].split(", ")[-1])
        return TOLD_OPINION if openly and len(bare(text).split()) > FEW + 1 else kind

    def _plain(self, text: str, focus: Focus, kind: str, drawn: Callable[[int], Sequence[int]]) -> Sequence[str]:
        """Replies of a kind, with what stands for a name or one of two things filled in."""
        plain = next((lines for name in (kind, act_alone(kind), PLAIN) if (lines := self.kinds.get(name))), ())
        if kind in ("introduction", "naming"):
            # "morning. barry here, back from the allotment" says it in what is to be answered
            name = own_name(text) or own_name(focus.text) if kind == "introduction" else names_in(text)
            return [line.replace("{name}", name) for line in plain]
        if options := options_in(focus.text) if kind == "choice" else None:
            option = options[drawn(2)[0]]
            return [line.replace("{option}", f"{option[0].upper()}{option[1:]}") for line in plain]
        return plain

    def to_answer(self, text: str, kind: str, answered: str) -> Sequence[str]:
        """Replies to what answers a question of the assistant's; none where it is no answer."""
        act, _, mood = kind.partition(".")
        if act == "hope":
            return ()  # it wishes for more than an ear
        question, words = asked_by(answered), bare(text).split()
        if (question == _JOKE and len(words) >= _GUESS) or (
            text.endswith("?") and (len(words) <= _GUESS and not is_asking(" ".join(words)))
        ):
            act, mood = "answer", ""  # a guess, or the user's own joke
        if not question or act not in ANSWERS or len(words) > _ANSWER:
            return ()
        how = ANSWERS[act] or (f".{mood}" if mood in ("bad", "good") else "")
        return self.asked.get(f"{question}{how}", () if how in (".yes", ".no") else self.asked.get(question, ()))

    def _said_back(self, text: str, kind: str, answered: str) -> Sequence[str]:
        """Replies that say back what is told; none where that was just done."""
        act, _, mood = kind.partition(".")
        lines = self.reflected.get(mood if mood in REFLECTING else REFLECTING[0], ())
        begins = {line.partition("{")[0] for group in self.reflected.values() for line in group}
        if act not in _TELLS or answered.startswith(tuple(begins)) or not (told := reflected(text)):
            return ()
        return [line.format(told) for line in lines]


def invites(reply: str) -> bool:
    """Whether a reply says no more than that it listens: two of these in a row tire."""
    return bool(_INVITES.search(reply)) and not _ASKS_OF_IT.match(reply)


def _frame(line: str) -> str:
    """The longer part of a reply beside what it names: two of these in one talk are one too many."""
    return max(line.split("{0}"), key=len)


def listening_of(option: Any) -> Listening:
    """What the option ``listening`` says.

    Args:
        option: Kind -> replies; under "asked" kind of question -> replies to an answer, "long.bad" to a bad one,
            "whether.yes" to one that is no more than a yes; under "about" name -> ``cues``, a regular expression over
            bare messages, and ``replies``; under "reflected" one of ``REFLECTING`` -> replies in which "{0}" stands for
            what was told; under "echoed" such replies in which it stands for what a message speaks of. In those to
            "introduction" and "naming", "{name}" stands for what is named, in those to "choice" "{option}" for one of
            two.
    Raises:
        ValueError: If it is none of that, or there is no such kind.
    """
    if not isinstance(option, Mapping):
        raise ValueError(f"listening must be a table of replies by the kind of message, got {option!r}")
    option = {kind: said for kind, said in option.items() if kind not in _DROPPED}
    others = (_ASKED, _REFLECTED, _ABOUT, _ECHOED)
    kinds = {kind: replies_of(lines, f"listening.{kind}") for kind, lines in option.items() if kind not in others}
    for kind in kinds:
        _known(kind, KINDS, ACTS, "listening: no kind of message")
    to_answers = [*QUESTIONS, *(f"{question}{after}" for question in QUESTIONS for after in _AFTER)]
    asked = _by_kind(option, _ASKED, "kind of question", to_answers, QUESTIONS)
    back = _by_kind(option, _REFLECTED, "mood", REFLECTING, REFLECTING)
    for kind, line in ((kind, line) for kind, lines in back.items() for line in lines):
        if not _is_form(line) or line.startswith("{"):
            raise ValueError(f"listening.{_REFLECTED}.{kind}: {{0}} must stand in it once, and not first, got {line!r}")
    echoed = replies_of(option.get(_ECHOED, []), f"listening.{_ECHOED}")
    if wrong := next((line for line in echoed if not _is_form(line)), None):
        raise ValueError(f"listening.{_ECHOED}: {{0}} must stand in it once, got {wrong!r}")
    return Listening(kinds, asked, back, _by_cues(option.get(_ABOUT, {}), _ABOUT), echoed)


def _is_form(line: str) -> bool:
    """Whether "{0}" stands in a line once, and no other bracket."""
    return line.count("{0}") == line.count("{") == line.count("}") == 1


def _by_cues(option: Any, part: str) -> dict[str, tuple[re.Pattern[str], Sequence[str]]]:
    """Replies of a part of the option by cues, each a regular expression over bare messages."""
    if not isinstance(option, Mapping):
        raise ValueError(f"listening.{part} must be a table of matters, got {option!r}")
    out: dict[str, tuple[re.Pattern[str], Sequence[str]]] = {}
    for name, matter in option.items():
        if not isinstance(matter, Mapping) or not isinstance(matter.get("cues"), str):
            raise ValueError(f"listening.{part}.{name} must have cues, a text, and replies")
        try:
            cues = re.compile(matter["cues"])
        except re.error as error:
            raise ValueError(f"listening.{part}.{name}.cues is no regular expression: {error}") from error
        out[name] = cues, replies_of(matter.get("replies"), f"listening.{part}.{name}.replies")
    return out


def _by_kind(
    option: Mapping[str, Any], part: str, what: str, kinds: Sequence[str], named: Iterable[str]
) -> dict[str, Sequence[str]]:
    """Replies of a part of the option by their kind."""
    lines_of = option.get(part, {})
    if not isinstance(lines_of, Mapping):
        raise ValueError(f"listening.{part} must be a table of replies by the {what}, got {lines_of!r}")
    for kind in lines_of:
        _known(kind, kinds, named, f"listening.{part}: no {what}")
    return {kind: replies_of(lines, f"listening.{part}.{kind}") for kind, lines in lines_of.items()}


def _known(kind: Any, kinds: Sequence[str], named: Iterable[str], what: str) -> None:
    if kind not in kinds:
        near = difflib.get_close_matches(str(kind), kinds, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(named)}"
        raise ValueError(f"{what} {kind!r}; {hint}")


def replies_of(said: Any, name: str) -> tuple[str, ...]:
    """The replies of an option.

    Raises:
        ValueError: If it is no list of texts.
    """
    if not isinstance(said, list | tuple) or not all(isinstance(text, str) and text.strip() for text in said):
        raise ValueError(f"{name} must be a list of replies, got {said!r}")
    return tuple(said)
