"""Where one assistant stands beside the runs of a sweep, as plain data for its ``report.json``.

A sweep measures what each objective can reach alone and the front between them; a model of the same heads, data and
vocabulary is measured in the same way and held against both.

K = objectives
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chatkit.assistant import Assistant
from chatkit.checkpoint import read_json, write_json
from chatkit.errors import ConfigError
from chatkit.objectives.pareto import normalised
from chatkit.text.tokenizer import Tokenizer
from chatkit.training.recipe import Recipe
from chatkit.training.report import words
from chatkit.training.sweep.found import Row, Study
from chatkit.training.sweep.load import load_study, sweep_config
from chatkit.training.sweep.measure import figures
from chatkit.training.sweep.results import RUNS, SWEEP, read_results

_SURE = 2.0  # standard deviations over seeds
_NEXT = 3  # neighbours on the front that are named


@dataclasses.dataclass(frozen=True)
class Beside:
    """A sweep to be held against.

    Args:
        folder: Of the sweep.
        found: What it found.
        examples: Most records of each data set that it measures.
    """

    folder: Path
    found: Study
    examples: int


def load_beside(recipe: Recipe, tokenizer: Tokenizer) -> Beside | None:
    """The sweep that ``objectives.sweep`` names, fit for this config; None where it names none.

    Raises:
        ConfigError: If it holds no runs yet, or runs of other heads, data or pieces: nothing could be compared.
    """
    if recipe.objectives.sweep is None:
        return None
    folder = Path(recipe.objectives.sweep)
    where = f"objectives.sweep = {folder}"
    if not (folder / SWEEP).is_file():
        raise ConfigError(f"{where}: holds no sweep", hint="chatkit sweep CONFIG --out DIR makes one")
    found = load_study(folder)
    if found is None:
        raise ConfigError(f"{where}: no run of it is done yet", hint="chatkit sweep ... --resume goes on")
    data = {name: [Path(s.path).name for s in config.sources] for name, config in recipe.heads.items()}
    for name in found.objectives:
        if name not in data:
            raise ConfigError(f"{where}: trades {name}, which is no head of the config")
        if list(found.data.get(name, ())) != data[name]:
            raise ConfigError(f"{where}: its {name} was trained on other data: {', '.join(found.data.get(name, ()))}")
    pieces = folder / "tokenizer.model"
    if pieces.is_file() and pieces.read_bytes() != tokenizer.to_bytes():
        raise ConfigError(
            f"{where}: its runs have other pieces, so losses cannot be compared", hint=f"tokenizer.path = {pieces}"
        )
    return Beside(folder, found, sweep_config(folder).examples)


def measured(assistant: Assistant, recipe: Recipe, beside: Beside) -> dict[str, Any]:
    """Measure an assistant as the sweep's runs were, and hold it against them.

    Args:
        assistant: Of the heads of the sweep.
        recipe: Its config.
        beside: From ``load_beside``.
    Returns:
        See ``place``.
    """
    dev = figures(assistant, recipe, "dev", beside.examples)
    shown = figures(assistant, recipe, "test", beside.examples) if beside.found.split == "test" else dev
    return place(beside, dev, shown)


def place(beside: Beside, dev: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    """Hold figures against a sweep.

    Args:
        beside: The sweep.
        dev: head -> {"loss", ...} on dev.
        shown: head -> {"loss", "metrics"} on the part that the sweep shows metrics on.
    Returns:
        ``sweep`` and ``runs``; ``split``; ``shown``: head -> metric and which way is better; ``here`` and each point of
        ``front``: losses and metrics; ``gave_up``: head -> figures here and alone, and ``said``; ``standing``;
        ``exchange``, sentences.
    """
    found = beside.found
    here = {
        "losses": {head: float(dev[head]["loss"]) for head in found.objectives},
        "metrics": {head: _metric(shown[head], found.metrics[head][0]) for head in found.objectives},
    }
    front = sorted((row for row in found.rows if row.on_front), key=lambda row: row.losses[found.objectives[0]].mean)
    return {
        "sweep": beside.folder.name,
        "runs": sum(len(row.seeds) for row in (*found.rows, *found.alone.values())),
        "split": found.split,
        "objectives": list(found.objectives),
        "shown": {head: list(found.metrics[head]) for head in found.objectives},
        "here": here,
        "gave_up": {head: _gave_up(found, head, here["metrics"][head]) for head in found.alone},
        "front": [{"name": row.name, **_means(found, row)} for row in front],
        "standing": _standing(found, here["losses"]),
        "exchange": [*_steps(found, here, front), *words.rates(found)],
    }


def _metric(row: Mapping[str, Any], name: str) -> float:
    return float(row["loss"] if name == "loss" else row["metrics"][name]["value"])


def _means(found: Study, row: Row) -> dict[str, Any]:
    return {
        "losses": {head: row.losses[head].mean for head in found.objectives},
        "metrics": {head: row.metrics[head].mean for head in found.objectives},
    }


def _gave_up(found: Study, head: str, value: float) -> dict[str, Any]:
    """One objective here against the mean of its runs alone; sure beyond twice their spread over seeds."""
    metric, better = found.metrics[head]
    alone = found.alone[head].metrics[head]
    change, spread = value - alone.mean, alone.deviation
    both = f"{words.metric_name(metric)} {words.figure(value, metric)} here, {words.spread(alone, metric)} when "
    both += f"trained alone ({alone.count} {'seed' if alone.count == 1 else 'seeds'})"
    if spread is None:
        said = f"{head}: {both}; of one seed: how far that is chance is not known"
    elif abs(change) <= _SURE * spread:
        said = f"{head}: {both}; within what another seed may change"
    else:
        verb = "lost" if words.is_worse(change, better) else "gained"
        said = f"{head}: {verb} {words.figure(abs(change), metric)} {words.metric_name(metric)}: {both}"
    return {"here": value, "alone": alone.mean, "spread": spread, "seeds": alone.count, "said": said}


def _standing(found: Study, losses: Mapping[str, float]) -> dict[str, Any]:
    """Whether a run of the sweep is at least as good in every objective and better in one, by dev losses."""
    own = np.array([losses[head] for head in found.objectives])
    behind, ahead = [], []
    for row in found.rows:
        other = np.array([row.losses[head].mean for head in found.objectives])
        if (other <= own).all() and (other < own).any():
            behind.append(row.name)
        if row.on_front and (own <= other).all() and (own < other).any():
            ahead.append(row.name)
    if behind:
        said = f"behind the front: {behind[0]} is at least as good at everything, by dev losses"
    elif ahead:
        said = f"ahead of the front that was measured: at least as good at everything as {', '.join(ahead)}"
    else:
        said = "on the front: nothing that was measured is better at one thing without being worse at another"
    return {"on_front": not behind, "behind": behind, "ahead": ahead, "said": said}


def _steps(found: Study, here: Mapping[str, Any], front: Sequence[Row]) -> list[str]:
    """What going to the nearest points of the front would change, in metrics that a person knows."""
    if not front:
        return []
    points = np.array([[row.losses[head].mean for head in found.objectives] for row in front])
    own = np.array([[here["losses"][head] for head in found.objectives]])
    both = np.concatenate([points, own])
    scaled = normalised(both, both.min(0), both.max(0))
    distance = np.abs(scaled[:-1] - scaled[-1]).sum(1)
    nearest = sorted(np.argsort(distance, kind="stable")[:_NEXT].tolist())
    return [f"from here to {front[i].name}: {_change(found, here['metrics'], front[i])}" for i in nearest]


def _change(found: Study, metrics: Mapping[str, float], there: Row) -> str:
    parts = []
    for head in found.objectives:
        metric, better = found.metrics[head]
        parts.append(words.changed(head, metric, better, there.metrics[head].mean - metrics[head]))
    return ", ".join(parts)


def tell_models(folder: Path) -> int:
    """Write into the report of every model that a sweep has kept where it stands; how many those are."""
    found, count = load_study(folder), 0
    if found is None:
        return 0
    beside = Beside(folder, found, sweep_config(folder).examples)
    for result in read_results(folder):
        file = folder / RUNS / result.id / "report.json"
        joint = set(result.losses()) == set(found.objectives)
        if joint and file.is_file() and (file.parent / "assistant.toml").is_file():
            stands = place(beside, result.data["dev"], result.data[found.split])
            write_json(file, {**read_json(file), "tradeoff": stands})
            count += 1
    return count
