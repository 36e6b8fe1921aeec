"""The scripts of the recipe, loaded as modules."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

RECIPE = Path(__file__).parents[2] / "docs" / "recipes" / "default"


@pytest.fixture(scope="module")
def recipe_script() -> Iterator[Callable[[str], ModuleType]]:
    """Loads a script of docs/recipes/default by its name; what lies beside it can be imported by it."""
    loaded: list[str] = []
    sys.path.insert(0, str(RECIPE))

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"default_{name}", RECIPE / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # its dataclass looks itself up
        loaded.append(spec.name)
        spec.loader.exec_module(module)
        return module

    yield load
    sys.path.remove(str(RECIPE))
    for name in (*loaded, "filling", "likeness"):
        sys.modules.pop(name, None)
