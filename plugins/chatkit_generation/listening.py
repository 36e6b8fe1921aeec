"""What is said to a message that nothing like it is known of: it shows that it was read, and claims no more.

Chosen by the act of the message and its mood (``acts.py``), by what the assistant asked just before (``asked.py``), and
by the form of what is told ("I must ...", "she says ..."); what is told may be said back (``reflecting.py``), a few
words as they are. Each of these replies must fit whatever else the message says.
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
from chatkit_generation.focus import Focus, focus_of, is_open
from chatkit_generation.names import names_in, own_name
from chatkit_generation.reflecting import reflected
from chatkit_generation.wording import bare, sentences

_ASKED, _REFLECTED, _ABOUT, _FORMS = "asked", "reflected", "about", "forms"
_LEADS = "leads"  # of forms: what is said before them, by mood
REFLECTING = ("plain", "bad", "sad", "good")  # moods of what is said back
ANSWERS = {"statement": "", "answer": "", "plan": "", "hope": "", "agree": ".yes", "reject": ".no"}  # acts of an answer
_TELLS = frozenset({"statement", "plan", "hope"})
_AFTER = (*(f".{mood}" for mood in ("bad", "good")), ".yes", ".no")  # what the kind of an answer adds
_ANSWER = 40  # words of an answer; one that says more tells something of its own
_BEGINS = re.compile(
    r"^(?:(?:and|but|so|well|oh|ok|okay|yeah|yes|no|just|maybe|perhaps|lol|haha|mostly)\b\W*)+", re.IGNORECASE
)
_PERSONS = re.compile(r"\b(?:i|me|my|mine|we|us|our|you|your|yours|u|ur)\b", re.IGNORECASE)
_TELLS_MORE = 9  # words of one that tells more than was asked for, whatever its form
_GUESS = 6  # words of one that ends with a question mark and asks nothing
_JOKE = "joke"  # kind of question
_LONGEST = 60  # characters that are taken up


@dataclasses.dataclass(frozen=True)
class Listening:
    """Replies to what is not known.

    Args:
        kinds: Kind of message, see ``acts.kind_of`` -> replies.
        asked: Replies to an answer to each kind of question, see ``asked.asked_by``.
        about: What a question may be about -> its cues, and replies.
        reflected: Replies that say back what was told, "{0}", by its mood, one of ``REFLECTING``.
        forms: What is asked next of what is told, by its form: cues, and replies; the first that fits.
        leads: What stands before that, by mood, one of ``REFLECTING``.
    """

    kinds: Mapping[str, Sequence[str]]
    asked: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)
    reflected: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)
    about: Mapping[str, tuple[re.Pattern[str], Sequence[str]]] = dataclasses.field(default_factory=dict)
    forms: Mapping[str, tuple[re.Pattern[str], Sequence[str]]] = dataclasses.field(default_factory=dict)
    leads: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)

    def replies(
        self,
        text: str,
        mood: Mapping[str, float],
        before: str,
        drawn: Callable[[int], Sequence[int]],
        *,
        sad: bool = False,
        answered: str = "",
    ) -> list[str]:
        """Replies to a message, in an order that is drawn; of what was not said before while any is left.

        Args:
            text: The message.
            mood: Probabilities of "negative" and "positive"; none: its mood is not known.
            before: What was said in the conversation.
            drawn: Numbers from 0 to below one that is given, in an order that is drawn.
            sad: Whether the message says sad words.
            answered: What the assistant said just before.
        """
        focus = focus_of(text)
        kind = self._kind(text, focus, mood, before, sad=sad)
        groups: list[Sequence[str]] = [self._plain(text, focus, kind, drawn)]
        if kind == "answer" and drawn(2)[0]:
            groups.insert(0, taken_up(focus.text))
        to_answer = () if sad else self.to_answer(text, kind, answered)
        back = self._said_back(focus.text, kind, answered)
        of_form = self._of_form(focus.text, kind, before, drawn)
        if len(bare(text).split()) > (_GUESS if of_form else _TELLS_MORE):
            to_answer = ()  # it tells more than it was asked for
        groups = [
            *([back] if back and (to_answer or drawn(2)[0]) else []),
            *([to_answer] if to_answer else []),
            *of_form,
            *groups,
        ]
        for lines in groups:
            if new := [lines[place] for place in drawn(len(lines)) if lines[place] not in before]:
                return new
        return list(groups[-1])

    def _of_form(self, text: str, kind: str, before: str, drawn: Callable[[int], Sequence[int]]) -> list[Sequence[str]]:
        """What is asked next of what is told, of each form that fits, behind a word on its mood."""
        act, _, mood = kind.partition(".")
        said = bare(text)
        if act not in _TELLS | {"answer"} or mood == "sad" or len(said.split()) <= FEW:
            return []  # to what is sad an ear is enough
        leads = [lead for lead in self.leads.get(mood, ()) if lead not in before]
        lead = f"{leads[drawn(len(leads))[0]]} " if leads else ""
        fitting = [replies for cues, replies in self.forms.values() if cues.search(said)]
        new = [[reply for reply in replies if reply not in before] for replies in fitting]
        return [[f"{lead}{reply}" for reply in replies] for replies in new if replies]

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
        openly = kind == "opinion" and is_open(sentences(focus.text)[-1].split(", ")[-1])
        return TOLD_OPINION if openly and len(bare(text).split()) > FEW + 1 else kind

    def _plain(self, text: str, focus: Focus, kind: str, drawn: Callable[[int], Sequence[int]]) -> Sequence[str]:
        """Replies of a kind, with what stands for a name or one of two things filled in."""
        plain = next((lines for name in (kind, act_alone(kind), PLAIN) if (lines := self.kinds.get(name))), ())
        if kind in ("introduction", "naming"):
            name = own_name(text) if kind == "introduction" else names_in(text)
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


def taken_up(text: str) -> list[str]:
    """A few words of the user's, as they can be said back: "with a colleague" as "With a colleague, I see."."""
    words = _BEGINS.sub("", text.strip()).strip(" .!,;:-")
    if not 1 < len(words.split()) <= FEW or len(words) > _LONGEST or _PERSONS.search(words) or not words[0].isalnum():
        return []
    return [f"{words[0].upper()}{words[1:]}, I see."]


def listening_of(option: Any) -> Listening:
    """What the option ``listening`` says.

    Args:
        option: Kind -> replies; under "asked" kind of question -> replies to an answer, "long.bad" to a bad one,
            "whether.yes" to one that is no more than a yes; under "about" name -> ``cues``, a regular expression over
            bare messages, and ``replies``; under "forms" the same, of what is told, and "leads": one of
            ``REFLECTING`` -> what stands before these; under "reflected" one of ``REFLECTING`` -> replies in which
            "{0}" stands for what was told. In those to "introduction" and "naming", "{name}" stands for what is
            named, in those to "choice" "{option}" for one of two.
    Raises:
        ValueError: If it is none of that, or there is no such kind.
    """
    if not isinstance(option, Mapping):
        raise ValueError(f"listening must be a table of replies by the kind of message, got {option!r}")
    option = {kind: said for kind, said in option.items() if kind != "topics"}  # of earlier versions
    others = (_ASKED, _REFLECTED, _ABOUT, _FORMS)
    kinds = {kind: replies_of(lines, f"listening.{kind}") for kind, lines in option.items() if kind not in others}
    for kind in kinds:
        _known(kind, KINDS, ACTS, "listening: no kind of message")
    to_answers = [*QUESTIONS, *(f"{question}{after}" for question in QUESTIONS for after in _AFTER)]
    asked = _by_kind(option, _ASKED, "kind of question", to_answers, QUESTIONS)
    back = _by_kind(option, _REFLECTED, "mood", REFLECTING, REFLECTING)
    for kind, line in ((kind, line) for kind, lines in back.items() for line in lines):
        if line.count("{0}") != 1 or line.count("{") != 1 or line.startswith("{"):
            raise ValueError(f"listening.{_REFLECTED}.{kind}: {{0}} must stand in it once, and not first, got {line!r}")
    forms = option.get(_FORMS, {})
    if not isinstance(forms, Mapping):
        raise ValueError(f"listening.forms must be a table of forms, got {forms!r}")
    leads = _by_kind(forms, _LEADS, "mood", REFLECTING, REFLECTING)
    forms = {name: form for name, form in forms.items() if name != _LEADS}
    return Listening(kinds, asked, back, _by_cues(option.get(_ABOUT, {}), _ABOUT), _by_cues(forms, _FORMS), leads)


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
