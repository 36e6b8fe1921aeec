"""Differential privacy: each training record moves the weights by a bounded amount, under noise that hides it.

In each step every record of a head is drawn by itself with one probability; the gradient of each drawn one is made
alone, clipped to norm C, and to their sum Gaussian noise of standard deviation sigma C is added (DP-SGD, Abadi et al.
2016). By opacus' accountant (Renyi, Mironov 2017) the sigma is found with which all steps together stay within epsilon
at delta. Sums of different heads get noise of their own and are weighed afterwards; a record is of one head, so what is
promised it is what its head spent.

opacus' own gradients per sample hang on hooks of single modules; here the softmax is tied to the embedding, its
gradient is made in the forward pass, and heads bring any module. So a record is a backward pass: slower, and right for
all of them.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from chatkit.data.batching import Batch, Padded
from chatkit.data.poisson import PoissonBatches
from chatkit.errors import ConfigError
from chatkit.head.head import Head
from chatkit.training.privacy_budget import DPConfig, accountant_class, epsilon_of, sigma_for

if TYPE_CHECKING:
    from chatkit.assistant import Assistant
    from chatkit.training.recipe import Recipe

LossOfOne = Callable[[str, Batch], Tensor]
_SLACK = 1.001  # of what was promised: the search for sigma ends within a thousandth


def check_private(recipe: Recipe, classes: Mapping[str, type[Head]], processes: int = 1) -> None:
    """Refuse what would break the promise.

    Raises:
        ConfigError: Naming the key, and why.
    """
    if recipe.train.dp is None:
        return
    wrong = _wrong(recipe)
    if processes > 1:
        wrong = ("several processes", "each would have to draw and add noise by itself: train with one")
    for name, head in classes.items():
        config = recipe.heads[name]
        if head.couples_batch:
            wrong = (f"head {name}", "its examples see each other, so that no gradient is that of one record alone")
        elif any(source.repeat > 1 for source in config.sources):
            wrong = (f"heads.{name}.data", "a record that is repeated counts more than once")
        elif config.augment.on:
            wrong = (f"heads.{name}.augment", "texts are not varied while they are drawn in private: leave it out")
        elif config.domains != "pooled":
            wrong = (f"heads.{name}.domains", "the losses of records would decide which are drawn")
    if wrong:
        raise ConfigError(f"train.dp does not go with {wrong[0]}", hint=wrong[1])
    accountant_class()


def _wrong(recipe: Recipe) -> tuple[str, str] | None:
    train, objectives = recipe.train, recipe.objectives
    if not recipe.tokenizer.path and not recipe.init:
        return "a tokenizer of the same text", "its pieces are words of it: name tokenizer.path, or init"
    if train.sampler != "all":
        return f"train.sampler = {train.sampler}", 'the steps of a head would be drawn: set train.sampler = "all"'
    if objectives.weighting != "static":
        return f"objectives.weighting = {objectives.weighting}", "it looks at gradients without noise: use static"
    if train.accumulate > 1:
        return f"train.accumulate = {train.accumulate}", "each record is a part of its own already: leave it out"
    if objectives.dial is not None:
        return "objectives.dial", "it is trained by steps of its own: leave it out"
    return None


class PrivateGradients:
    """Makes the noisy gradients of the heads of a run.

    Args:
        config: What is promised.
        steps: Steps of the run in which each head takes part.
        batches: Batches of each head.
        records: Number of records of each head.
        shared: Parameters of the backbone.
        own: Parameters of each head.
        weights: Of each head on the shared parameters.
    """

    def __init__(
        self,
        config: DPConfig,
        steps: Mapping[str, int],
        batches: Mapping[str, PoissonBatches],
        *,
        records: Mapping[str, int],
        shared: Sequence[nn.Parameter],
        own: Mapping[str, Sequence[nn.Parameter]],
        weights: Mapping[str, float],
    ) -> None:
        self._config, self._batches, self._planned = config, batches, dict(steps)
        self._shared, self._own, self._weights = list(shared), own, weights
        self.delta = {name: config.delta_of(records[name]) for name in batches}
        self.sigma = {
            name: sigma_for(config.epsilon, source.rate, steps[name], self.delta[name])
            for name, source in batches.items()
        }
        self.taken = dict.fromkeys(batches, 0)
        self._losses = dict.fromkeys(batches, 0.0)
        self._generator = torch.Generator().manual_seed(secrets.randbits(63))  # never from the config's seed

    def backward(self, name: str, batch: Batch, loss_of: LossOfOne) -> float:
        """Add the noisy mean gradient of a head to ``grad``; its mean loss (of the last batch, if this is empty).

        Args:
            name: The head.
            batch: Of ``PoissonBatches``.
            loss_of: Mean loss of a batch of one record, with its gradient.
        """
        parameters = [*self._shared, *self._own[name]]
        total = [torch.zeros_like(p) for p in parameters]
        losses = []
        for row in range(len(batch.records)):
            loss = loss_of(name, one_of(batch, row))
            losses.append(float(loss.detach()))
            self._add(total, torch.autograd.grad(loss, parameters, allow_unused=True))
        weight, deviation = self._weights[name], self.sigma[name] * self._config.clip
        for i, (parameter, summed) in enumerate(zip(parameters, total, strict=True)):
            noise = torch.randn(summed.shape, generator=self._generator).to(summed) * deviation
            mean = (summed + noise) / self._batches[name].batch_size
            mean = mean * weight if i < len(self._shared) else mean
            parameter.grad = mean if parameter.grad is None else parameter.grad + mean
        self.taken[name] += 1
        if losses:
            self._losses[name] = sum(losses) / len(losses)
        return self._losses[name]

    def _add(self, total: list[Tensor], gradient: Sequence[Tensor | None]) -> None:
        """Add the clipped gradient of one record."""
        known = [(slot, part) for slot, part in zip(total, gradient, strict=True) if part is not None]
        norm = math.sqrt(sum(float(part.double().square().sum()) for _, part in known))
        if not math.isfinite(norm):
            return  # what is no number would be clipped to none, and to leave it out is within the bound
        for slot, part in known:
            slot.add_(part, alpha=min(1.0, self._config.clip / max(norm, 1e-12)))

    def spent(self) -> dict[str, dict[str, float]]:
        """Of each head: epsilon so far, delta, and what they come from; plain data."""
        return {
            name: {
                "epsilon": epsilon_of(self.sigma[name], source.rate, self.taken[name], self.delta[name]),
                "delta": self.delta[name],
                "noise": self.sigma[name],
                "clip": self._config.clip,
                "rate": source.rate,
                "steps": self.taken[name],
            }
            for name, source in self._batches.items()
        }

    def state(self) -> dict[str, Any]:
        """Plain data that a checkpoint needs."""
        return {"taken": dict(self.taken), "sigma": dict(self.sigma)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on; with the noise that the run began with.

        Raises:
            ConfigError: If the steps that are planned now would spend more than was promised.
        """
        self.taken, self.sigma = dict(state["taken"]), dict(state["sigma"])
        for name, source in self._batches.items():
            whole = epsilon_of(self.sigma[name], source.rate, self._planned[name], self.delta[name])
            if whole > self._config.epsilon * _SLACK:
                raise ConfigError(
                    f"{self._planned[name]} steps would spend epsilon {whole:.2f} of {name}'s {self._config.epsilon:g}",
                    hint="the noise was chosen for fewer: resume with the steps that the run began with",
                )


def private_gradients(
    recipe: Recipe, assistant: Assistant, batches: Mapping[str, object], records: Mapping[str, int]
) -> PrivateGradients | None:
    """Makes the gradients of a run, where its config asks for differential privacy."""
    sources = {name: source for name, source in batches.items() if isinstance(source, PoissonBatches)}
    if recipe.train.dp is None or not sources:
        return None
    return PrivateGradients(
        recipe.train.dp,
        {name: -(-recipe.train.steps // recipe.heads[name].every) for name in sources},
        sources,
        records=records,
        shared=[p for p in assistant.backbone.parameters() if p.requires_grad],
        own={name: [p for p in assistant.heads[name].parameters() if p.requires_grad] for name in sources},
        weights={name: recipe.heads[name].weight for name in sources},
    )


def one_of(batch: Batch, row: int) -> Batch:
    """The record of one row alone, without the padding that others needed."""
    fields = {}
    for name, padded in batch.fields.items():
        length = int(padded.lengths[row])
        cut = (slice(row, row + 1), slice(0, length))
        fields[name] = Padded(
            padded.ids[cut], padded.lengths[row : row + 1], padded.next_ids[cut], padded.fresh[row : row + 1]
        )
    return Batch([batch.records[row]], fields)
