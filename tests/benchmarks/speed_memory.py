"""Memory of the engine with the shipped assistant: ``memory.py``, as a part of ``speed.py``."""

from __future__ import annotations

from frame import Result, Target
from memory import TARGET, measure

MESSAGES = 20


def run(*, smoke: bool) -> list[Result]:
    """Resident memory at rest."""
    found = measure(None, 1 if smoke else MESSAGES)
    facts = {f"MB, {name}": row["all"] for name, row in found.items()}
    last, most = list(found.items())[-1]
    target = Target(f"engine, shipped assistant, {last}, MB", most["all"], TARGET, at_most=True)
    return [Result("resident memory of the engine", "", "wall", "", {}, facts, [target])]
