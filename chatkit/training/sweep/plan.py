"""From a config to runs: candidates x trials x seeds, each an ordinary recipe.

K = objectives
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from chatkit.config import from_table, to_table
from chatkit.errors import ConfigError
from chatkit.training.recipe import Recipe
from chatkit.training.sweep.config import SweepConfig

Kind = Literal["sum", "method", "single", "single_full"]
STATIC = "static"


@dataclasses.dataclass(frozen=True)
class Candidate:
    """One way to train.

    Args:
        name: Its name in reports and folders.
        kind: ``sum`` (weights by hand), ``method``, or one head alone: ``single``, ``single_full``.
        weights: head -> weight, of average 1 in a grid.
        method: Weighting method.
        options: Its options.
    """

    name: str
    kind: Kind
    weights: Mapping[str, float]
    method: str = STATIC
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Planned:
    """One run.

    Args:
        id: Name of its folder.
        candidate: What is trained.
        trial: Name of the setting of learning rate and ``vary``.
        seed: Its seed.
        recipe: The whole config.
    """

    id: str
    candidate: Candidate
    trial: str
    seed: int
    recipe: Recipe

    @property
    def digest(self) -> str:
        """Hash of the config: a result of another config is not taken for this one's."""
        text = json.dumps(to_table(self.recipe), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def simplex(count: int, divisions: int, *, edges: bool = False) -> Iterator[tuple[float, ...]]:
    """Points of a grid on the simplex of ``count`` weights that sum to 1.

    Args:
        count: K.
        divisions: Weights are multiples of 1 / divisions.
        edges: Also points with weights of 0; without, of those the corners only.
    """
    for bars in itertools.combinations(range(divisions + count - 1), count - 1):
        ends = (-1, *bars, divisions + count - 1)
        parts = [b - a - 1 for a, b in itertools.pairwise(ends)]
        if edges or min(parts) > 0 or max(parts) == divisions:
            yield tuple(part / divisions for part in parts)


def candidates(recipe: Recipe) -> list[Candidate]:
    """All that a config asks for, the plain sum first."""
    sweep, names = recipe.sweep or SweepConfig(), list(recipe.heads)
    by_hand = {name: head.weight for name, head in recipe.heads.items()}
    out = [Candidate(STATIC, "sum", by_hand)]
    points = simplex(len(names), sweep.grid, edges=sweep.edges) if sweep.grid else ()
    for weights in [*(dict(zip(names, point, strict=True)) for point in points), *sweep.weights]:
        if set(weights) != set(names) or min(weights.values()) < 0 or not sum(weights.values()) > 0:
            raise ConfigError(f"sweep.weights must give each of {', '.join(names)} a weight >= 0, got {dict(weights)}")
        shares = _shares(weights)
        if _shares(by_hand) != shares:
            name = "sum-" + "-".join(f"{share:.3g}" for share in shares.values())
            out.append(Candidate(name, "sum", {head: share * len(names) for head, share in shares.items()}))
    for method in sweep.method_configs:
        if method.name != STATIC:
            options = "".join(f"-{key}{value}" for key, value in method.options.items())
            out.append(Candidate(method.name + options, "method", by_hand, method.name, method.options))
    if len(names) > 1:
        for size in sweep.single:
            kind: Kind = "single" if size == "same" else "single_full"
            out += [Candidate(f"{kind.replace('_', '-')}-{head}", kind, {head: 1.0}) for head in names]
    return list({each.name: each for each in out}.values())


def trials(recipe: Recipe) -> dict[str, dict[str, Any]]:
    """Name of each trial -> keys to set."""
    sweep = recipe.sweep or SweepConfig()
    keys: dict[str, Sequence[Any]] = {"train.learning_rate": sweep.learning_rates or (recipe.train.learning_rate,)}
    keys |= sweep.vary
    out = {}
    for values in itertools.product(*keys.values()):
        setting = dict(zip(keys, values, strict=True))
        out["-".join(f"{key.rpartition('.')[2].replace('learning_', '')}{v}" for key, v in setting.items())] = setting
    return out


def plan(recipe: Recipe, candidate: Candidate, trial: str, seed: int) -> Planned:
    """The run of a candidate.

    Raises:
        ConfigError: If ``sweep.vary`` names a key that does not exist.
    """
    table = to_table(dataclasses.replace(recipe, sweep=None))
    for key, value in trials(recipe)[trial].items():
        _set(table, key, value)
    table["seed"] = seed
    table["train"] |= {"evaluate": 1, "threads": table["train"]["threads"] or 1}  # runs share the cores
    table["objectives"].pop("dial", None)  # a trial is one point of a front
    table["objectives"] |= {"weighting": candidate.method, "options": dict(candidate.options), "keep": {}}
    table["objectives"].pop("sweep", None)  # it is what is measured here
    table["heads"] = {name: {**table["heads"][name], "weight": w} for name, w in candidate.weights.items()}
    if candidate.kind in ("single", "single_full"):
        head = next(iter(candidate.weights))
        counts = batches_of(recipe)
        table["train"] |= {
            "sampler": "all",
            "steps": counts[head] if candidate.kind == "single" else sum(counts.values()),
        }
        table["heads"][head]["every"] = 1
    made = from_table(Recipe, table, where="[sweep]")
    return Planned(f"{candidate.name}.{trial}.seed{seed}", candidate, trial, seed, made)


def batches_of(recipe: Recipe) -> dict[str, int]:
    """Batches of each head in a joint run.

    Raises:
        ConfigError: If the task sampler draws at random: then it is not known beforehand.
    """
    steps, sampler = recipe.train.steps, recipe.train.sampler
    if sampler == "all":
        return {name: math.ceil(steps / head.every) for name, head in recipe.heads.items()}
    if sampler == "round_robin":
        return {name: math.ceil((steps - i) / len(recipe.heads)) for i, name in enumerate(recipe.heads)}
    raise ConfigError(
        f"train.sampler {sampler}: how many batches a head has is not known before",
        hint='a sweep with runs alone needs "all" or "round_robin"; or sweep.single = []',
    )


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    return {name: round(weight / total, 9) if total else 0.0 for name, weight in weights.items()}


def _set(table: dict[str, Any], dotted: str, value: Any) -> None:
    *parents, last = dotted.split(".")
    for key in parents:
        table = table.setdefault(key, {})
    table[last] = value
