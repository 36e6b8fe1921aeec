"""The budget of differential privacy: what a config promises, what so many noisy steps spend, the noise that keeps it.

By opacus' accountant: Renyi divergence of the sampled Gaussian mechanism (Mironov 2017).
"""

from __future__ import annotations

import dataclasses
import math
import warnings
from typing import Any

from chatkit.errors import ConfigError

_SLACK = 1.001  # the search for sigma ends within a thousandth


@dataclasses.dataclass(frozen=True)
class DPConfig:
    """``train.dp``.

    Args:
        epsilon: What each record is promised: no model is exp(epsilon) times as likely with it as without.
        delta: But for this probability; 0 takes a tenth of one in the records of the head, at most 1e-5.
        clip: Largest norm C of the gradient of one record.
    """

    epsilon: float
    delta: float = 0.0
    clip: float = 1.0

    def __post_init__(self) -> None:
        if not self.epsilon > 0 or not math.isfinite(self.epsilon):
            raise ValueError(f"train.dp.epsilon must be above 0, got {self.epsilon}")
        if not 0 <= self.delta < 1:
            raise ValueError(f"train.dp.delta must lie in 0..1 (1 excluded), got {self.delta}")
        if not self.clip > 0:
            raise ValueError(f"train.dp.clip must be above 0, got {self.clip}")

    def delta_of(self, records: int) -> float:
        """Delta for a head with so many records."""
        return self.delta or min(1e-5, 0.1 / records)


def accountant_class() -> Any:
    """opacus' accountant by Renyi divergence.

    Raises:
        ConfigError: If opacus is not installed.
    """
    try:
        from opacus.accountants import RDPAccountant
    except ImportError:
        raise ConfigError("train.dp needs the package opacus", hint="pip install 'chatkit-tui[dp]'") from None
    return RDPAccountant


def epsilon_of(sigma: float, rate: float, steps: int, delta: float) -> float:
    """What so many steps spend, at most."""
    if not steps:
        return 0.0
    accountant = accountant_class()()
    accountant.history = [(sigma, rate, steps)]
    with warnings.catch_warnings():  # that a larger order may bound it more tightly
        warnings.simplefilter("ignore")
        return float(accountant.get_epsilon(delta))


def sigma_for(epsilon: float, rate: float, steps: int, delta: float) -> float:
    """The least noise with which so many steps spend no more than ``epsilon``.

    Raises:
        ConfigError: If none does.
    """
    low, high = 0.0, 1.0
    while epsilon_of(high, rate, steps, delta) > epsilon:
        low, high = high, high * 2
        if high > 1e4:
            raise ConfigError(f"train.dp.epsilon = {epsilon:g} is out of reach", hint="fewer steps, or smaller batches")
    while high / max(low, 1e-3) > _SLACK:
        middle = (low + high) / 2
        if epsilon_of(middle, rate, steps, delta) > epsilon:
            low = middle
        else:
            high = middle
    return high
