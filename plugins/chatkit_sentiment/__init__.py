"""Sentiment of a message: positive, neutral or negative, with probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from torch import Tensor

from chatkit.plugin_api import Ask, Classifier


class Sentiment(Classifier):
    """Attention pooling over the message and one layer of its own."""

    name = "sentiment"
    labels = ("positive", "neutral", "negative")
    objectives = MappingProxyType({"warmth": "warmer words: positive less negative"})
    examples = (
        {"text": "I love this, thank you so much!", "label": "positive"},
        {"text": "The meeting is on Tuesday.", "label": "neutral"},
        {"text": "What an awful waste of money.", "label": "negative"},
    )

    def judge(self, ask: Ask, texts: Sequence[str]) -> Mapping[str, Tensor]:
        """Probability of positive less that of negative, of each reply."""
        shares = self.logits({"text": ask.encode_all(texts, self.view)}).softmax(-1)
        return {"warmth": shares[:, self.classes.index("positive")] - shares[:, self.classes.index("negative")]}
