"""Generation: the language model over dialogues, and the replies of the chat."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

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
)
from chatkit_generation.answerable import Answerable
from chatkit_generation.avoiding import Avoided
from chatkit_generation.citing import COVERAGE, citable, quotation
from chatkit_generation.counting import count, fit_gate
from chatkit_generation.hearing import Hearing
from chatkit_generation.honest import Honest
from chatkit_generation.intents import Intents, intents_of
from chatkit_generation.listening import listening_of, replies_of
from chatkit_generation.matters import MOST_ROOM as MOST_BYTES
from chatkit_generation.matters import Matters
from chatkit_generation.ngrams import MOST_ROOM, NGrams
from chatkit_generation.ngrams import REACH as KNOWN_BACK
from chatkit_generation.precedents import MOST_ROOM as MOST_PIECES
from chatkit_generation.precedents import (
    MOST_WIDTH,
    Precedents,
)
from chatkit_generation.sources import Sources
from chatkit_generation.wording import shared

_SETTINGS = {field.name: field.default for field in dataclasses.fields(Sampling)}


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

    kit_options = MappingProxyType({"ngrams": 50, "precedents": 40, "likeness": 4, "matters": 100})

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
                ``matters``: room, in bytes, for what is said of matters that people talk about (0: none);
                ``answerable``: width of what is compared to judge whether what a
                message asks for was said before (0: that is not judged), ``intents``: what messages tell or want, and
                what may be said to it (``intents.intents_of``), ``unanswered``: replies that own up where it
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
        table = options.pop("matters", 0)
        if type(table) is not int or not 0 <= table <= MOST_BYTES:
            raise ValueError(f"matters must be a whole number from 0 to {MOST_BYTES:,}, got {table!r}")
        self.matters = Matters(table) if table else None
        compared = options.pop("answerable", 0)
        if type(compared) is not int or not 0 <= compared <= MOST_WIDTH:
            raise ValueError(f"answerable must be a whole number from 0 to {MOST_WIDTH:,}, got {compared!r}")
        self.answerable = Answerable(info.width, vocabulary.width, compared) if compared else None
        if self.answerable is not None:
            self.answerable.requires_grad_(False)  # it is taught afterwards, and by no loss of the head
        replies = intents_of(options.pop("intents", {}))
        self.intents = Intents(info.width, replies) if replies else None
        if self.intents is not None:
            self.intents.requires_grad_(False)  # the same
        self.honest = Honest(*(replies_of(options.pop(name, []), name) for name in ("unanswered", "unknown")))
        self.listening = listening_of(options.pop("listening", {}))
        meanings = self.precedents.meanings if self.precedents is not None and self.precedents.learned else None
        hearing = Hearing(vocabulary, self.answerable, self.honest, self.intents, meanings)
        self.sources = Sources(hearing, self.honest, self.listening, self.precedents, self.matters)
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
        cited = self._cited(ask)
        if cited and cited not in ask.options.get("unlike", ()) and not self.sources.is_of_told(ask):
            yield Piece(cited)
            return
        if ask.candidates > 1:
            texts = self.sources.led(ask, self.sources.candidates(ask, lambda: self._draw(ask, sampling)))
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
            known = self.sources.precedents(ask)
            shares = [[each.likeness * shared(text, each.reply) for each in known] for text in texts]
            out["precedent"] = [max(row, default=0.0) for row in shares]
        return out

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
