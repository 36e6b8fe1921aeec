"""The benchmark of mapped data runs."""

from __future__ import annotations

import mapped
import pytest


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_it_runs() -> None:
    rows = mapped.run(mapped.SMOKE)
    assert [row["records"] for row in rows] == list(mapped.SMOKE)
    assert all(row[kind]["seconds"] > 0 for row in rows for kind in ("mapped", "in memory"))
