"""From the name of a method in a config to the method; plugins add theirs by the entry point ``chatkit.weightings``."""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from chatkit.errors import ConfigError
from chatkit.objectives.weighting.base import Weighting

ENTRY_POINTS = "chatkit.weightings"

METHODS = {
    "aligned_mtl": "AlignedMTL",
    "cagrad": "CAGrad",
    "dynamic_weight_average": "DynamicWeightAverage",
    "famo": "FAMO",
    "geometric_loss": "GeometricLoss",
    "grad_norm": "GradNorm",
    "grad_vac": "GradVac",
    "imtl_g": "IMTLG",
    "lagrangian": "Lagrangian",
    "mgda": "MGDA",
    "pcgrad": "PCGrad",
    "random_loss_weighting": "RandomLossWeighting",
    "smooth_tchebycheff": "SmoothTchebycheff",
    "static": "Static",
    "uncertainty_weighting": "UncertaintyWeighting",
    "upgrad": "UPGrad",
}
"""Name in a config, which is the module's, -> class."""


def available() -> list[str]:
    """Names of all methods, those of plugins included; imports none of them."""
    return sorted({*METHODS, *_plugins()})


def make_weighting(
    name: str,
    names: Sequence[str],
    static_weights: Mapping[str, float] | None = None,
    seed: int = 0,
    **options: Any,
) -> Weighting:
    """Make a method by name.

    Args:
        name: One of ``available()``; case, ``-`` and ``_`` do not matter ("PCGrad", "IMTL-G").
        names: The objectives.
        static_weights: objective -> weight set by hand; 1 where none is given.
        seed: Seed of methods that draw.
        options: The method's own options.
    Raises:
        ConfigError: If the method or an option is unknown, or a value is out of range: what, and the nearest.
    """
    known = available()
    key = {_plain(each): each for each in known}.get(_plain(name))
    if key is None:
        nearest = _nearest(_plain(name), {_plain(each): each for each in known})
        raise ConfigError(f"objectives.weighting: no method called {name!r}", hint=nearest)
    method = _load(key)
    accepted = [p.name for p in inspect.signature(method).parameters.values() if p.name not in ("weights", "seed")]
    for option in options:
        if option not in accepted:
            nearest = _nearest(option, {each: each for each in accepted}) if accepted else f"{key} has none"
            raise ConfigError(f"objectives.options: {key} has no option {option}", hint=nearest)
    weights = {each: (static_weights or {}).get(each, 1.0) for each in names}
    try:
        return method(weights, seed=seed, **options)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"objectives.options: {key}: {error}") from None


def _load(key: str) -> type[Weighting]:
    if key in METHODS:
        loaded: type[Weighting] = getattr(importlib.import_module(f"chatkit.objectives.weighting.{key}"), METHODS[key])
        return loaded
    point = _plugins()[key]
    try:
        found = point.load()
    except Exception as error:  # whatever a foreign module raises
        raise ConfigError(f"objectives.weighting: {key} of {point.value} cannot be loaded: {error!r}") from error
    if not (isinstance(found, type) and issubclass(found, Weighting)):
        raise ConfigError(f"objectives.weighting: {point.value} is no Weighting", hint="the plugin is at fault")
    return found


def _plugins() -> dict[str, EntryPoint]:
    """Entry points by name; a plugin cannot take the name of a method that is here."""
    taken = {_plain(name) for name in METHODS}
    return {point.name: point for point in entry_points(group=ENTRY_POINTS) if _plain(point.name) not in taken}


def _plain(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


def _nearest(name: str, known: Mapping[str, str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {known[close[0]]}?" if close else f"there are: {', '.join(sorted(known.values()))}"
