"""Which trial of a candidate goes on, and who gets all seeds: chosen on dev, at the first seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chatkit.training.sweep.config import SweepConfig
from chatkit.training.sweep.plan import STATIC, Candidate
from chatkit.training.sweep.results import Result


def criterion(result: Result, alone: Mapping[str, float]) -> float:
    """What the trials of a candidate are compared by; lower is better.

    A sum with weights of its own by just that sum of dev losses, an objective alone by its loss. Methods and the plain
    sum by the mean relative loss against the best runs alone, so that no unit decides; by the sum without those.

    Args:
        result: A run.
        alone: head -> lowest dev loss of the runs alone, nats per target; may lack heads.
    """
    losses = result.losses()
    if result.kind.startswith("single"):
        return sum(losses.values())
    if result.kind == "sum" and result.candidate != STATIC:
        return sum(result.weights[name] * loss for name, loss in losses.items())
    if all(alone.get(name, 0.0) > 0 for name in losses):
        return sum(loss / alone[name] for name, loss in losses.items()) / len(losses)
    return sum(losses.values())


def best_alone(results: Sequence[Result], seed: int) -> dict[str, float]:
    """head -> lowest dev loss among the runs alone of one seed, on the same number of its batches."""
    out: dict[str, float] = {}
    for result in results:
        if result.kind == "single" and result.seed == seed:
            for name, loss in result.losses().items():
                out[name] = min(loss, out.get(name, loss))
    return out


def chosen_trials(results: Sequence[Result], seed: int) -> dict[str, Result]:
    """candidate -> its best run at the tuning seed; candidates all of whose trials failed are missing."""
    alone = best_alone(results, seed)
    out: dict[str, Result] = {}
    for result in results:
        if result.seed == seed:
            rival = out.get(result.candidate)
            if rival is None or criterion(result, alone) < criterion(rival, alone):
                out[result.candidate] = result
    return out


def seeds_of(candidates: Sequence[Candidate], chosen: Mapping[str, Result], config: SweepConfig) -> dict[str, int]:
    """candidate -> number of seeds: all for the plain sum, the runs alone and the best methods."""
    alone = best_alone(list(chosen.values()), next(iter(chosen.values())).seed) if chosen else {}
    methods = [c.name for c in candidates if c.kind == "method" and c.name in chosen]
    best = sorted(methods, key=lambda name: criterion(chosen[name], alone))[: config.best]
    few = min(config.seeds_rest or config.seeds, config.seeds)
    full = {c.name for c in candidates if c.name == STATIC or c.kind in ("single", "single_full")} | set(best)
    return {c.name: config.seeds if c.name in full else few for c in candidates if c.name in chosen}
