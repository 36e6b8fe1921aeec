"""LanguageModel: the objective of predicting each next piece of running conversations with the tied softmax.

The generation head is one. Another, on other conversations, is another objective of the same output: of warm replies,
of brief ones; between the two a dial can be trained (``[objectives.dial]``).

B = batch, T = tokens, D = width of the hidden states, N = targets
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from chatkit.head.answer import Answer, Metric, Text
from chatkit.head.encoded import Info, Loss
from chatkit.head.head import Fields, Head, Record
from chatkit.head.vocabulary import Vocabulary
from chatkit.metrics.language import bits_per_byte, word_perplexity


class LanguageModel(Head):
    """Predicts each next piece; has no weights of its own. Subclass it, set ``name``, and it is an objective."""

    view = "conversation"
    reader = "dialogue"
    needs = frozenset({"causal"})
    examples = (
        {"turns": [{"speaker": "user", "text": "hello"}, {"speaker": "assistant", "text": "hi, how are you?"}]},
        {"turns": [{"speaker": "user", "text": "a table for two"}, {"speaker": "assistant", "text": "what time?"}]},
    )

    banned: torch.Tensor

    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        """Keep the vocabulary; the pieces that are never said are masked."""
        self.vocabulary = vocabulary
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
