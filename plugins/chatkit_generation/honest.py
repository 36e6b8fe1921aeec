"""Which of the replies that were drawn are left: those that own up where nothing is known, and say only what was said.

What is said where none is left: another way to own up, or a quotation of what the user said (``faithful.py``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

from chatkit_generation.acts import act_of
from chatkit_generation.answerable import ASKS, NOTES, SAID, SURE, WORLD, Probabilities, owns_up
from chatkit_generation.faithful import ENOUGH, Said
from chatkit_generation.focus import focus_of
from chatkit_generation.mood import claims
from chatkit_generation.notes import Notes, asks_whether_done, calls_off, cancels, ends
from chatkit_generation.noting import about, apart, asked_of, counted, in_short, is_clause
from chatkit_generation.ordering import begins_order
from chatkit_generation.recalling import asks_else, asks_why
from chatkit_generation.reflecting import exchanged
from chatkit_generation.taking import holds_all, quoted
from chatkit_generation.tracking import opens
from chatkit_generation.wanting import wanted
from chatkit_generation.wording import GRAVE

CHANGED = 2.0  # for a probability, where a message changes what was just noted: it is quoted
MAY_ASK = 0.2  # from which probability on a question about oneself asks for what was told
# Of which share of different replies among those drawn on the language model does not know what to say: what is sure is
# drawn again and again (self-consistency, Wang et al. 2022). Chosen on dev.
DOUBTS = 0.5
LATELY = 4  # messages back to which a number that is asked for may be one of an order
AT_MOST = 1  # matters of its own that a drawn reply brings up where nothing is asked for; chosen on dev
CLOSEST = ("What you told me that comes closest: {0}.", "Of what you told me, this comes closest: {0}.")
QUOTED = ("You said: {0}.", "What you told me: {0}.")
RETOLD = ("You told me that {0}.", "As you said, {0}.")
NAMED = ("Your name is {0}.", "You are {0}, you said.")
CALLED = ("Your {0} is called {1}.", "{1}. That is your {0}'s name, as you told me.")
CALLED_SO = ("{1}, as you told me.", "{1}, you said.")
NOTED = (
    "I have noted {0}. I keep it in this chat, but I cannot order or book anything.",
    "Noted: {0}. I only take notes, so the rest is up to you.",
    "I have noted {0}. Anything else?",
)
NOTED_THAT = (
    "I have noted that {0}. I keep it in this chat.",
    "Noted: {0}. Ask me for it whenever you like, as long as we are in this chat.",
)
OPENED = ("Gladly. What is to go on it?", "Sure, I can take notes. What shall I write down?")
CLOSED = (
    "All right, you find it in this chat. I only take notes, so the rest is up to you.",
    "Good. I have taken note, but I cannot order or book anything.",
)
SUMMED = (
    "All right. My notes say: {0}. I only take notes, so the rest is up to you.",
    "Good, I have noted {0}. But I cannot order or book anything.",
)
CANCELLED = ("All right, crossed out: {0}.", "Forgotten: {0}. What else?")
STANDS = ("Noted. Now it is {0}. Anything else?", "All right, now it is {0}. Is that right?")
UNDONE = (
    "No. I only take notes: nothing is ordered or booked until you do it yourself.",
    "Not by me: I keep it in this chat, but I cannot order or book anything.",
)
AS_IT_STANDS = ("My notes say: {0}.", "As it stands: {0}.")
COUNTED = ("{n}: {0}.", "There are {n}: {0}.")
GATHERED = ("These are my notes: {0}.", "You said: {0}.")
_OF_ADVICE = ("advice", "choice")
_OF_NAMES = ("introduction", "naming")
LATER = " and then: "  # between what was said first, and what may have changed it


_MISSPELLED = re.compile(r"\ba [aeio]\w|\ban [bcdfgjklmnpqrstvwxyz]\w", re.IGNORECASE)


class Honest:
    """What is left of replies.

    Args:
        unanswered: Replies that own up to not having been told; none: all replies are left.
        unknown: Replies that own up to not knowing a thing of the world.
    """

    def __init__(self, unanswered: Sequence[str], unknown: Sequence[str]) -> None:
        self.unanswered, self.unknown = tuple(unanswered), tuple(unknown)

    def owns_up(self, text: str) -> bool:
        """Whether a reply owns up to not knowing something."""
        return owns_up(text, self.unanswered) or owns_up(text, self.unknown)

    def keeps(self, judged: Sequence[float], said: Said) -> bool:
        """Whether a message is to be kept or asks for what was told: then it is no talk about its matter."""
        asks, _, _, notes = judged
        of_words = said.own_name or said.of_name[1] or said.requests or said.asks_back or asks_whether_done(said.latest)
        of_words = of_words or said.is_answered or said.asks_for_told
        return bool(asks >= ASKS or notes >= NOTES or of_words or act_of(said.latest) in _OF_NAMES)

    def revised(self, judged: Sequence[float], said: Said) -> Probabilities:
        """What was judged, where words say otherwise: what is asked of the other one was told by nobody.

        And a question about oneself asks for what was told where its words stand there.
        """
        asks, unsaid, world, notes = judged
        if said.requests:
            notes = max(notes, NOTES)
        elif act_of(said.latest) in _OF_NAMES:
            notes = 0.0
        elif said.wants_reminding:
            asks, world = max(asks, ASKS), 0.0
        elif said.asks_the_other or (focus_of(said.latest).act in _OF_ADVICE and not said.wants_number):
            asks = unsaid = notes = 0.0
            world = 0.0 if focus_of(said.latest).act in _OF_ADVICE else world
        elif (asks_why(said.question) and not said.asks_for_told) or (
            asks_else(said.question) and not said.wants_reminding and not (said.is_of_kind and said.share())
        ):
            asks = unsaid = 0.0
        elif said.asks_unknown_name or (said.asks_for_told and said.has_told and not (said.recalled or said.share())):
            asks, unsaid, world = 1.0, 1.0, 0.0
        elif (
            asks < ASKS
            and world < WORLD
            and (said.asks_of_told or said.asks_own or (asks >= MAY_ASK and said.asks_oneself))
        ):
            asks = ASKS
        return Probabilities(asks, unsaid, world, notes)

    def settled(self, said: Said, noted: Callable[[], Notes], unlike: Collection[str] = ()) -> list[str]:
        """What is said to what asks for something told, where words alone tell what answers it, or comes closest.

        Args:
            said: What the user said.
            noted: Finds what was to be noted.
            unlike: What was said to the same message before.
        """
        if not self.unanswered or said.requests or asks_whether_done(said.latest):
            return []
        if said.own_name:
            return _new([form.format(said.own_name) for form in NAMED], unlike)
        if said.of_name[1]:
            forms = CALLED if said.of_name[0] else CALLED_SO
            return _new([form.format(*said.of_name) for form in forms], unlike)
        if said.asks_back:
            return []
        found = said.recalled
        if not (found and found.is_sure) and not (noted().is_fresh and said.asks_of_order) and (near := said.closest()):
            return _new([form.format(quoted(near)) for form in CLOSEST], unlike)
        if not found:
            return []
        texts, messages = said.told_of(found), [clause.message for clause in found.clauses]
        if any(message in noted().texts for message in messages):
            groups = about(apart(noted().texts), lambda message: message in messages)
            others = [text for text, message in zip(texts, messages, strict=False) if message not in noted().texts]
            return _gathered(groups, unlike, said.question, others)
        if noted().is_fresh and said.asks_of_order and not (found.is_sure and said.asks_for_told):
            return []
        if not found.is_sure:
            return _new([form.format(quoted(texts)) for form in CLOSEST], unlike) if said.asks_for_told else []
        if len(texts) == 1 and (retold := said.in_second_person(texts[0])):
            return _new([form.format(retold) for form in RETOLD], unlike)
        return _new([form.format(quoted(texts)) for form in QUOTED], unlike)

    def left(
        self,
        texts: Sequence[str],
        judged: Sequence[float],
        said: Said,
        noted: Callable[[], Notes],
        unlike: Collection[str] = (),
        *,
        listened: Sequence[str] = (),
        doubt: float = 0.0,
    ) -> list[str]:
        """Of drawn replies those that hold, or what is said in their place; one at least.

        Args:
            texts: The replies.
            judged: Probabilities of what the message asks for, see ``answerable.Judged``.
            said: What the user said.
            noted: Finds what was to be noted.
            unlike: What was said to the same message before.
            listened: What fits any message of its kind, see ``listening.py``.
            doubt: How many of the replies that were drawn differ, as a share of all of them.
        """
        asks, unsaid, world, notes = judged
        listened = [text for text in listened if text not in unlike] or list(listened)
        if asks_whether_done(said.latest):
            return _new(UNDONE, unlike)
        if settled := self.settled(said, noted, unlike):
            return settled
        plain = [text for text in texts if not said.jars(text)]
        if ends(said.latest, said.reply) and (before := noted()).is_fresh:
            order = in_short(apart(before.texts)[-1])
            if cancels(said.latest):
                return _stated(CANCELLED, [order], unlike) if order else _said(CANCELLED, before.texts[-1:], unlike)
            return _stated(SUMMED, [order], unlike) if order else _new(CLOSED, unlike)
        if not plain and all(map(claims, texts)):
            return _new(CLOSED, unlike)
        texts = plain or listened or list(texts)
        if self.unknown and world >= max(WORLD, unsaid):
            return self._owning(texts, self.unknown, said, unlike)
        if (said.asks_back or (said.asks_of_order and noted().is_fresh)) and (messages := noted().texts):
            messages = [*messages, *said.changes]
            summed = [text for text in texts if said.sums_up(text, messages)]
            return summed or _gathered(asked_of(said.question, apart(messages)), unlike, said.question)
        if asks >= ASKS:
            texts = [text for text in texts if not owns_up(text, self.unknown)] or texts
            share = said.share()
            groups = about(apart(noted().texts), said.tells) if share >= ENOUGH else []
            if groups and said.tells_alone(noted().texts):
                return _gathered(groups, unlike)  # what was noted first may have been changed
            if share >= (ENOUGH if unsaid < SURE else 1.0):
                fitting = [text for text in texts if said.answers(text) and not said.invents(text)]
                fitting = [text for text in fitting if not owns_up(text, self.unanswered)]
                fitting = [text for text in fitting if said.brings_up(text) <= AT_MOST]
                if not said.is_of_kind or (said.recalled and not said.recalled.is_sure):
                    return [form.format(said.quotation()) for form in CLOSEST]
                if told := said.retold():
                    return [form.format(told) for form in RETOLD]
                return fitting or [form.format(said.quotation()) for form in QUOTED]
            if said.asks_of_notes and unsaid < SURE and 0 < (lately := noted()).ago <= LATELY:
                return _gathered(apart(lately.texts)[-1:], unlike)
            if doubt > DOUBTS and not any(map(said.says_back, texts)):
                return self._owning(texts, self.unanswered, said, unlike)
        if unsaid >= SURE:
            return self._owning(texts, self.unanswered, said, unlike)
        if unsaid < SAID:
            known = [text for text in texts if not owns_up(text, self.unanswered)]
            texts = known or listened or self._owning(texts, self.unanswered, said, unlike)
        if notes >= NOTES:
            if notes >= CHANGED and calls_off(said.latest, noted().texts):
                return _stated(CANCELLED, [in_short(noted().texts) or noted().texts[0]], unlike)
            if notes >= CHANGED:
                order = in_short(apart([*noted().texts, said.latest])[-1])
                parts = [*noted().texts, said.latest]  # what a change makes of it cannot be told
                return _stated(STANDS, [order], unlike) if order else _said(NOTED, parts, unlike)
            if opens(said.latest) or (opens(focus_of(said.latest).text) and not in_short([said.latest])):
                return _new(OPENED, unlike)
            if wanted(said.latest) or (opens(focus_of(said.latest).text) and in_short([said.latest])):
                return _noted(said.latest, unlike)  # it says in so many words what to note
            # of orders that words alone tell the language model has read none
            strict = (said.requests or begins_order(said.latest)) and (said.names_any or notes <= NOTES)
            fitting = [text for text in texts if not said.invents(text) and not said.misses(text, strict=strict)]
            if short := in_short([said.latest]) if said.requests or begins_order(said.latest) else "":
                fitting = [text for text in fitting if said.holds(text, short) and not said.adds_to(text)]
            fitting = [text for text in fitting if not _MISSPELLED.search(text)]
            return fitting or _noted(said.latest, unlike)
        if asks < ASKS and doubt > DOUBTS and listened:
            return listened
        fitting = [text for text in texts if not said.invents(text) and (asks >= ASKS or not said.strays(text))]
        if asks < ASKS:
            fitting = [text for text in fitting if said.brings_up(text) <= AT_MOST]
        plain = [text for text in fitting if not GRAVE.search(text)]
        few = 3 * (len(fitting) - len(plain)) < len(fitting)  # to somebody in need more of them are drawn
        return (plain if few else fitting) or listened or texts

    def _owning(self, texts: Sequence[str], replies: Sequence[str], said: Said, unlike: Collection[str]) -> list[str]:
        """Replies that own up to this, or what is said where none does: another one than before."""
        nearest = said.told_of(said.recalled) if said.recalled else [said.nearest()] if said.nearest() else []
        if nearest and (replies is self.unanswered or said.asks_for_told or said.recalled):
            return _new([form.format(quoted(nearest)) for form in CLOSEST], unlike)
        fitting = [text for text in texts if owns_up(text, replies) and not said.wanders(text, replies)]
        return fitting or _new(replies, unlike)


def _gathered(
    groups: Sequence[Sequence[str]], unlike: Collection[str], question: str = "", others: Sequence[str] = ()
) -> list[str]:
    """What says all that was noted, each matter as it stands after its changes, where that can be told.

    Args:
        groups: Messages, those of one matter together.
        unlike: What was said before.
        question: What is asked; where it is for how many things there are, they are counted.
        others: What else was told that is asked for.
    """
    short = [in_short(group) for group in groups]
    if not all(short):
        return _said(GATHERED, [message for group in [*groups, others] for message in group], unlike)
    short += [quoted(others)] if others else []
    if len(short) == 1 and (count := counted(question, short[0])):
        return _stated([form.replace("{n}", str(count)) for form in COUNTED], short, unlike)
    return _stated(AS_IT_STANDS, short, unlike)


def _noted(message: str, unlike: Collection[str]) -> list[str]:
    """What takes note of a message: of what it orders, or of all of it."""
    said, short = wanted(message), in_short([message])
    if not holds_all(short, message):
        short = ""
    if said and is_clause(said) and holds_all(said, message):
        return _stated(NOTED_THAT, [exchanged(said)], unlike)
    return _stated(NOTED, [short], unlike) if short else _said(NOTED, [message], unlike)


def _stated(forms: Sequence[str], things: Sequence[str], unlike: Collection[str]) -> list[str]:
    """What was noted, as it is."""
    return _new([form.format("; ".join(things)) for form in forms], unlike)


def _new(texts: Sequence[str], unlike: Collection[str]) -> list[str]:
    """Other texts than before, while there are any."""
    return [text for text in texts if text not in unlike] or list(texts)


def _said(forms: Sequence[str], messages: Sequence[str], unlike: Collection[str]) -> list[str]:
    """Quotations of messages, in other words than before."""
    first, later = quoted(messages[:1]), quoted(messages[1:])
    texts = [form.format(f"{first}{LATER if later else ''}{later}") for form in forms]
    return _new(texts, unlike)
