"""Generation: the language model over dialogues, and the replies of the chat."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import torch

from chatkit.plugin_api import (
    Answer,
    Ask,
    Branches,
    Encoded,
    Filling,
    Info,
    LanguageModel,
    Lookback,
    Piece,
    Pointer,
    Sampling,
    StorageError,
    Vocabulary,
    choose,
    is_question,
    without_greeting,
)
from chatkit_generation.answerable import ASKS, MAY_NOTE, NOTES, REACH, Answerable, Probabilities
from chatkit_generation.asked import asked_by
from chatkit_generation.avoiding import Avoided
from chatkit_generation.citing import COVERAGE, citable, quotation
from chatkit_generation.content import names_any
from chatkit_generation.counting import count, fit_gate
from chatkit_generation.faithful import Said
from chatkit_generation.focus import focus_of, told_last
from chatkit_generation.honest import CHANGED, DOUBTS, Honest
from chatkit_generation.leading import lead_of
from chatkit_generation.listening import ANSWERS, listening_of, replies_of
from chatkit_generation.names import own_name
from chatkit_generation.ngrams import MOST_ROOM, NGrams
from chatkit_generation.ngrams import REACH as KNOWN_BACK
from chatkit_generation.notes import Notes, asks_whether_done, ends, gathered, may_change
from chatkit_generation.ordering import begins_order
from chatkit_generation.precedents import (
    CERTAIN,
    LEAST_OF_ANSWER,
    MOST,
    MOST_WIDTH,
    SAME,
    Precedent,
    Precedents,
)
from chatkit_generation.precedents import MOST_ROOM as MOST_PIECES
from chatkit_generation.wording import GRAVE, shared

MOOD = "sentiment"  # head that hears it
SURE_ENOUGH = 0.72  # likeness from which on a precedent goes before what is said of a matter
OFFERED = 2  # replies that fit any message of a kind
_SETTINGS = {field.name: field.default for field in dataclasses.fields(Sampling)}


class _Heard(NamedTuple):
    """What a message asks for, and what was said up to it."""

    judged: Probabilities
    said: Said
    noted: Callable[[], Notes]


class Generation(LanguageModel):
    """Draws replies from the language model.

    N = replies
    """

    name = "generation"
    aim = "replies as all the texts have them"
    objectives = MappingProxyType(
        {
            "fluency": "likelier words: log-probability a piece",
            "brevity": "fewer pieces",
            "aptness": "said of your message more than of any: log-probability after it, less that without it",
            "precedent": "like what was said before to messages like yours",
        }
    )

    kit_options = MappingProxyType({"ngrams": 50, "precedents": 40, "likeness": 4})

    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        """Keep the vocabulary and the defaults of replies.

        Args:
            info: Width of the hidden states, for what stands beside the softmax.
            vocabulary: Its softmax predicts the next piece.
            **options: The fields of ``Sampling``; ``cite``: least coverage of a question by a passage of the indexed
                documents at which the passage is the reply (0.7; above 1 never); ``avoid``: what no reply may
                hold, a string of characters or a list of characters and phrases, such as "(user" where the training
                texts have blanks to fill in; ``pointer``: width of the keys by which pieces of earlier turns are copied
                (0: none are); ``lookback``: width of the attention by which a reply looks back at the message and at
                the turns before it (0: it has but the hidden state); ``ngrams``: how many n-grams of the training
                texts, counted when the training is done, stand beside the softmax (0: none); ``precedents``: room, in
                pieces, for replies that are candidates wherever the message is like one that they were given to
                (0: none); ``packed``: whether that room is in bytes of a compressed table; ``likeness``: width of
                vectors of pieces that were learned to tell what is like it (0: the encoder's embeddings tell it);
                ``answerable``: width of what is compared to judge whether what a
                message asks for was said before (0: that is not judged), ``unanswered``: replies that own up where it
                was not, ``unknown``: where it is of the world, and ``listening``: what is said where nothing like the
                message is known, and no reply that was drawn holds (``listening.listening_of``); ``choose``:
                objective -> weight, by which one of several replies is said.
        """
        super().build(info, vocabulary)
        keys = int(options.pop("pointer", 0))
        self.pointer = Pointer(info.width, vocabulary.width, keys) if keys else None
        read = options.pop("lookback", 0)
        if type(read) is not int or read < 0:
            raise ValueError(f"lookback must be a whole number of at least 0, got {read!r}")
        self.lookback = Lookback(info.width, vocabulary.width, read) if read else None
        room = options.pop("ngrams", 0)
        if type(room) is not int or not 0 <= room <= MOST_ROOM:
            raise ValueError(f"ngrams must be a whole number from 0 to {MOST_ROOM:,}, got {room!r}")
        self.ngrams = NGrams(len(vocabulary), room, info.width) if room else None
        held = options.pop("precedents", 0)
        if type(held) is not int or not 0 <= held <= MOST_PIECES:
            raise ValueError(f"precedents must be a whole number from 0 to {MOST_PIECES:,}, got {held!r}")
        learned = options.pop("likeness", 0)
        if type(learned) is not int or not 0 <= learned <= MOST_WIDTH:
            raise ValueError(f"likeness must be a whole number from 0 to {MOST_WIDTH:,}, got {learned!r}")
        packed = bool(options.pop("packed", False))
        self.precedents = Precedents(held, len(vocabulary), learned, packed=packed) if held else None
        compared = options.pop("answerable", 0)
        if type(compared) is not int or not 0 <= compared <= MOST_WIDTH:
            raise ValueError(f"answerable must be a whole number from 0 to {MOST_WIDTH:,}, got {compared!r}")
        self.answerable = Answerable(info.width, vocabulary.width, compared) if compared else None
        if self.answerable is not None:
            self.answerable.requires_grad_(False)  # it is taught afterwards, and by no loss of the head
        self.honest = Honest(*(replies_of(options.pop(name, []), name) for name in ("unanswered", "unknown")))
        self.listening = listening_of(options.pop("listening", {}))
        if self.precedents is None:
            self.objectives = MappingProxyType({k: v for k, v in self.objectives.items() if k != "precedent"})
        self.chosen_by = {name: float(weight) for name, weight in dict(options.pop("choose", {})).items()}
        self.cite = float(options.pop("cite", COVERAGE))
        self.avoided = Avoided(options.pop("avoid", ""), vocabulary)
        if self.avoided.pieces:
            self.banned[self.avoided.pieces] = True
        self.sampling = Sampling(**options)

    def stream(self, ask: Ask) -> Iterator[Piece | Answer]:
        """A reply, piece by piece, until the end of the turn, ``max_tokens`` or the user's stop.

        To a question about the indexed documents it is what they say.
        """
        settings = {name: ask.options.get(name, getattr(self.sampling, name)) for name in _SETTINGS}
        sampling = Sampling(**settings)
        if (cited := self._cited(ask)) and cited not in ask.options.get("unlike", ()):
            yield Piece(cited)
            return
        if ask.candidates > 1:
            texts = self._led(ask, self._candidates(ask, sampling))
            yield Piece(texts[0] if ask.cancelled else texts[ask.pick(texts)])
            return
        decoder = self.vocabulary.decoder()
        said: list[int] = []
        hidden, logits_of = ask.hidden, self._logits(ask)
        banned = self.banned.clone()
        banned[self.vocabulary.end] = True  # an empty reply is no reply
        for _ in range(sampling.max_tokens):
            if ask.cancelled:
                break
            index = self._next(logits_of(hidden, [said])[0], sampling, ask, said, banned)
            if index == self.vocabulary.end:
                break
            banned = self.banned
            said.append(index)
            text = decoder.push(index)
            if text:
                yield Piece(text)
            hidden = ask.step(index)
        rest = decoder.flush()
        if rest:
            yield Piece(rest)

    def fill(self, filling: Filling) -> None:
        """Count the n-grams of the training texts, and fit on the dev texts how much is made of them."""
        if self.ngrams is not None:
            count(self.ngrams, filling)
            fit_gate(self.ngrams, filling, self.vocabulary, self._mended)

    def nats(self, text: Encoded, known: torch.Tensor) -> torch.Tensor:
        """Summed nats of the next pieces, those that stand in earlier turns made likelier by the pointer.

        Where gradients are wanted without the n-grams, which know the training texts by heart.
        """
        tabled = self._tabled and not self.training and not torch.is_grad_enabled()
        heard, text = text.states, self._mended(text)
        if self.pointer is None:
            return self._own(text, known).sum() if tabled else super().nats(text, known)
        share, copied = self.pointer.shares(
            text.states, heard, text.ids, self.vocabulary.embed(text.ids), text.next_ids, *self._places(text.ids)
        )
        share, copied = share[known], copied[known]
        if tabled:
            return -torch.logaddexp(share - self._own(text, known), share + copied).sum()
        own = self.vocabulary.cross_entropy(text.states[known], text.next_ids[known], against=copied)
        return own - share.sum()

    def _mended(self, text: Encoded) -> Encoded:
        """The batch with states that have looked back."""
        if self.lookback is None:
            return text
        opening, _ = self._places(text.ids)
        embedded = self.vocabulary.embed(text.ids)
        return dataclasses.replace(text, states=self.lookback.mended(text.states, text.ids, embedded, opening))

    @property
    def _tabled(self) -> bool:
        """Whether n-grams stand beside the softmax."""
        return self.ngrams is not None and not self.ngrams.is_empty

    def _own(self, text: Encoded, known: torch.Tensor) -> torch.Tensor:
        """Nats (N,) of the next pieces where ``known`` (B, T) is True, without the pointer and without gradient."""
        states = text.states[known]
        own = self.vocabulary.nats(states, text.next_ids[known]).float()
        if not self._tabled:
            return own
        assert self.ngrams is not None
        return self.ngrams.nats(own, states, text.ids, text.next_ids, known)

    def judge(self, ask: Ask, texts: Sequence[str]) -> Mapping[str, Sequence[float]]:
        """How likely each reply is after the conversation, how short, and how much likelier after it than without it.

        The last is their pointwise mutual information (Li et al. 2016, "A diversity-promoting objective function"). All
        are stepped through together.
        """
        rows = [[*self.vocabulary.encode(text), self.vocabulary.end] for text in texts]
        nats = [0.0] * len(rows)
        branches, alive, logits_of = ask.branches(len(rows)), list(range(len(rows))), self._logits(ask)
        for place in range(max(map(len, rows))):
            ids = torch.tensor([rows[row][place] for row in alive])
            logits = logits_of(branches.hidden, [rows[row][:place] for row in alive]).float()
            found = (logits.logsumexp(-1) - logits.gather(-1, ids[:, None])[:, 0]).tolist()
            for row, cost in zip(alive, found, strict=True):
                nats[row] += cost
            alive = self._go_on(branches, alive, ids.tolist(), [len(rows[row]) > place + 1 for row in alive])
        fluency = [-cost / len(row) for cost, row in zip(nats, rows, strict=True)]
        aptness = [alone - cost for alone, cost in zip(self._alone(ask, texts), nats, strict=True)]
        out = {"fluency": fluency, "brevity": [1.0 - len(row) for row in rows], "aptness": aptness}
        if self.precedents is not None:
            known = self._precedents(ask)
            shares = [[each.likeness * shared(text, each.reply) for each in known] for text in texts]
            out["precedent"] = [max(row, default=0.0) for row in shares]
        return out

    def _precedents(self, ask: Ask, heard: _Heard | None = None) -> list[Precedent]:
        """Replies that were given to messages like this one.

        None where a reply that was broken off goes on; to what asks for what may have been said, or is to be noted,
        only what was given to nearly the same words. What was said in this conversation is said again only where
        nothing else is left: the next joke is another one.
        """
        if self.precedents is None or ask.options.get("continue"):
            return []
        found = self.precedents.like(without_greeting(ask.text) or ask.text, self.vocabulary)
        heard = heard or (self._understood(ask) if found else None)
        if heard and (heard.said.requests or heard.judged.notes >= CHANGED):
            found = [each for each in found if GRAVE.search(each.reply)]  # it is noted, however one like it was refused
        elif heard and max(heard.judged.asks - ASKS, heard.judged.notes - NOTES) >= 0:
            # "my name" is nearly the same as "your name"
            least = SAME if heard.said.is_of_oneself or heard.said.asks_back else CERTAIN
            found = [each for each in found if each.likeness >= least]
        if heard:
            found = [each for each in found if not (heard.said.jars(each.reply) or heard.said.is_cold(each.reply))]
            if asked_by(heard.said.reply) and focus_of(ask.text).act in ANSWERS:
                found = [each for each in found if each.likeness >= LEAST_OF_ANSWER or GRAVE.search(each.reply)]
        before = self.vocabulary.decode(ask.context[0].tolist()) if found else ""
        return [each for each in found if each.reply not in before] or found

    def _candidates(self, ask: Ask, sampling: Sampling) -> list[str]:
        """Replies that are drawn, and the likest precedents; to a message that is nearly one of theirs these alone.

        What was said to the same message before is no precedent.
        """
        heard = self._understood(ask)
        lead = lead_of(ask.text, "", known=self._knows_name(ask))
        unlike = {text.removeprefix(f"{lead} ") for text in ask.options.get("unlike", ())}
        known = [each for each in self._precedents(ask, heard) if each.reply not in unlike][:MOST]
        fixed = [text for text in self.listening.of_matter(ask.text) if text not in unlike] if heard else []
        if fixed and not any(each.likeness >= SURE_ENOUGH or GRAVE.search(each.reply) for each in known):
            before = self._before(ask)
            return [text for text in fixed if text not in before] or fixed
        if self.precedents and (sure := [each.reply for each in known if each.likeness >= self.precedents.sure]):
            return sure
        texts = self._draw(ask, sampling)
        if heard:
            doubt = len(texts) / ask.candidates
            listened = self._listened(ask, heard.said) if doubt > DOUBTS or len(texts) < 2 else ()
            texts = self.honest.left(texts, *heard, unlike, listened=listened, doubt=doubt)
        known = [each for each in known if not self.honest.owns_up(each.reply)]  # it is judged whether to
        return texts + [each.reply for each in known if each.reply not in texts]

    def _led(self, ask: Ask, texts: Sequence[str]) -> list[str]:
        """Replies with what is to be said before each, to what leads to the message."""
        if self.answerable is None or ask.options.get("continue"):
            return list(texts)
        known = self._knows_name(ask)
        return [f"{lead} {text}" if (lead := lead_of(ask.text, text, known=known)) else text for text in texts]

    def _knows_name(self, ask: Ask) -> bool:
        """Whether the user said their name before."""
        return any(own_name(text) for text, own in self._turns(ask.context[0])[:-1] if not own)

    def _before(self, ask: Ask) -> str:
        """All that was said before the message."""
        return "\n".join(text for text, _ in self._turns(ask.context[0])[:-1])

    def _listened(self, ask: Ask, said: Said) -> list[str]:
        """What fits any message of this kind, a few: the language model may say which."""
        before = self._before(ask)

        def drawn(count: int) -> list[int]:
            return torch.randperm(count, generator=ask.generator).tolist()

        mood, answered = ask.labels(MOOD, told_last(ask.text)), said.reply
        fitting = self.listening.replies(ask.text, mood, before, drawn, sad=said.is_sad, answered=answered)
        return fitting[:OFFERED]

    def _understood(self, ask: Ask) -> _Heard | None:
        """What the message asks for; None where that is not judged, or a reply that was broken off goes on."""
        if self.answerable is None or not self.honest.unanswered or ask.options.get("continue"):
            return None
        ids, states = ask.context
        turns = self._turns(ids)
        told = [text for text, own in turns[:-1] if not own]
        said = Said([*told, ask.text], next((text for text, own in reversed(turns) if own), ""))
        judged = self.answerable.judge(states, ids, self.vocabulary.embed(ids), self._places(ids)[0])
        if begins_order(ask.text) and not asked_by(said.reply):
            judged = judged._replace(notes=max(judged.notes, NOTES), asks=0.0, unsaid=0.0, world=0.0)
        judged = self.honest.revised(judged, said)
        noted = functools.cache(functools.partial(self._noted, ask))
        goes_on = may_change(ask.text, named=said.names_any) or ends(ask.text, said.reply)
        if asks_whether_done(ask.text) or said.own_name or said.of_name[1] or said.job():
            judged = judged._replace(notes=CHANGED)  # words alone settle it
        elif (said.asks_back or (said.asks_of_order and noted().is_fresh)) and noted().texts:
            judged = judged._replace(asks=1.0, world=0.0)
        elif said.wants_number and said.share() == 1.0 and any(map(said.tells, noted().texts)):
            judged = judged._replace(asks=max(judged.asks, ASKS), world=0.0)
        elif goes_on and judged.asks < ASKS and noted().is_fresh:
            judged = judged._replace(notes=CHANGED)
        return _Heard(judged, said, noted)

    def _turns(self, ids: torch.Tensor) -> list[tuple[str, bool]]:
        """Text of each turn up to the reply that is about to begin, and whether it is the assistant's own."""
        opens = [*torch.isin(ids, self._places(ids)[0]).nonzero()[:, 0].tolist()]
        return [
            (self.vocabulary.decode(ids[first + 1 : last].tolist()).strip(), int(ids[first]) == self.vocabulary.reply)
            for first, last in itertools.pairwise(opens)
        ]

    def _noted(self, ask: Ask) -> Notes:
        """Messages before the latest that were to be noted, and those that go on with what was noted just before."""
        assert self.answerable is not None
        ids, states = (each[-REACH:] for each in ask.context)
        openings = self._places(ids)[0]
        judged = self.answerable(states[None], ids[None], self.vocabulary.embed(ids)[None], openings)
        notes = judged.notes.sigmoid()[1:].tolist()  # of the turn before each opening but the first
        turns = self._turns(ask.context[0])
        notes = [*[0.0] * (len(turns) - len(notes)), *notes]  # of what was said before, words alone tell
        asked = ["", *(text if own else "" for text, own in turns)]  # what the assistant said just before each turn
        told = [
            (text, NOTES if begins_order(text) and not asked_by(before) else of)
            for (text, own), of, before in zip(turns, notes, asked, strict=False)
            if not own
        ][:-1]
        return gathered(told, NOTES, MAY_NOTE, names_any)

    def _alone(self, ask: Ask, texts: Sequence[str]) -> list[float]:
        """Nats of each reply as if it were said to nothing."""
        encoded = ask.encode_all(texts, "reply")
        known = encoded.next_ids >= 0
        nats = torch.zeros(known.shape)
        nats[known] = self._own(self._mended(encoded), known)
        return nats.sum(1).tolist()

    def _logits(self, ask: Ask) -> Callable[[torch.Tensor, Sequence[Sequence[int]]], torch.Tensor]:
        """Logits (N, V) of hidden states (N, D) and what has been said of each reply to a message."""
        vocabulary, ngrams = self.vocabulary, self.ngrams if self._tabled else None
        if ngrams is None and self.pointer is None and self.lookback is None:
            return lambda hidden, said: vocabulary.logits(hidden)
        ids, states = ask.context
        before, embedded = ids[-KNOWN_BACK:].tolist(), vocabulary.embed(ids)
        opening, special = self._places(ids)
        mend, copies = None, None
        if self.lookback is not None:
            mend = self.lookback.over(states, ids, embedded, opening)
        if self.pointer is not None:
            own, begins = vocabulary.reply, vocabulary.begins
            copies = self.pointer.over(states, ids, embedded, opening, special, own=own, begins=begins)

        def logits(hidden: torch.Tensor, said: Sequence[Sequence[int]]) -> torch.Tensor:
            hidden = hidden if mend is None else mend(hidden)
            found = vocabulary.logits(hidden)
            if ngrams is not None:
                found = ngrams.mixed(found, hidden, [[*before, *row[-KNOWN_BACK:]] for row in said])
            return found if copies is None else copies.mixed(found, hidden, said)

        return logits

    def _places(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What opens a turn, and what is never copied."""
        opening, special = self.vocabulary.openings, self.vocabulary.specials
        return torch.tensor(opening, device=ids.device), torch.tensor(special, device=ids.device)

    def _cited(self, ask: Ask) -> str:
        """What the indexed documents say, if the message asks about them; else ""."""
        least = float(ask.options.get("cite", self.cite))
        if least > 1 or ask.options.get("continue") or not is_question(ask.text):
            return ""
        try:
            hits = ask.search(None, ask.text, 3)
        except StorageError:  # the ranking head says so; a reply needs no documents
            return ""
        hit = citable(ask.text, hits, least)
        return quotation(ask.text, hit) if hit else ""

    def _draw(self, ask: Ask, sampling: Sampling) -> list[str]:
        """Replies drawn side by side, each text once; as far as they have come when the user stops.

        One that has not ended within ``max_tokens`` is none where others have.
        """
        drawn: list[list[int]] = [[] for _ in range(ask.candidates)]
        ended: list[int] = []
        branches, alive, logits_of = ask.branches(len(drawn)), list(range(len(drawn))), self._logits(ask)
        first = self.banned.clone()
        first[self.vocabulary.end] = True  # an empty reply is no reply
        for place in range(sampling.max_tokens):
            if not alive or ask.cancelled:
                break
            logits = logits_of(branches.hidden, [drawn[row] for row in alive])
            banned = self.banned if place else first
            ids = []
            for row, own in zip(alive, logits, strict=True):
                ids.append(self._next(own, sampling, ask, drawn[row], banned))
            going = [index != self.vocabulary.end for index in ids]
            ended += [row for row, on in zip(alive, going, strict=True) if not on]
            for row, index, on in zip(alive, ids, going, strict=True):
                if on:
                    drawn[row].append(index)
            alive = self._go_on(branches, alive, ids, going)
        rows = sorted(ended) if ended and not ask.cancelled else range(len(drawn))
        texts = [self.vocabulary.decode(drawn[row]).strip() for row in rows]
        return list(dict.fromkeys(filter(None, texts))) or [""]

    def _next(
        self, logits: torch.Tensor, sampling: Sampling, ask: Ask, said: Sequence[int], banned: torch.Tensor
    ) -> int:
        """The next piece after what was said; one that would complete an avoided phrase is drawn anew."""
        recent = said[-sampling.repetition_window :] if sampling.repetition_window else []
        while True:
            index = choose(logits, sampling, generator=ask.generator, recent=recent, banned=banned)
            if index == self.vocabulary.end or not self.avoided.completes(said, index):
                return index
            banned = self.avoided.without(banned, index)

    def _go_on(self, branches: Branches, alive: list[int], ids: list[int], going: list[bool]) -> list[int]:
        """Step the rows that go on and let the others go; which are left."""
        left = [i for i, on in enumerate(going) if on]
        if left and len(left) < len(alive):
            branches.keep(left)
        if left:
            branches.step([ids[i] for i in left])
        return [alive[i] for i in left]
