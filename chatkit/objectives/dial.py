"""The dial: one model for a whole front, by adapters that are trained at preferences drawn at random.

K = objectives
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from chatkit.checkpoint import load_tensors, save_tensors
from chatkit.errors import ModelError
from chatkit.nn.adapters import Adapters, coefficients_of, copy_base, put_back
from chatkit.nn.vocabulary import Backbone
from chatkit.objectives.preference import Preference, end_of, middle

_LEAST = 1e-3  # a smaller share is none: its objective is left out of the step


@dataclasses.dataclass(frozen=True)
class DialConfig:
    """``[objectives.dial]``: adapters for each objective, trained with the model or on a finished one.

    Args:
        rank: Rank of each adapter.
        learning_rate: Learning rate of the adapters, as a multiple of that of the model.
        concentration: Preferences are drawn from a Dirichlet distribution with this parameter: below 1 more of them lie
            near the ends of the front.
        alpha: Adapters are scaled by alpha / rank.
        examples: Dev records a head at each point at which the front is measured.
        heads: The heads whose objectives it trades; by default all that make no vectors, for queries and passages are
            always encoded at home.
        frozen: Train the adapters alone, on the assistant of ``init``: its encoder, heads and confidence stay as they
            are, bit for bit. Its weights are the end of the dial at which the first of ``heads`` has all the share.
    """

    rank: int = 8
    learning_rate: float = 6.0
    concentration: float = 0.5
    alpha: float = 1.0
    examples: int = 500
    heads: tuple[str, ...] = ()
    frozen: bool = False

    def __post_init__(self) -> None:
        for name in ("rank", "learning_rate", "concentration", "alpha", "examples"):
            if getattr(self, name) <= 0:
                raise ValueError(f"objectives.dial.{name} must be above 0, got {getattr(self, name)}")
        if self.frozen and len(self.heads) < 2:
            raise ValueError("objectives.dial.frozen needs two objectives.dial.heads, the assistant's own one first")


def draw(objectives: Sequence[str], concentration: float) -> Preference:
    """A preference at random, from torch's global generator."""
    shape = torch.full((len(objectives),), concentration, dtype=torch.float64)
    shares = torch.distributions.Dirichlet(shape).sample()
    shares = torch.where(shares < _LEAST, 0.0, shares)
    return dict(zip(objectives, (shares / shares.sum()).tolist(), strict=True))


class Dial:
    """Adapters and the objectives that they are of.

    Args:
        objectives: Names, in the order of the adapters.
        adapters: Their adapters.
        home: The preference at which the backbone has its own weights; the middle by default.
    """

    def __init__(self, objectives: Sequence[str], adapters: Adapters, home: Preference | None = None) -> None:
        if len(objectives) != adapters.count:
            raise ValueError(f"{len(objectives)} objectives for {adapters.count} adapters")
        self.objectives, self.adapters = tuple(objectives), adapters
        self.home = {name: (home or middle(objectives))[name] for name in objectives}

    @classmethod
    def of(cls, backbone: Backbone, objectives: Sequence[str], config: DialConfig) -> Dial:
        """A new dial, which changes nothing yet."""
        home = end_of(objectives[0], objectives) if config.frozen else None
        return cls(objectives, Adapters(backbone, len(objectives), config.rank, config.alpha), home)

    def merge(self, backbone: Backbone, base: Mapping[str, Tensor], preference: Mapping[str, float]) -> None:
        """Set a backbone to a preference, in place; ``base`` from ``copy_base`` at home."""
        self.adapters.merge(backbone, base, self.coefficients(preference))

    def coefficients(self, preference: Mapping[str, float]) -> Tensor:
        """Of the adapters, (K,)."""
        return coefficients_of(preference, self.home)

    @contextlib.contextmanager
    def at(self, backbone: Backbone, preference: Mapping[str, float]) -> Iterator[None]:
        """A backbone at a preference for a while; then it is at home again, bit for bit."""
        base = copy_base(backbone)
        try:
            self.merge(backbone, base, preference)
            yield
        finally:
            put_back(backbone, base)

    def save(self, path: Path, lineage: str, *, half: bool = False) -> None:
        """Write the adapters, stamped with the encoder that they are for.

        Args:
            path: The file.
            lineage: Of the encoder.
            half: As bfloat16, beside weights of which a byte each is kept; home stays as it is, bit for bit.
        """
        facts = {"objectives": list(self.objectives), "rank": self.adapters.rank, "alpha": self.adapters.alpha}
        facts["home"] = self.home
        metadata = {"dial": json.dumps(facts), "lineage": lineage}
        kind = torch.bfloat16 if half else torch.float32
        save_tensors(
            path, {name: tensor.to("cpu", kind) for name, tensor in self.adapters.state_dict().items()}, metadata
        )

    @classmethod
    def load(cls, path: Path, backbone: Backbone, lineage: str) -> Dial:
        """Read the adapters.

        Raises:
            ModelError: If the file is damaged, or for another encoder.
        """
        tensors, metadata = load_tensors(path)
        if metadata.get("lineage") != lineage:
            raise ModelError(f"{path}: the dial is stale: trained for another encoder", hint="train it again")
        try:
            facts = json.loads(metadata["dial"])
            adapters = Adapters(backbone, len(facts["objectives"]), int(facts["rank"]), float(facts["alpha"]))
            adapters.load_state_dict(tensors)
            names = [str(name) for name in facts["objectives"]]
            home = {name: float(facts["home"][name]) for name in names} if "home" in facts else None
            return cls(names, adapters.eval(), home)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise ModelError(f"{path}: malformed: {str(error)[:200]}", hint="train it again") from None


class Steps:
    """Training steps at preferences drawn at random; see ``Adapters.pull_back``.

    In each step: ``begin``, the backward passes, ``end``, the gradient of the shared parameters, ``pull_back``.

    Args:
        dial: Its adapters are trained.
        backbone: Its weights are the home; while a step's gradients are made they are those of the preference.
        concentration: Of the draw.
    """

    def __init__(self, dial: Dial, backbone: Backbone, concentration: float) -> None:
        self.dial, self._backbone, self._concentration = dial, backbone, concentration
        self._base: dict[str, Tensor] = {}
        self._preference: Preference = {}

    def begin(self) -> dict[str, float]:
        """Draw a preference and go there; weight of each objective, 1 on average."""
        self._preference = draw(self.dial.objectives, self._concentration)
        self._base = copy_base(self._backbone)
        self.dial.merge(self._backbone, self._base, self._preference)
        return {name: share * len(self._preference) for name, share in self._preference.items()}

    def end(self) -> None:
        """Back home."""
        put_back(self._backbone, self._base)
        self._base = {}

    def pull_back(self) -> None:
        """Make gradients of the adapters from those of the backbone."""
        self.dial.adapters.pull_back(self._backbone, self.dial.coefficients(self._preference))
