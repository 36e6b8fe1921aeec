"""Sentiment of a message: positive, neutral or negative, with probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from chatkit.plugin_api import Ask, Classifier, Encoded, Fields, Info, Vocabulary
from chatkit_sentiment.words import Lexicon, WordModel

_SURE = 2.0  # temperature at which the classifier's doubt is read: it is surer than it is right


class Sentiment(Classifier):
    """Attention pooling over the message and one layer of its own; what words say is beside them where it is filled."""

    name = "sentiment"
    labels = ("positive", "neutral", "negative")
    objectives = MappingProxyType({"warmth": "warmer words: positive less negative"})
    examples = (
        {"text": "I love this, thank you so much!", "label": "positive"},
        {"text": "The meeting is on Tuesday.", "label": "neutral"},
        {"text": "What an awful waste of money.", "label": "negative"},
    )

    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        """Make the layers.

        Args:
            info: Width of the encoder.
            vocabulary: Tells the words of a text.
            **options: Those of ``Classifier``; ``words`` and ``lexicon`` (0; two to this many rows for a linear model
                of words and for a lexicon, which ``WordModel.fit`` and ``Lexicon.learn`` fill), ``words_weight`` (0.6;
                of the model's logits), ``lexicon_weight`` (6.0; in the logits of a text that nothing else is known
                of), ``lexicon_margin`` (0.5; up to where a valence speaks for neutral).
        """
        super().build(info, vocabulary, **options)
        self.vocabulary = vocabulary
        words, lexicon = int(options.get("words", 0)), int(options.get("lexicon", 0))
        self.words_weight = float(options.get("words_weight", 0.6))
        self.lexicon_weight = float(options.get("lexicon_weight", 6.0))
        self.lexicon_margin = float(options.get("lexicon_margin", 0.5))
        self.words = WordModel(len(self.classes), words) if words else None
        self.lexicon = Lexicon(lexicon) if lexicon else None

    @property
    def beside(self) -> tuple[str, ...]:
        """Those of ``Classifier``, and what is filled with words."""
        return (*super().beside, *self._filled())

    def _filled(self) -> dict[str, nn.Module]:
        parts = {"words": self.words, "lexicon": self.lexicon}
        return {name: part for name, part in parts.items() if part is not None and not part.is_empty}

    def logits(self, encoded: Fields) -> Tensor:
        """Logits (B, 3) of the classifier, of the words and of the lexicon together."""
        logits = super().logits(encoded)
        return self.joined(logits, *self.of_words(self._texts(encoded[self.fields[0]]))) if self._filled() else logits

    def of_words(self, texts: Sequence[str]) -> tuple[Tensor | None, Tensor | None]:
        """What the words of texts say: log shares (B, 3) of the model, and valences (B,); None of what is empty."""
        found = {name: part(texts) for name, part in self._filled().items()}
        said = found.get("words")
        return None if said is None else said.log_softmax(-1), found.get("lexicon")

    def joined(self, logits: Tensor, said: Tensor | None, valence: Tensor | None) -> Tensor:
        """Logits (B, 3) of the classifier joined with what ``of_words`` gives.

        The lexicon is heard as far as all else is in doubt: what is like its training texts a classifier knows better,
        and is sure of.
        """
        if said is not None:
            logits = logits + self.words_weight * said.to(logits)
        if valence is None:
            return logits
        valence = valence.to(logits)
        doubt = (1 - (logits / _SURE).softmax(-1).amax(-1)) * len(self.classes) / (len(self.classes) - 1)
        spoken = {"positive": valence, "neutral": self.lexicon_margin - valence.abs(), "negative": -valence}
        heard = torch.stack([spoken[label] for label in self.classes], -1)
        return logits + self.lexicon_weight * doubt[:, None] * heard

    def _texts(self, encoded: Encoded) -> list[str]:
        rows = zip(encoded.ids.tolist(), encoded.mask.tolist(), strict=True)
        return [self.vocabulary.decode([i for i, real in zip(*row, strict=True) if real]) for row in rows]

    def judge(self, ask: Ask, texts: Sequence[str]) -> Mapping[str, Tensor]:
        """Probability of positive less that of negative, of each reply."""
        shares = self.logits({"text": ask.encode_all(texts, self.view)}).softmax(-1)
        return {"warmth": shares[:, self.classes.index("positive")] - shares[:, self.classes.index("negative")]}
