"""What a run trains, made from its config: the device, the heads, the assistant with its dial, its first weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from chatkit.assistant import Assistant
from chatkit.config import from_table
from chatkit.errors import ConfigError
from chatkit.head.head import Head, Record
from chatkit.head.setup import HeadSetup, labels_of
from chatkit.model_files import read_assistant_table
from chatkit.nn.encoder import EncoderConfig
from chatkit.objectives.dial import Dial
from chatkit.registry import Registry
from chatkit.text.tokenizer import Tokenizer
from chatkit.training.beside import check_frozen, check_trained
from chatkit.training.recipe import Recipe, keeps_encoder, trains_adapters_only


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
    assistant = Assistant(tokenizer, encoder_of(recipe))
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


def encoder_of(recipe: Recipe) -> EncoderConfig:
    """The shape of the encoder; that of ``init`` where it stays as it is, so that a config of a dial fits them all.

    Raises:
        ModelError: If ``init`` is no assistant.
    """
    if not keeps_encoder(recipe) or recipe.init is None:
        return recipe.encoder
    file = Path(recipe.init) / "assistant.toml"
    table = read_assistant_table(Path(recipe.init))
    return from_table(EncoderConfig, table["encoder"], where=str(file), prefix="encoder")


def take_weights(assistant: Assistant, folder: Path, recipe: Recipe, classes: Mapping[str, type[Head]]) -> list[str]:
    """Begin with the weights of another assistant; heads that it has not, or of another shape, begin new.

    Returns:
        What was not taken over, a line each.
    Raises:
        ConfigError: If its encoder has another shape.
        ModelError: If it cannot be loaded.
    """
    other = Assistant.load(folder, lambda name: classes[name], only=list(classes))
    wanted = assistant.config
    rates = {name: getattr(wanted, name) for name in ("dropout", "embedding_dropout", "weight_dropout")}
    if dataclasses.replace(other.config, **rates) != wanted:
        raise ConfigError(f"[encoder] differs from that of init = {folder}", hint="copy its assistant.toml's")
    assistant.backbone.load_state_dict(other.backbone.state_dict())
    if trains_adapters_only(recipe):
        check_frozen(recipe, other)
    if recipe.train.only:
        check_trained(assistant)
        take_place(assistant, other)
    return [line for name, head in other.heads.items() for line in _take_head(name, assistant.heads[name], head)]


def take_place(assistant: Assistant, other: Assistant) -> None:
    """With ``train.only``: it is the other assistant, so what is known of that holds."""
    assistant.lineage, assistant.confidence = other.lineage, other.confidence


def _take_head(name: str, new: Head, old: Head) -> list[str]:
    """Take over the weights of a head, and of its buffers what fits; what was not taken, a line each.

    What a head has taken in after its training is left: it is taken in anew, and would be heard in figures before.
    """
    own, there = new.state_dict(), old.state_dict()
    filled = {key for key, _ in old.named_buffers()} if old.fills() else set()
    given = {key: tensor for key, tensor in there.items() if key not in filled}
    fits = {key: tensor for key, tensor in given.items() if key in own and own[key].shape == tensor.shape}
    wanted = [key for key, _ in new.named_parameters()]
    if wanted and (any(key in given and key not in fits for key in wanted) or not any(key in fits for key in wanted)):
        return [f"{name} begins new: init holds it with other options, and weights of another shape"]
    new.load_state_dict({**own, **fits})
    lines = []
    if fresh := sorted({key.partition(".")[0] for key in wanted if key not in fits}):
        lines.append(f"{name}: {', '.join(fresh)} begins new: init has none")
    if left := sorted({key.partition(".")[0] for key in (given.keys() - fits.keys()) | (there.keys() - own.keys())}):
        lines.append(f"{name}: {', '.join(left)} of init left out: [heads.{name}.options] asks for none")
    return lines
