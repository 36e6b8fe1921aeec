"""Where replies come from beside those that are drawn, and which of them are candidates for a message.

In this order: what was given to a cry for help, what can be worked out or is wished for, what is said of the program
itself, what is known of nearly the same message, what fits its matter, what was given to messages like it; else what
the language model draws, of which only that is left which holds (``honest.py``), or what fits any message of its kind.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import re
from collections.abc import Callable, Collection, Mapping, Sequence

import torch

from chatkit.plugin_api import Ask, without_greeting
from chatkit_generation.acts import kind_of
from chatkit_generation.answerable import ASKS, NOTES
from chatkit_generation.asked import asked_by
from chatkit_generation.attending import SURE, attended
from chatkit_generation.faithful import Said
from chatkit_generation.focus import ASKING, Focus, focus_of, told_last
from chatkit_generation.hearing import Heard, Hearing
from chatkit_generation.honest import CHANGED, DOUBTS, Honest
from chatkit_generation.intents import NOTE, WORKED
from chatkit_generation.leading import lead_of
from chatkit_generation.listening import ANSWERS, Listening
from chatkit_generation.matters import Matters
from chatkit_generation.precedents import CERTAIN, LEAST_OF_ANSWER, MOST, SAME, Precedent, Precedents
from chatkit_generation.skills import skilled
from chatkit_generation.wishes import given
from chatkit_generation.wording import GRAVE, bare

MOOD = "sentiment"  # head that hears it
TRANSLATES = "translation"  # head that is asked to
SURE_ENOUGH = 0.72  # likeness from which on a precedent goes before what is said of the program itself
# The same before what is said of a matter that a cue of one part, or of several, names.
SURER = (0.7, 0.7, 0.85, 1.1)
# "She is a nurse at the children's hospital" is no bad news.
_AT_WORK = re.compile(
    r"\b(?:works?|working|worked|jobs?|nurse|doctor|surgeon|midwife|porter|cleaner|receptionist|volunteers?|cook|intern"
    r"|consultant|trainee)(?: \w+){0,2} (?:at|in|on|of|for|with)(?: [\w']+){0,3} (?:hospital|hospice|clinic|ward|icu)\b"
)
OF_MATTER = 3  # replies of a matter among which the language model may choose
OFFERED = 2  # replies that fit any message of a kind


class Sources:
    """Replies to a message.

    Args:
        hearing: Hears it.
        honest: Which of those that were drawn hold.
        listening: What fits any message of a kind.
        precedents: What was given to messages like it.
        matters: What fits its matter.
    """

    def __init__(
        self,
        hearing: Hearing,
        honest: Honest,
        listening: Listening,
        precedents: Precedents | None,
        matters: Matters | None,
    ) -> None:
        self._hearing, self._honest, self._listening = hearing, honest, listening
        self._precedents, self._matters = precedents, matters

    def candidates(self, ask: Ask, draw: Callable[[], list[str]]) -> list[str]:
        """Replies that are drawn, and the likest precedents; to a message that is nearly one of theirs these alone.

        What was said to the same message before is no precedent.
        """
        heard = self._hearing.understood(ask)
        lead = lead_of(ask.text, "", known=self._hearing.knows_name(ask))
        unlike = {text.removeprefix(f"{lead} ") for text in ask.options.get("unlike", ())}
        known = [each for each in self.precedents(ask, heard) if each.reply not in unlike][:MOST]
        if heard and not any(GRAVE.search(each.reply) for each in known):
            told = [] if self._hearing.intended(ask).is_sure(*WORKED) else self._told(heard, unlike)
            if settled := told or self._worked_out(ask, unlike) or self._of_itself(ask, known, unlike):
                return settled
            if of_matter := self._of_intent(ask, heard, known, unlike) or self._of_matter(ask, heard, known, unlike):
                return of_matter
        if self._precedents and (sure := [each.reply for each in known if each.likeness >= self._precedents.sure]):
            return sure
        texts = draw()
        if heard:
            doubt = len(texts) / ask.candidates
            listened = self._listened(ask, heard.said) if doubt > DOUBTS or len(texts) < 2 else ()
            texts = self._honest.left(texts, *heard, unlike, listened=listened, doubt=doubt)
        known = [each for each in known if not self._honest.owns_up(each.reply)]  # it is judged whether to
        return texts + [each.reply for each in known if each.reply not in texts]

    def is_of_told(self, ask: Ask) -> bool:
        """Whether the message asks for what was told in this conversation, and for nothing of the documents."""
        heard = self._hearing.understood(ask)
        if heard is None:
            return False
        asks_for_notes = heard.said.asks_back and bool(heard.noted().texts)
        return asks_for_notes or heard.said.asks_for_told or heard.said.is_answered

    def precedents(self, ask: Ask, heard: Heard | None = None) -> list[Precedent]:
        """Replies that were given to messages like this one.

        None where a reply that was broken off goes on; to what asks for what may have been said, or is to be noted,
        only what was given to nearly the same words. What was said in this conversation is said again only where
        nothing else is left: the next joke is another one.
        """
        if self._precedents is None or ask.options.get("continue"):
            return []
        found = self._precedents.like(without_greeting(ask.text) or ask.text, self._hearing.vocabulary)
        heard = heard or (self._hearing.understood(ask) if found else None)
        if heard and (heard.said.requests or heard.judged.notes >= CHANGED):
            found = [each for each in found if GRAVE.search(each.reply)]  # it is noted, however one like it was refused
        elif heard and max(heard.judged.asks - ASKS, heard.judged.notes - NOTES) >= 0:
            # "my name" is nearly the same as "your name"
            least = SAME if heard.said.is_of_oneself or heard.said.asks_back else CERTAIN
            found = [each for each in found if each.likeness >= least]
        if _AT_WORK.search(bare(ask.text)):
            found = [each for each in found if not GRAVE.search(each.reply)]
        if heard:
            found = [each for each in found if not (heard.said.jars(each.reply) or heard.said.is_cold(each.reply))]
            if asked_by(heard.said.reply) and focus_of(ask.text).act in ANSWERS:
                found = [each for each in found if each.likeness >= LEAST_OF_ANSWER or GRAVE.search(each.reply)]
        before = self._hearing.vocabulary.decode(ask.context[0].tolist()) if found else ""
        return [each for each in found if each.reply not in before] or found

    def led(self, ask: Ask, texts: Sequence[str]) -> list[str]:
        """Replies with what is to be said before each, to what leads to the message."""
        if not self._hearing.judges or ask.options.get("continue"):
            return list(texts)
        known, tells = self._hearing.knows_name(ask), self._hearing.intended(ask).puts_nothing_right
        leads = [lead_of(ask.text, text, known=known, tells=tells) for text in texts]
        return [f"{lead} {text}" if lead else text for lead, text in zip(leads, texts, strict=True)]

    def _told(self, heard: Heard, unlike: Collection[str]) -> list[str]:
        """What was told before, where that is asked for."""
        if not (heard.said.asks_for_told or heard.said.is_answered):
            return []
        return self._honest.settled(heard.said, heard.noted, unlike)

    def _of_itself(self, ask: Ask, known: Sequence[Precedent], unlike: Collection[str]) -> list[str]:
        """What is said of the program itself; nothing where a precedent is surer, or the message is not about it."""
        fixed = [text for text in self._listening.of_matter(ask.text) if text not in unlike]
        if not fixed or any(each.likeness >= SURE_ENOUGH for each in known):
            return []
        before = self._hearing.before(ask)
        return [text for text in fixed if text not in before] or fixed

    def _worked_out(self, ask: Ask, unlike: Collection[str]) -> list[str]:
        """The reply to what can be worked out, such as a sum, or is wished for, such as a poem; none to all else."""
        at = ask.options.get("now")  # of a reply that is made again
        now = datetime.datetime.fromtimestamp(at) if isinstance(at, int | float) else datetime.datetime.now()

        def drawn(count: int) -> int:
            return int(torch.randint(count, (1,), generator=ask.generator))

        before = [text for text, _ in self._hearing.turns(ask)[:-1]]
        said = skilled(
            ask.text, now, drawn, lambda text, language: ask.other(TRANSLATES, f"{language}: {text}"), before
        )
        if not said and self._matters is not None:
            said = given(self._matters, ask.text, before, drawn, unlike)
        return [said] if said else []

    def _of_intent(self, ask: Ask, heard: Heard, known: Sequence[Precedent], unlike: Collection[str]) -> list[str]:
        """What is said to any message that tells what this one tells for sure."""
        if any(each.likeness >= SURE_ENOUGH for each in known) or self._honest.keeps(heard.judged, heard.said):
            return []
        if focus_of(ask.text).act in ASKING:
            return []
        lines, before = self._hearing.said_to(ask, heard.said.reply), self._hearing.before(ask)
        new = [line for line in lines if line not in before and line not in unlike]
        fitting = [line for line in new if not (heard.said.jars(line) or heard.said.is_cold(line))]
        return [fitting[place] for place in _drawn(ask, len(fitting))][:OF_MATTER]

    def _of_matter(self, ask: Ask, heard: Heard, known: Sequence[Precedent], unlike: Collection[str]) -> list[str]:
        """What is said of the matter of a message; nothing where a precedent is surer, or it asks for what was told."""
        if self._matters is None:
            return []
        focus = self._focus(ask)
        mood, sad = self._mood(ask, heard.said)
        kind = kind_of(focus.text, mood, sad=sad, act=focus.act)
        found = attended(
            self._matters,
            focus,
            ask.text,
            [text for text, _ in self._hearing.turns(ask)[:-1]],
            kind,
            functools.partial(_drawn, ask),
        )
        if found is None or max((each.likeness for each in known), default=0.0) >= SURER[min(found.parts, SURE)]:
            return []
        is_wish = focus.act == "directive" and found.parts > 1 and not self._hearing.intended(ask).is_sure(NOTE)
        judged = heard.judged._replace(notes=0.0) if is_wish else heard.judged  # "make me a plan" is no order
        if self._honest.keeps(judged, heard.said):
            return []
        fitting = [text for text in found.replies if not (heard.said.jars(text) or heard.said.is_cold(text))]
        return [text for text in fitting if text not in unlike][:OF_MATTER]

    def _focus(self, ask: Ask) -> Focus:
        """What of the message is to be answered, and its act, by form and intent."""
        focus = focus_of(ask.text)
        return dataclasses.replace(focus, act=self._hearing.intended(ask).act(focus.act))

    def _mood(self, ask: Ask, said: Said) -> tuple[Mapping[str, float], bool]:
        """Whether what is told is bad or good, and whether it is sad."""
        intended = self._hearing.intended(ask)
        return intended.mood(ask.labels(MOOD, told_last(ask.text))), intended.is_sad(said.is_sad)

    def _listened(self, ask: Ask, said: Said) -> list[str]:
        """What fits any message of this kind, a few: the language model may say which."""
        before, drawn = self._hearing.before(ask), functools.partial(_drawn, ask)
        mood, sad = self._mood(ask, said)
        act = self._focus(ask).act
        fitting = self._listening.replies(ask.text, mood, before, drawn, sad=sad, answered=said.reply, act=act)
        return fitting[:OFFERED]


def _drawn(ask: Ask, count: int) -> list[int]:
    """Numbers from 0 to below one, in an order that is drawn."""
    return torch.randperm(count, generator=ask.generator).tolist()
