"""``objectives.moments = "own"``: each head steps on the shared parameters as if it were alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from chatkit.errors import ConfigError
from chatkit.objectives.rows import GradientRows
from chatkit.training.optimiser import BETAS
from chatkit.training.own_moments import OwnMoments
from chatkit.training.progress import Progress
from chatkit.training.recipe import Recipe
from chatkit.training.run import Run

Make = Callable[..., Recipe]
OWN = "objectives.moments=own"


def stepped(
    gradients: list[list[Tensor | None]], weights: dict[str, float], rate: float = 0.1, **options: float
) -> list[Tensor]:
    """Two parameters of ones, (2, 2) and (2,), after a step for each list of gradients of heads a and b."""
    parameters = [nn.Parameter(torch.ones(2, 2)), nn.Parameter(torch.ones(2))]
    rows = GradientRows(parameters, 2)
    settings = {"weight_decay": 0.0, "clip": 0.0, "l1": 0.0} | options
    moments = OwnMoments(parameters, {"a": [], "b": []}, **settings)
    for of_step in gradients:
        for row, of_head in enumerate(of_step):
            for parameter in parameters:
                parameter.grad = None if of_head is None else torch.full_like(parameter, 1.0) * of_head
            rows.collect(row)
        moments.step(["a", "b"], weights, rows, rate)
    return [parameter.detach() for parameter in parameters]


def test_a_head_with_large_gradients_takes_no_more_of_the_step() -> None:
    small, large = torch.tensor(0.01), torch.tensor(100.0)
    for scale in (small, large):
        after = stepped([[torch.tensor(1.0), -scale]], {"a": 1.0, "b": 1.0})
        torch.testing.assert_close(after[1], torch.ones(2), atol=1e-5, rtol=0)  # they pull with the same force


def test_a_weight_multiplies_the_step_of_its_head() -> None:
    after = stepped([[torch.tensor(1.0), torch.tensor(-7.0)]], {"a": 1.0, "b": 3.0})
    torch.testing.assert_close(after[0], torch.full((2, 2), 1.2))
    after = stepped([[torch.tensor(1.0), torch.tensor(-7.0)]], {"a": 1.0, "b": 0.0})
    torch.testing.assert_close(after[0], torch.full((2, 2), 0.9))


def test_a_parameter_that_no_head_has_reached_stays() -> None:
    after = stepped([[None, None]], {"a": 1.0, "b": 1.0}, weight_decay=0.5, l1=0.5)
    assert all(torch.equal(parameter, torch.ones_like(parameter)) for parameter in after)


def test_matrices_alone_decay_and_once_a_step() -> None:
    plain = stepped([[torch.tensor(1.0), torch.tensor(-1.0)]], {"a": 1.0, "b": 1.0})
    decayed = stepped([[torch.tensor(1.0), torch.tensor(-1.0)]], {"a": 1.0, "b": 1.0}, weight_decay=0.5, l1=0.2)
    torch.testing.assert_close(decayed[0], plain[0] * 0.95 - 0.02)
    torch.testing.assert_close(decayed[1], plain[1])


def test_gradients_that_are_not_finite_take_no_step() -> None:
    parameters = [nn.Parameter(torch.ones(2))]
    rows = GradientRows(parameters, 1)
    moments = OwnMoments(parameters, {"a": []}, weight_decay=0.1, clip=1.0, l1=0.0)
    parameters[0].grad = torch.tensor([1.0, float("nan")])
    rows.collect(0)
    assert moments.step(["a"], {"a": 1.0}, rows, 0.1) != moments.step(["a"], {"a": 1.0}, rows, 0.1)  # NaN
    assert torch.equal(parameters[0].detach(), torch.ones(2))
    assert not moments.tensors()


def test_one_head_alone_steps_as_adamw_does() -> None:
    draws = [torch.randn(2, 2, generator=torch.Generator().manual_seed(seed)) for seed in range(4)]
    ours, theirs = nn.Parameter(torch.ones(2, 2)), nn.Parameter(torch.ones(2, 2))
    rows, moments = GradientRows([ours], 1), OwnMoments([ours], {"a": []}, weight_decay=0.1, clip=1.0, l1=0.0)
    adamw = torch.optim.AdamW([theirs], lr=0.1, betas=BETAS, weight_decay=0.1)
    for draw in draws:
        ours.grad, theirs.grad = draw.clone(), draw.clone()
        rows.collect(0)
        norm = moments.step(["a"], {"a": 1.0}, rows, 0.1)
        assert norm == pytest.approx(float(nn.utils.clip_grad_norm_([theirs], 1.0)))
        adamw.step()
    torch.testing.assert_close(ours, theirs)


def copied(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in tensors.items()}


def begun(recipe: Recipe, out: Path) -> Run:
    run = Run(recipe, out, Progress(quiet=True), device="cpu")
    run.start()
    return run


def test_a_run_with_one_head_is_that_of_shared_moments(micro: Make, tmp_path: Path) -> None:
    only = ("heads.sentiment.every=1000", "train.steps=4")
    runs = [begun(micro(*only, *more), tmp_path / str(i)).trainer for i, more in enumerate([(), (OWN,)])]
    for run in runs:
        run.step = 1  # in the first step all heads take part
        torch.manual_seed(3)
        for _ in range(3):
            run.train_step()
    for name, tensor in runs[0].weights().items():
        torch.testing.assert_close(tensor, runs[1].weights()[name], rtol=1e-4, atol=1e-5, msg=name)


def test_a_run_goes_on_from_a_checkpoint_bit_for_bit(micro: Make, tmp_path: Path) -> None:
    recipe = micro(OWN, "heads.sentiment.every=2", "train.steps=6")
    whole = begun(recipe, tmp_path / "whole").trainer
    for _ in range(3):
        whole.train_step()
    kept, state = copied(whole.tensors()), whole.state()
    assert sum(name.startswith("moments.sentiment.") for name in kept) > 3
    resumed = begun(recipe, tmp_path / "resumed").trainer
    resumed.restore(copied(kept), state)
    for _ in range(3):
        resumed.train_step()
    whole = begun(recipe, tmp_path / "again").trainer
    whole.restore(copied(kept), state)
    for _ in range(3):
        whole.train_step()
    for name, tensor in whole.tensors().items():
        assert torch.equal(tensor, resumed.tensors()[name]), name


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (("objectives.weighting=pcgrad",), "leave out weighting = pcgrad"),
        (("objectives.dial={}",), "leave out dial"),
        (("train.dp={epsilon = 3.0, delta = 1e-5}",), "leave it out with train.dp"),
        (("objectives.moments=mine",), "objectives.moments"),
    ],
)
def test_what_does_not_go_together_is_said(micro: Make, overrides: tuple[str, ...], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        micro(OWN, *overrides)
