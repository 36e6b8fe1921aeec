"""A training run in a folder: checkpoints, resuming, evaluation on the way, the assistant at the end.

DIR/run/checkpoint.safetensors   weights, optimiser, carried states, random state; position in its metadata
DIR/run/recipe.json              the config, with absolute paths
DIR/run/tokenizer.model
DIR/run/log.csv                  step, seconds, loss of each head
DIR/run/objectives.csv           weights, conflict and predicted change in the steps that were measured
DIR/assistant.toml, ...          the assistant (chatkit.assistant)
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from chatkit.assistant import OWN, RUN_FOLDER, Assistant, HeadSetup, labels_of
from chatkit.checkpoint import (
    check_replaceable,
    load_tensors,
    read_json,
    recover_folder,
    save_tensors,
    storage_errors,
    write_aside,
    write_json,
)
from chatkit.config import from_table, to_table
from chatkit.errors import ConfigError, ModelError, StorageError
from chatkit.head.answer import Metric
from chatkit.head.head import Head, Record
from chatkit.objectives.dial import Dial
from chatkit.registry import Registry
from chatkit.text.tokenizer import Tokenizer
from chatkit.training.allocator import keep_freed_memory
from chatkit.training.confidence import fit_confidence
from chatkit.training.distributed import Group
from chatkit.training.evaluator import evaluate
from chatkit.training.front import measure_front
from chatkit.training.objectives_log import ObjectivesLog
from chatkit.training.on_history import remember, sessions_of
from chatkit.training.prepare import draw, fingerprint, make_batches, make_tokenizer, read_records, training_records
from chatkit.training.progress import Progress
from chatkit.training.ranking import fit_fusions
from chatkit.training.recipe import Recipe, differences
from chatkit.training.stopping import EarlyStopping
from chatkit.training.trainer import StepResult, Trainer
from chatkit.training.watch import Watch

_MAY_DIFFER = {
    f"train.{key}"
    for key in (
        *("steps", "learning_rate", "decay", "checkpoint_minutes"),
        *("threads", "precision", "evaluate", "evaluate_examples"),
    )
}


def _may_differ(key: str) -> bool:
    return (
        key in _MAY_DIFFER or key.startswith("objectives.keep") or (key.startswith("heads.") and key.endswith(".fit"))
    )


class Run:
    """One training run.

    Args:
        recipe: The config; on resuming it must equal the one that the run began with, but for its length.
        folder: The run's folder.
        progress: Where it says how it goes.
        minutes: Bound on the whole run.
        device: "auto" takes CUDA if there is any, else the CPU.
        group: Processes that train as one; the first of them writes and evaluates.
        planted: Further training records of a head, for an audit of what is remembered of them.
        watch: Is told of steps and evaluations.
    """

    def __init__(
        self,
        recipe: Recipe,
        folder: Path,
        progress: Progress,
        *,
        minutes: float | None = None,
        device: str = "auto",
        group: Group | None = None,
        planted: Mapping[str, Sequence[Record]] | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.group, self.watch = group or Group(), watch or Watch()
        self.recipe, self.folder, self.progress = recipe, folder, progress
        self._run = folder / RUN_FOLDER
        self._stop = False
        self._classes = {name: find_head(name, config.head) for name, config in recipe.heads.items()}
        self._found: dict[str, dict[str, int]] = {}  # data set -> what was masked in it, and its duplicates
        self._records: dict[str, list[Record]] = {
            name: training_records(head, recipe.heads[name], recipe, progress.note, found=self._found)
            for name, head in self._classes.items()
        }
        for name, records in (planted or {}).items():
            self._records[name] += records
        self._data = fingerprint(self._records)
        self._minutes = minutes
        self._device = find_device(device)

    def start(self) -> None:
        """Begin from nothing.

        Raises:
            StorageError: If the folder already holds a run or an assistant.
        """
        torch.manual_seed(self.recipe.seed)
        if self.group.first:
            check_replaceable(self.folder)
            recover_folder(self.folder, own=OWN)
            if (self._run / "checkpoint.safetensors").exists() or (self.folder / "assistant.toml").exists():
                raise StorageError(
                    f"{self.folder}: holds a run already", hint="go on with --resume, or name another --out"
                )
            tokenizer = make_tokenizer(self.recipe, self._records)
            write_aside(self._run / "tokenizer.model", tokenizer.to_bytes())
        self.group.wait()
        if not self.group.first:
            tokenizer = Tokenizer.load(self._run / "tokenizer.model")
        self._build(tokenizer)
        if self.recipe.init:
            self._take_weights(Path(self.recipe.init))
        self.trainer.begin_together()
        if self.group.first:
            self._trim_log(0)  # of a run that ended before its first checkpoint
            write_json(self._run / "recipe.json", to_table(self.recipe))
        sizes = ", ".join(f"{name} {len(records):,} records" for name, records in self._records.items())
        parameters = sum(p.numel() for p in self.assistant.backbone.parameters())
        self.progress.note(f"{sizes}; {len(tokenizer):,} pieces; {parameters / 1e6:.1f} M shared parameters")

    def resume(self) -> None:
        """Go on from the last checkpoint.

        Raises:
            ModelError: If there is none, or it does not fit.
            ConfigError: If the config or the data changed.
        """
        if self.group.first:
            recover_folder(self.folder, own=OWN)
        self.group.wait()
        if not (self._run / "recipe.json").is_file():
            raise ModelError(f"{self.folder}: no run to resume", hint="start it without --resume")
        old = from_table(Recipe, read_json(self._run / "recipe.json"), where=str(self._run / "recipe.json"))
        changed = [key for key in differences(to_table(old), to_table(self.recipe)) if not _may_differ(key)]
        if changed:
            raise ConfigError(
                f"the config differs from the run's in {', '.join(changed[:4])}", hint="resume with the same config"
            )
        if not (self._run / "checkpoint.safetensors").is_file():
            return self._restart()
        torch.manual_seed(self.recipe.seed)
        self._build(Tokenizer.load(self._run / "tokenizer.model"))
        tensors, metadata = load_tensors(self._run / "checkpoint.safetensors")
        try:
            state = json.loads(metadata["state"])
            data = metadata["data"]
        except (KeyError, ValueError):
            raise ModelError(f"{self._run / 'checkpoint.safetensors'}: is no checkpoint of a run") from None
        if data != self._data:
            raise ConfigError("the training data changed since the run began", hint="start a new run in another --out")
        self.trainer.restore(tensors, state)
        if self.group.first:
            self._trim_log(self.trainer.step)
        self.progress.note(f"resumed at step {self.trainer.step}")

    def train(self, *, finish: bool = True) -> bool:
        """Train to the end.

        Args:
            finish: Then fit what is fitted on dev and save the assistant; without it a checkpoint is all there is.
        Returns:
            False if it was interrupted; the checkpoint and the assistant as it stands are saved either way.
        """
        config = self.recipe.train
        here = int(os.environ.get("LOCAL_WORLD_SIZE", "1")) if self.group.size > 1 else 1
        torch.set_num_threads(config.threads or max(1, (os.cpu_count() or 1) // here))
        keep_freed_memory()
        stopping = EarlyStopping(self._run, config.patience)
        if self.group.first:
            stopping.resume(self.trainer.step)
        with _interrupts(self._interrupt):
            self._loop(stopping)
            self.checkpoint()
        if not finish or not self.group.first:
            return not self._stop
        if not self._stop:
            self._settle(stopping)
            self.fit()
        self.save_assistant()
        return not self._stop

    def _loop(self, stopping: EarlyStopping) -> None:
        """Steps until the end, until dev gains nothing, or until any process of the group is asked to stop."""
        config, pause = self.recipe.train, self.recipe.train.checkpoint_minutes * 60
        next_save = time.monotonic() + pause
        evaluations = [i / config.evaluate for i in range(1, config.evaluate)]
        evaluations = [share for share in evaluations if share > self.trainer.progress]
        ended = False
        with self._log() as log:
            stop = self.group.any(self._stop)
            while not self.trainer.done and not stop and not ended:
                start = time.monotonic()
                result = self.trainer.train_step()
                log(result, time.monotonic() - start)
                if evaluations and self.trainer.progress >= evaluations[0]:
                    evaluations.pop(0)
                    ended = self.group.any(self.group.first and self._look(stopping))  # the others wait here
                if self.group.of_first(float(time.monotonic() >= next_save)):
                    self.checkpoint()
                    next_save = time.monotonic() + pause
                stop = self.group.any(self._stop)
        if stop:
            self._stop = True  # also where another process was asked

    def _look(self, stopping: EarlyStopping) -> bool:
        """Evaluate on the way; whether training should end here."""
        with self.trainer.average.applied():
            figures = self.evaluate("dev", self.recipe.train.evaluate_examples)
            ended = stopping.look(figures, self.trainer.weights(), self.trainer.step)
        self._note_figures(figures)
        self.watch.evaluated(self, figures)
        if ended:
            self.progress.note(f"dev gained nothing in {self.recipe.train.patience} evaluations: training ends")
        return ended

    def _settle(self, stopping: EarlyStopping) -> None:
        """Take the weights to end with: the average, or the best on dev; the checkpoint keeps the last ones."""
        self.trainer.average.settle()
        best = stopping.best()
        if best is None:
            return
        stopping.look(
            self.evaluate("dev", self.recipe.train.evaluate_examples), self.trainer.weights(), self.trainer.step
        )
        weights, step = stopping.best() or best
        self.trainer.take_weights(weights)
        self.progress.note(f"ends with the weights of step {step}, the best on dev")

    def fit(self) -> None:
        """Fit on dev what is not trained: the weight of vectors beside BM25, calibration, familiarity."""
        sources = {
            name: [Path(path) for path in (*(s.path for s in config.sources), *config.fit)]
            for name, config in self.recipe.heads.items()
        }
        fit_fusions(self.assistant, sources, seed=self.recipe.seed, say=self.progress.note)
        trained_on = {name: [Path(s.path) for s in config.sources] for name, config in self.recipe.heads.items()}
        if self.assistant.dial is not None and self.recipe.objectives.dial is not None:
            self.progress.note("measuring the front that the dial moves along, on dev")
            most = self.recipe.objectives.dial.examples
            records = {
                name: draw(self.dev_records(name, head), most, seed=[self.recipe.seed, 4])
                for name, head in self._classes.items()
            }
            self.assistant.report["dial"] = measure_front(self.assistant, self.assistant.dial, records)
            self.progress.note(f"dial: {self.assistant.report['dial']['why']}")
        others = {name: [Path(path) for path in config.fit] for name, config in self.recipe.heads.items()}
        fit_confidence(self.assistant, trained_on, seed=self.recipe.seed, say=self.progress.note, others=others)

    def checkpoint(self) -> None:
        """Save everything that ``resume`` needs."""
        metadata = {"state": json.dumps(self.trainer.state()), "data": self._data}
        tensors = self.trainer.tensors()
        if self.group.first:
            save_tensors(self._run / "checkpoint.safetensors", tensors, metadata)

    def save_assistant(self) -> None:
        """Save the assistant as it stands, with what it was trained on."""
        self.report()
        remember(self.folder, self._sessions())
        self.assistant.save(self.folder)

    def report(self) -> dict[str, Any]:
        """The assistant's report, with the account of this run as it stands."""
        self.assistant.report["training"] = {
            "steps": self.trainer.step,
            "seconds": round(self.trainer.seconds, 1),
            "seed": self.recipe.seed,
            "data": {
                name: [Path(source.path).name for source in config.sources]
                for name, config in self.recipe.heads.items()
            },
            "records": {name: len(records) for name, records in self._records.items()},
            "fingerprint": self._data,
            "private": self._found,
            "sessions": self._sessions(),
            "weighting": self.trainer.weighting.describe(),
            "sampler": self.trainer.sampler.describe(),
        }
        objectives = self.assistant.report["objectives"] = self.trainer.shared.summary()
        for name, row in objectives["objectives"].items():
            batches, batch = row.pop("noise_scale_batches"), self.recipe.heads[name].batch
            row["batch"], row["noise_scale"] = batch, None if batches is None else batches * batch
        return self.assistant.report

    def evaluate(self, split: str, most: int = 0) -> dict[str, dict[str, Metric]]:
        """Metrics of each head on the dev parts of its data.

        Args:
            split: "dev".
            most: At most so many records a head, drawn with the seed; 0 takes all.
        """
        out = {}
        for name, head_class in self._classes.items():
            records = draw(self.dev_records(name, head_class), most, seed=[self.recipe.seed, 4])
            out[name] = evaluate(self.assistant, self.assistant.heads[name], records)
        return out

    def dev_records(self, name: str, head_class: type[Head]) -> list[Record]:
        """Dev records of a head's data sets."""
        from chatkit.data.records import Problems

        parts = [read_records(head_class, Path(s.path), "dev", Problems()) for s in self.recipe.heads[name].sources]
        return [record for part in parts for record in part]

    def _sessions(self) -> list[int]:
        """The sessions of the chat history that it is trained on."""
        return sorted({number for part in self._records.values() for number in sessions_of(part)})

    def _restart(self) -> None:
        torch.manual_seed(self.recipe.seed)
        self._build(Tokenizer.load(self._run / "tokenizer.model"))
        self.trainer.begin_together()
        if self.group.first:
            self._trim_log(0)
        self.progress.note("no checkpoint yet: starting again from step 0")

    def _build(self, tokenizer: Tokenizer) -> None:
        self.assistant = Assistant(tokenizer, self.recipe.encoder)
        for name, head_class in self._classes.items():
            config = self.recipe.heads[name]
            labels = labels_of(self._records[name], head_class.label_field)
            self.assistant.add_head(head_class, HeadSetup(config.options, labels, trained=True))
        self._add_dial()
        self.assistant.to(self._device)
        batches = {
            name: make_batches(head, self.recipe.heads[name], self._records[name], tokenizer, self.recipe.seed + i)
            for i, (name, head) in enumerate(self._classes.items())
        }
        sizes = {name: len(records) for name, records in self._records.items()}
        for name, source in batches.items():
            self.group.check_batch(name, source.batch_size)
        self.trainer = Trainer(self.assistant, batches, sizes, self.recipe, minutes=self._minutes, group=self.group)

    def _add_dial(self) -> None:
        """A new dial, if the config asks for one.

        Raises:
            ConfigError: If there are not at least two objectives for it.
        """
        config = self.recipe.objectives.dial
        if config is None:
            return
        for name in config.heads:
            if name not in self._classes:
                raise ConfigError(f"objectives.dial.heads names {name}, which is no head of the config")
        names = config.heads or tuple(name for name, head in self._classes.items() if not head.makes_vectors())
        if len(names) < 2:
            raise ConfigError(
                f"objectives.dial has {len(names)} objective to trade",
                hint="it takes two heads that make no vectors, or name heads in objectives.dial.heads",
            )
        self.assistant.dial = Dial.of(self.assistant.backbone, names, config)

    def _take_weights(self, folder: Path) -> None:
        """Begin with the weights of another assistant; heads that it has not, or that changed shape, begin new."""
        other = Assistant.load(folder, lambda name: self._classes[name], only=list(self._classes))
        wanted = self.recipe.encoder
        rates = {name: getattr(wanted, name) for name in ("dropout", "embedding_dropout", "weight_dropout")}
        if dataclasses.replace(other.config, **rates) != wanted:
            raise ConfigError(f"[encoder] differs from that of init = {folder}", hint="copy its assistant.toml's")
        self.assistant.backbone.load_state_dict(other.backbone.state_dict())
        for name, head in other.heads.items():
            new, old = self.assistant.heads[name].state_dict(), head.state_dict()
            if {key: t.shape for key, t in new.items()} == {key: t.shape for key, t in old.items()}:
                self.assistant.heads[name].load_state_dict(old)

    def _interrupt(self) -> None:
        self._stop = True

    def _note_figures(self, figures: Mapping[str, Mapping[str, Metric]]) -> None:
        for name, metrics in figures.items():
            shown = "  ".join(f"{key} {metric.value:.4f}" for key, metric in metrics.items())
            self.progress.note(f"step {self.trainer.step}  {name} dev: {shown}")

    @contextlib.contextmanager
    def _log(self) -> Iterator[Callable[[StepResult, float], None]]:
        """Takes each step's result and the seconds that it took; only the first process writes and shows them."""
        if not self.group.first:
            yield lambda result, took: None
            return
        path, names = self._run / "log.csv", list(self._classes)
        objectives = ObjectivesLog(self._run, names)
        self.watch.begin(self.trainer)
        header = not path.exists()
        with path.open("a", newline="", encoding="utf-8", buffering=1) as file:  # kill -9 loses no whole line
            writer = csv.writer(file)
            if header:
                writer.writerow(["step", "seconds", "rate", "gradient_norm", *names])

            def write(result: StepResult, took: float) -> None:
                trainer, losses = self.trainer, result.losses
                self.progress.update(trainer.step, trainer.progress, losses, result.tokens, took, trainer.seconds)
                row = [f"{losses[name]:.5f}" if name in losses else "" for name in names]
                figures = [f"{trainer.seconds:.2f}", f"{result.rate:.3g}", f"{result.gradient_norm:.4f}"]
                with storage_errors(path):
                    writer.writerow([trainer.step, *figures, *row])
                self.watch.stepped(trainer, result, took)
                if result.reading is not None:
                    objectives.write(trainer.step, result.weights, result.reading)

            yield write

    def _trim_log(self, step: int) -> None:
        for path in (self._run / "log.csv", self._run / "objectives.csv"):
            if not path.exists():
                continue
            header, *rows = path.read_text(encoding="utf-8").splitlines() or [""]
            whole = [row for row in rows if row.count(",") == header.count(",") and row.split(",")[0].isdigit()]
            kept = [row for row in whole if int(row.split(",")[0]) <= step]
            write_aside(path, ("\n".join([header, *kept]) + "\n").encode("utf-8"))


def find_device(name: str) -> torch.device:
    """The device of that name; "auto" takes CUDA if there is any.

    Raises:
        ConfigError: If CUDA is asked for and there is none.
    """
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise ConfigError("--device cuda: torch finds no CUDA device", hint="use --device auto or cpu")
    return torch.device("cuda" if available and name != "cpu" else "cpu")


def find_head(name: str, file: str | None) -> type[Head]:
    """The head of a table ``[heads.NAME]``, installed or in a file.

    Raises:
        HeadError, ConfigError: If it cannot be loaded, or has another name.
    """
    registry = Registry([file] if file else [])
    head = registry.load(file or name)
    if head.name != name:
        raise ConfigError(f"[heads.{name}]: the head in {file} is called {head.name}", hint=f"use [heads.{head.name}]")
    return head


@contextlib.contextmanager
def _interrupts(stop: Callable[[], None]) -> Iterator[None]:
    """The first Ctrl-C (or SIGTERM) asks the loop to end after its step; a second one ends at once."""
    previous: dict[int, Any] = {}

    def handle(number: int, frame: Any) -> None:
        stop()
        for other, handler in previous.items():
            signal.signal(other, handler)

    numbers: Sequence[int] = (signal.SIGINT, signal.SIGTERM)
    try:
        for number in numbers:
            previous[number] = signal.signal(number, handle)
    except ValueError:  # not in the main thread: whoever called must stop it
        previous.clear()
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
