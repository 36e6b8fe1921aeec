"""How far a sweep is, and whether its trials reach far enough: what a reader of unfinished results must know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chatkit.training.recipe import Recipe
from chatkit.training.sweep.choose import chosen_trials, seeds_of
from chatkit.training.sweep.config import SweepConfig
from chatkit.training.sweep.found import Coverage
from chatkit.training.sweep.plan import Candidate, candidates, trials
from chatkit.training.sweep.results import Result

_MANY = 1 / 3  # of the ways; if so many chose the end of what was tried, that is said


def asked(recipe: Recipe, results: Sequence[Result]) -> list[Result]:
    """The results that ``[sweep]`` still asks for: every way of training is given the same trials."""
    names, settings = {each.name for each in candidates(recipe)}, trials(recipe)
    return [result for result in results if result.candidate in names and result.trial in settings]


def most_later(ways: Sequence[Candidate], config: SweepConfig) -> int:
    """Runs after the trials, at most: trials that all fail take their way with them."""
    few = min(config.seeds_rest or config.seeds, config.seeds) - 1
    full = [each for each in ways if each.kind not in ("sum", "method") or each.name == "static"]
    methods = sum(each.kind == "method" for each in ways)
    count = len(full) + min(config.best, methods)
    return count * (config.seeds - 1) + (len(ways) - count) * few


def coverage(recipe: Recipe, results: Sequence[Result]) -> Coverage:
    """How much of the sweep is done.

    Args:
        recipe: The config.
        results: Those that it asks for.
    """
    config, ways, settings = recipe.sweep or SweepConfig(), candidates(recipe), trials(recipe)
    first = [result for result in results if result.seed == recipe.seed]
    tried = len(first) >= len(ways) * len(settings)
    chosen = chosen_trials(results, recipe.seed)
    later = sum(count - 1 for count in seeds_of(ways, chosen, config).values()) if tried else most_later(ways, config)
    to_come = [way.name for way in ways if way.kind == "single" and way.name not in chosen]
    return Coverage(
        done=len(results),
        planned=len(ways) * len(settings) + later,
        alone_to_come=bool(to_come),
        ends=_ends(settings, chosen) if tried else [],
    )


def _ends(settings: Mapping[str, Mapping[str, object]], chosen: Mapping[str, Result]) -> list[str]:
    """What many ways chose at the end of what was tried: beyond it may lie better."""
    said = []
    for key in next(iter(settings.values()), {}):
        values = sorted({float(s[key]) for s in settings.values() if isinstance(s[key], int | float)})  # type: ignore[arg-type]
        if len(values) < 2:
            continue
        for value, which in ((values[0], "lowest"), (values[-1], "highest")):
            count = sum(settings[result.trial][key] == value for result in chosen.values())
            if count >= _MANY * len(chosen) and not (which == "lowest" and value == 0):
                said.append(f"{count} of {len(chosen)} ways did best with the {which} {key} that was tried, {value:g}")
    return said
