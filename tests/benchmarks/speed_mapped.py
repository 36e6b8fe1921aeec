"""Memory of a training run's data, mapped and not: ``mapped.py``, as a part of ``speed.py``."""

from __future__ import annotations

from typing import Any

import mapped
from frame import Result, Target


def run(*, smoke: bool) -> list[Result]:
    """Own memory while the data are read and batches drawn, by their size."""
    rows = mapped.run(mapped.SMOKE if smoke else mapped.SIZES)
    facts: dict[str, Any] = {
        f"{row['megabytes']:.3g} MB of text, {kind}, MB of own memory": row[kind]["memory"]
        for row in rows
        for kind in ("mapped", "in memory")
    }
    what = f"mapped data, growth of own memory up to {rows[-1]['megabytes']:.3g} MB of text, MB"
    target = Target(what, mapped.grown(rows), mapped.LIMIT, at_most=True)
    return [Result("memory of training data", "", "cpu", "", {}, facts, [target])]
