"""The ``[sweep]`` table of a config."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

KNOWN = ("macro_f1", "dense_mrr@10", "mrr@10", "word_perplexity", "chrf", "bleu", "accuracy", "bits_per_byte")
"""Metrics that a person knows, the best known first: the one that a head's cost is told in."""


@dataclasses.dataclass(frozen=True)
class MethodConfig:
    """A weighting method with options.

    Args:
        name: As in ``objectives.weighting``.
        options: The method's own options.
    """

    name: str
    options: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class SweepConfig:
    """What ``chatkit sweep`` runs; every candidate gets the same trials, and the best trial on dev goes on.

    Candidates are the sum with the weights of the config (``static``), sums with weights on a grid, other methods, and
    each objective alone.

    Args:
        grid: Weights are multiples of 1 / grid that sum to 1 (then times the number of heads); the corners, at which
            one objective has all the weight, are always among them; 0 is no grid.
        edges: Also weights of 0 away from the corners.
        weights: Further weights by hand, one table of head = weight each.
        methods: Weighting methods, each a name or ``{name, options}``.
        single: Each objective trained alone: on the ``same`` number of its batches, on as many as all objectives have
            together (``full``), or both.
        learning_rates: Trials; empty takes that of the config.
        vary: Further trials, ``"encoder.dropout" = [0.1, 0.3]``; all combinations are run.
        seeds: Seeds of the plain sum, of the runs alone and of the best methods, counted up from the config's; data
            order and initialisation are the same for all candidates of a seed.
        seeds_rest: Seeds of all others; 0 is as many.
        best: So many methods get all seeds.
        examples: Dev and test records of each data set that are measured, the same in all runs; 0 is all.
        equivalence: Differences of less than so many per cent (of the mean over objectives) count as none.
        save_models: Keep the weights of every run.
    """

    grid: int = 0
    edges: bool = False
    weights: tuple[dict[str, float], ...] = ()
    methods: tuple[str | MethodConfig, ...] = ()
    single: tuple[Literal["same", "full"], ...] = ("same",)
    learning_rates: tuple[float, ...] = ()
    vary: dict[str, tuple[Any, ...]] = dataclasses.field(default_factory=dict)
    seeds: int = 3
    seeds_rest: int = 0
    best: int = 3
    examples: int = 2000
    equivalence: float = 1.0
    save_models: bool = False

    def __post_init__(self) -> None:
        for name in ("grid", "seeds_rest", "best", "examples"):
            if getattr(self, name) < 0:
                raise ValueError(f"sweep.{name} must be at least 0, got {getattr(self, name)}")
        if self.seeds < 1:
            raise ValueError(f"sweep.seeds must be at least 1, got {self.seeds}")
        if self.equivalence <= 0 or any(rate <= 0 for rate in self.learning_rates):
            raise ValueError("sweep.equivalence and learning rates must be above 0")
        for key, values in self.vary.items():
            if not values or key.split(".")[0] in ("sweep", "heads", "seed", "data", "init", "tokenizer"):
                raise ValueError(f'sweep.vary: give values of a key such as "encoder.dropout", got {key!r}')

    @property
    def method_configs(self) -> tuple[MethodConfig, ...]:
        """The methods, each in full."""
        return tuple(MethodConfig(each) if isinstance(each, str) else each for each in self.methods)
