"""Teaches an assistant's generation head what messages tell, ask for and want.

    python docs/recipes/default/intents.py MODEL [FOLDER] [--check]

Examples of each intent, and replies to any message that has it, stand in FOLDER (``intents/`` beside this script), a
file for each of the groups ``bad``, ``good``, ``life``, ``talk`` and ``wants``; its ``talks.tsv`` has
conversations, a message a line, with one intent or the two that fit best ("wants_text" is any of those that want
something written or worked out). How well it tells them apart is printed with --check, of conversations that each
were kept out (five parts in turn). The encoder, all trained weights and the other heads stay as they are. A minute on
one core, some five with --check.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from chatkit_generation import Generation
from chatkit_generation.intents import (
    NOTE,
    SURE,
    SURE_OF_NOTE,
    TOLD,
    WANTS,
    Intents,
    grams_of,
    intents_of,
    loss_of,
    pooled,
)
from filling import guarded, opened_model, with_room, written
from torch import Tensor
from torch.nn import functional

from chatkit.assistant import Assistant

HERE = Path(__file__).parent / "intents"
EPOCHS, BATCH, RATE, GRAM_RATE, DECAY, SEED = 12, 64, 1e-3, 6e-3, 0.3, 1
DROPOUT, GRAM_DROPOUT = 0.5, 0.2
OF_TALK = 2.0  # weight of a message of a conversation: there people write as they do
SECOND = 0.35  # share of the second intent of a message
TEXTS = ("wants_sum", "wants_translation", "wants_time", "wants_joke", "wants_poem", "wants_writing")
TEXT = "wants_text"
PARTS = 5


@dataclasses.dataclass(frozen=True)
class Example:
    """A message, its intents, and the conversation that it is of (-1: of none)."""

    text: str
    intents: tuple[str, ...]
    talk: int = -1


def read(folder: Path) -> tuple[list[Example], dict[str, dict[str, tuple[str, ...]]]]:
    """Examples, and group -> intent -> replies; a group has the name of its file.

    Raises:
        SystemExit: If a file cannot be read, or a line of it names no intent.
    """
    replies: dict[str, dict[str, tuple[str, ...]]] = {}
    out: list[Example] = []
    path = folder
    try:
        for path in sorted(folder.glob("*.toml")):
            for name, given in tomllib.loads(path.read_text(encoding="utf-8")).items():
                messages, said = (_texts(given, key, f"{path}: {name}") for key in ("messages", "replies"))
                replies.setdefault(path.stem, {})[name] = said
                out += [Example(text, (name,)) for text in messages]
        path = folder / "talks.tsv"
        out += talks(path, {name for group in replies.values() for name in group} | {TEXT})
        path = folder
        intents_of(replies)
        if missing := [name for name in TEXTS if name not in replies.get(WANTS, {})]:
            raise ValueError(f"{WANTS} must have {missing[0]}")
    except (OSError, ValueError) as error:
        found = str(error)
        sys.exit(found if str(path) in found else f"{path}: {found}")
    return out, replies


def _texts(given: Any, key: str, where: str) -> tuple[str, ...]:
    """Messages or replies of an intent.

    Raises:
        ValueError: If they are none, or something else stands beside them.
    """
    if not isinstance(given, dict):
        raise ValueError(f"{where} must be a table of messages and replies, got {given!r}")
    if others := given.keys() - {"messages", "replies"}:
        raise ValueError(f"{where} must have messages and replies, not {min(others)}")
    texts = given.get(key, [])
    if not isinstance(texts, list) or not all(isinstance(text, str) and text.strip() for text in texts):
        raise ValueError(f"{where}.{key} must be a list of texts, got {texts!r}")
    if key == "messages" and not texts:
        raise ValueError(f"{where} has no messages")
    return tuple(texts)


def talks(path: Path, known: set[str]) -> list[Example]:
    """Messages of conversations, an empty line between these.

    Raises:
        ValueError: If a line has no intent that is known.
    """
    out, talk = [], 0
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            talk += 1
            continue
        text, _, names = line.partition("\t")
        intents = tuple(name.strip() for name in names.split(",") if name.strip())
        if not intents or not known.issuperset(intents):
            raise ValueError(f"{path}:{number}: no such intent: {names!r}")
        out.append(Example(text, intents, talk))
    return out


@dataclasses.dataclass(frozen=True)
class Taught:
    """Examples as numbers.

    N = examples, K = intents, D = width of the hidden states

    Args:
        pooled: (N, 2 D).
        grams: Buckets of each.
        wanted: (N, K) shares of intents.
        either: (N,) where it is one of those.
        weights: (N,).
    """

    pooled: Tensor
    grams: Sequence[Sequence[int]]
    wanted: Tensor
    either: Tensor
    weights: Tensor


def taught(assistant: Assistant, examples: Sequence[Example], names: Sequence[str]) -> Taught:
    """Examples as the assistant reads them."""
    place = {name: index for index, name in enumerate(names)}
    wanted = torch.zeros(len(examples), len(names))
    for row, example in zip(wanted, examples, strict=True):
        if example.intents[0] == TEXT:
            row[[place[name] for name in TEXTS]] = 1.0
            continue
        own = [name for name in example.intents if name in place][:2]
        for name, share in zip(own, (1.0,) if len(own) == 1 else (1 - SECOND, SECOND), strict=True):
            row[place[name]] += share
    parts = []
    for first in range(0, len(examples), BATCH):
        encoded = assistant.encode([example.text for example in examples[first : first + BATCH]], "message")
        parts.append(pooled(encoded.states.float(), encoded.mask))
    return Taught(
        torch.cat(parts),
        [grams_of(example.text) for example in examples],
        wanted,
        torch.tensor([example.intents[0] == TEXT for example in examples]),
        torch.tensor([1.0 if example.talk < 0 else OF_TALK for example in examples]),
    )


def teach(intents: Intents, data: Taught, rows: Sequence[int]) -> None:
    """Train on some rows, on standardised states; the standardisation is folded into the weights."""
    intents.requires_grad_(True)
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    mean, spread = data.pooled[rows].mean(0), data.pooled[rows].std(0) + 1e-4
    states = (data.pooled - mean) / spread
    groups = [
        {"params": [*intents.states.parameters()], "lr": RATE, "weight_decay": DECAY},
        {"params": [*intents.grams.parameters()], "lr": GRAM_RATE, "weight_decay": DECAY / 10},
    ]
    optimizer = torch.optim.AdamW(groups)
    steps = EPOCHS * -(-len(rows) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(0.02, 1 - step / steps))
    for _ in range(EPOCHS):
        order = rng.permutation(rows)
        for batch in np.array_split(order, -(-len(order) // BATCH)):
            grams = [[each for each in data.grams[row] if rng.random() > GRAM_DROPOUT] for row in batch]
            odds = intents(functional.dropout(states[batch], DROPOUT), grams)
            losses = loss_of(odds, data.wanted[batch], either=data.either[batch])
            optimizer.zero_grad()
            (losses * data.weights[batch]).mean().backward()
            optimizer.step()
            schedule.step()
    intents.requires_grad_(False)
    intents.states.weight /= spread
    intents.states.bias -= intents.states.weight @ mean


def checked(data: Taught, examples: Sequence[Example], replies: Mapping[str, Mapping[str, Sequence[str]]]) -> Tensor:
    """Probabilities (N, K) of messages of conversations, by what was taught without these; 0 of all others."""
    out = torch.zeros(len(examples), data.wanted.shape[1])
    for part in range(PARTS):
        intents = Intents(data.pooled.shape[1] // 2, replies)
        held = [row for row, example in enumerate(examples) if example.talk >= 0 and example.talk % PARTS == part]
        kept_out = set(held)
        teach(intents, data, [row for row in range(len(examples)) if row not in kept_out])
        with torch.no_grad():
            out[held] = intents(data.pooled[held], [data.grams[row] for row in held]).softmax(1)
    return out


def report(found: Tensor, examples: Sequence[Example], names: Sequence[str]) -> None:
    """Print how well they were told apart."""
    hits, near, right, taken, wanted = [], [], dict.fromkeys(names, 0), dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    for row, example in zip(found, examples, strict=True):
        if example.talk < 0:
            continue
        gold = {*example.intents, *(TEXTS if TEXT in example.intents else ())}
        best = [names[place] for place in row.topk(3).indices.tolist()]
        hits.append(best[0] in gold)
        near.append(not gold.isdisjoint(best))
        taken[best[0]] += 1
        right[best[0]] += best[0] in gold
        for name in example.intents[:1]:
            if name in wanted:
                wanted[name] += 1
    print(f"of {len(hits):,} messages {np.mean(hits):.3f} right, {np.mean(near):.3f} among the first three")
    for name, least in ((TOLD, SURE), (NOTE, SURE_OF_NOTE)):
        place = names.index(name)
        sure = [(float(row[place]) >= least, name in each.intents) for row, each in zip(found, examples, strict=True)]
        rightly, all_taken = sum(a and b for a, b in sure), sum(a for a, _ in sure)
        has = sum(name in each.intents for each in examples if each.talk >= 0)
        print(f"{name} from {least} on: {rightly} of {has} found, of {all_taken} that were taken for it")
    for name in names:
        print(f"{name:16} {wanted[name]:4} messages, {taken[name]:4} taken for it, {right[name]:4} of them rightly")


def fill(model: Path, folder: Path, *, check: bool) -> None:
    """Write the head.

    Raises:
        ChatkitError: If the assistant cannot be read or written.
        SystemExit: If it has no such head, or the files are none of intents.
    """
    examples, replies = read(folder)
    model, assistant = opened_model(model, Generation)
    options = {
        "intents": {group: {name: list(given) for name, given in all_.items()} for group, all_ in replies.items()}
    }
    head = with_room(assistant, Generation, options, ["intents"])
    assert head.intents is not None
    names = head.intents.names
    with torch.no_grad():
        data = taught(assistant, examples, names)
    if check:
        report(checked(data, examples, replies), examples, names)
    teach(head.intents, data, range(len(examples)))
    print(f"{len(examples):,} messages of {len(names)} intents")
    written(model, assistant, "generation", options)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("folder", type=Path, nargs="?", default=HERE)
    parser.add_argument("--check", action="store_true", help="print how well they are told apart")
    args = parser.parse_args()
    guarded(args.model, lambda: fill(args.model, args.folder, check=args.check))
