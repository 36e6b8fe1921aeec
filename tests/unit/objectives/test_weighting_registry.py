"""Methods by name, those of plugins too."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest
import torch

import chatkit.objectives.weighting as package
from chatkit.errors import ConfigError
from chatkit.objectives.weighting import Static, Weighting, available, make_weighting, registry


def test_public_names_are_sorted_and_there() -> None:
    names = package.__all__
    assert sorted(names, key=str.lower) == sorted(names, key=lambda n: n.lower())
    assert len(set(names)) == len(names)
    for name in names:
        assert getattr(package, name) is not None
    assert set(registry.METHODS.values()) <= set(names)
    with pytest.raises(AttributeError, match="NashMTL"):
        _ = package.NashMTL  # type: ignore[attr-defined]


def test_every_method_has_its_paper_and_formula_in_its_docstring() -> None:
    for name in registry.METHODS.values():
        text = getattr(package, name).__doc__
        assert "Symbols:" in text
        assert name == "Static" or "Source:" in text


@pytest.mark.parametrize("name", ["PCGrad", "pc-grad", "pcgrad", "PC_GRAD"])
def test_spelling_does_not_matter(name: str) -> None:
    assert type(make_weighting(name, ["a"])).__name__ == "PCGrad"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("pcgrat", {}, "did you mean pcgrad"),
        ("zzzz", {}, "there are: aligned_mtl, cagrad"),
        ("cagrad", {"radius": 1}, "cagrad has no option radius"),
        ("static", {"c": 1}, "static has none"),
        ("mgda", {"normalize": True}, "did you mean normalise"),
        ("cagrad", {"c": 1.0}, "c must be a number at least 0 and at most 1"),
        ("cagrad", {"c": "much"}, "c must be a number"),
        ("mgda", {"normalise": 1}, "normalise must be true or false"),
        ("famo", {"rate": 0}, "rate must be a number above 0"),
        ("aligned_mtl", {"scale": "max"}, "scale must be one of min, median, rmse"),
    ],
)
def test_mistakes_are_named(name: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make_weighting(name, ["a", "b"], **options)  # type: ignore[arg-type]


def test_weights_by_hand_must_be_weights() -> None:
    for bad in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ConfigError, match="weights must name objectives"):
            make_weighting("static", ["a"], {"a": bad})


class Halves(Static):
    """A plugin's method."""

    title = "halves"

    def _weigh(self, names, losses, gramian, prior):
        return prior / 2


def test_plugins_add_methods_but_cannot_replace_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    group = registry.ENTRY_POINTS
    points = [
        EntryPoint("halves", f"{__name__}:Halves", group),
        EntryPoint("PCGrad", f"{__name__}:Halves", group),
        EntryPoint("broken", "no_such_module:X", group),
        EntryPoint("number", "math:pi", group),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)
    assert {"halves", "broken"} <= set(available())
    made = make_weighting("halves", ["a", "b"], {"a": 3.0})
    assert isinstance(made, Weighting)
    assert made.weigh(["a", "b"], torch.ones(2)).tolist() == [1.5, 0.5]
    assert type(make_weighting("pcgrad", ["a"])).__name__ == "PCGrad"
    with pytest.raises(ConfigError, match="broken of no_such_module:X cannot be loaded"):
        make_weighting("broken", ["a"])
    with pytest.raises(ConfigError, match="math:pi is no Weighting"):
        make_weighting("number", ["a"])


def test_the_plain_sum_needs_no_torchjd_and_no_method_a_solver() -> None:
    code = """
import sys
import torch
for solver in ("quadprog", "qpsolvers", "ecos", "cvxpy", "clarabel", "scipy"):
    sys.modules[solver] = None  # importing it fails
from chatkit.objectives.weighting import available, make_weighting
make_weighting("static", ["a"])
assert "torchjd" not in sys.modules
for name in available():
    make_weighting(name, ["a", "b"]).weigh(["a", "b"], torch.ones(2), torch.eye(2))
assert "torchjd" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
