"""What the readings of a run say while it goes on."""

from __future__ import annotations

import pytest

from chatkit.runtime.readings import LATEST, summed_up


def rows(count: int, cosine: float, *, change: float = -0.01, probe: str = "0.25") -> list[dict[str, str]]:
    return [
        {
            "step": str(n),
            "weight.a": "1",
            "weight.b": "0.5" if n == count - 1 else "2",
            "change.a": f"{change + 0.001 * (-1) ** n}",
            "change.b": f"{0.01 * (-1) ** n}",
            "self.a": probe if n % 10 == 0 else "",
            "self.b": probe if n % 10 == 0 else "",
            "cosine.a/b": f"{cosine + 0.05 * (-1) ** n}",
        }
        for n in range(count)
    ]


def test_a_conflict_is_told_from_noise_and_the_floor_is_named() -> None:
    found = summed_up(rows(40, -0.2))
    (pair,) = found.pairs
    assert pair.name == "a/b"
    assert pair.against
    assert pair.said.startswith("conflict: cosine -0.200")
    assert "-0.80 freed of batch noise" in pair.said
    assert found.floor == {"a": 0.25, "b": 0.25}
    assert found.weights == {"a": 1.0, "b": 0.5}
    (calm,) = summed_up(rows(40, 0.0)).pairs
    assert not calm.against
    assert calm.said.startswith("no conflict beyond noise")


def test_what_a_step_does_is_said_only_beyond_noise() -> None:
    a, b = summed_up(rows(40, 0.0)).gains
    assert (a.name, a.sure) == ("a", True)
    assert a.change == pytest.approx(-0.01)
    assert (b.name, b.sure) == ("b", False)


def test_the_start_of_the_run_is_forgotten_and_few_readings_say_nothing() -> None:
    early, late = rows(200, 0.9), rows(LATEST, -0.2)
    assert summed_up([*early, *late]).pairs[0].against
    assert summed_up(rows(3, -0.9)).pairs[0].said == "too few steps measured (3) to tell"
    assert summed_up([]).pairs == []


def test_a_head_that_took_no_part_has_no_weight_and_old_logs_lack_columns() -> None:
    found = summed_up([{"step": "1", "weight.a": "1", "weight.b": "", "cosine.a/b": ""}])
    assert found.weights == {"a": 1.0}
    assert found.gains == []
    assert found.pairs[0].said == "too few steps measured (0) to tell"
