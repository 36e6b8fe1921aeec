"""A run for TensorBoard to show (the extra ``tensorboard``): ``chatkit train ... --tensorboard DIR``.

    loss/HEAD  weight/HEAD                           every step: nats per target; its share on the shared encoder
    learning_rate  gradient_norm  tokens_per_second  every step
    cosine/A/B  cosine_noise_bound/A/B               measured steps: of two heads' gradients, and the most that batches
                                                     of this size could show (chatkit.objectives.conflict)
    self_cosine/HEAD                                 where it is measured: cosine between two batches of one head
    head_gradient_norm/HEAD  predicted_change/HEAD   measured steps
    noise_scale/HEAD                                 measured steps: in examples, once there is a signal
    dev/HEAD/METRIC                                  evaluations
    sample/HEAD                                      evaluations: what a head that writes says to texts of dev

Nothing is sent anywhere: the writer appends to a file in DIR.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chatkit.checkpoint import storage_errors
from chatkit.errors import ConfigError
from chatkit.head.answer import Metric
from chatkit.training.on_dev import DevPart
from chatkit.training.samples import prompts_of, sample
from chatkit.training.trainer import StepResult, Trainer
from chatkit.training.watch import Watch

_SAMPLES = 3
_FLUSH_SECONDS = 10


class TensorBoard(Watch):
    """Writes event files.

    Args:
        folder: Where to; a run that is resumed goes on there.
    Raises:
        ConfigError: If the extra is not installed.
    """

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard.writer import SummaryWriter
        except ImportError:
            raise ConfigError(
                "--tensorboard needs the package tensorboard", hint="pip install 'chatkit-tui[tensorboard]'"
            ) from None
        self._make, self._folder = SummaryWriter, folder
        self._writer: Any = None
        self._prompts: dict[str, list[str]] = {}

    def begin(self, trainer: Trainer) -> None:
        """Open the file; what an interrupted run wrote behind its last checkpoint is taken back."""
        with storage_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            purge = trainer.step + 1 if trainer.step else None
            self._writer = self._make(str(self._folder), purge_step=purge, flush_secs=_FLUSH_SECONDS)

    def stepped(self, trainer: Trainer, result: StepResult, seconds: float) -> None:
        """Losses, weights and rates of a step; conflict, noise and predicted change where they were measured."""
        figures = {
            **_named("loss", result.losses),
            **_named("weight", result.weights),
            "learning_rate": result.rate,
            "gradient_norm": result.gradient_norm,
            "tokens_per_second": result.tokens / max(seconds, 1e-9),
        }
        if result.reading is not None:
            reading, known = result.reading, trainer.shared.summary()
            figures |= _named("cosine", {"/".join(pair): cosine for pair, cosine in reading.cosines.items()})
            bounds = {pair: row["noise_bound"] for pair, row in known["pairs"].items()}
            figures |= _named("cosine_noise_bound", bounds)
            figures |= _named("self_cosine", reading.probes) | _named("head_gradient_norm", reading.norms)
            figures |= _named("predicted_change", reading.changes)
            scales = {name: row["noise_scale_batches"] for name, row in known["objectives"].items()}
            batch = {name: head.batch for name, head in trainer.recipe.heads.items()}
            figures |= _named("noise_scale", {n: s * batch[n] for n, s in scales.items() if s is not None})
        for name, value in figures.items():
            if value is not None:
                self._writer.add_scalar(name, value, trainer.step)

    def evaluated(self, trainer: Trainer, dev: DevPart, figures: Mapping[str, Mapping[str, Metric]]) -> None:
        """Metrics on dev, and what the heads that write say now."""
        step = trainer.step
        for name, metrics in figures.items():
            for metric, found in metrics.items():
                self._writer.add_scalar(f"dev/{name}/{metric}", found.value, step)
        trainer.assistant.eval()
        for name, head in trainer.assistant.heads.items():
            if head.streams() and not head.makes_vectors():
                self._writer.add_text(f"sample/{name}", self._samples(trainer, dev, name), step)
        self._writer.flush()

    def close(self) -> None:
        """Write what is left."""
        if self._writer is not None:
            self._writer.close()

    def _samples(self, trainer: Trainer, dev: DevPart, name: str) -> str:
        assistant, seed = trainer.assistant, trainer.recipe.seed
        if name not in self._prompts:
            self._prompts[name] = prompts_of(dev.records(name), _SAMPLES)
        said = {prompt: sample(assistant, assistant.heads[name], prompt, seed=seed) for prompt in self._prompts[name]}
        return "\n".join(f"- **{_plain(prompt)}**: {_plain(reply)}" for prompt, reply in said.items())


def _named(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{kind}/{name}": value for name, value in values.items()}


def _plain(text: str) -> str:
    """A text on one line of Markdown."""
    return " ".join(text.split()).replace("<", "&lt;").replace("*", "\\*")
