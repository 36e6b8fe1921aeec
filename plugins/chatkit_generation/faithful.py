"""Whether a reply says only what was said: no name, number or day that nobody named, and of several the one asked for.

A small language model copies from the conversation, and now and then the wrong thing: the cat's name for the husband's,
a date that it was taught for the one at hand. What it copies can be looked up. A reply to a question for something told
is held against the clause of the user's messages that has most of the question's words; one that notes an order,
against the message that gives it. Where no reply holds, that clause, or that message, is quoted: a quotation is never
invented.

Sources: hallucination as what is not entailed by the source, Maynez, Narayan, Bohnet & McDonald 2020, "On faithfulness
and factuality in abstractive summarization"; checked by names and numbers, Nan et al. 2021, "Entity-level factual
consistency of abstractive text summarization". Departs from both in quoting where nothing is left. English.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence

from chatkit_generation import reminding
from chatkit_generation.content import (
    EMPTY,
    WORD,
    Clause,
    clauses_of,
    names_any,
    numbered,
    specific,
    specifics,
    stems,
    without_genitive,
)
from chatkit_generation.focus import ASKING, focus_of
from chatkit_generation.kinds import content_of, kinds_of, meant, tells_kind, words_of
from chatkit_generation.mood import COMMON, claims, is_glad, is_gloomy, is_kind, says_sad
from chatkit_generation.naming import asks_own_name, last_own_name, name_asked, names_somebody
from chatkit_generation.notes import is_request, may_change
from chatkit_generation.recalling import Recalled, asks_back, asks_why, recalled
from chatkit_generation.reflecting import reflected
from chatkit_generation.relations import asked_name, named
from chatkit_generation.taking import adds_to, holds, misses, quoted

ENOUGH = 0.5  # share of a question's words from which on a clause that holds them is quoted

READ = 2000  # characters of a message that are looked at

_CUT = 2  # words of a clause that may be left out where it is told again

_OF_SOMEBODY = re.compile(r"\b(?:his|her|their|its|he|she|they)\b", re.IGNORECASE)
_FAVOURITE = re.compile(r"\bmy favou?rite (\w+)", re.IGNORECASE)
_ASKS_OWN = re.compile(
    r"^\W*(?:(?:so|and|but|well|ok|now|oh|hey)\W+)*(?:what|which|where|who|when|how (?:old|many|much|long|tall))\b.*"
    r"\b(?:do|did|am|have|is|was|are) (?:i|my|our)\b(?!.*\b(?:do now|say|wear|cook|make|think|feel|(?:speaking"
    r"|talking|chatting) (?:to|with))\b)",
    re.IGNORECASE,
)
_WHAT_TIME = re.compile(r"\b(?:what|which) (?:day|time|date|hour)\b", re.IGNORECASE)
_TWICE = re.compile(r"\b(\w{3,}),? (?:and|or|not|is) \1\b|\b((?:\w+ )?\w+ \w+), (?:and )?\2\b", re.IGNORECASE)
_ONESELF = re.compile(r"\b(?:i|i'm|i've|we|we're)\b", re.IGNORECASE)
_OWN = re.compile(r"\b(?:i|i'm|me|my|mine|we|our)\b", re.IGNORECASE)
_ASKS_WHO = re.compile(
    r"\b(?:who are you|(?:what|how) is your name|and yours|what is yours|what's yours)\?$", re.IGNORECASE
)
# What is asked of the other one, though it sounds much like what was told.
_OF_THE_OTHER = re.compile(
    r"\byour\b|(?<!tell )(?<!told )\byou\b(?! (?:know|remember|recall|tell|repeat|say|name|still|have)\b)",
    re.IGNORECASE,
)


class Said:
    """What a user said in a conversation.

    Args:
        messages: The user's, the latest last.
        reply: What the assistant said before the latest.
        is_asking: Whether the latest was heard to ask for what was told; None where words alone say whether it does.
        nearest: Of messages those that come closest to a question, see ``nearest.closest``.
    """

    def __init__(
        self,
        messages: Sequence[str],
        reply: str = "",
        *,
        is_asking: bool | None = None,
        nearest: Callable[[str, Sequence[str]], Sequence[str]] | None = None,
    ) -> None:
        messages = [message[:READ] for message in messages]
        self._is_asking, self._nearest = is_asking, nearest
        self.latest, self.reply = messages[-1] if messages else "", reply
        self._words = set[str]().union(*map(numbered, messages)) if messages else set[str]()
        self.question = reminding.asking_part(self.latest)
        own, names = numbered(self.latest), specific(self.latest)
        self._names = {name for message in messages for name in specific(message) if name.isalpha() and len(name) > 2}
        self._lately = own if names else own | numbered(reply)
        self._asked = stems(_WHAT_TIME.sub("when", self.question))
        self._heard = stems(reply)
        self._said = set[str]().union(*map(stems, messages)) if messages else set[str]()
        self._own_name = last_own_name(messages[:-1])
        self._told, self._called = messages[:-1], named(messages[:-1])
        self._clauses = clauses_of(messages[:-1], _asks_any)

    def invents(self, reply: str) -> bool:
        """Whether a reply names something that the user did not, goes on with a name, or says one thing as two."""
        named = specifics(reply)
        if set(named) - self._words or len(set(named)) < len(named) or _TWICE.search(reply):
            return True
        words = numbered(reply) - self._words
        return any(word.startswith(name) and word != f"{name}s" for name in self._names for word in words)

    def strays(self, reply: str) -> bool:
        """Whether a reply names something, but nothing of what was said last."""
        named = specific(reply) | (numbered(reply) & self._names)
        return bool(named) and not named & self._lately

    def wanders(self, reply: str, forms: Sequence[str]) -> bool:
        """Whether a reply that owns up, much as one of some forms does, does so for something else than was asked."""
        return bool(stems(reply) - self._asked - set[str]().union(*map(stems, forms)))

    def misses(self, reply: str, *, strict: bool = False) -> bool:
        """Whether a reply to what is to be noted leaves out what it names or much of what it says, or notes nothing.

        Args:
            reply: The reply.
            strict: It must take up something that the message says; a question about it is not enough.
        """
        return misses(reply, self.latest, self._asked, self._said, strict=strict)

    @property
    def names_any(self) -> bool:
        """Whether the latest message names a number, a day or a time."""
        return names_any(self.latest)

    @property
    def asks_the_other(self) -> bool:
        """Whether the latest message asks for something of the one who is asked."""
        return bool(_OF_THE_OTHER.search(self.question))

    @property
    def is_of_oneself(self) -> bool:
        """Whether the latest message speaks of the user."""
        return bool(_OWN.search(self.latest))

    @property
    def asks_of_told(self) -> bool:
        """Whether it is a question most of whose words stand in something told: two of them, or it is about oneself."""
        asks = reminding.asks(self.question) or reminding.asks_to_be_told(self.question)
        if not asks or self.share() < ENOUGH or not self._asks_any:
            return False
        return bool(_OWN.search(self.question)) or int(self._best()) > 1 or self._names_somebody

    @property
    def _names_somebody(self) -> bool:
        """Whether it is about somebody who was named, or said to be somebody of the user's."""
        words = {without_genitive(word) for word in WORD.findall(self.question)}
        return bool(words & self._names) or any(
            re.search(rf"\b(?:called|named|name's|name is|(?:my|our) \w+) {re.escape(word)}\b", text, re.IGNORECASE)
            or re.search(rf"\b{re.escape(word)}(?: is|'s) (?:now )?(?:my|our|his|her|their|\d)", text, re.IGNORECASE)
            for word in words - EMPTY
            for text in self._told
        )

    @property
    def wants_reminding(self) -> bool:
        """Whether it wants to be told again what it said."""
        return reminding.wants_reminding(self.question)

    @property
    def requests(self) -> bool:
        """Whether the latest message orders or changes something for sure, and asks for nothing."""
        return is_request(self.latest)

    @property
    def wants_number(self) -> bool:
        """Whether it asks for a number, a day or a time."""
        return reminding.wants_number(self.question) and self._asks_any

    @property
    def asks_of_notes(self) -> bool:
        """Whether it may ask for something of an order: a number, a day, a time, or what is to be got."""
        return self.wants_number or reminding.is_of_notes(self.question)

    @property
    def asks_oneself(self) -> bool:
        """Whether it is a question about oneself."""
        return reminding.asks(self.question) and bool(_OWN.search(self.question)) and self._asks_any

    @property
    def is_about_own(self) -> bool:
        """Whether what is asked speaks of the user."""
        return bool(_OWN.search(self.question))

    @property
    def asks_own(self) -> bool:
        """Whether it asks for a thing of the user's that nobody else can know: "which band do I like best?"."""
        return bool(_ASKS_OWN.match(self.question)) and focus_of(self.question).act == "question"

    @property
    def _asks_any(self) -> bool:
        """Whether something is asked: "when I am happy I sing" only looks like it."""
        return "?" in self.question or focus_of(self.question).act in ASKING

    def says_back(self, reply: str) -> bool:
        """Whether a reply names something, and nothing but what was told before."""
        named = specific(reply)
        return bool(named) and not named - self._words

    def holds(self, reply: str, short: str) -> bool:
        """Whether a reply has every word of what is to be noted."""
        return holds(reply, [short], 1.0)

    def adds_to(self, reply: str) -> bool:
        """Whether a reply that takes note says of what is noted what the user did not say."""
        return adds_to(reply, self._said)

    def brings_up(self, reply: str) -> int:
        """How many matters a reply brings up of its own."""
        return len(stems(reply) - self._said - self._heard - COMMON)

    @property
    def is_sad(self) -> bool:
        """Whether the latest message says sad words."""
        return says_sad(self.latest)

    def jars(self, reply: str) -> bool:
        """Whether a reply is glad of what is sad, says that it did what it cannot do, or asks for a name it knows."""
        if self._own_name and _ASKS_WHO.search(reply):
            return True
        return claims(reply) or ((self.is_sad or is_gloomy(self._asked)) and is_glad(reply))

    def is_cold(self, reply: str) -> bool:
        """Whether a reply that was not written for it says nothing kind to what is sad."""
        return self.is_sad and not is_kind(reply)

    @property
    def own_name(self) -> str:
        """The user's name, if that is what is asked for, and it was given; else ""."""
        return self._own_name if asks_own_name(self.question) else ""

    @property
    def of_name(self) -> tuple[str, str]:
        """Of what of the user's the name is asked, "" where a pronoun asks, and the name, where it was given, or ""."""
        return name_asked(self.question, self._called, self._told)

    @property
    def asks_unknown_name(self) -> bool:
        """Whether it asks for the name of somebody or something of the user's that was given none."""
        what = asked_name(self.question)
        known = self.of_name[1] or any(
            names_somebody(clause.text) for clause in self._clauses if what and stems(what) & clause.about
        )
        return bool(what) and not known

    @property
    def asks_of_order(self) -> bool:
        """Whether it is a question that may well be for what was just noted, if anything was."""
        if reminding.sums_up(self.question):
            return True
        return reminding.is_of_order(self.question) and not self.asks_the_other

    @functools.cached_property
    def recalled(self) -> Recalled | None:
        """The clauses that answer the latest message, or come closest, where it asks for what was told; else None."""
        if self._is_asking is False:
            return None
        before = self._told[-1] if self._told else ""
        return recalled(self.question, self._clauses, before, is_asking=bool(self._is_asking))

    def closest(self) -> Sequence[str]:
        """What comes closest to the latest message, where it was heard to ask for what was told, in whatever words."""
        is_meant = self._is_asking and not asks_why(self.question)  # a reason nobody told
        return self._nearest(self.question, self._told) if is_meant and self._nearest else ()

    @property
    def is_answered(self) -> bool:
        """Whether something told answers the latest message for sure."""
        return self.recalled is not None and self.recalled.is_sure

    @property
    def is_of_kind(self) -> bool:
        """Whether the clause that has most of the latest message's words tells a thing of the kind that it seeks."""
        kinds = kinds_of(self.question)
        return not kinds or any(tells_kind(kinds, clause.text, own=False) for clause in self._quotable())

    def told_of(self, recalled: Recalled) -> list[str]:
        """Clauses as they are quoted: all of a message where a part of it would not say of what it tells."""
        wholes = [
            each.message if each.is_a_part or each.mends or each.goes_on else each.text for each in recalled.clauses
        ]
        return list(dict.fromkeys(wholes))

    @property
    def has_told(self) -> bool:
        """Whether anything was told before the latest message."""
        return bool(self._clauses)

    @property
    def asks_for_told(self) -> bool:
        """Whether the latest message asks for sure for what the user said, or what nobody else knows."""
        return asks_back(self.question) if self._is_asking is None else self._is_asking

    @property
    def asks_back(self) -> bool:
        """Whether the latest message asks for all that was to be noted, and for nothing of it by name."""
        return self._is_asking is not False and reminding.is_for_all(self.question)

    @property
    def changes(self) -> list[str]:
        """What of the latest message stands before its question and may change what was noted."""
        rest = self.latest.removesuffix(self.question).strip() if self.question != self.latest else ""
        return [rest] if rest and may_change(rest, named=names_any(rest)) else []

    def sums_up(self, reply: str, noted: Sequence[str]) -> bool:
        """Whether a reply says all that a message says that was to be noted, and names nothing else.

        Of several messages the later ones may have changed what the first ones say: none sums them up for sure.
        """
        return len(noted) == 1 and not self.invents(reply) and holds(reply, noted, 1.0)

    def answers(self, reply: str) -> bool:
        """Whether a reply to a question for what was told repeats a clause that has as many of its words as any.

        True where no clause has one of them, for then it cannot be said; False where the reply repeats nothing, and
        where somebody is meant who is not named.
        """
        best = self._best()
        if not best:
            return not self.share()
        fitting = self._fitting()
        if (
            reminding.wants_number(self.question)
            and not names_any(reply)
            and any(names_any(each.text) for each in fitting)
        ):
            return False
        told = stems(reply) - self._asked
        told &= set[str]().union(*(clause.says for clause in self._clauses))
        return any(told and told <= clause.says for clause in fitting)

    def share(self) -> float:
        """Share of the words of the latest message that one earlier clause has; 0 where it has none that tell.

        1 where it names nobody but somebody who was spoken of last ("and what is her name?").
        """
        if not self._asked:
            return float(bool(self._clauses) and bool(_OF_SOMEBODY.search(self.latest)))
        return int(self._best()) / len(self._asked)

    def quotation(self) -> str:
        """The clause that has most of the latest message's words, the last such; "" where none has one."""
        return quoted([clause.message if clause.is_a_part else clause.text for clause in self._quotable()])

    def retold(self) -> str:
        """The same in the second person, where it reads well and says all of it; else ""."""
        favourite = _FAVOURITE.search(self.question)
        for clause in self._quotable():
            if self.wants_number and not names_any(clause.text):
                return ""
            if favourite and not stems(favourite[1]) & clause.about:
                return ""
            return self.in_second_person(clause.text)
        return ""

    def in_second_person(self, text: str) -> str:
        """What the user told, in the second person; "" where it does not read well, or what is asked for is cut."""
        told, kinds, asked = reflected(text), kinds_of(self.question), content_of(self.question)
        if (
            not told
            or len(told.split()) + _CUT < len(text.split())
            or meant(asked, words_of(text)) - meant(asked, words_of(told))
        ):
            return ""
        keeps = not kinds or tells_kind(kinds, told, own=False) or not tells_kind(kinds, text, own=False)
        return told if keeps else ""

    def nearest(self) -> str:
        """The clause that has a word of a question about the user, or of somebody of theirs; "" where none has one."""
        return self._quotable()[-1].text if self.share() and (self.is_about_own or self._names_somebody) else ""

    def _quotable(self) -> list[Clause]:
        return (self._fitting() if self._best() else self._clauses if self.share() else [])[-1:]

    def tells_alone(self, messages: Sequence[str]) -> bool:
        """Whether all clauses that have most of the latest message's words stand in these messages."""
        fitting = self._fitting() if self._best() else []
        return bool(fitting) and all(clause.message in messages for clause in fitting)

    def tells(self, message: str) -> bool:
        """Whether a message holds a clause that has most of the latest message's words."""
        return any(clause.text in message for clause in (self._fitting() if self._best() else ()))

    def _shared(self, clause: Clause) -> float:
        """How many words of the latest message a clause is about; more where both speak of oneself, or it mends."""
        shared = len(self._asked & clause.about)
        alike = clause.mends or (_ONESELF.search(self.latest) and _ONESELF.search(clause.text))
        return shared + 0.5 * bool(shared and alike)

    def _fitting(self) -> list[Clause]:
        """Clauses with most of the latest message's words; with numbers where one is wanted; the last that mends."""
        best = self._best()
        found = [clause for clause in self._clauses if self._shared(clause) == best]
        if reminding.wants_number(self.question):
            found = [clause for clause in found if names_any(clause.text)] or found
        return found[-1:] if found and found[-1].mends else found

    def _best(self) -> float:
        return max(map(self._shared, self._clauses), default=0)


def _asks_any(text: str) -> bool:
    """Whether a sentence asks, and tells nothing."""
    return any(form(text) for form in (reminding.asks, reminding.asks_to_be_told, reminding.asks_how, asks_back))
