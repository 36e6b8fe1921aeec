"""What a run trains, made from its config: the device, the heads, the assistant with its dial, its first weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from chatkit.assistant import Assistant
from chatkit.errors import ConfigError
from chatkit.head.head import Head, Record
from chatkit.head.setup import HeadSetup, labels_of
from chatkit.objectives.dial import Dial
from chatkit.registry import Registry
from chatkit.text.tokenizer import Tokenizer
from chatkit.training.recipe import Recipe


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


def new_assistant(
    tokenizer: Tokenizer,
    recipe: Recipe,
    classes: Mapping[str, type[Head]],
    records: Mapping[str, Sequence[Record]],
) -> Assistant:
    """An untrained assistant with its heads and, if the config asks for one, its dial.

    Args:
        tokenizer: Its tokenizer.
        recipe: The config.
        classes: Its heads, in the config's order.
        records: Training records of each: the labels come from them.
    Raises:
        ConfigError: If there are not at least two objectives for the dial.
    """
    assistant = Assistant(tokenizer, recipe.encoder)
    for name, head_class in classes.items():
        labels = labels_of(records[name], head_class.label_field)
        assistant.add_head(head_class, HeadSetup(recipe.heads[name].options, labels, trained=True))
    _add_dial(assistant, recipe, classes)
    return assistant


def _add_dial(assistant: Assistant, recipe: Recipe, classes: Mapping[str, type[Head]]) -> None:
    config = recipe.objectives.dial
    if config is None:
        return
    for name in config.heads:
        if name not in classes:
            raise ConfigError(f"objectives.dial.heads names {name}, which is no head of the config")
    names = config.heads or tuple(name for name, head in classes.items() if not head.makes_vectors())
    if len(names) < 2:
        raise ConfigError(
            f"objectives.dial has {len(names)} objective to trade",
            hint="it takes two heads that make no vectors, or name heads in objectives.dial.heads",
        )
    assistant.dial = Dial.of(assistant.backbone, names, config)


def take_weights(assistant: Assistant, folder: Path, recipe: Recipe, classes: Mapping[str, type[Head]]) -> None:
    """Begin with the weights of another assistant; heads that it has not, or that changed shape, begin new.

    Raises:
        ConfigError: If its encoder has another shape.
        ModelError: If it cannot be loaded.
    """
    other = Assistant.load(folder, lambda name: classes[name], only=list(classes))
    wanted = recipe.encoder
    rates = {name: getattr(wanted, name) for name in ("dropout", "embedding_dropout", "weight_dropout")}
    if dataclasses.replace(other.config, **rates) != wanted:
        raise ConfigError(f"[encoder] differs from that of init = {folder}", hint="copy its assistant.toml's")
    assistant.backbone.load_state_dict(other.backbone.state_dict())
    for name, head in other.heads.items():
        new, old = assistant.heads[name].state_dict(), head.state_dict()
        if {key: t.shape for key, t in new.items()} == {key: t.shape for key, t in old.items()}:
            assistant.heads[name].load_state_dict(old)
