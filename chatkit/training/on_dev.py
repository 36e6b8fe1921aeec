"""What a run measures and fits on the dev parts of its data, when the training itself is done."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from chatkit.assistant import Assistant
from chatkit.data.records import Problems
from chatkit.head.answer import Metric
from chatkit.head.head import Head, Record
from chatkit.training.confidence import fit_confidence
from chatkit.training.evaluator import evaluate
from chatkit.training.filling import fill_heads
from chatkit.training.front import measure_front
from chatkit.training.ranking import fit_fusions
from chatkit.training.reading import draw, read_records
from chatkit.training.recipe import Recipe, trains_adapters_only

Figures = dict[str, dict[str, Metric]]


class DevPart:
    """The dev parts of a run's data.

    Args:
        recipe: The config.
        classes: The heads.
    """

    def __init__(self, recipe: Recipe, classes: Mapping[str, type[Head]]) -> None:
        self._recipe, self._classes = recipe, dict(classes)

    def records(self, name: str, most: int = 0) -> list[Record]:
        """Dev records of a head's data sets; at most ``most``, drawn with the seed, where it is not 0."""
        head, sources = self._classes[name], self._recipe.heads[name].sources
        parts = [read_records(head, Path(s.path), "dev", Problems()) for s in sources]
        return draw([record for part in parts for record in part], most, seed=[self._recipe.seed, 4])

    def evaluate(self, assistant: Assistant, most: int = 0) -> Figures:
        """Metrics of each head, on at most ``most`` records of each where it is not 0."""
        return {name: evaluate(assistant, assistant.heads[name], self.records(name, most)) for name in self._classes}

    def final(self, assistant: Assistant) -> tuple[Figures, dict[str, Any]]:
        """Metrics of each head on all records, and the same as plain data for ``report.json``.

        Returns:
            The metrics; head -> {"examples": records, "metrics": {name: {"value", "better"}}}, without those that are
            no finite number.
        """
        figures: Figures = {}
        plain: dict[str, Any] = {}
        for name in self._classes:
            records = self.records(name)
            figures[name] = evaluate(assistant, assistant.heads[name], records)
            known = {key: metric for key, metric in figures[name].items() if math.isfinite(metric.value)}
            rows = {key: {"value": metric.value, "better": metric.better} for key, metric in known.items()}
            plain[name] = {"examples": len(records), "metrics": rows}
        return figures, plain


def fit_on_dev(assistant: Assistant, recipe: Recipe, dev: DevPart, say: Callable[[str], None]) -> None:
    """Fit what is not trained: what heads take in, vectors beside BM25, the dial's front, calibration, familiarity.

    Args:
        assistant: Its setups, report and confidence are changed.
        recipe: The config.
        dev: The dev parts of its data.
        say: Told what is done.
    """
    if trains_adapters_only(recipe):
        _measure_dial(assistant, recipe, dev, say)  # all else stays as it was fitted
        return
    if recipe.train.dp is not None:
        say("nothing is fitted on the data: train.dp promises that only the trained weights know of them")
        return
    fill_heads(assistant, recipe, say)
    trained_on = {name: [Path(s.path) for s in config.sources] for name, config in recipe.heads.items()}
    others = {name: [Path(path) for path in config.fit] for name, config in recipe.heads.items()}
    sources = {name: [*paths, *others[name]] for name, paths in trained_on.items()}
    fit_fusions(assistant, sources, seed=recipe.seed, say=say)
    _measure_dial(assistant, recipe, dev, say)
    fit_confidence(
        assistant,
        trained_on,
        seed=recipe.seed,
        say=say,
        others=others,
        guessed={name: config.guessed for name, config in recipe.heads.items()},
        heads_only=bool(recipe.train.only),
    )


def _measure_dial(assistant: Assistant, recipe: Recipe, dev: DevPart, say: Callable[[str], None]) -> None:
    if assistant.dial is None or recipe.objectives.dial is None:
        return
    say("measuring the front that the dial moves along, on dev")
    records: dict[str, Sequence[Record]] = {
        name: dev.records(name, recipe.objectives.dial.examples) for name in recipe.heads
    }
    assistant.report["dial"] = measure_front(assistant, assistant.dial, records)
    say(f"dial: {assistant.report['dial']['why']}")
