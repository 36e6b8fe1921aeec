"""What was fitted on dev beside the weights of an assistant, in memory and on disk.

    confidence.json          per head: temperature, scores of label sets, threshold; reference of familiarity
    confidence.safetensors   counts of the training text's pieces

An assistant without these files answers without them: probabilities as the heads give them, no sets, no familiarity.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chatkit.checkpoint import load_tensors, read_json, save_tensors, write_json
from chatkit.confidence.calibration import scale
from chatkit.confidence.conformal import Conformal
from chatkit.confidence.familiarity import LOW, Familiarity
from chatkit.confidence.pieces import PieceCounts
from chatkit.errors import ModelError

FORMAT = 2  # 1 had no choice of figures and one limit of a window for all domains; it is still read
COVERAGE = 0.9
JSON, TENSORS = "confidence.json", "confidence.safetensors"
FILES = (JSON, TENSORS)


@dataclasses.dataclass(frozen=True)
class Judgement:
    """A head's probabilities once they are calibrated, and what may be said of them.

    Args:
        probabilities: label -> calibrated probability.
        labels: Set of labels that holds the right one with the coverage, most probable first.
        coverage: What the set promises.
        guaranteed: Whether the promise holds; it does not for unfamiliar text.
        sure: False where the answer had better be "not sure".
        why: Why it is not sure, or why the promise is withdrawn; "" otherwise.
    """

    probabilities: Mapping[str, float]
    labels: tuple[str, ...]
    coverage: float
    guaranteed: bool
    sure: bool
    why: str


@dataclasses.dataclass(frozen=True)
class Domain:
    """What a labelled domain tells about a head.

    Args:
        name: Name of the domain.
        examples: Labelled examples.
        accuracy: Share that the head got right.
        confidence: Mean calibrated probability of the decided label.
        trained: Whether the head was trained on it.
    """

    name: str
    examples: int
    accuracy: float
    confidence: float
    trained: bool = False


@dataclasses.dataclass(frozen=True)
class HeadConfidence:
    """What was fitted for one head that gives probabilities.

    Args:
        temperature: Of its probabilities.
        conformal: Scores of held-out examples, for sets of labels.
        threshold: Calibrated probability below which the head is not sure.
        figures: On held-out examples: ``examples``, ``ece_before``, ``ece``, ``accuracy``, mean ``confidence``, and
            ``atc``, the confidence that as many examples exceed as are right.
        domains: Labelled domains, those that it was trained on first.
    """

    temperature: float
    conformal: Conformal
    threshold: float
    figures: Mapping[str, float] = dataclasses.field(default_factory=dict)
    domains: tuple[Domain, ...] = ()

    def judge(
        self, probabilities: Mapping[str, float], familiarity: float | None, coverage: float = COVERAGE
    ) -> Judgement:
        """Calibrate probabilities and say how far they go.

        Args:
            probabilities: label -> probability, as the head gave them.
            familiarity: Of the text, if it is known.
            coverage: Of the set of labels.
        """
        shares = scale(list(probabilities.values()), self.temperature).tolist()
        calibrated = dict(zip(probabilities, shares, strict=True))
        labels = self.conformal.labels(calibrated, coverage, familiarity)
        unfamiliar = familiarity is not None and familiarity < LOW
        ranked = sorted(calibrated, key=lambda name: -calibrated[name])
        best = calibrated[ranked[0]] if ranked else 1.0
        sure = best >= self.threshold
        why = []
        if not sure:
            why.append(f"between {' and '.join(ranked[:2])}: {best:.0%} is too little to decide")
        if unfamiliar:
            why.append("unfamiliar text: percentages do not hold here")
        return Judgement(calibrated, labels, coverage, not unfamiliar, sure, "; ".join(why))

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "temperature": self.temperature,
            "threshold": self.threshold,
            "figures": dict(self.figures),
            "domains": [dataclasses.asdict(domain) for domain in self.domains],
            "conformal": self.conformal.as_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> HeadConfidence:
        """From ``as_json``."""
        figures = {str(key): float(value) for key, value in data.get("figures", {}).items()}
        conformal = Conformal.from_json(data["conformal"])
        domains = tuple(Domain(**item) for item in data.get("domains", ()))
        return cls(float(data["temperature"]), conformal, float(data["threshold"]), figures, domains)


@dataclasses.dataclass
class Confidence:
    """All of it; empty where nothing was fitted.

    Args:
        familiarity: Scores texts against the training text.
        heads: What was fitted for each head.
    """

    familiarity: Familiarity | None = None
    heads: dict[str, HeadConfidence] = dataclasses.field(default_factory=dict)

    def save(self, folder: Path, lineage: str) -> None:
        """Write it into an assistant's folder; nothing where nothing was fitted.

        Args:
            folder: The folder.
            lineage: Of the assistant whose heads it was fitted for.
        """
        if self.familiarity is None and not self.heads:
            return
        table: dict[str, Any] = {"format": FORMAT, "lineage": lineage}
        table["heads"] = {name: head.as_json() for name, head in self.heads.items()}
        if self.familiarity is not None:
            import torch

            from chatkit.packing import pack

            counts = self.familiarity.counts
            tables = (pack(name, torch.from_numpy(t)) for name, t in counts.tensors.items())
            save_tensors(folder / TENSORS, {name: t for table in tables for name, t in table.items()})
            table["familiarity"] = {"domains": list(counts.names), "reference": self.familiarity.reference}
        write_json(folder / JSON, table)

    @classmethod
    def load(cls, folder: Path, lineage: str, *, vocab_size: int) -> Confidence:
        """Read it; empty where it is missing, of a newer format, or was fitted for another encoder.

        Args:
            folder: An assistant's folder.
            lineage: The assistant's lineage.
            vocab_size: Its number of pieces.
        Raises:
            ModelError: If a file is damaged.
        """
        if not (folder / JSON).is_file():
            return cls()
        table = read_json(folder / JSON)
        try:
            if table["format"] > FORMAT or table["lineage"] != lineage:
                return cls()
            heads = {str(name): HeadConfidence.from_json(item) for name, item in table["heads"].items()}
            familiarity = None
            if "familiarity" in table and (folder / TENSORS).is_file():
                from chatkit.packing import unpacked

                tensors = {name: t.numpy() for name, t in unpacked(load_tensors(folder / TENSORS)[0]).items()}
                counts = PieceCounts(table["familiarity"]["domains"], tensors)
                if counts.vocab_size == vocab_size:
                    familiarity = Familiarity(counts, table["familiarity"]["reference"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            what = f"{folder / JSON}: malformed: {error!r}"
            raise ModelError(what, hint="delete it, or fit it again with: chatkit calibrate") from None
        return cls(familiarity, heads)
