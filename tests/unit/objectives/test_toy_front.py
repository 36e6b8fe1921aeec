"""On a model whose front is known exactly.

The front is found, the scale of losses does not matter where it must not, resuming is exact.
"""

from __future__ import annotations

import copy

import pytest
import torch
from objective_inputs import through_json
from toy import RULES, Toy, behind_front, true_front

from chatkit.errors import ConfigError
from chatkit.objectives.conflict import ConflictMeter
from chatkit.objectives.weighting import make_weighting
from chatkit.objectives.weighting.registry import METHODS
from chatkit.training.shared_gradients import SharedGradients, TrainingError

GRADIENT_METHODS = ("aligned_mtl", "cagrad", "grad_vac", "imtl_g", "mgda", "pcgrad", "upgrad")


@pytest.mark.parametrize("share", [0.15, 0.5, 0.8])
def test_weighted_sums_lie_on_the_exact_front(share: float) -> None:
    found = Toy(by_hand={"a": share, "b": 1 - share}, rate=0.1).train(100, decay=True).losses()
    a, b = true_front(share)
    assert found["a"] == pytest.approx(a, abs=0.01)
    assert found["b"] == pytest.approx(b, abs=0.01)


@pytest.mark.parametrize("name", GRADIENT_METHODS)
def test_gradient_methods_come_to_the_front_whatever_the_scale_of_one_loss(name: str) -> None:
    options = {} if name == "imtl_g" else {"normalise": True}
    plain = Toy(name, rate=0.05, **options).train(50).losses()
    scaled = Toy(name, rate=0.05, scales={"b": 10.0}, **options).train(50).losses()
    assert behind_front(plain) < 0.05
    assert max(abs(plain[rule] - scaled[rule]) for rule in RULES) < 0.02


def test_a_plain_sum_is_moved_by_the_scale_of_one_loss() -> None:
    plain, scaled = Toy(rate=0.05).train(50).losses(), Toy(rate=0.05, scales={"b": 10.0}).train(50).losses()
    assert scaled["a"] - plain["a"] > 0.5


@pytest.mark.parametrize("name", GRADIENT_METHODS)
def test_as_published_a_common_scale_moves_no_gradient_method(name: str) -> None:
    plain, scaled = Toy(name).train(20).losses(), Toy(name, scales={"a": 10.0, "b": 10.0}).train(20).losses()
    assert max(abs(plain[rule] - scaled[rule]) for rule in RULES) < 5e-3


@pytest.mark.parametrize("name", sorted(METHODS))
def test_resuming_is_exact(name: str) -> None:
    whole = Toy(name, every=2).train(3)
    weights, optimiser = copy.deepcopy(whole.backbone.state_dict()), copy.deepcopy(whole.optimiser.state_dict())
    state = through_json(whole.shared.state())
    resumed = Toy(name, every=2)
    resumed.backbone.load_state_dict(weights)
    resumed.optimiser.load_state_dict(optimiser)
    resumed.shared.restore(state)
    whole.train(3)
    resumed.train(3)
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters, resumed.parameters, strict=True))
    assert whole.shared.state() == resumed.shared.state()


def test_the_conflict_is_seen_and_named() -> None:
    toy = Toy(every=2).train(50)
    toy.shared.meter = ConflictMeter(RULES)  # what both want at first, the alphabet, is learned by now
    toy.train(40)
    found = toy.shared.summary()
    pair = found["pairs"]["a/b"]
    assert pair["steps"] == 20
    assert pair["verdict"].startswith("conflict: cosine -")
    assert found["objectives"]["a"]["self_cosine"] == pytest.approx(1)  # the same batch, nothing drawn
    assert found["memory"] == 3 * 4 * sum(p.numel() for p in toy.parameters)


def test_predicted_change_is_what_a_small_step_does() -> None:
    toy = Toy(by_hand={"a": 0.9, "b": 0.1}, rate=1e-4, every=1).train(10)
    before = toy.losses()
    toy.train(1)
    assert toy.reading is not None
    for rule, after in toy.losses().items():
        assert toy.reading.changes[rule] == pytest.approx(after - before[rule], rel=0.02)


def test_measuring_changes_no_bit() -> None:
    plain, measured = Toy().train(6), Toy(every=1).train(6)
    assert isinstance(measured.shared.meter, ConflictMeter)
    assert all(torch.equal(a, b) for a, b in zip(plain.parameters, measured.parameters, strict=True))


def test_a_gradient_that_is_not_finite_is_named_before_it_reaches_a_weight() -> None:
    parameter = torch.nn.Parameter(torch.zeros(1))
    method = make_weighting("mgda", RULES)
    shared = SharedGradients([parameter], {rule: [] for rule in RULES}, method, conflict_every=0, noise_every=0)
    shared.begin(RULES)
    shared.backward("a", parameter.sum())
    shared.backward("b", parameter.sqrt().sum())  # 0, with a slope of infinity
    with pytest.raises(TrainingError, match="head b: its gradient is not finite"):
        shared.combine({"a": 0.0, "b": 0.0})


BOUND = 0.9  # of rule b, nats; the plain sum gives it 0.984


def test_a_bound_is_kept_while_training_at_the_price_that_the_front_says() -> None:
    toy = Toy("lagrangian", rate=0.05, bounds={"b": BOUND}, rate_=0.05, warmup=20).train(300, decay=True)
    found = toy.losses()
    on_front = min((true_front(i / 200) for i in range(1, 200)), key=lambda point: abs(point[1] - BOUND))
    assert found["b"] == pytest.approx(BOUND, abs=0.05)
    assert found["a"] == pytest.approx(on_front[0], abs=0.1)
    assert "b <= 0.9: " in toy.shared.weighting.describe()


def test_a_bound_that_cannot_be_kept_is_said_and_winds_nothing_up() -> None:
    options = {"bounds": {"a": 0.05, "b": 2.0}, "rate_": 0.5, "warmup": 0, "most": 3.0}
    toy = Toy("lagrangian", rate=0.05, **options).train(60)
    assert toy.shared.weighting.state_dict()["own"]["multipliers"]["a"] == 3.0
    assert "a <= 0.05: not kept at the largest multiplier, so hardly feasible" in toy.shared.weighting.describe()
    assert "b <= 2: " in toy.shared.weighting.describe()


def test_multipliers_wait_are_saved_and_fall_again() -> None:
    method = make_weighting("lagrangian", ["a", "b"], bounds={"a": 1.0}, warmup=2, rate=0.5, smoothing=0.0)
    seen = []
    for loss in (3.0, 3.0, 3.0, 3.0, 0.5, 0.0, 0.0, 0.0, 0.0):
        losses = torch.tensor([loss, 1.0])
        seen.append(method.weigh(["a", "b"], losses).tolist())
        method.learn(["a", "b"], losses)
    assert [round(a, 6) for a, _ in seen] == [1, 1, 1, 2, 3, 2.75, 2.25, 1.75, 1.25]
    assert {b for _, b in seen} == {1.0}
    other = make_weighting("lagrangian", ["a", "b"], bounds={"a": 1.0}, warmup=2, rate=0.5, smoothing=0.0)
    other.load_state_dict(through_json(method.state_dict()))
    assert other.state_dict() == method.state_dict()
    with pytest.raises(ConfigError, match="bounds names c, there are a, b"):
        make_weighting("lagrangian", ["a", "b"], bounds={"c": 1.0})
    with pytest.raises(ConfigError, match="the bound of a must be a number above 0"):
        make_weighting("lagrangian", ["a", "b"], bounds={"a": 0.0})
