"""How fast chatkit starts: ``start.py``, as a part of ``speed.py``."""

from __future__ import annotations

import statistics

import start
from frame import Result, Target

BOUNDS = {start.HELP: 0.3, start.FRAME: 0.5, start.ANSWERS: 4.0}


def run(*, smoke: bool, peers: bool = False) -> list[Result]:
    """Medians, least and most of each figure; ``peers`` installs llm and elia into environments of their own."""
    found = start.measure(1 if smoke else 5, peers=peers)
    middle = {name: statistics.median(values) for name, values in found.items()}
    facts = {name: f"{middle[name]:.2f} ({min(values):.2f} to {max(values):.2f})" for name, values in found.items()}
    targets = [Target(f"start: {name}", middle[name], bound, at_most=True) for name, bound in BOUNDS.items()]
    return [Result("start", "", "wall", "", {}, facts, targets)]
