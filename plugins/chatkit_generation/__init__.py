"""Generation: the language model over dialogues, and the replies of the chat."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch

from chatkit.plugin_api import (
    Answer,
    Ask,
    Fields,
    Head,
    Info,
    Loss,
    Metric,
    Piece,
    Record,
    Sampling,
    Text,
    Vocabulary,
    bits_per_byte,
    choose,
    word_perplexity,
)

_SETTINGS = {field.name: field.default for field in dataclasses.fields(Sampling)}


class Generation(Head):
    """Predicts each next piece with the tied softmax; has no weights of its own.

    B = batch, T = tokens, D = width of the hidden states, N = targets
    """

    name = "generation"
    view = "conversation"
    reader = "dialogue"
    needs = frozenset({"causal"})
    examples = (
        {"turns": [{"speaker": "user", "text": "hello"}, {"speaker": "assistant", "text": "hi, how are you?"}]},
        {"turns": [{"speaker": "user", "text": "a table for two"}, {"speaker": "assistant", "text": "what time?"}]},
    )

    banned: torch.Tensor

    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        """Keep the vocabulary and the defaults of sampling; ``options`` are the fields of ``Sampling``."""
        self.vocabulary = vocabulary
        self.sampling = Sampling(**options)
        banned = torch.zeros(len(vocabulary), dtype=torch.bool)
        banned[vocabulary.specials] = True
        banned[vocabulary.end] = False
        self.register_buffer("banned", banned, persistent=False)

    def loss(self, encoded: Fields, examples: Sequence[Record]) -> Loss:
        """Cross-entropy of each next piece, nats per piece."""
        text = encoded["text"]
        known = text.next_ids >= 0
        targets = text.next_ids[known]
        return Loss(self.vocabulary.cross_entropy(text.states[known], targets), len(targets))

    def measure(self, encoded: Fields, examples: Sequence[Record]) -> dict[str, float]:
        """Summed nats, pieces, bytes and words."""
        text = encoded["text"]
        known = text.next_ids >= 0
        targets = text.next_ids[known]
        return {
            "nats": float(self.loss(encoded, examples).total),
            "count": float(len(targets)),
            "bytes": float(self.vocabulary.num_bytes(targets)),
            "words": float(self.vocabulary.num_words(targets, text.ids[known])),
        }

    def summarise(self, sums: Mapping[str, float]) -> dict[str, Metric]:
        """Loss per piece, bits per byte and word perplexity (both count one end of line per turn)."""
        return {
            "loss": Metric(sums["nats"] / max(sums["count"], 1.0), "lower"),
            "bits_per_byte": Metric(bits_per_byte(sums["nats"], int(sums["bytes"])), "lower"),
            "word_perplexity": Metric(word_perplexity(sums["nats"], int(sums["words"])), "lower"),
        }

    def answer(self, encoded: Fields, examples: Sequence[Record]) -> list[Answer]:
        """The most probable next piece of each text."""
        logits = self.vocabulary.logits(encoded["text"].final)
        logits = logits.masked_fill(self.banned, float("-inf"))
        return [Answer(Text(self.vocabulary.decode([index]))) for index in logits.argmax(-1).tolist()]

    def stream(self, ask: Ask) -> Iterator[Piece | Answer]:
        """A reply, piece by piece, until the end of the turn, ``max_tokens`` or the user's stop."""
        settings = {name: ask.options.get(name, getattr(self.sampling, name)) for name in _SETTINGS}
        sampling = Sampling(**settings)
        decoder = self.vocabulary.decoder()
        recent: deque[int] = deque(maxlen=sampling.repetition_window)
        hidden = ask.hidden
        banned = self.banned.clone()
        banned[self.vocabulary.end] = True  # an empty reply is no reply
        for _ in range(sampling.max_tokens):
            if ask.cancelled:
                break
            logits = self.vocabulary.logits(hidden)[0]
            index = choose(logits, sampling, generator=ask.generator, recent=recent, banned=banned)
            if index == self.vocabulary.end:
                break
            banned = self.banned
            recent.append(index)
            text = decoder.push(index)
            if text:
                yield Piece(text)
            hidden = ask.step(index)
        rest = decoder.flush()
        if rest:
            yield Piece(rest)
