"""The training loop: heads and their batches in, a trained assistant out. Knows nothing of files.

K = heads of a step
"""

from __future__ import annotations

import dataclasses
import functools
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from chatkit.assistant import Assistant
from chatkit.data.batching import Batch
from chatkit.data.domains import DomainBatches
from chatkit.errors import ConfigError
from chatkit.nn.adapters import train_only
from chatkit.nn.sampled_softmax import Sampling
from chatkit.objectives.conflict import Reading
from chatkit.objectives.dial import Steps
from chatkit.objectives.weighting import make_weighting
from chatkit.training.average import WeightAverage
from chatkit.training.distributed import Group
from chatkit.training.losses import LOWER_RATE, HeadLosses, Source, same_texts
from chatkit.training.optimiser import make_optimiser, shrink
from chatkit.training.own_moments import OwnMoments
from chatkit.training.precision import computes_in_bfloat16
from chatkit.training.private import private_gradients
from chatkit.training.recipe import Recipe, trains_adapters_only
from chatkit.training.schedule import rate_at
from chatkit.training.shared_gradients import SharedGradients, TrainingError
from chatkit.training.task_sampler import TaskSampler

__all__ = ["StepResult", "Trainer", "TrainingError"]


@dataclasses.dataclass(frozen=True)
class StepResult:
    """What one step did.

    Args:
        losses: Loss of each head that took part, nats per target.
        tokens: Real tokens that were encoded.
        rate: Learning rate.
        gradient_norm: Norm before clipping.
        weights: Weight of each of these heads on the shared parameters.
        reading: Conflict between them, in the steps in which it was measured.
    """

    losses: Mapping[str, float]
    tokens: int
    rate: float
    gradient_norm: float
    weights: Mapping[str, float] = dataclasses.field(default_factory=dict)
    reading: Reading | None = None


class Trainer:
    """Joint training of all heads of an assistant: one batch and one backward a head, one optimiser step for all.

    Args:
        assistant: Its weights are changed.
        batches: Endless batches of each head.
        sizes: Examples of each head, for the task sampler.
        recipe: The config.
        minutes: Bound of the whole run; the learning rate ends with it.
        frozen: Leave the backbone as it is: no gradient, no dropout, only the heads of ``batches`` are trained.
        group: Processes that share each batch; this one alone by default.
    """

    def __init__(
        self,
        assistant: Assistant,
        batches: Mapping[str, Source],
        sizes: Mapping[str, int],
        recipe: Recipe,
        *,
        minutes: float | None = None,
        frozen: bool = False,
        group: Group | None = None,
    ) -> None:
        self.group = group or Group()
        self.assistant, self.batches, self.recipe = assistant, batches, recipe
        self.step, self.seconds = 0, 0.0
        self._limit = None if minutes is None else minutes * 60
        every = {name: recipe.heads[name].every for name in batches}
        self.sampler = TaskSampler(sizes, every, recipe.train, recipe.seed)
        self._modules = nn.ModuleDict({"backbone": assistant.backbone, **{n: assistant.heads[n] for n in batches}})
        self._frozen = frozen
        assistant.backbone.encoder.narrow = computes_in_bfloat16(recipe.train.precision)
        if recipe.train.softmax == "sampled":
            assistant.backbone.softmax.sampling = Sampling(recipe.train.frequent, recipe.train.sampled)
        if frozen:
            assistant.backbone.requires_grad_(False)
        self._tuning = self._make_tuning()
        adapters = list(assistant.dial.adapters.parameters()) if assistant.dial and self._tuning else []
        self._adapters_only = bool(adapters) and trains_adapters_only(recipe)
        if self._adapters_only and assistant.dial:
            train_only(assistant.dial.adapters, assistant.backbone, self._modules)
        trained = [p for p in self._modules.parameters() if p.requires_grad]
        self._parameters = adapters if self._adapters_only else trained
        own = {name: [p for p in assistant.heads[name].parameters() if p.requires_grad] for name in batches}
        shared = [p for p in assistant.backbone.parameters() if p.requires_grad]
        self.moments: OwnMoments | None = None
        if recipe.objectives.moments == "own" and shared:
            train, apart = recipe.train, set(shared)
            self.moments = OwnMoments(shared, own, weight_decay=train.weight_decay, clip=train.clip or 0.0, l1=train.l1)
            self._parameters = [p for p in self._parameters if p not in apart]
        self.shared = self._make_shared(shared, own)
        self.weighting = self.shared.weighting
        self.optimiser = make_optimiser(self._parameters, recipe, adapters)
        self.average = WeightAverage(self._modules, recipe.train.average, recipe.train.average_decay)
        self.losses = HeadLosses(assistant, batches, self.group, recipe.train.accumulate)
        self._same_texts = same_texts(assistant, recipe, batches)
        self.private = private_gradients(recipe, assistant, batches, sizes)

    @property
    def progress(self) -> float:
        """Share of the run that is done, by steps or by time, whichever ends first."""
        share = self.step / self.recipe.train.steps
        return max(share, self.seconds / self._limit) if self._limit else share

    @property
    def done(self) -> bool:
        """Whether the run has ended."""
        return self.progress >= 1

    def begin_together(self) -> None:
        """Before the first step: everywhere the weights of the first process, in each random numbers of its own."""
        self.group.same_weights(self._modules)
        if self.group.rank:
            torch.manual_seed(self.recipe.seed * 1_000_003 + self.group.rank)

    def train_step(self) -> StepResult:
        """One optimiser step.

        Raises:
            TrainingError: If a loss is no finite number.
            HeadError: If a head fails.
        """
        start = time.monotonic()
        names = self.sampler.heads(self.step)
        self.losses.step = self.step
        self._modules.train()
        if self._frozen:
            self.assistant.backbone.eval()
        self._modules.zero_grad(set_to_none=True)
        losses, tokens = self._backward(names)
        weights = self.shared.combine(losses)
        if self._tuning is not None:
            self._tuning.pull_back()
        rate = self.recipe.train.learning_rate * rate_at(self.progress, self.recipe.train)
        norm = self._clip() if self.moments is None else self.shared.step_each(self.moments, rate)
        if not math.isfinite(norm):  # the step would turn every weight into NaN, and a checkpoint keep them
            raise TrainingError(f"the gradient of {', '.join(names)} is {norm} at step {self.step}", hint=LOWER_RATE)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group.get("factor", 1.0)
        self.optimiser.step()
        shrink(self.optimiser, self.recipe.train.l1)
        self.average.update(self.progress)
        reading = self.shared.finish(losses)
        self.step += 1
        self.seconds += self.group.of_first(time.monotonic() - start)  # the rate and the end hang on it
        return StepResult(losses, tokens, rate, norm, weights, reading)

    def _make_tuning(self) -> Steps | None:
        """Steps at preferences drawn at random, where the assistant has a dial that is to be trained."""
        dial, config = self.assistant.dial, self.recipe.objectives.dial
        if dial is None or config is None or self._frozen:
            return None
        self._modules["dial"] = dial.adapters
        return Steps(dial, self.assistant.backbone, config.concentration)

    def _make_shared(
        self, shared: Sequence[nn.Parameter], own: Mapping[str, Sequence[nn.Parameter]]
    ) -> SharedGradients:
        recipe, names = self.recipe, list(self.batches)
        config = recipe.objectives
        by_hand = {name: recipe.heads[name].weight for name in names}
        weighting = make_weighting(config.weighting, names, by_hand, recipe.seed, **config.options)
        if weighting.needs_gramian and recipe.train.sampler != "all" and len(names) > 1:
            raise ConfigError(
                f"objectives.weighting {config.weighting} compares gradients of one step, but train.sampler "
                f"{recipe.train.sampler} takes one head a step",
                hint='set train.sampler = "all"',
            )
        return SharedGradients(
            shared,
            own,
            weighting,
            # gradients without noise tell of records; and weights that stay as they are do not change along them
            conflict_every=0 if recipe.train.dp or self._adapters_only else config.conflict_every,
            noise_every=config.noise_every,
            group=self.group,
            rows=recipe.train.accumulate > 1 or self.moments is not None,
        )

    def _backward(self, names: Sequence[str]) -> tuple[dict[str, float], int]:
        """One batch and one backward for each head, at a preference; returns their losses and the number of tokens."""
        if self._tuning is None:
            self.shared.begin(names)
            return self._backward_each(names)
        self.shared.begin(names, self._tuning.begin())
        try:
            return self._backward_each(names)
        finally:
            self._tuning.end()

    def _backward_each(self, names: Sequence[str]) -> tuple[dict[str, float], int]:
        losses: dict[str, float] = {}
        tokens = 0
        for name in names:
            batch = next(self.batches[name])
            losses[name] = self._descend(name, batch)
            self.shared.probe(name, functools.partial(self.losses.other, name))
            for other in self._same_texts[name]:
                if other in names:
                    self.shared.probe_pair(name, other, functools.partial(self.losses.gradient, other, batch))
            source = self.batches[name]
            if isinstance(source, DomainBatches):
                source.observe(losses[name])
            tokens += sum(int(field.lengths.sum()) for field in batch.fields.values())
        return losses, tokens

    def _descend(self, name: str, batch: Batch) -> float:
        """Backward of one head's mean loss; returns it."""
        if self.private is not None:
            return self.private.backward(name, batch, lambda of, one: self.losses.mean(of, one)[0])
        if not self.losses.in_parts(name):
            part, mean = self.losses.mean(name, batch)
            self.shared.backward(name, part)
            return mean
        mean, scale = self.losses.descend(name, batch)
        self.shared.collect(name, scale)
        return mean

    def _clip(self) -> float:
        largest = self.recipe.train.clip or float("inf")
        return float(nn.utils.clip_grad_norm_(self._parameters, largest))

    def weights(self) -> dict[str, Tensor]:
        """All weights of backbone and heads."""
        return {name: tensor.detach().clone() for name, tensor in self._modules.state_dict().items()}

    def take_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Go back to weights of ``weights``."""
        self._modules.load_state_dict(weights)

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor that a checkpoint needs: weights, optimiser, carried states, random state."""
        out = {f"model.{name}": tensor for name, tensor in self._modules.state_dict().items()}
        for index, slots in self.optimiser.state_dict()["state"].items():
            out |= {f"optimiser.{index}.{slot}": tensor for slot, tensor in slots.items()}
        if self.moments is not None:
            out |= {f"moments.{name}": tensor for name, tensor in self.moments.tensors().items()}
        for key, state in self.losses.carried.items():
            size = self.batches[key.rpartition(".")[0]].batch_size
            out |= {f"carried.{key}.{i}": self.group.gather_rows(part, size, 1) for i, part in enumerate(state)}
        out |= {f"average.{name}": tensor for name, tensor in self.average.tensors().items()}
        return out | self._random_states()

    def _random_states(self) -> dict[str, Tensor]:
        own = torch.get_rng_state()
        if self.group.size == 1:
            return {"random": own}
        every = torch.zeros(self.group.size, len(own), dtype=torch.int32)
        every[self.group.rank] = own.int()
        return {f"random{f'.{rank}' if rank else ''}": row.byte() for rank, row in enumerate(self.group.sum(every))}

    def state(self) -> dict[str, Any]:
        """Plain data that a checkpoint needs beside the tensors."""
        return {
            "step": self.step,
            "seconds": self.seconds,
            "batches": {name: source.state() for name, source in self.batches.items()},
            "objectives": self.shared.state(),
            **({} if self.private is None else {"private": self.private.state()}),
        }

    def restore(self, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
        """Go on from a checkpoint, bit for bit."""
        self._modules.load_state_dict(_under(tensors, "model."))
        self.average.restore(_under(tensors, "average."))
        slots: dict[int, dict[str, Tensor]] = {}
        for key, tensor in _under(tensors, "optimiser.").items():
            index, _, slot = key.partition(".")
            slots.setdefault(int(index), {})[slot] = tensor
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": slots, "param_groups": groups})
        if self.moments is not None:
            self.moments.restore(_under(tensors, "moments."))
        carried: dict[str, dict[int, Tensor]] = {}
        for key, tensor in _under(tensors, "carried.").items():
            name, _, index_text = key.rpartition(".")
            carried.setdefault(name, {})[int(index_text)] = tensor
        self.losses.carried = {
            name: tuple(self.group.take_rows(parts[i], 1) for i in sorted(parts)) for name, parts in carried.items()
        }
        rank = self.group.rank
        if rank == 0 or f"random.{rank}" in tensors:
            torch.set_rng_state(tensors[f"random.{rank}" if rank else "random"])
        else:  # there are more processes now than there were
            torch.manual_seed((int(state["step"]) + 1) * 1_000_003 + rank)
        self.step, self.seconds = int(state["step"]), float(state["seconds"])
        if self.private is not None:
            self.private.restore(state["private"])
        for name, source in self.batches.items():
            source.restore(state["batches"][name])
        if "objectives" in state:  # checkpoints of plain sums were once saved without
            self.shared.restore(state["objectives"])


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): tensor for key, tensor in tensors.items() if key.startswith(prefix)}
