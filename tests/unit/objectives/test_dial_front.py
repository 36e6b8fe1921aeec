"""The dial on a model whose front is known exactly, and its preferences."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from toy import RULES, Toy, behind_front, true_front

from chatkit.errors import ModelError
from chatkit.objectives.dial import Dial, DialConfig, Steps, draw
from chatkit.objectives.preference import completed, grid, middle, nearest

NAMES = ("a", "b", "c")


def trained_toy(steps: int = 300, rate: float = 0.05) -> tuple[Toy, Dial]:
    """The toy's one model, trained at preferences drawn at random, as the trainer does it."""
    toy = Toy(rate=rate)
    dial = Dial.of(toy.backbone, RULES, DialConfig(rank=8))
    training = Steps(dial, toy.backbone, DialConfig().concentration)
    adapters = list(dial.adapters.parameters())
    optimiser = torch.optim.Adam([{"params": toy.parameters}, {"params": adapters}], lr=rate)
    for step in range(steps):
        for group, factor in zip(optimiser.param_groups, (1, 2), strict=True):
            group["lr"] = rate * factor * (1 - step / steps)
        optimiser.zero_grad(set_to_none=True)
        toy.shared.begin(RULES, training.begin())
        losses = {}
        for rule in RULES:
            loss = toy.loss(rule)
            toy.shared.backward(rule, loss)
            losses[rule] = float(loss.detach())
        training.end()
        toy.shared.combine(losses)
        training.pull_back()
        torch.nn.utils.clip_grad_norm_([*toy.parameters, *adapters], 1.0)
        optimiser.step()
        toy.shared.finish(losses)
    return toy, dial


def test_one_model_lies_on_the_exact_front_and_follows_the_dial() -> None:
    toy, dial = trained_toy()
    found = []
    for i in range(11):
        with dial.at(toy.backbone, {"a": i / 10, "b": 1 - i / 10}):
            found.append(toy.losses())
    regrets = [behind_front(losses) for losses in found]
    assert sum(regrets) / len(regrets) <= 0.01
    for rule, sign in (("a", -1), ("b", 1)):
        values = [sign * losses[rule] for losses in found]
        assert values == sorted(values)  # every step of the dial the right way
    span = found[0]["a"] - found[-1]["a"]
    assert span > 0.5 * (true_front(0)[0] - true_front(1)[0])


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3), st.sets(st.sampled_from(NAMES)))
def test_a_preference_is_completed_to_shares_that_sum_to_1(shares: list[float], named: set[str]) -> None:
    given_ = {name: share for name, share in zip(NAMES, shares, strict=True) if name in named}
    if not sum(given_.values()) and len(given_) == 3:
        with pytest.raises(ValueError, match="at least"):
            completed(given_, NAMES)
        return
    found = completed(given_, NAMES)
    assert sum(found.values()) == pytest.approx(1)
    assert all(0 <= share <= 1 for share in found.values())
    if sum(given_.values()) <= 1 and len(given_) < 3:
        assert all(found[name] == pytest.approx(share) for name, share in given_.items())


def test_a_preference_that_makes_no_sense_is_refused() -> None:
    assert completed({}, NAMES) == pytest.approx(middle(NAMES))
    home = {"a": 1.0, "b": 0.0, "c": 0.0}
    assert completed({"b": 0.7}, NAMES, home) == pytest.approx({"a": 0.3, "b": 0.7, "c": 0.0})  # the rest stays at home
    assert completed({"a": 0.4}, NAMES, home) == pytest.approx({"a": 0.4, "b": 0.3, "c": 0.3})
    assert completed({"a": 0.6, "b": 0.9}, NAMES) == pytest.approx({"a": 0.4, "b": 0.6, "c": 0.0})
    for wrong in ({"d": 0.5}, {"a": -0.1}, {"a": 1.1}, {"a": float("nan")}):
        with pytest.raises(ValueError):
            completed(wrong, NAMES)


@pytest.mark.parametrize(("count", "points"), [(2, 11), (3, 16), (4, 21), (6, 22)])
def test_the_grid_holds_the_ends_and_the_middle(count: int, points: int) -> None:
    names = [f"o{i}" for i in range(count)]
    found = grid(names)
    assert len(found) == points
    assert all(sum(point.values()) == pytest.approx(1) for point in found)
    assert middle(names) in found
    assert sum(max(point.values()) == 1 for point in found) == count
    assert nearest([{"at": point} for point in found], middle(names))["at"] == middle(names)


def test_draws_are_shares_and_repeat_by_seed() -> None:
    torch.manual_seed(3)
    first = [draw(NAMES, 0.5) for _ in range(200)]
    torch.manual_seed(3)
    assert first == [draw(NAMES, 0.5) for _ in range(200)]
    assert all(sum(point.values()) == pytest.approx(1) for point in first)
    assert 0.25 < sum(point["a"] for point in first) / 200 < 0.42
    assert any(0 in point.values() for point in first)  # a share of next to nothing is none


def test_a_saved_dial_is_the_same_and_fits_one_encoder_only(tmp_path: Path) -> None:
    toy, dial = trained_toy(steps=3)
    path = tmp_path / "dial.safetensors"
    dial.save(path, "cafe")
    again = Dial.load(path, toy.backbone, "cafe")
    assert again.objectives == RULES
    with dial.at(toy.backbone, {"a": 0.9, "b": 0.1}):
        wanted = toy.losses()
    with again.at(toy.backbone, {"a": 0.9, "b": 0.1}):
        assert toy.losses() == wanted
    with pytest.raises(ModelError, match="stale"):
        Dial.load(path, toy.backbone, "beef")
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(ModelError):
        Dial.load(path, toy.backbone, "cafe")
