"""Classifier: the short way to a head that gives each text one label.

B = batch, C = classes, D = width of the hidden states
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from chatkit.head.answer import Answer, Bars, Metric
from chatkit.head.encoded import Info, Loss
from chatkit.head.head import Fields, Head, Record
from chatkit.head.vocabulary import Vocabulary
from chatkit.metrics.classification import accuracy, macro_f1
from chatkit.nn.grams import HashedGrams
from chatkit.nn.pooling import AttentionPooling, activation


class Classifier(Head):
    """Attention pooling, one layer, a label. Subclass it, set ``name`` and ``examples``, and it is a head.

    Attributes:
        labels: Fixed labels; by default those of the training data.
    """

    labels: ClassVar[tuple[str, ...]] = ()

    def build(self, info: Info, vocabulary: Vocabulary, **options: Any) -> None:
        """Make the layers.

        Args:
            info: Its labels are taken unless the class fixes them.
            vocabulary: Not used.
            **options: ``hidden`` (width of the layer, 128), ``activation`` ("gelu"), ``dropout`` (0.2),
                ``label_smoothing`` (0; share of the target that all labels split, Szegedy et al. 2016), ``wide`` (0; a
                linear model of hashed pairs of pieces beside the layer, with 2 ** wide rows), ``wide_weight`` (0.3;
                its weight in the logits).
        """
        hidden = int(options.get("hidden", 128))
        self.classes = tuple(self.labels or info.labels)
        if len(self.classes) < 2:
            raise ValueError(f"{self.name} needs at least two labels, got {list(self.classes)}")
        self.label_smoothing = float(options.get("label_smoothing", 0.0))
        if not 0 <= self.label_smoothing < 1:
            raise ValueError(f"label_smoothing must lie in 0..1 (1 excluded), got {self.label_smoothing}")
        self.pooling = AttentionPooling(info.width)
        self.layers = nn.Sequential(
            nn.Linear(info.width, hidden),
            activation(str(options.get("activation", "gelu"))),
            nn.Dropout(float(options.get("dropout", 0.2))),
            nn.Linear(hidden, len(self.classes)),
        )
        bits, self.wide_weight = int(options.get("wide", 0)), float(options.get("wide_weight", 0.3))
        self.wide = HashedGrams(len(self.classes), bits) if bits else None

    @property
    def beside(self) -> tuple[str, ...]:
        """Parts of the logits that are no function of the hidden states: what an export as a graph leaves out."""
        return () if self.wide is None else ("wide",)

    def deep_logits(self, encoded: Fields) -> Tensor:
        """Logits (B, C) of the layer over the states alone, without what is ``beside``."""
        text = encoded[self.fields[0]]
        logits: Tensor = self.layers(self.pooling(text.states, text.mask))
        return logits

    def logits(self, encoded: Fields) -> Tensor:
        """Logits (B, C): of the layer over the states, and of the wide part over the pieces where there is one."""
        deep, wide = self._both(encoded)
        return deep if wide is None else deep.log_softmax(-1) + self.wide_weight * wide.log_softmax(-1)

    def _both(self, encoded: Fields) -> tuple[Tensor, Tensor | None]:
        text, deep = encoded[self.fields[0]], self.deep_logits(encoded)
        return deep, None if self.wide is None else self.wide(text.ids, text.mask)

    def targets(self, examples: Sequence[Record]) -> Tensor:
        """Class of each example, (B,).

        Raises:
            ValueError: If an example has a label that was not there when the head was built.
        """
        known = {label: i for i, label in enumerate(self.classes)}
        for example in examples:
            if example.get("label") not in known:
                raise ValueError(f"label {example.get('label')!r} is none of {', '.join(self.classes)}")
        return torch.tensor([known[example["label"]] for example in examples])

    def loss(self, encoded: Fields, examples: Sequence[Record]) -> Loss:
        """Cross-entropy, nats per example; smoothed while it trains.

        While it trains, the two parts learn side by side, each by its own loss: the states of training texts tell their
        labels better than those of new texts do, and a sum would leave nothing for the wide part to learn.
        """
        parts = [part for part in self._both(encoded) if part is not None] if self.training else [self.logits(encoded)]
        targets = self.targets(examples).to(parts[0].device)
        smoothing = self.label_smoothing if self.training else 0.0
        nats = [nn.functional.cross_entropy(p, targets, reduction="sum", label_smoothing=smoothing) for p in parts]
        return Loss(torch.stack(nats).sum(), len(examples))

    def answer(self, encoded: Fields, examples: Sequence[Record]) -> list[Answer]:
        """Probabilities of the labels."""
        rows = self.logits(encoded).float().softmax(-1).tolist()
        return [Answer(Bars(dict(zip(self.classes, row, strict=True)))) for row in rows]

    def measure(self, encoded: Fields, examples: Sequence[Record]) -> dict[str, float]:
        """Confusion counts (under ``gold<TAB>predicted``), summed nats and count."""
        logits = self.logits(encoded).float()
        targets = self.targets(examples).to(logits.device)
        sums = {"nats": float(nn.functional.cross_entropy(logits, targets, reduction="sum"))}
        sums["count"] = float(len(examples))
        for gold, predicted in zip(targets.tolist(), logits.argmax(-1).tolist(), strict=True):
            key = f"{self.classes[gold]}\t{self.classes[predicted]}"
            sums[key] = sums.get(key, 0.0) + 1
        return sums

    def summarise(self, sums: Mapping[str, float]) -> dict[str, Metric]:
        """Loss, accuracy and macro-F1."""
        pairs = {key: key.split("\t") for key in sums if "\t" in key}
        confusion = {(gold, predicted): int(sums[key]) for key, (gold, predicted) in pairs.items()}
        return {
            "loss": Metric(sums["nats"] / max(sums["count"], 1.0), "lower"),
            "accuracy": Metric(accuracy(confusion), "higher"),
            "macro_f1": Metric(macro_f1(confusion), "higher"),
        }
