"""LanguageModel: the objective of predicting each next piece of running conversations with the tied softmax.

The generation head is one. Another, on other conversations, is another objective of the same output: of warm replies,
of brief ones; between the two a dial can be trained (``[objectives.dial]``).

B = batch, T = tokens, D = width of the hidden states, N = targets
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from chatkit.head.answer import Answer, Metric, Text
from chatkit.head.encoded import Encoded, Info, Loss
from chatkit.head.head import Fields, Head, Record
from chatkit.head.vocabulary import Vocabulary
from chatkit.metrics.language import bits_per_byte, word_perplexity


class LanguageModel(Head):
    """Predicts each next piece; has no weights of its own. Subclass it, set ``name``, and it is an objective.

    With ``replies_only`` the turns of the assistant alone count: what they are said to is context, and no lesson.
    """

    view = "conversation"
    reader = "dialogue"
    needs = frozenset({"causal"})
    examples = (
        {"turns": [{"speaker": "user", "text": "hello"}, {"speaker": "assistant", "text": "hi, how are you?"}]},
        {"turns": [{"speaker": "user", "text": "a table for two"}, {"speaker": "assistant", "text": "what time?"}]},
    )

    replies_only: ClassVar[bool] = False
    aim: ClassVar[str] = ""
    """What more of it means, for whoever moves its slider."""

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
        known = self._counted(text)
        return Loss(self.nats(text, known), int(known.sum()))

    def nats(self, text: Encoded, known: Tensor) -> Tensor:
        """Summed nats of the next pieces at the places (B, T) that ``known`` marks, with gradient in training."""
        return self.vocabulary.cross_entropy(text.states[known], text.next_ids[known])

    def measure(self, encoded: Fields, examples: Sequence[Record]) -> dict[str, float]:
        """Summed nats, pieces, bytes and words."""
        text = encoded["text"]
        known = self._counted(text)
        targets = text.next_ids[known]
        return {
            "nats": float(self.loss(encoded, examples).total),
            "count": float(len(targets)),
            "bytes": float(self.vocabulary.num_bytes(targets)),
            "words": float(self.vocabulary.num_words(targets, text.ids[known])),
        }

    def _counted(self, text: Encoded) -> Tensor:
        """Which next pieces count, (B, T) bool.

        Of a window that begins in the middle of a turn it is not known whose that is: it counts from the next one on.
        """
        known = text.next_ids >= 0
        if not self.replies_only:
            return known
        opens = torch.isin(text.ids, torch.tensor(self.vocabulary.openings, device=text.ids.device))
        places = torch.arange(text.ids.shape[1], device=text.ids.device)
        last = torch.where(opens, places, -1).cummax(1).values  # where the turn of each piece was opened
        opened_by = text.ids.gather(1, last.clamp(min=0))
        ended = text.ids == self.vocabulary.end  # what follows it opens another turn
        return known & (last >= 0) & (opened_by == self.vocabulary.reply) & ~ended

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
