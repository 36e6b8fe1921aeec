"""What every weighting method has in common: names, weights set by hand, checks, state, words.

K = objectives that take part in a step
"""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from chatkit.errors import ConfigError


class Weighting(abc.ABC):
    """Gives each objective of a step its weight; the update of the shared parameters is the weighted sum of gradients.

    A head's private parameters follow its own unweighted loss and know nothing of this. Any subset of the declared
    objectives may take part in a step. With one objective alone there is nothing to weigh: its weight is the one set by
    hand. Losses, Gramian and changes must be finite: anything else is a ValueError, so that no weight is ever NaN.

    Args:
        weights: objective -> weight set by hand, non-negative; each method says what it makes of it.
        seed: Seed of methods that draw.
        options: The method's own options, for ``__repr__``.

    Attributes:
        title: Name and paper, for reports.
        fixed: The weights hang on names and step alone: the trainer may ask for them before it knows the losses (it
            gives ones) and need not keep the gradients apart.
        needs_gramian: ``weigh`` wants the Gramian of the gradients.
        needs_change: ``learn`` wants the change of each loss that the step made.
        scale_free: The direction of the update stays when the loss of one objective is multiplied by a constant from
            the first step on.
    """

    title: ClassVar[str]
    fixed: ClassVar[bool] = False
    needs_gramian: ClassVar[bool] = False
    needs_change: ClassVar[bool] = False
    scale_free: bool = False

    def __init__(self, weights: Mapping[str, float], *, seed: int = 0, **options: Any) -> None:
        if not weights or any(not 0 <= weight < float("inf") for weight in weights.values()):
            raise ValueError(f"weights must name objectives with finite weights of at least 0, got {dict(weights)}")
        self._weights = {name: float(weight) for name, weight in weights.items()}
        self._seed, self._options = seed, options
        self._steps = 0
        self._counts = dict.fromkeys(self._weights, 0)
        self._sums = dict.fromkeys(self._weights, 0.0)

    @property
    def names(self) -> tuple[str, ...]:
        """The declared objectives."""
        return tuple(self._weights)

    def weigh(self, names: Sequence[str], losses: Tensor, gramian: Tensor | None = None) -> Tensor:
        """Weights of the objectives that take part in this step.

        Args:
            names: Their names, each once.
            losses: Their losses, (K,), nats per target.
            gramian: Inner products of their gradients on the shared parameters, (K, K); None unless ``needs_gramian``.
        Returns:
            Weights, (K,), of the dtype of ``losses``.
        Raises:
            ValueError: If an objective was not declared, shapes disagree, the Gramian is missing, or a number is not
                finite.
            ConfigError: If the method cannot work with these losses (a logarithm of a negative one).
        """
        self._check(names, losses, gramian)
        prior = torch.tensor([self._weights[name] for name in names], dtype=torch.float64)
        plain = losses.detach().cpu().double()
        inner = None if gramian is None else gramian.detach().cpu().double()
        out = self._weigh(list(names), plain, inner, prior)
        self._steps += 1
        for name, weight in zip(names, out.tolist(), strict=True):
            self._counts[name] += 1
            self._sums[name] += weight
        return out.to(losses)

    @abc.abstractmethod
    def _weigh(self, names: list[str], losses: Tensor, gramian: Tensor | None, prior: Tensor) -> Tensor:
        """The method itself; everything is float64 on the CPU and checked."""

    def learn(  # noqa: B027  (most methods learn nothing)
        self, names: Sequence[str], losses: Tensor, gramian: Tensor | None = None, change: Tensor | None = None
    ) -> None:
        """Take in the step that was taken; called once after each ``weigh``.

        Args:
            names: Objectives of the step.
            losses: As given to ``weigh``.
            gramian: As given to ``weigh``.
            change: Change of each loss under the step, (K,), nats per target; None unless ``needs_change``.
        """

    def parameters(self) -> list[nn.Parameter]:
        """Learned weights, trained by the method itself."""
        return []

    def average(self) -> dict[str, float]:
        """Mean weight of each objective over the steps in which it took part."""
        return {name: self._sums[name] / count for name, count in self._counts.items() if count}

    def describe(self) -> str:
        """What it is and what it did, in words."""
        average = self.average()
        if not average:
            return f"{self.title}; no step yet"
        shares = ", ".join(f"{name} x {weight:.3g}" for name, weight in average.items())
        return f"{self.title}; weights over {self._steps} steps on average: {shares}"

    def state_dict(self) -> dict[str, Any]:
        """Everything that a resumed run needs, as plain data that JSON keeps bit for bit."""
        counted = {"steps": self._steps, "counts": dict(self._counts), "sums": dict(self._sums)}
        return {"method": type(self).__name__, **counted, "own": self._own_state()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from ``state_dict``.

        Raises:
            ValueError: If it is the state of another method or of other objectives.
        """
        if state["method"] != type(self).__name__ or set(state["counts"]) != set(self._weights):
            raise ValueError(f"the state is of {state['method']} for {', '.join(state['counts'])}, not of {self!r}")
        self._steps = int(state["steps"])
        self._counts = {name: int(state["counts"][name]) for name in self._weights}
        self._sums = {name: float(state["sums"][name]) for name in self._weights}
        self._load_own(state["own"])

    def _own_state(self) -> dict[str, Any]:
        return {}

    def _load_own(self, state: Mapping[str, Any]) -> None:  # noqa: B027  (most methods have no state)
        pass

    def __repr__(self) -> str:
        options = "".join(f", {key}={value!r}" for key, value in {**self._options, "seed": self._seed}.items())
        return f"{type(self).__name__}({self._weights!r}{options})"

    def _check(self, names: Sequence[str], losses: Tensor, gramian: Tensor | None) -> None:
        known = ", ".join(self._weights)
        if not names or len(set(names)) != len(names) or any(name not in self._weights for name in names):
            raise ValueError(f"objectives must be some of {known}, each once; got {list(names)}")
        if losses.shape != (len(names),):
            raise ValueError(f"losses must have shape ({len(names)},), got {tuple(losses.shape)}")
        if self.needs_gramian and gramian is None:
            raise ValueError(f"{type(self).__name__} needs the Gramian")
        if gramian is not None and gramian.shape != (len(names), len(names)):
            raise ValueError(f"the Gramian must have shape ({len(names)}, {len(names)}), got {tuple(gramian.shape)}")
        for what, tensor in (("losses", losses), ("Gramian", gramian)):
            if tensor is not None and not bool(torch.isfinite(tensor).all()):
                raise ValueError(f"{what} of {', '.join(names)} must be finite, got {tensor.tolist()}")

    def _positive_losses(self, names: Sequence[str], losses: Tensor) -> Tensor:
        """The losses, zeros raised to a tiny number."""
        for name, loss in zip(names, losses.tolist(), strict=True):
            if loss < 0:
                raise ConfigError(
                    f"objectives.weighting {type(self).__name__} needs losses >= 0, that of {name} is {loss:g}",
                    hint="choose another method, static for one",
                )
        return losses.clamp(min=1e-8)


def require_range(
    name: str, value: float, least: float, most: float = float("inf"), *, open_below: bool = False
) -> None:
    """Check an option.

    Raises:
        ValueError: If it is no number in ``least..most`` (``open_below``: ``least`` itself is refused).
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not least <= value <= most or (open_below and value == least):
        bound = f"above {least:g}" if open_below else f"at least {least:g}"
        bound += "" if most == float("inf") else f" and at most {most:g}"
        raise ValueError(f"{name} must be a number {bound}, got {value!r}")
