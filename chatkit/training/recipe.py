"""What a training run is made of: the TOML config as frozen dataclasses.

seed = 1
init = "DIR"                  # optional: go on from the weights and the tokenizer of this assistant
[tokenizer]                   # vocabulary
[encoder]                     # shape (chatkit.nn.encoder.EncoderConfig)
[train]                       # steps, optimiser, schedule, sampler
[data]                        # bad rows, texts that training must not see
[objectives]                  # how the heads' losses are weighed, and how often their conflict is measured
[sweep]                       # what ``chatkit sweep`` runs (chatkit.training.sweep.config)
[heads.NAME]                  # data, weight, batch of each head
[heads.NAME.options]          # what the head's build takes
"""

from __future__ import annotations

import dataclasses
import importlib.util
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from chatkit import paths
from chatkit.config import apply_overrides, from_table, read_toml
from chatkit.errors import ConfigError
from chatkit.nn.encoder import EncoderConfig
from chatkit.objectives.constraint import parse_bounds
from chatkit.objectives.dial import DialConfig
from chatkit.text.augment import AugmentConfig
from chatkit.text.private import KINDS, Kind
from chatkit.training.privacy_budget import DPConfig
from chatkit.training.sweep.config import SweepConfig

CORPORA = "corpora:"
HISTORY = "history:"


@dataclasses.dataclass(frozen=True)
class TokenizerConfig:
    """The vocabulary.

    Args:
        vocab_size: Number of pieces, special and byte pieces included.
        sample: Lines that it is trained on, drawn at random.
        path: Take this ``tokenizer.model`` instead of training one.
        kind: ``unigram`` learns pieces of words; ``word`` takes the most frequent words whole, split at white space,
            and spells the others in bytes: for texts that come as words apart, such as those of WikiText.
    """

    vocab_size: int = 8000
    sample: int = 400_000
    path: str | None = None
    kind: Literal["unigram", "word"] = "unigram"


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """How data are read.

    Args:
        on_error: ``skip`` names and counts bad rows, ``stop`` ends at the first one.
        root: Folder that data paths are relative to; the config's own by default.
        exclude: Data sets whose dev and test texts are left out of the training records of every head.
        mask: What is masked in training records: ``email``, ``phone``, ``card``, ``account`` (chatkit.text.private).
        duplicates: ``remove`` drops records that say the same as one before, ``keep`` leaves them.
        mapped: Prepare records and pieces once in the run's folder and read them through memory maps, for data larger
            than memory (chatkit.training.mapped).
    """

    on_error: Literal["skip", "stop"] = "skip"
    root: str | None = None
    exclude: tuple[str, ...] = ()
    mask: tuple[Kind, ...] = KINDS
    duplicates: Literal["remove", "keep"] = "remove"
    mapped: bool = False


@dataclasses.dataclass(frozen=True)
class SourceConfig:
    """One data set of a head.

    Args:
        path: File or folder; ``corpora:english/dialogue`` names one of chatkit's own corpora, ``history:`` the chats
            on this machine, which are trained on only where they are named.
        most: At most so many records, drawn with the seed; 0 takes all.
        repeat: How often each record counts.
        blanks: What is done to dialogues with blanks to fill in, such as "[user 2's name]" (chatkit.data.blanks):
            ``keep`` leaves them, ``fill`` puts names there and leaves out dialogues with other blanks.
        gold: Whether its labels are right as far as anybody knows. With ``false``, for labels that a lexicon or a rule
            gave, the head learns from them, but how often it is right is not judged by them: nothing is calibrated on
            them.
    """

    path: str
    most: int = 0
    repeat: int = 1
    blanks: Literal["keep", "fill"] = "keep"
    gold: bool = True

    def __post_init__(self) -> None:
        if self.most < 0 or self.repeat < 1:
            raise ValueError("most must be at least 0, repeat at least 1")


@dataclasses.dataclass(frozen=True)
class TrainConfig:
    """Optimiser and schedule.

    Args:
        steps: Optimiser steps.
        learning_rate: Highest learning rate of AdamW (Loshchilov & Hutter 2019).
        schedule: Course of the learning rate after the warm-up. ``trapezoid`` stays at the top and falls in the last
            ``decay`` of the run, so that a longer run can go on from its checkpoints with ``--set train.steps=N``.
        warmup: Share of the steps in which the rate rises from 0.
        decay: Share of the steps in which it falls (trapezoid).
        final: Share of the learning rate that is left at the end (cosine, linear, one_cycle, trapezoid).
        weight_decay: L2 on matrices; biases and gains are spared.
        l1: L1 on matrices, as a step of its own; what it takes to zero stays zero (chatkit.training.optimiser).
        clip: Largest norm of the gradient; 0 is off.
        accumulate: Run each batch in so many parts, one after the other, where a whole one does not fit into memory;
            what is learnt stays the same. Heads whose examples see each other (rankers) are run whole.
        sampler: Which heads take part in a step: ``all``, or one drawn ``proportional`` to its examples, with a
            ``temperature``, or in turn (``round_robin``).
        temperature: Flattens the proportional draw: shares are examples ** (1 / temperature).
        checkpoint_minutes: Minutes between checkpoints.
        average: Keep a running average of all weights and end with it: ``ema`` (exponential, ``average_decay``) or
            ``swa`` (plain mean over the last quarter of the run, Izmailov et al. 2018); ``none`` is off.
        average_decay: Share of the old average that a step keeps (ema); less in the first steps.
        patience: End when so many evaluations on dev brought no lower loss, and go back to the best weights; 0 is off.
        evaluate: Evaluate so many times in the run; the last time is the end.
        evaluate_examples: Examples a head in each evaluation on the way; all at the end.
        threads: Threads of torch; 0 takes OMP_NUM_THREADS where that is set, else all cores.
        precision: Of the products in encoder and softmax while training; ``auto`` takes bfloat16 where the processor
            multiplies it natively. Weights, sums and everything that is measured are float32.
        softmax: ``full`` computes the softmax over all pieces in every step; ``sampled`` over the ``frequent`` first
            ones and ``sampled`` drawn others (chatkit.nn.sampled_softmax): cheaper, and inexact. It pays for large
            vocabularies; figures in docs/softmax.md. A run can be resumed with another.
        frequent: Pieces that a sampled softmax always computes.
        sampled: Pieces that it draws for each batch.
        only: Train these heads alone: the encoder of ``init`` and its other heads stay as they are, also those whose
            data the config names. What is saved is ``init``, byte for byte, with these heads in it. Empty trains all.
        dp: Train with differential privacy of each record (chatkit.training.private); off by default.
    """

    steps: int = 2000
    learning_rate: float = 2e-3
    schedule: Literal["constant", "cosine", "linear", "one_cycle", "trapezoid"] = "cosine"
    warmup: float = 0.03
    decay: float = 0.2
    final: float = 0.05
    weight_decay: float = 0.01
    l1: float = 0.0
    clip: float = 1.0
    accumulate: int = 1
    sampler: Literal["all", "proportional", "temperature", "round_robin"] = "all"
    temperature: float = 2.0
    checkpoint_minutes: float = 5.0
    average: Literal["none", "ema", "swa"] = "none"
    average_decay: float = 0.999
    patience: int = 0
    evaluate: int = 4
    evaluate_examples: int = 500
    threads: int = 0
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    softmax: Literal["full", "sampled"] = "full"
    frequent: int = 1000
    sampled: int = 1000
    only: tuple[str, ...] = ()
    dp: DPConfig | None = None

    def __post_init__(self) -> None:
        positive = ("steps", "learning_rate", "temperature", "checkpoint_minutes", "evaluate", "evaluate_examples")
        for name in (*positive, "accumulate", "frequent", "sampled"):
            if getattr(self, name) <= 0:
                raise ValueError(f"train.{name} must be above 0, got {getattr(self, name)}")
        if not 0 <= self.average_decay < 1:
            raise ValueError(f"train.average_decay must lie in 0..1 (1 excluded), got {self.average_decay}")
        for name in ("weight_decay", "l1", "clip", "threads", "patience", "final"):
            if getattr(self, name) < 0:
                raise ValueError(f"train.{name} must be at least 0, got {getattr(self, name)}")
        if not 0 <= self.warmup < 1:
            raise ValueError(f"train.warmup must lie in 0..1 (1 excluded), got {self.warmup}")
        if not 0 < self.decay <= 1 - self.warmup:
            raise ValueError(f"train.decay must lie above 0 and leave room for train.warmup, got {self.decay}")


@dataclasses.dataclass(frozen=True)
class ObjectivesConfig:
    """How the heads share the encoder.

    Args:
        weighting: Method that weighs their gradients on it (chatkit.objectives.weighting); ``static`` takes the weights
            of the heads as they are.
        options: The method's own options.
        moments: ``shared``: one AdamW steps along the weighted sum of their gradients; ``own``: each head steps as if
            it were alone, by moments of its own, and its weight multiplies its step (AdaTask).
        conflict_every: Measure the conflict between gradients in every n-th step of two or more heads; 0 is never.
        noise_every: Measure its noise floor, one more batch a head, in every n-th of those; 0 is never.
        keep: Metrics that must not fall behind a bound, ``"sentiment.macro_f1" = ">= 0.70"``; ``chatkit report`` solves
            it on the front that ``chatkit sweep`` measured.
        sweep: Folder of a sweep of these heads and data. The run takes its pieces, and its report says where the model
            stands on the front that the sweep measured, and what each objective gave up against being trained alone.
        dial: Train adapters for each objective with the model, so that one can be preferred afterwards.
    """

    weighting: str = "static"
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    moments: Literal["shared", "own"] = "shared"
    conflict_every: int = 20
    noise_every: int = 10
    keep: dict[str, str] = dataclasses.field(default_factory=dict)
    sweep: str | None = None
    dial: DialConfig | None = None

    def __post_init__(self) -> None:
        parse_bounds(self.keep)
        for name in ("conflict_every", "noise_every"):
            if getattr(self, name) < 0:
                raise ValueError(f"objectives.{name} must be at least 0, got {getattr(self, name)}")
        if self.dial is not None and self.weighting != "static":
            raise ValueError(f"objectives.dial draws the weights itself: leave out weighting = {self.weighting}")
        if self.moments == "own" and (self.dial is not None or self.weighting != "static"):
            what = "dial" if self.dial is not None else f"weighting = {self.weighting}"
            raise ValueError(f"objectives.moments own takes weights by hand alone: leave out {what}")


@dataclasses.dataclass(frozen=True)
class HeadConfig:
    """One head and its objective.

    Args:
        data: Its data sets, each a path or ``{path, most, repeat}``.
        fit: Further data sets whose dev part takes part in what is fitted on dev, such as the weight of its vectors;
            nothing is trained on them.
        head: File of the head, where it is no installed plugin.
        weight: Its weight by hand on the shared encoder; other methods than ``static`` start from it.
        batch: Records (rows of a conversation) in a batch.
        every: Takes part in every n-th step.
        window: Pieces of a conversation in a step.
        reset: Probability of a fresh state in mid-conversation.
        max_pieces: Pieces of a text that are used in training.
        domains: How batches draw from the data sets: ``pooled``, one set a batch with equal probability
            (``balanced``), or the more often the higher its loss (``dro``, chatkit.data.domains).
        augment: How training texts are varied (chatkit.text.augment); not of a head on running conversations.
        training_only: It is an objective of the training and no head of the assistant: its loss counts, its figures are
            reported, and it is left out of what is saved.
        options: What the head's ``build`` takes.
    """

    data: tuple[str | SourceConfig, ...]
    fit: tuple[str, ...] = ()
    head: str | None = None
    weight: float = 1.0
    batch: int = 32
    every: int = 1
    window: int = 96
    reset: float = 0.1
    max_pieces: int = 128
    domains: Literal["pooled", "balanced", "dro"] = "pooled"
    augment: AugmentConfig = dataclasses.field(default_factory=AugmentConfig)
    training_only: bool = False
    options: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.data:
            raise ValueError("data names no file or folder")
        for name in ("batch", "every", "window", "max_pieces"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.weight < 0:
            raise ValueError("weight must be at least 0")
        if not 0 <= self.reset <= 1:
            raise ValueError(f"reset must lie in 0..1, got {self.reset}")

    @property
    def sources(self) -> tuple[SourceConfig, ...]:
        """Its data sets, each in full."""
        return tuple(SourceConfig(item) if isinstance(item, str) else item for item in self.data)

    @property
    def guessed(self) -> tuple[Path, ...]:
        """Its data sets whose labels are no gold."""
        return tuple(Path(source.path) for source in self.sources if not source.gold)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A whole training run; see the module's docstring."""

    heads: dict[str, HeadConfig]
    seed: int = 1
    init: str | None = None
    tokenizer: TokenizerConfig = dataclasses.field(default_factory=TokenizerConfig)
    encoder: EncoderConfig = dataclasses.field(default_factory=EncoderConfig)
    train: TrainConfig = dataclasses.field(default_factory=TrainConfig)
    data: DataConfig = dataclasses.field(default_factory=DataConfig)
    objectives: ObjectivesConfig = dataclasses.field(default_factory=ObjectivesConfig)
    sweep: SweepConfig | None = None

    def __post_init__(self) -> None:
        if not self.heads:
            raise ValueError("no [heads.NAME] in it")
        if all(head.training_only for head in self.heads.values()):
            raise ValueError("every head is training_only: nothing would be left to answer")
        for bound in parse_bounds(self.objectives.keep):
            if bound.objective not in self.heads:
                raise ValueError(f"objectives.keep names {bound.objective}, which is no head of it")
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"seed must lie in 0..{2**32 - 1}, got {self.seed}")
        if self.objectives.moments == "own" and self.train.dp is not None:
            raise ValueError("objectives.moments own would need noise for each head: leave it out with train.dp")
        if trains_adapters_only(self) and not self.init:
            raise ValueError("objectives.dial.frozen needs init: the assistant that the dial is for")
        if self.train.only:
            self._check_only(self.train.only)

    def _check_only(self, only: tuple[str, ...]) -> None:
        if not self.init:
            raise ValueError("train.only needs init: the assistant whose encoder stays as it is")
        if self.objectives.dial is not None:
            raise ValueError(
                "train.only trains no dial: leave out [objectives.dial], or make one with its frozen = true"
            )
        if unknown := [name for name in only if name not in self.heads]:
            raise ValueError(f"train.only names {unknown[0]}, which is no head of it")


def trains_adapters_only(recipe: Recipe) -> bool:
    """Whether it makes a dial for a finished assistant, ``init``."""
    return recipe.objectives.dial is not None and recipe.objectives.dial.frozen


def keeps_encoder(recipe: Recipe) -> bool:
    """Whether the encoder of ``init`` stays as it is."""
    return bool(recipe.train.only) or trains_adapters_only(recipe)


def trained_part(recipe: Recipe) -> Recipe:
    """The recipe with the heads alone that are trained."""
    only = recipe.train.only
    heads = {name: head for name, head in recipe.heads.items() if name in only} if only else recipe.heads
    return dataclasses.replace(recipe, heads=heads)


def load_recipe(path: str, overrides: Sequence[str] = ()) -> Recipe:
    """Read a config file and resolve its data paths.

    Args:
        path: A TOML file, or ``corpora:NAME.toml``, one of chatkit's own.
        overrides: ``KEY=VALUE`` pairs.
    Raises:
        ConfigError: For whatever is wrong, by file and key.
    """
    file = resolve_path(path, Path())
    table = apply_overrides(read_toml(file), overrides)
    recipe = from_table(Recipe, table, where=str(file))
    said = [pair.partition("=")[0].strip() for pair in overrides]  # what the command line says is relative to it
    return resolve_data(recipe, file.parent, here=said)


def resolve_data(recipe: Recipe, base: Path, *, here: Collection[str] = ()) -> Recipe:
    """The recipe with absolute paths, so that it can be kept elsewhere.

    Args:
        recipe: The recipe.
        base: What its paths are relative to; data sets to ``data.root``, where there is one.
        here: Dotted keys whose paths are relative to the working directory instead.
    """

    def of(key: str, item: str) -> str:
        return str(resolve_path(item, Path() if key in here else base).resolve())

    heads = {}
    root = Path(of("data.root", recipe.data.root)) if recipe.data.root else base
    for name, head in recipe.heads.items():
        data = tuple(dataclasses.replace(s, path=str(resolve_path(s.path, root).resolve())) for s in head.sources)
        file = of(f"heads.{name}.head", head.head) if head.head else None
        fit = tuple(str(resolve_path(path, root).resolve()) for path in head.fit)
        heads[name] = dataclasses.replace(head, data=data, fit=fit, head=file)
    init = of("init", recipe.init) if recipe.init else None
    tokenizer = recipe.tokenizer
    if tokenizer.path:
        tokenizer = dataclasses.replace(tokenizer, path=of("tokenizer.path", tokenizer.path))
    objectives = recipe.objectives
    if objectives.sweep:
        objectives = dataclasses.replace(objectives, sweep=of("objectives.sweep", objectives.sweep))
    exclude = tuple(str(resolve_path(path, root).resolve()) for path in recipe.data.exclude)
    data_config = dataclasses.replace(recipe.data, root=None, exclude=exclude)
    return dataclasses.replace(
        recipe, init=init, heads=heads, tokenizer=tokenizer, data=data_config, objectives=objectives
    )


def resolve_path(item: str, base: Path) -> Path:
    """A path relative to ``base``, inside chatkit's own corpora, or the history of the chats.

    Raises:
        ConfigError: If the corpora are not installed, or it can be no path.
    """
    if "\0" in item:
        raise ConfigError(f"{item!r}: no path holds a zero byte")
    if item == HISTORY:
        return paths.history_file()
    if not item.startswith(CORPORA):
        return base / paths.user_path(item)
    spec = importlib.util.find_spec("chatkit_corpora")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(f"{item}: chatkit_corpora is not installed")
    return Path(next(iter(spec.submodule_search_locations))) / item.removeprefix(CORPORA)


def differences(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Dotted keys in which two configs differ."""
    out: list[str] = []
    for key in sorted({*old, *new}):
        a, b = old.get(key), new.get(key)
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            out += differences(a, b, f"{prefix}{key}.")
        elif a != b:
            out.append(f"{prefix}{key}")
    return out
