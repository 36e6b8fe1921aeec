"""Methods that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from objective_inputs import NAMES

from chatkit.objectives.weighting import Weighting, make_weighting
from chatkit.objectives.weighting.registry import METHODS


@pytest.fixture(params=sorted(METHODS))
def method(request: pytest.FixtureRequest) -> str:
    """Each method by name."""
    return str(request.param)


@pytest.fixture
def make() -> Callable[..., Weighting]:
    """Makes a method on the objectives of this folder."""

    def make_one(
        name: str, names: Sequence[str] = NAMES, by_hand: dict[str, float] | None = None, **options: Any
    ) -> Weighting:
        return make_weighting(name, names, by_hand or {}, 3, **options)

    return make_one
