"""A training run in a folder: checkpoints, resuming, evaluation on the way, the assistant at the end.

DIR/run/checkpoint.safetensors   weights, optimiser, carried states, random state; position in its metadata
DIR/run/recipe.json              the config, with absolute paths
DIR/run/tokenizer.model
DIR/run/log.csv                  step, seconds, loss of each head
DIR/run/objectives.csv           weights, conflict and predicted change in the steps that were measured
DIR/assistant.toml, ...          the assistant (chatkit.assistant)
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from chatkit.assistant import OWN, Assistant
from chatkit.checkpoint import (
    check_replaceable,
    recover_folder,
    save_tensors,
    write_aside,
    write_json,
)
from chatkit.config import to_table
from chatkit.data.stored import StoredRecords
from chatkit.errors import StorageError
from chatkit.head.head import Head, Record
from chatkit.model_files import RUN_FOLDER
from chatkit.nn.parallel import are_taken, threads
from chatkit.text.tokenizer import Tokenizer
from chatkit.training.account import account, used_sessions
from chatkit.training.allocator import keep_freed_memory
from chatkit.training.beside import write_dial, write_heads
from chatkit.training.building import find_device, find_head, new_assistant, take_place, take_weights
from chatkit.training.distributed import Group
from chatkit.training.interrupts import interrupts
from chatkit.training.mapped import MappedData, mapped_data
from chatkit.training.on_dev import DevPart, Figures, fit_on_dev
from chatkit.training.on_history import remember
from chatkit.training.prepare import Keep, fingerprint, make_batches, make_tokenizer
from chatkit.training.private import check_private
from chatkit.training.progress import Progress
from chatkit.training.reading import training_records
from chatkit.training.recipe import Recipe, trained_part, trains_adapters_only
from chatkit.training.resuming import check_same, load_checkpoint
from chatkit.training.run_log import RunLog
from chatkit.training.stopping import EarlyStopping
from chatkit.training.tradeoff import load_beside, measured
from chatkit.training.trainer import Trainer
from chatkit.training.watch import Watch


class Run:
    """One training run.

    Args:
        recipe: The config; on resuming it must equal the one that the run began with, but for its length.
        folder: The run's folder.
        progress: Where it says how it goes.
        minutes: Bound on the whole run.
        device: "auto" takes CUDA if there is any, else the CPU.
        group: Processes that train as one; the first of them writes and evaluates.
        planted: Changes the training records of the heads in place, for an audit of what is remembered of them.
        watch: Is told of steps and evaluations.

    Attributes:
        dev: The dev parts of its data.
        figures: Metrics of each head on all of dev, once ``train`` came to its end.
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
        planted: Callable[[dict[str, list[Record]]], None] | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.group, self.watch = group or Group(), watch or Watch()
        recipe = trained_part(recipe)
        self.recipe, self.folder, self.progress = recipe, folder, progress
        self.figures: Figures = {}
        self._run = folder / RUN_FOLDER
        self._stop = False
        self._classes = {name: find_head(name, config.head) for name, config in recipe.heads.items()}
        check_private(recipe, self._classes, self.group.size)
        self._found: dict[str, dict[str, int]] = {}  # data set -> what was masked in it, and its duplicates
        self._mapped = mapped_data(recipe, folder, planted=planted is not None)
        self._records = self._read_records(planted) if self._mapped is None else self._mapped_records(self._mapped)
        self._data = fingerprint(self._records)
        self.dev = DevPart(recipe, self._classes)
        self._log = RunLog(self._run, list(self._classes), progress, self.watch, active=self.group.first)
        self._minutes = minutes
        self._device = find_device(device)

    def _read_records(self, planted: Callable[[dict[str, list[Record]]], None] | None) -> dict[str, Sequence[Record]]:
        records = {
            name: training_records(head, self.recipe.heads[name], self.recipe, self.progress.note, found=self._found)
            for name, head in self._classes.items()
        }
        if planted is not None:
            planted(records)
        return dict(records)

    def _mapped_records(self, mapped: MappedData) -> dict[str, Sequence[Record]]:
        """The first process makes what is not there yet; the others open it."""
        if not self.group.first:
            self.group.wait()
        say = self.progress.note
        records: dict[str, Sequence[Record]] = {
            name: mapped.records(head, say, self._found) for name, head in self._classes.items()
        }
        if self.group.first:
            self.group.wait()
        return records

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
        load_beside(self.recipe, tokenizer)  # what does not fit is said before the training
        self._build(tokenizer)
        self._take_init()
        self.trainer.begin_together()
        if self.group.first:
            self._log.cut(0)  # of a run that ended before its first checkpoint
            write_json(self._run / "recipe.json", to_table(self.recipe))
        sizes = ", ".join(f"{name} {len(records):,} records" for name, records in self._records.items())
        millions = sum(p.numel() for p in self.assistant.backbone.parameters()) / 1e6
        self.progress.note(f"{sizes}; {len(tokenizer):,} pieces; {millions:.1f} M shared parameters")

    def resume(self) -> None:
        """Go on from the last checkpoint.

        Raises:
            ModelError: If there is none, or it does not fit.
            ConfigError: If the config or the data changed.
        """
        if self.group.first:
            recover_folder(self.folder, own=OWN)
        self.group.wait()
        check_same(self.recipe, self.folder)
        if not (self._run / "checkpoint.safetensors").is_file():
            return self._restart()
        torch.manual_seed(self.recipe.seed)
        self._build(Tokenizer.load(self._run / "tokenizer.model"))
        if self.recipe.train.only:
            take_place(self.assistant, Assistant.load(Path(self.recipe.init or ""), self._classes.__getitem__, only=()))
        tensors, state = load_checkpoint(self._run / "checkpoint.safetensors", self._data)
        self.trainer.restore(tensors, state)
        self._log.cut(self.trainer.step)
        self.progress.note(f"resumed at step {self.trainer.step}")

    def train(self, *, finish: bool = True) -> bool:
        """Train to the end.

        Args:
            finish: Then fit what is fitted on dev and save the assistant; without it a checkpoint, and in memory the
                weights that the run ends with, are all there is.
        Returns:
            False if it was interrupted; the checkpoint and the assistant as it stands are saved either way.
        """
        config = self.recipe.train
        here = int(os.environ.get("LOCAL_WORLD_SIZE", "1")) if self.group.size > 1 else 1
        wanted = threads(config.threads, here)
        if are_taken(wanted):
            hint = "with train.threads = 1 a step may be many times quicker"
            self.progress.note(f"other programs hold the cores, and {wanted} threads wait for each other: {hint}")
        torch.set_num_threads(wanted)
        keep_freed_memory()
        stopping = EarlyStopping(self._run, config.patience)
        if self.group.first:
            stopping.resume(self.trainer.step)
        with interrupts(self._interrupt):
            self._loop(stopping)
            self.checkpoint()
        if not self.group.first:
            return not self._stop
        if not self._stop:
            self._settle(stopping)
        if finish:
            if not self._stop:
                self._fit()
            self.save_assistant()
        return not self._stop

    def _fit(self) -> None:
        """Fit what no gradient trains, and measure; a stop in the middle of it says how to go on."""
        try:
            fit_on_dev(self.assistant, self.recipe, self.dev, self.progress.note)
            self._measure()
        except KeyboardInterrupt:
            self.progress.note(
                f"stopped after step {self.trainer.step}, before the assistant was saved: go on with --resume"
            )
            raise

    def _loop(self, stopping: EarlyStopping) -> None:
        """Steps until the end, until dev gains nothing, or until any process of the group is asked to stop."""
        config, pause = self.recipe.train, self.recipe.train.checkpoint_minutes * 60
        next_save = time.monotonic() + pause
        evaluations = [i / config.evaluate for i in range(1, config.evaluate)]
        evaluations = [share for share in evaluations if share > self.trainer.progress]
        ended = False
        with self._log.writing(self.trainer) as log:
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
            figures = self.evaluate(self.recipe.train.evaluate_examples)
            ended = stopping.look(figures, self.trainer.weights(), self.trainer.step)
        self._note_figures(figures)
        self.watch.evaluated(self.trainer, self.dev, figures)
        if ended:
            self.progress.note(f"dev gained nothing in {self.recipe.train.patience} evaluations: training ends")
        return ended

    def _settle(self, stopping: EarlyStopping) -> None:
        """Take the weights to end with: the average, or the best on dev; the checkpoint keeps the last ones."""
        self.trainer.average.settle()
        best = stopping.best()
        if best is None:
            return
        stopping.look(self.evaluate(self.recipe.train.evaluate_examples), self.trainer.weights(), self.trainer.step)
        weights, step = stopping.best() or best
        self.trainer.take_weights(weights)
        self.progress.note(f"ends with the weights of step {step}, the best on dev")

    def checkpoint(self) -> None:
        """Save everything that ``resume`` needs."""
        metadata = {"state": json.dumps(self.trainer.state()), "data": self._data}
        tensors = self.trainer.tensors()
        if self.group.first:
            save_tensors(self._run / "checkpoint.safetensors", tensors, metadata)

    def save_assistant(self) -> None:
        """Save the assistant as it stands, with what it was trained on."""
        account = self.report()
        remember(self.folder, used_sessions(self._records))
        if trains_adapters_only(self.recipe):
            kept = {key: account[key] for key in ("training", "objectives")}
            write_dial(self.assistant, Path(self.recipe.init or ""), self.folder, kept)
            return
        if self.recipe.train.only:
            write_heads(self.assistant, Path(self.recipe.init or ""), self.folder, self.recipe.heads)
            return
        only_trained = [name for name, config in self.recipe.heads.items() if config.training_only]
        self.assistant.save(self.folder, leave_out=only_trained)

    def report(self) -> dict[str, Any]:
        """The assistant's report, with the account of this run as it stands."""
        self.assistant.report |= account(self.recipe, self.trainer, self._records, data=self._data, private=self._found)
        return self.assistant.report

    def evaluate(self, most: int = 0) -> Figures:
        """Metrics of each head on the dev parts of its data, on at most ``most`` records of each where it is not 0."""
        return self.dev.evaluate(self.assistant, most)

    def _measure(self) -> None:
        """The last figures on dev: kept in ``figures`` and in the assistant's report."""
        if trains_adapters_only(self.recipe):
            return  # the front of the dial says it, and the assistant is as it was
        self.progress.note("measuring all heads on dev")
        self.figures, self.assistant.report["dev"] = self.dev.final(self.assistant)
        if (beside := load_beside(self.recipe, self.assistant.tokenizer)) is not None:
            self.progress.note(f"measuring where it stands beside the runs of {beside.folder.name}")
            self.assistant.report["tradeoff"] = measured(self.assistant, self.recipe, beside)

    def _restart(self) -> None:
        torch.manual_seed(self.recipe.seed)
        self._build(Tokenizer.load(self._run / "tokenizer.model"))
        self._take_init()
        self.trainer.begin_together()
        self._log.cut(0)
        self.progress.note("no checkpoint yet: starting again from step 0")

    def _take_init(self) -> None:
        if self.recipe.init:
            for line in take_weights(self.assistant, Path(self.recipe.init), self.recipe, self._classes):
                self.progress.note(line)

    def _build(self, tokenizer: Tokenizer) -> None:
        self.assistant = new_assistant(tokenizer, self.recipe, self._classes, self._records)
        self.assistant.to(self._device)
        batches = {
            name: make_batches(
                head,
                self.recipe.heads[name],
                self._records[name],
                tokenizer,
                self.recipe.seed + i,
                private=self.recipe.train.dp is not None,
                keep=self._keep(head, tokenizer),
            )
            for i, (name, head) in enumerate(self._classes.items())
        }
        sizes = {name: len(records) for name, records in self._records.items()}
        for name, source in batches.items():
            self.group.check_batch(name, source.batch_size)
        self.trainer = Trainer(
            self.assistant,
            batches,
            sizes,
            self.recipe,
            minutes=self._minutes,
            frozen=bool(self.recipe.train.only),
            group=self.group,
        )

    def _keep(self, head: type[Head], tokenizer: Tokenizer) -> Keep | None:
        records = self._records[head.name]
        return (
            self._mapped.keep(head, records, tokenizer) if self._mapped and isinstance(records, StoredRecords) else None
        )

    def _interrupt(self) -> None:
        self._stop = True

    def _note_figures(self, figures: Figures) -> None:
        for name, metrics in figures.items():
            shown = "  ".join(f"{key} {metric.value:.4f}" for key, metric in metrics.items())
            self.progress.note(f"step {self.trainer.step}  {name} dev: {shown}")
