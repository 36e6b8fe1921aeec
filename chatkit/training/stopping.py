"""Early stopping: end when dev gains nothing any more, and go back to the best weights."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from chatkit.checkpoint import load_tensors, save_tensors
from chatkit.head.answer import Metric

BEST = "best.safetensors"


class EarlyStopping:
    """Watches the losses of all heads on dev, each as a share of its first value.

    Args:
        folder: Where the best weights are kept.
        patience: Evaluations without gain that are allowed; 0 watches nothing.
    Source: Prechelt 1998, "Early Stopping - But When?".
    """

    def __init__(self, folder: Path, patience: int) -> None:
        self._file, self._patience = folder / BEST, patience
        self._first: dict[str, float] = {}
        self._lowest, self._bad, self._step = math.inf, 0, 0

    def resume(self, step: int) -> None:
        """Go on from what was kept, unless it was kept later than the step that the run goes on from."""
        if not self._patience or not self._file.is_file():
            return
        state = json.loads(load_tensors(self._file)[1]["state"])
        if state["step"] <= step:
            self._first, self._lowest, self._step = state["first"], state["lowest"], state["step"]

    def look(self, figures: Mapping[str, Mapping[str, Metric]], weights: Mapping[str, Tensor], step: int) -> bool:
        """Take figures on dev.

        Args:
            figures: Metrics of each head; those with a ``loss`` count.
            weights: Weights that they were measured with.
            step: Step of the run.
        Returns:
            Whether the run should end.
        """
        losses = {name: metrics["loss"].value for name, metrics in figures.items() if "loss" in metrics}
        if not self._patience or not losses:
            return False
        for name, loss in losses.items():
            self._first.setdefault(name, loss)
        score = sum(loss / max(self._first[name], 1e-9) for name, loss in losses.items()) / len(losses)
        if score < self._lowest:
            self._lowest, self._bad, self._step = score, 0, step
            state = {"first": self._first, "lowest": score, "step": step}
            save_tensors(self._file, weights, {"state": json.dumps(state)})
        else:
            self._bad += 1
        return self._bad >= self._patience

    def best(self) -> tuple[dict[str, Tensor], int] | None:
        """The best weights and their step; None where none were kept."""
        if not self._patience or self._lowest == math.inf:
            return None
        return load_tensors(self._file)[0], self._step
