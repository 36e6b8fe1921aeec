"""What a message asks for, and what was said up to it: heard once for each reply."""

from __future__ import annotations

import functools
import itertools
import weakref
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch

from chatkit.plugin_api import Ask, Vocabulary
from chatkit_generation.answerable import ASKS, MAY_NOTE, NOTES, REACH, Answerable, Probabilities
from chatkit_generation.asked import asked_by
from chatkit_generation.content import names_any
from chatkit_generation.faithful import Said
from chatkit_generation.focus import ASKING, focus_of
from chatkit_generation.honest import CHANGED, Honest
from chatkit_generation.intents import NOTE, READ, TELLS, TELLS_MORE, TOLD, Intended, Intents
from chatkit_generation.listening import invites
from chatkit_generation.names import own_name
from chatkit_generation.nearest import closest
from chatkit_generation.notes import Notes, asks_whether_done, ends, gathered, may_change
from chatkit_generation.ordering import begins_order
from chatkit_generation.tracking import put_right

CERTAIN = 0.9  # for the probability that it asks for what was told, where that is heard


class Heard(NamedTuple):
    """What a message asks for, and what was said up to it.

    Args:
        judged: Probabilities of what it asks for.
        said: What the user said.
        noted: Finds what was to be noted.
    """

    judged: Probabilities
    said: Said
    noted: Callable[[], Notes]


class Hearing:
    """Hears messages.

    Args:
        vocabulary: What they are spelled in.
        answerable: Judges what they ask for; None where that is not judged.
        honest: Knows what is settled by words alone.
        intents: Judges what they tell or want; None where that is not judged.
        meanings: Vectors (T, E) of pieces (T,) that were learned to tell what is alike; None where there are none.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        answerable: Answerable | None,
        honest: Honest,
        intents: Intents | None = None,
        meanings: Callable[[torch.Tensor], torch.Tensor] | None = None,
    ) -> None:
        self.vocabulary = vocabulary
        self._nearest = meanings and functools.partial(closest, ids_of=vocabulary.encode, vectors=meanings)
        self._answerable, self._honest, self._intents = answerable, honest, intents
        self._intended: weakref.WeakKeyDictionary[Ask, Intended] = weakref.WeakKeyDictionary()

    @property
    def judges(self) -> bool:
        """Whether it is judged what messages ask for."""
        return self._answerable is not None

    def understood(self, ask: Ask) -> Heard | None:
        """What the message asks for; None where that is not judged, or a reply that was broken off goes on."""
        if self._answerable is None or not self._honest.unanswered or ask.options.get("continue"):
            return None
        ids, states = ask.context
        turns = self.turns(ask)
        told = [text for text, own in turns[:-1] if not own]
        intended = self.intended(ask)
        reply = next((text for text, own in reversed(turns) if own), "")
        # Where it has the form of a question or a wish, what words alone say of it counts.
        tells = intended.asks_nothing and focus_of(ask.text).act not in ASKING
        is_asking = True if intended.is_sure(TOLD) else False if tells else None
        said = Said([*told, ask.text], reply, is_asking=is_asking, nearest=self._nearest)
        judged = self._answerable.judge(states, ids, self.vocabulary.embed(ids), self._openings(ids))
        if intended.is_sure(NOTE) or (begins_order(ask.text) and not asked_by(said.reply)):
            judged = judged._replace(notes=max(judged.notes, NOTES), asks=0.0, unsaid=0.0, world=0.0)
        if intended.is_sure(TOLD):
            judged = judged._replace(asks=max(judged.asks, CERTAIN), world=0.0, notes=0.0)
        elif tells:
            notes = 0.0 if intended.only_tells and not begins_order(ask.text) else judged.notes
            judged = judged._replace(asks=0.0, unsaid=0.0, world=0.0, notes=notes)
        judged = self._honest.revised(judged, said)
        noted = functools.cache(functools.partial(self._noted, ask))
        changed = put_right(ask.text) or ask.text
        only_tells = tells and intended.only_tells
        goes_on = (may_change(changed, named=said.names_any) and not only_tells) or ends(ask.text, said.reply)
        if asks_whether_done(ask.text) or said.own_name or said.of_name[1] or said.is_answered:
            judged = judged._replace(notes=CHANGED)  # words alone settle it
        elif (said.asks_back or (said.asks_of_order and noted().is_fresh)) and noted().texts:
            judged = judged._replace(asks=1.0, world=0.0)
        elif said.wants_number and said.share() == 1.0 and any(map(said.tells, noted().texts)):
            judged = judged._replace(asks=max(judged.asks, ASKS), world=0.0)
        elif goes_on and judged.asks < ASKS and noted().is_fresh:
            judged = judged._replace(notes=CHANGED)
        return Heard(judged, said, noted)

    def intended(self, ask: Ask) -> Intended:
        """What the message tells or wants; nothing where that is not judged."""
        if ask not in self._intended:
            focus = focus_of(ask.text)  # "What colour is my bike? Let us see if you listen."
            texts = [ask.text, focus.text] if focus.others and focus.asks else [ask.text]
            whole, *part = self._judged(ask, texts)
            self._intended[ask] = whole.with_wants(part[0]) if part else whole
        return self._intended[ask]

    def said_to(self, ask: Ask, before: str) -> tuple[str, ...]:
        """What may be said to any message that tells what this one tells for sure; nothing where none is that sure.

        Args:
            ask: The message.
            before: The assistant's reply before it.
        """
        least = TELLS_MORE if invites(before) else TELLS
        return self._intents.said_to(self.intended(ask), least) if self._intents else ()

    def _judged(self, ask: Ask, texts: Sequence[str]) -> list[Intended]:
        if self._intents is None:
            return [Intended()] * len(texts)
        return self._intents.judge(texts, ask.encode_all([text[:READ] for text in texts], "message"))

    def turns(self, ask: Ask) -> list[tuple[str, bool]]:
        """Text of each turn up to the reply that is about to begin, and whether it is the assistant's own."""
        ids = ask.context[0]
        opens = [*torch.isin(ids, self._openings(ids)).nonzero()[:, 0].tolist()]
        return [
            (self.vocabulary.decode(ids[first + 1 : last].tolist()).strip(), int(ids[first]) == self.vocabulary.reply)
            for first, last in itertools.pairwise(opens)
        ]

    def before(self, ask: Ask) -> str:
        """All that was said before the message."""
        return "\n".join(text for text, _ in self.turns(ask)[:-1])

    def knows_name(self, ask: Ask) -> bool:
        """Whether the user said their name before."""
        return any(own_name(text) for text, own in self.turns(ask)[:-1] if not own)

    def _noted(self, ask: Ask) -> Notes:
        """Messages before the latest that were to be noted, and those that go on with what was noted just before."""
        assert self._answerable is not None
        ids, states = (each[-REACH:] for each in ask.context)
        openings = self._openings(ids)
        judged = self._answerable(states[None], ids[None], self.vocabulary.embed(ids)[None], openings)
        notes = judged.notes.sigmoid()[1:].tolist()  # of the turn before each opening but the first
        turns = self.turns(ask)
        notes = [*[0.0] * (len(turns) - len(notes)), *notes]  # of what was said before, words alone tell
        asked = ["", *(text if own else "" for text, own in turns)]  # what the assistant said just before each turn
        told = [
            (text, NOTES if begins_order(text) and not asked_by(before) else of)
            for (text, own), of, before in zip(turns, notes, asked, strict=False)
            if not own
        ][:-1]
        wants = self._judged(ask, [text for text, _ in told]) if told else []
        told = [
            (text, max(of, NOTES) if each.is_sure(NOTE) else of) for (text, of), each in zip(told, wants, strict=True)
        ]
        return gathered(told, NOTES, MAY_NOTE, names_any)

    def _openings(self, ids: torch.Tensor) -> torch.Tensor:
        return torch.tensor(self.vocabulary.openings, device=ids.device)
