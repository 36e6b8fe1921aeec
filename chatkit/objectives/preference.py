"""Preferences: a share for each objective, the shares sum to 1. Plain numbers, for the app knows no torch.

K = objectives
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

Preference = dict[str, float]
_STEPS = {2: 10, 3: 4, 4: 3}


def middle(objectives: Sequence[str]) -> Preference:
    """Equal shares."""
    return dict.fromkeys(objectives, 1 / max(len(objectives), 1))


def end_of(objective: str, objectives: Sequence[str]) -> Preference:
    """All of one objective."""
    return {name: float(name == objective) for name in objectives}


def home_of(front: Mapping[str, Any]) -> Preference:
    """Where a dial stands that nobody moved: what ``report.json``'s ``dial`` says, by default the middle."""
    return dict(front.get("home") or middle(front.get("objectives", ())))


def beyond_home(front: Mapping[str, Any], preference: Mapping[str, float]) -> dict[str, float]:
    """How far each objective was moved up from home, 0..1; those that were not are left out."""
    home = home_of(front)
    moved = {name: (share - home[name]) / (1 - home[name]) for name, share in preference.items() if home[name] < 1}
    return {name: way for name, way in moved.items() if way > 0}


def grid(objectives: Sequence[str]) -> list[Preference]:
    """Points at which a front is measured: a lattice on all preferences, its ends and the middle among them."""
    count = len(objectives)
    steps = _STEPS.get(count, 2)
    cuts = itertools.product(range(steps + 1), repeat=count)
    points = [dict(zip(objectives, (n / steps for n in cut), strict=True)) for cut in cuts if sum(cut) == steps]
    return points if middle(objectives) in points else [*points, middle(objectives)]


def completed(
    given: Mapping[str, float], objectives: Sequence[str], home: Mapping[str, float] | None = None
) -> Preference:
    """A whole preference from the shares that a user named: the others share the rest, as they do at home.

    Shares that sum to more than 1, or name all and sum to less, keep their proportions.

    Args:
        given: Objective -> share.
        objectives: All of the dial.
        home: Where it stands that nobody moved, by default the middle: what is not asked for stays as it was.

    Raises:
        ValueError: If a share does not lie in 0..1, an objective is unknown, or all are 0.
    """
    for name, share in given.items():
        if name not in objectives:
            raise ValueError(f"the dial has no objective {name}; it has: {', '.join(objectives)}")
        if not 0 <= share <= 1:  # also true of NaN
            raise ValueError(f"the share of {name} must lie in 0..1, got {share}")
    others, total = [name for name in objectives if name not in given], sum(given.values())
    parts = {name: (home or middle(objectives)).get(name, 0.0) for name in others}
    if not sum(parts.values()):
        parts = middle(others)
    rest = {name: part / sum(parts.values()) * max(1 - total, 0) for name, part in parts.items()}
    whole = {name: given.get(name, rest.get(name, 0.0)) for name in objectives}
    if sum(whole.values()) == 0:
        raise ValueError("one share at least must be above 0")
    return {name: share / sum(whole.values()) for name, share in whole.items()}


def nearest(points: Sequence[Mapping[str, Any]], preference: Mapping[str, float]) -> Mapping[str, Any]:
    """The measured point whose ``at`` lies nearest to a preference."""
    return min(points, key=lambda point: sum((point["at"][name] - preference[name]) ** 2 for name in preference))


def standing(front: Mapping[str, Any], preference: Mapping[str, float]) -> list[tuple[str, str, float, float, bool]]:
    """Where on a measured front a preference stands: figures of the nearest point, beside those at home.

    Args:
        front: ``report.json``'s ``dial``.
        preference: A whole one.
    Returns:
        For each objective of the dial: head, metric, value, change against home, whether that is no loss.
    """
    here = nearest(front["grid"], preference)["figures"]
    usual = nearest(front["grid"], home_of(front))["figures"]
    rows = []
    for name in front["objectives"]:
        metric = front["shown"][name]
        value, change = here[name][metric], here[name][metric] - usual[name][metric]
        rows.append((name, metric, value, change, change == 0 or (change > 0) == (front["better"][name] == "higher")))
    return rows
