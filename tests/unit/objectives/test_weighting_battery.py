"""What every method must do, whatever its formula."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from objective_inputs import NAMES, Driver, jacobian, through_json

from chatkit.errors import ConfigError
from chatkit.objectives.weighting import Weighting, make_weighting
from chatkit.objectives.weighting.gramian import GramianWeighting
from chatkit.objectives.weighting.registry import METHODS

Make = Callable[..., Weighting]
READ_GRAMIAN_ALONE = ("aligned_mtl", "cagrad", "grad_vac", "imtl_g", "mgda", "pcgrad", "upgrad")
MUST_NOT_HARM = {"upgrad", "cagrad", "aligned_mtl"}  # an objective of weight 0 stays one that the others respect
ORDER_DRAWN = {"pcgrad", "grad_vac"}  # equivariant in distribution; with two objectives there is one order


def test_one_weight_an_objective_finite_and_of_the_losses_dtype(method: str, make: Make) -> None:
    drive = Driver(make(method))
    for _ in range(4):
        weights = drive()
        assert weights.shape == (3,)
        assert weights.dtype == torch.float64
        assert torch.isfinite(weights).all()
    assert make(method).weigh(NAMES, torch.ones(3), torch.eye(3)).dtype == torch.float32


def test_order_of_objectives_does_not_matter(method: str, make: Make) -> None:
    names = list(NAMES[:2] if method in ORDER_DRAWN else NAMES)
    forth, back = Driver(make(method, names)), Driver(make(method, names))
    for _ in range(5):
        a, b = forth(names), back(names[::-1])
        torch.testing.assert_close(a, b.flip(0), rtol=1e-5, atol=1e-7)


def test_a_missing_objective_changes_nothing_for_the_others_state(method: str, make: Make) -> None:
    drive = Driver(make(method, **dynamic_options(method)))
    drive()
    assert drive(["rank", "lm"]).shape == (2,)
    assert torch.isfinite(drive()).all()
    counted = drive.weighting.state_dict()["counts"]
    assert counted == {"lm": 3, "mood": 2, "rank": 3}


def dynamic_options(method: str) -> dict[str, int]:
    return {"window": 2} if method == "dynamic_weight_average" else {}


def test_one_objective_alone_keeps_the_weight_set_by_hand(method: str, make: Make) -> None:
    learned = method in ("uncertainty_weighting",)
    drive = Driver(make(method, by_hand={"mood": 0.7}))
    first = float(drive(["mood"])[0])
    assert first == pytest.approx(0.7)
    if not learned:
        assert float(drive(["mood"])[0]) == pytest.approx(0.7)


def test_the_list_of_gradient_methods_is_whole() -> None:
    made = [name for name in METHODS if isinstance(make_weighting(name, NAMES), GramianWeighting)]
    assert sorted(made) == sorted(READ_GRAMIAN_ALONE)


@pytest.mark.parametrize("method", READ_GRAMIAN_ALONE)
def test_a_common_scale_of_gradients_changes_no_weight_of_gradient_methods(method: str, make: Make) -> None:
    plain, scaled = Driver(make(method)), Driver(make(method))
    for _ in range(4):
        torch.testing.assert_close(plain(), scaled(scales=[10.0] * 3), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("method", "normalise"), [*((m, False) for m in sorted(METHODS)), *((m, True) for m in READ_GRAMIAN_ALONE)]
)
def test_scale_of_one_loss_as_documented(method: str, make: Make, normalise: bool) -> None:
    options = {"normalise": True} if normalise else {}
    plain, scaled = Driver(make(method, **options)), Driver(make(method, **options))
    differs = 0.0
    for step in range(4):
        matrix = jacobian("conflict", seed=step)
        scale = torch.tensor([1.0, 10.0, 1.0], dtype=torch.float64)
        one, other = plain() @ matrix, scaled(scales=scale.tolist()) @ (matrix * scale[:, None])
        cosine = float(torch.nn.functional.cosine_similarity(one, other, dim=0))
        differs = max(differs, 1 - cosine)
    if plain.weighting.scale_free:
        assert differs < 1e-5
    else:
        assert differs > 1e-3


@pytest.mark.parametrize("method", sorted(METHODS.keys() - MUST_NOT_HARM))
def test_weights_by_hand_of_zero_silence_an_objective(method: str, make: Make) -> None:
    assert float(Driver(make(method, by_hand={"mood": 0.0}))()[1]) == 0


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_numbers_that_are_not_finite_are_refused(method: str, make: Make, bad: float) -> None:
    weighting = make(method)
    losses, gramian = torch.ones(3), torch.eye(3)
    with pytest.raises(ValueError, match="losses of lm, mood, rank must be finite"):
        weighting.weigh(NAMES, torch.tensor([1.0, bad, 1.0]), gramian)
    gramian[1, 1] = bad
    with pytest.raises(ValueError, match="Gramian of lm, mood, rank must be finite"):
        weighting.weigh(NAMES, losses, gramian)
    assert weighting.state_dict()["steps"] == 0


def test_misuse_is_refused(method: str, make: Make) -> None:
    weighting = make(method)
    for names in (("lm", "lm"), ("lm", "unknown"), ()):
        with pytest.raises(ValueError, match="objectives must be some of lm, mood, rank"):
            weighting.weigh(names, torch.ones(len(names)), torch.eye(len(names)))
    with pytest.raises(ValueError, match="losses must have shape"):
        weighting.weigh(NAMES, torch.ones(2), torch.eye(3))
    with pytest.raises(ValueError, match="Gramian must have shape"):
        weighting.weigh(NAMES, torch.ones(3), torch.eye(2))
    if weighting.needs_gramian:
        with pytest.raises(ValueError, match="needs the Gramian"):
            weighting.weigh(NAMES, torch.ones(3))


def test_losses_at_and_below_zero(method: str, make: Make) -> None:
    assert torch.isfinite(make(method).weigh(NAMES, torch.tensor([0.0, 1.0, 2.0]), torch.eye(3))).all()
    needs_positive = {"geometric_loss", "famo", "smooth_tchebycheff", "dynamic_weight_average", "grad_norm"}
    weighting = make(method)
    if method in needs_positive:
        with pytest.raises(ConfigError, match="that of mood is -1"):
            weighting.weigh(NAMES, torch.tensor([1.0, -1.0, 2.0]), torch.eye(3))
    else:
        assert torch.isfinite(weighting.weigh(NAMES, torch.tensor([1.0, -1.0, 2.0]), torch.eye(3))).all()


def test_vanishing_gradients_stop_nobody(method: str, make: Make) -> None:
    matrix = jacobian("conflict")
    matrix[1] = 0
    weights = Driver(make(method))(matrix=matrix)
    assert torch.isfinite(weights).all()
    update = weights @ matrix
    assert float(update.norm()) > 0.01 * float(matrix.norm())
    assert torch.isfinite(Driver(make(method))(matrix=torch.zeros_like(matrix))).all()


def test_dependent_gradients_give_finite_weights(method: str, make: Make) -> None:
    matrix = jacobian("conflict")
    matrix[2] = matrix[0]
    weights = Driver(make(method))(matrix=matrix)
    assert torch.isfinite(weights).all()
    assert float(weights.abs().max()) < 100


def test_state_resumes_bit_for_bit(method: str, make: Make) -> None:
    whole = Driver(make(method, **dynamic_options(method)))
    for step in range(7):
        whole(NAMES if step != 2 else NAMES[:2])
    broken = Driver(make(method, **dynamic_options(method)))
    broken.weighting.load_state_dict(through_json(whole.weighting.state_dict()))
    broken.step = whole.step
    for _ in range(6):
        assert torch.equal(whole(), broken())
    assert whole.weighting.state_dict() == broken.weighting.state_dict()


def test_random_state_of_training_is_left_alone(method: str, make: Make) -> None:
    matrix = jacobian("conflict")
    drive = Driver(make(method))
    before = torch.get_rng_state()
    drive(matrix=matrix)
    assert torch.equal(before, torch.get_rng_state())


def test_state_of_another_method_is_refused(method: str, make: Make) -> None:
    other = make("static" if method != "static" else "mgda")
    with pytest.raises(ValueError, match="the state is of"):
        make(method).load_state_dict(other.state_dict())


def test_says_in_words_what_it_did(method: str, make: Make) -> None:
    drive = Driver(make(method))
    drive()
    drive()
    text = drive.weighting.describe()
    assert "lm x " in text
    assert "rank x " in text
    assert method == "static" or "20" in text  # the paper's year


def test_repr_rebuilds_the_call(method: str, make: Make) -> None:
    weighting = make(method, by_hand={"mood": 0.5})
    again = eval(repr(weighting), {type(weighting).__name__: type(weighting)})
    assert repr(again) == repr(weighting)
    assert torch.equal(Driver(again)(), Driver(weighting)())
