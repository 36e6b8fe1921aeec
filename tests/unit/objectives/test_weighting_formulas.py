"""Each method against its paper's formula, or against TorchJD's aggregator on the same Jacobian."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torchjd.aggregation as jd
from objective_inputs import NAMES, Driver, jacobian
from torch import Tensor
from torchjd.scalarization import STCH

from chatkit.objectives.weighting import GradNorm, Weighting
from chatkit.objectives.weighting.cagrad import minimise_dual
from chatkit.objectives.weighting.dual_cone import ActiveSetProjector

Make = Callable[..., Weighting]
LOSSES = torch.tensor([4.0, 1.0, 2.0], dtype=torch.float64)
KINDS = ("conflict", "friends")


def update(weighting: Weighting, matrix: Tensor) -> Tensor:
    names = NAMES[: len(matrix)]
    return weighting.weigh(names, LOSSES[: len(matrix)], matrix @ matrix.T) @ matrix / len(matrix)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("name", "aggregator"), [("mgda", jd.MGDA), ("imtl_g", jd.IMTLG), ("aligned_mtl", jd.AlignedMTL)]
)
def test_agrees_with_torchjd(make: Make, name: str, aggregator: type, kind: str, seed: int) -> None:
    matrix = jacobian(kind, seed=seed)
    expected = aggregator()(matrix)
    if name == "imtl_g" and float((matrix @ expected).sum()) < 0:
        expected = -expected  # the documented departure: as published it climbs for every objective
    torch.testing.assert_close(update(make(name), matrix), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_pcgrad_agrees_with_torchjd_for_the_same_order(make: Make, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "randperm", torch.arange)
    matrix = jacobian(kind)
    torch.testing.assert_close(update(make("pcgrad"), matrix) * 3, jd.PCGrad()(matrix))


def test_pcgrad_draws_another_order_in_each_step(make: Make) -> None:
    matrix = jacobian("conflict", seed=1)
    weighting = make("pcgrad")
    drawn = {tuple(update(weighting, matrix).tolist()) for _ in range(20)}
    assert len(drawn) > 1


def test_gradvac_agrees_with_torchjd_step_by_step(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    weighting = make("grad_vac", beta=0.3)
    monkeypatch.setattr(weighting, "_order", lambda count, i: list(range(count)))
    monkeypatch.setattr(torch, "randperm", torch.arange)
    theirs = jd.GradVac(beta=0.3)
    for step in range(6):
        matrix = jacobian("friends" if step % 2 else "conflict", seed=step)
        torch.testing.assert_close(update(weighting, matrix) * 3, theirs(matrix), rtol=1e-4, atol=1e-5)


def test_gradvac_keeps_its_targets_over_steps_without_an_objective(make: Make) -> None:
    drive = Driver(make("grad_vac"))
    drive()
    before = drive.weighting.state_dict()["own"]["targets"]["mood"]
    drive(["lm", "rank"])
    assert drive.weighting.state_dict()["own"]["targets"]["mood"] == before


@pytest.mark.parametrize("rows", [2, 3, 4])
@pytest.mark.parametrize("seed", range(3))
def test_upgrad_projects_each_gradient_onto_the_dual_cone(rows: int, seed: int) -> None:
    matrix = jacobian("conflict", rows, seed)
    gramian = matrix @ matrix.T
    solved = ActiveSetProjector(ridge=0)(torch.eye(rows, dtype=torch.float64), gramian)
    assert (solved >= torch.eye(rows, dtype=torch.float64) - 1e-9).all()
    slopes = solved @ gramian
    assert (slopes >= -1e-9 * float(gramian.trace())).all()  # nobody is harmed
    assert ((solved - torch.eye(rows, dtype=torch.float64)) * slopes).abs().max() < 1e-9 * float(gramian.trace())
    for target, found in zip(torch.eye(rows, dtype=torch.float64), solved, strict=True):  # no better one near it
        for step in (0.3, 0.03):
            other = torch.maximum(found + step * torch.randn(500, rows, dtype=torch.float64), target)
            assert ((other @ gramian * other).sum(1) >= found @ gramian @ found - 1e-9).all()


def test_upgrad_is_torchjds_with_the_exact_projector(make: Make) -> None:
    for kind in KINDS:
        matrix = jacobian(kind)
        projected = ActiveSetProjector()(torch.eye(3, dtype=torch.float64), matrix @ matrix.T)
        torch.testing.assert_close(update(make("upgrad"), matrix), projected.mean(0) @ matrix, rtol=1e-6, atol=1e-9)
    assert (matrix @ update(make("upgrad"), matrix) > 0).all()


def test_projector_on_a_case_worked_by_hand() -> None:
    # g_1 = (1, 0), g_2 = (-1, 1): projections on the cone {d: d.g_1 >= 0, d.g_2 >= 0} are (1/2, 1/2) and (0, 1).
    matrix = torch.tensor([[1.0, 0.0], [-1.0, 1.0]], dtype=torch.float64)
    solved = ActiveSetProjector(ridge=0)(torch.eye(2, dtype=torch.float64), matrix @ matrix.T)
    torch.testing.assert_close(solved @ matrix, torch.tensor([[0.5, 0.5], [0.0, 1.0]], dtype=torch.float64))


@pytest.mark.parametrize("seed", range(4))
def test_cagrad_is_the_best_worst_case_in_its_ball(make: Make, seed: int) -> None:
    matrix, c = jacobian("conflict", seed=seed), 0.5
    mean, found = matrix.mean(0), update(make("cagrad", c=c), matrix)
    radius = c * float(mean.norm())
    assert float((found - mean).norm()) == pytest.approx(radius, rel=1e-6)
    worst = float((matrix @ found).min())
    basis = torch.linalg.qr(matrix.T)[0]  # the best direction lies in the span of the gradients
    generator = torch.Generator().manual_seed(seed)
    for spread in (1.0, 0.1, 0.01):
        noise = torch.randn(4000, 3, dtype=torch.float64, generator=generator) * spread
        moved = (found - mean) + radius * noise @ basis.T
        inside = mean + moved * (radius / moved.norm(dim=1, keepdim=True)).clamp(max=1)
        assert float((matrix @ inside.T).min(0).values.max()) <= worst + 1e-9


@pytest.mark.parametrize("count", [2, 3, 5, 8])
def test_cagrad_dual_beats_every_sampled_point(count: int) -> None:
    rng = np.random.default_rng(count)
    for _ in range(5):
        rows = rng.standard_normal((count, 6)) * rng.uniform(0.1, 3, (count, 1))
        gramian = rows @ rows.T
        gramian /= gramian.diagonal().mean()
        slope, radius = gramian.mean(1), 0.4
        a = minimise_dual(gramian, slope, radius)
        assert a.min() >= 0
        assert a.sum() == pytest.approx(1)
        points = np.concatenate([rng.dirichlet(np.full(count, 0.3), 3000), np.eye(count)])
        near = np.clip(a + rng.normal(0, 0.02, (2000, count)), 0, None)
        points = np.concatenate([points, near / near.sum(1, keepdims=True)])
        values = points @ slope + radius * np.sqrt(np.einsum("pi,ij,pj->p", points, gramian, points))
        assert a @ slope + radius * math.sqrt(a @ gramian @ a) <= values.min() + 1e-7


def test_cagrad_without_radius_is_the_sum_and_with_one_gives_way_to_the_worst_off(make: Make) -> None:
    assert make("cagrad", c=0.0).weigh(NAMES, LOSSES, jacobian("conflict") @ jacobian("conflict").T).tolist() == [1] * 3
    opposed = torch.tensor([[1.0, 0.0], [-3.0, 0.0]], dtype=torch.float64)
    # The mean is (-1, 0), the ball reaches from -1.5 to -0.5: the first objective loses least at -0.5.
    torch.testing.assert_close(
        update(make("cagrad", NAMES[:2]), opposed), torch.tensor([-0.5, 0.0], dtype=torch.float64)
    )


def test_imtl_g_is_equally_steep_for_all(make: Make) -> None:
    matrix = jacobian("conflict")
    slopes = (matrix / matrix.norm(dim=1, keepdim=True)) @ update(make("imtl_g"), matrix)
    torch.testing.assert_close(slopes, slopes[:1].expand(3), rtol=1e-4, atol=1e-6)
    assert float(slopes[0]) > 0


def test_mgda_descends_for_all(make: Make) -> None:
    for seed in range(5):
        matrix = jacobian("conflict", seed=seed)
        assert (matrix @ update(make("mgda"), matrix) > -1e-3).all()


def test_weights_by_hand_enter_before_surgery(make: Make) -> None:
    matrix, by_hand = jacobian("friends"), {"lm": 0.5, "mood": 2.0, "rank": 1.0}
    expected = torch.tensor([0.5, 2.0, 1.0], dtype=torch.float64)
    for name in ("static", "pcgrad", "upgrad"):  # without conflict these are the weighted sum
        weights = make(name, by_hand=by_hand).weigh(NAMES, LOSSES, matrix @ matrix.T)
        torch.testing.assert_close(weights, expected, rtol=1e-3, atol=1e-3)


def test_random_weights_average_one_and_follow_the_softmax_of_normals(make: Make) -> None:
    weighting = make("random_loss_weighting")
    drawn = torch.stack([weighting.weigh(NAMES, LOSSES) for _ in range(3000)])
    torch.testing.assert_close(drawn.sum(1), torch.full((3000,), 3.0, dtype=torch.float64))
    torch.testing.assert_close(drawn.mean(0), torch.ones(3, dtype=torch.float64), rtol=0, atol=0.05)
    logs = (drawn[:, 0] / drawn[:, 1]).log()  # the difference of two standard normals
    assert float(logs.var()) == pytest.approx(2, rel=0.1)


def test_geometric_loss_is_the_gradient_of_the_geometric_mean(make: Make) -> None:
    losses = LOSSES.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(losses.prod() ** (1 / 3), losses)
    torch.testing.assert_close(make("geometric_loss").weigh(NAMES, LOSSES), 3 * gradient)


def test_smooth_tchebycheff_is_the_gradient_of_torchjds(make: Make) -> None:
    losses = LOSSES.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(STCH(mu=0.7, weights=torch.ones(3, dtype=torch.float64))(losses), losses)
    weights = make("smooth_tchebycheff", mu=0.7, relative=False).weigh(NAMES, LOSSES)
    torch.testing.assert_close(weights / weights.sum(), (gradient / gradient.sum()).double())
    with_preference = make("smooth_tchebycheff", by_hand={"mood": 3.0}, mu=0.7, relative=False).weigh(NAMES, LOSSES)
    (gradient,) = torch.autograd.grad(
        0.7 * torch.logsumexp(torch.tensor([1.0, 3.0, 1.0], dtype=torch.float64) * losses / 0.7, 0), losses
    )
    torch.testing.assert_close(with_preference, 3 * gradient)


def test_smooth_tchebycheff_pulls_at_who_came_least_far(make: Make) -> None:
    weighting = make("smooth_tchebycheff", mu=0.01, warmup=1)
    weighting.weigh(NAMES, LOSSES)
    weighting.learn(NAMES, LOSSES)
    weights = weighting.weigh(NAMES, LOSSES * torch.tensor([0.5, 0.9, 0.5], dtype=torch.float64))
    assert float(weights[1]) > 100 * float(weights[0])


def test_dynamic_weight_average_by_its_formula(make: Make) -> None:
    weighting = make("dynamic_weight_average", temperature=2.0, window=2)
    for factor in (1.0, 1.2, 0.5, 0.5):  # windows with means 1.1 and 0.5 of the first losses; lm stays where it was
        losses = LOSSES * torch.tensor([1.0, factor, factor], dtype=torch.float64)
        assert weighting.weigh(NAMES, losses).tolist() == [1, 1, 1]
        weighting.learn(NAMES, losses)
    rates = torch.tensor([1.0, 0.5 / 1.1, 0.5 / 1.1], dtype=torch.float64)
    torch.testing.assert_close(weighting.weigh(NAMES, LOSSES), 3 * torch.softmax(rates / 2, 0))


def test_uncertainty_comes_to_rest_at_half_the_inverse_loss(make: Make) -> None:
    weighting = make("uncertainty_weighting", rate=0.1)
    for _ in range(250):
        weighting.weigh(NAMES, LOSSES)
        weighting.learn(NAMES, LOSSES)
    torch.testing.assert_close(weighting.weigh(NAMES, LOSSES), 1 / (2 * LOSSES), rtol=0.01, atol=1e-3)


def test_famo_by_algorithm_1(make: Make) -> None:
    weighting = make("famo", rate=0.1, decay=0.0)
    weights = weighting.weigh(NAMES, LOSSES)
    torch.testing.assert_close(weights, 3 * (1 / LOSSES) / (1 / LOSSES).sum())
    change = torch.tensor([-0.4, -0.01, 0.02], dtype=torch.float64)
    delta = LOSSES.log() - (LOSSES + change).log()
    logits = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    (softmax_jacobian,) = torch.autograd.grad(torch.softmax(logits, 0), logits, delta)
    weighting.learn(NAMES, LOSSES, None, change)
    learned = torch.tensor([float(p.grad) for p in weighting.parameters()], dtype=torch.float64)
    torch.testing.assert_close(learned, softmax_jacobian)
    assert weighting.weigh(NAMES, LOSSES)[0] < weights[0]  # whose loss falls fastest loses weight


def test_grad_norm_by_algorithm_1(make: Make) -> None:
    weighting = make("grad_norm", alpha=1.5, rate=0.01)
    assert isinstance(weighting, GradNorm)
    gramian = torch.diag(torch.tensor([4.0, 1.0, 9.0], dtype=torch.float64))
    weighting.weigh(NAMES, LOSSES, gramian)
    now = LOSSES * torch.tensor([0.9, 0.5, 0.7], dtype=torch.float64)
    ratios = now / LOSSES / (0.7)
    expected = (torch.tensor([2.0, 1.0, 3.0], dtype=torch.float64) - 2 * ratios**1.5).abs().sum()
    assert float(weighting.loss(NAMES, now, gramian).detach()) == pytest.approx(float(expected))


def test_grad_norm_brings_norms_to_their_targets(make: Make) -> None:
    weighting = make("grad_norm", alpha=0.0, rate=0.02)
    norms = torch.tensor([4.0, 1.0, 2.0], dtype=torch.float64)
    for _ in range(250):
        weights = weighting.weigh(NAMES, LOSSES, torch.diag(norms**2))
        weighting.learn(NAMES, LOSSES, torch.diag(norms**2))
    assert float(weights.sum()) == pytest.approx(3)
    torch.testing.assert_close(weights * norms, (weights * norms).mean().expand(3), rtol=0.1, atol=0)
