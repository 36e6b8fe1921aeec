"""A new head on a trained assistant.

Frozen (the default), only the head is trained: encoder, tokenizer and the other heads stay as they are, bit for bit.
Unfrozen, the encoder learns too, and the other heads rehearse their own data (Robins 1995); the lineage changes then.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from chatkit.assistant import OWN, Assistant
from chatkit.checkpoint import new_folder, write_json
from chatkit.config import apply_overrides, from_table, to_table
from chatkit.data.discover import splits
from chatkit.data.records import Problems
from chatkit.errors import ConfigError, DataError, HeadError, ModelError
from chatkit.head.guard import guard, source_file
from chatkit.head.head import Head, Record
from chatkit.head.setup import HeadSetup, labels_of
from chatkit.model_files import RUN_FOLDER, read_assistant_table
from chatkit.nn.parallel import threads
from chatkit.registry import Registry
from chatkit.registry.source import is_file
from chatkit.training.allocator import keep_freed_memory
from chatkit.training.confidence import fit_head
from chatkit.training.cost import Change, Figure, Sums, changes, figures, measure_groups
from chatkit.training.filling import fill_heads
from chatkit.training.model_folder import checked_folders, copy_extras, copy_model
from chatkit.training.on_history import remember, sessions_of
from chatkit.training.past import RECIPE, added_heads, data_of, past_recipe, remember_added
from chatkit.training.prepare import make_batches
from chatkit.training.progress import Progress
from chatkit.training.ranking import fit_fusions
from chatkit.training.reading import draw, read_records, training_records
from chatkit.training.recipe import HeadConfig, Recipe, resolve_data, resolve_path
from chatkit.training.trainer import Trainer

_FEWEST_STEPS, _MOST_STEPS, _EPOCHS = 100, 2000, 10
_GENTLE = 0.3  # share of the learning rate with which a trained encoder learns on


@dataclasses.dataclass(frozen=True)
class Grown:
    """What became of it.

    Args:
        head: Name of the new head.
        out: The model folder that holds it.
        lineage: Lineage of that model.
        frozen: Whether encoder and other heads stayed as they were.
        examples: Dev examples that it was measured on.
        figures: Its metrics on dev.
        cost: Each metric of each other head, before and after.
        steps: Steps of training.
        seconds: Seconds of training.
    """

    head: str
    out: Path
    lineage: str
    frozen: bool
    examples: int
    figures: Mapping[str, Figure]
    cost: Mapping[str, Mapping[str, Change]]
    steps: int
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "head": self.head,
            "frozen": self.frozen,
            "steps": self.steps,
            "seconds": round(self.seconds, 1),
            "examples": self.examples,
            "figures": {k: {"value": figure.value, "spread": figure.spread} for k, figure in self.figures.items()},
            "cost": {head: {k: c.as_json() for k, c in metrics.items()} for head, metrics in self.cost.items()},
        }


class Growth:
    """Trains a new head on an assistant.

    Args:
        model: The assistant's folder; None for the shipped one.
        head: The new head, by name or file.
        data: Its data sets.
        out: Folder for the result; the model's own by default.
        unfreeze: Train the encoder and the other heads too.
        overrides: ``KEY=VALUE`` pairs of the config, such as ``train.steps=500`` or ``heads.NAME.options.KEY=VALUE``.
        minutes: Bound on the training.
        files: Files of heads that the assistant holds, where they are not found by themselves.
        progress: Where it says how it goes.
    Raises:
        ChatkitError: For whatever the user can mend, before anything is trained.
    """

    def __init__(
        self,
        model: Path | None,
        head: str,
        data: Sequence[str],
        *,
        progress: Progress,
        out: Path | None = None,
        unfreeze: bool = False,
        overrides: Sequence[str] = (),
        minutes: float | None = None,
        files: Sequence[str] = (),
    ) -> None:
        self.model, self.out = checked_folders(model, out)
        self._frozen, self._minutes, self.progress = not unfreeze, minutes, progress
        own = [head] if is_file(head) else []
        registry = Registry([*own, *files])
        self.file = own[0] if own else None
        self.head_class = registry.load(head)
        self.name = self.head_class.name
        self.assistant = Assistant.load(self.model, registry.load)
        self._check_heads()
        self.recipe = _growth_recipe(self.model, self.name, own, data, unfreeze, overrides, minutes)
        names = [name for name in self.assistant.heads if unfreeze] + [self.name]
        self._classes = {n: type(self.assistant.heads[n]) if n != self.name else self.head_class for n in names}
        self._found: dict[str, dict[str, int]] = {}
        self._records = {
            name: training_records(head_class, self.recipe.heads[name], self.recipe, progress.note, found=self._found)
            for name, head_class in self._classes.items()
        }
        self._dev = self._dev_records(self.head_class, [Path(s.path) for s in self.recipe.heads[self.name].sources])
        if minutes is None and not any(pair.startswith("train.steps=") for pair in overrides):
            steps = _EPOCHS * len(self._records[self.name]) // self.recipe.heads[self.name].batch
            steps = min(max(steps, _FEWEST_STEPS), _MOST_STEPS)
            self.recipe = dataclasses.replace(self.recipe, train=dataclasses.replace(self.recipe.train, steps=steps))

    def run(self) -> Grown:
        """Train, compare, write. Nothing is written before training has ended.

        Raises:
            ChatkitError: If the head fails, a loss is no number, or the result cannot be written.
        """
        torch.set_num_threads(threads(self.recipe.train.threads))
        keep_freed_memory()
        others = self._others()
        self.progress.note(f"{self.name}: {len(self._records[self.name]):,} records; measuring the other heads before")
        before = self._measure(others)
        steps, seconds = self._train()
        self._fit()
        self.progress.note("measuring all heads after")
        after = self._measure(others)
        head = self.assistant.heads[self.name]
        own = figures(head, measure_groups(self.assistant, head, self._dev))
        cost = {name: changes(self.assistant.heads[name], before[name], after[name]) for name in before}
        grown = Grown(
            self.name,
            self.out,
            self.assistant.lineage,
            self._frozen,
            len(self._dev),
            own,
            cost,
            steps,
            seconds,
        )
        self._write(grown)
        return dataclasses.replace(grown, lineage=self.assistant.lineage)

    def _check_heads(self) -> None:
        if self.name in self.assistant.heads:
            way = f"chatkit heads remove {self.name} --model {self.model}"
            raise HeadError(f"{self.model} has a head {self.name} already", head=self.name, hint=f"first: {way}")
        for name, error in self.assistant.failures.items():
            if name == self.name:
                continue
            if not self._frozen:
                way = f"give its file with --head, or first: chatkit heads remove {name} --model {self.model}"
                raise HeadError(f"--unfreeze would leave head {name} behind: {error}", head=name, hint=way)
            self.progress.note(f"head {name} is kept as it is, and not measured: {error}")

    def _others(self) -> dict[str, list[Record]]:
        """Dev records of the other heads."""
        out = {}
        for name, head in self.assistant.heads.items():
            try:
                records = self._dev_records(type(head), data_of(self.model, type(head)))
            except DataError as error:
                records = []
                self.progress.note(f"{name}: {error}")
            if records:
                out[name] = records
            else:
                self.progress.note(f"{name} is not measured: no dev data at hand")
        return out

    def _dev_records(self, head: type[Head], sets: Sequence[Path]) -> list[Record]:
        config = self.recipe.train
        records = [record for path in sets for record in read_records(head, path, "dev", Problems())]
        return draw(records, config.evaluate_examples, seed=[self.recipe.seed, 4])

    def _measure(self, records: Mapping[str, Sequence[Record]]) -> dict[str, Sums]:
        heads = self.assistant.heads
        return {name: measure_groups(self.assistant, heads[name], part) for name, part in records.items()}

    def _train(self) -> tuple[int, float]:
        """Train the new head, or all of them; steps and seconds."""
        torch.manual_seed(self.recipe.seed)
        config, records = self.recipe.heads[self.name], self._records[self.name]
        with guard(self.name, source_file(self.head_class), stage="build"):
            labels = labels_of(records, self.head_class.label_field)
            built = self.assistant.add_head(self.head_class, HeadSetup(config.options, labels, trained=True))
        if self._frozen and not list(built.parameters()):
            self.progress.note(f"{self.name} has no weights of its own: there is nothing to train")
            self.assistant.eval()
            return 0, 0.0
        batches = {}
        for i, (name, head) in enumerate(self._classes.items()):
            with guard(name, source_file(head), stage="view_of"):
                part, tokenizer = self._records[name], self.assistant.tokenizer
                batches[name] = make_batches(head, self.recipe.heads[name], part, tokenizer, self.recipe.seed + i)
        sizes = {name: len(part) for name, part in self._records.items()}
        trainer = Trainer(self.assistant, batches, sizes, self.recipe, minutes=self._minutes, frozen=self._frozen)
        while not trainer.done:
            start = time.monotonic()
            result = trainer.train_step()
            took = time.monotonic() - start
            share = min(trainer.progress, 1.0)
            self.progress.update(trainer.step, share, result.losses, result.tokens, took, trainer.seconds)
        self.progress.close()
        self.assistant.eval()
        return trainer.step, trainer.seconds

    def _fit(self) -> None:
        """Fit what is not trained, for the heads that changed."""
        past = past_recipe(self.model)
        promised = past is not None and past.train.dp is not None  # of the data that are rehearsed
        own = {name: config for name, config in self.recipe.heads.items() if name == self.name or not promised}
        fill_heads(self.assistant, dataclasses.replace(self.recipe, heads=own), self.progress.note)
        sources = {n: [Path(s.path) for s in self.recipe.heads[n].sources] for n in self._classes}
        fit_fusions(self.assistant, sources, seed=self.recipe.seed, say=self.progress.note)
        for name, folders in sources.items():
            head = self.assistant.heads[name]
            fitted = fit_head(self.assistant, head, self._dev_records(type(head), folders), seed=self.recipe.seed)
            if fitted is not None:
                self.assistant.confidence.heads[name] = fitted

    def _write(self, grown: Grown) -> None:
        names = [Path(source.path).name for source in self.recipe.heads[self.name].sources]
        sessions = sorted({number for part in self._records.values() for number in sessions_of(part)})
        story = {"data": names, "records": len(self._records[self.name]), "private": self._found, "sessions": sessions}
        story |= grown.as_json()
        remember(self.out, sessions)
        self.assistant.report.setdefault("added", {})[self.name] = story
        added = {**added_heads(self.model), self.name: self.recipe.heads[self.name]}
        if self._frozen:
            if read_assistant_table(self.model)["lineage"] != self.assistant.lineage:
                what = f"{self.model} has got another encoder while {self.name} was trained"
                raise ModelError(what, hint="nothing was written: train the head again")
            with new_folder(self.out, own=OWN) as new:
                copy_model(self.model, new, without=(self.name,))
                self.assistant.save_head(self.name, new / "heads" / self.name, precision=self.assistant.precision)
                self.assistant.confidence.save(new, self.assistant.lineage)
                write_json(new / "report.json", self.assistant.report)
        else:
            self.assistant.forget_figures()
            if self.assistant.forget_dial():
                self.progress.note("the dial is left out: its adapters belong to the encoder as it was")
            self.assistant.save(self.out, precision=self.assistant.precision)
        if self.out.resolve() != self.model.resolve():
            copy_extras(self.model, self.out)
        remember_added(self.out, added)


def _growth_recipe(
    model: Path,
    name: str,
    files: Sequence[str],
    data: Sequence[str],
    unfreeze: bool,
    overrides: Sequence[str],
    minutes: float | None,
) -> Recipe:
    """The config of the training: that of the model's own run if the encoder is to learn, and the new head's."""
    table = _rehearsal(model, name) if unfreeze else {"heads": {}}
    sets = [resolve_path(path, Path()).resolve() for path in data]
    held_out = [path for path in sets if {"dev", "test"} & set(splits(path))]
    head = {"data": list(map(str, sets)), **({"head": str(Path(files[0]).resolve())} if files else {})}
    table["heads"] = {**table["heads"], name: head}
    data_table = table.setdefault("data", {})
    data_table["exclude"] = [*data_table.get("exclude", []), *map(str, held_out)]
    if minutes is not None:
        table.setdefault("train", {})["steps"] = 10**9
    for pair in overrides:
        key = pair.partition("=")[0].strip()
        if key.startswith(("encoder", "tokenizer")):
            raise ConfigError(f"--set {pair}: a trained assistant keeps its encoder and tokenizer")
        if key.startswith("heads.") and not unfreeze and key.split(".")[1] != name:
            raise ConfigError(f"--set {pair}: only {name} is trained", hint="train the others too with --unfreeze")
    return resolve_data(from_table(Recipe, apply_overrides(table, overrides), where="--set"), Path())


def _rehearsal(model: Path, name: str) -> dict[str, Any]:
    """The config of the model's own run, to rehearse its heads with a gentle learning rate."""
    recipe = past_recipe(model)
    heads = {path.parent.name for path in model.glob("heads/*/head.json")} - {name}
    known: Mapping[str, HeadConfig] = {} if recipe is None else recipe.heads
    missing = sorted(heads - set(known))
    if recipe is None or missing:
        what = f"the data of {', '.join(missing)}" if missing else "its data"
        raise ModelError(
            f"--unfreeze rehearses the other heads, but {model / RUN_FOLDER / RECIPE} does not tell {what}",
            hint="leave --unfreeze out, or train all heads together: chatkit train",
        )
    train = dataclasses.replace(
        recipe.train, learning_rate=_GENTLE * recipe.train.learning_rate, warmup=max(recipe.train.warmup, 0.1)
    )
    objectives = dataclasses.replace(recipe.objectives, dial=None)  # its adapters belong to the encoder as it was
    kept = {key: head for key, head in recipe.heads.items() if key in heads}
    table = to_table(dataclasses.replace(recipe, train=train, objectives=objectives, heads=kept or recipe.heads))
    return {**table, "heads": table["heads"] if kept else {}}
