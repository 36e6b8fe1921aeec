"""Adaptation: the language model goes on with a new domain's text, while the old domain's loss is watched and bounded.

Every step takes a batch of the new text and one of the old (rehearsal, Robins 1995). At the end old and new weights are
mixed (Wortsman et al. 2022, WiSE-FT): of the mixtures that keep the old domain within the bound, the one that serves
the new domain best. So the bound holds by construction on the held-out old text. B = batch, T = tokens
"""

from __future__ import annotations

import copy
import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from chatkit.assistant import Assistant
from chatkit.data.batching import sequence_windows
from chatkit.errors import DataError
from chatkit.head.encode import encode_padded
from chatkit.nn.encoder import State
from chatkit.training.recipe import TrainConfig
from chatkit.training.schedule import rate_at

_WINDOW, _BATCH, _HELD_OUT = 96, 16, 10
_MIXES = (0.0, 0.25, 0.5, 0.65, 0.8, 0.9, 1.0)
_LOOKS, _PATIENCE = 8, 2
_MOST_HELD_OUT = 40_000  # pieces of either domain that a look takes

Ids = Sequence[int]


@dataclasses.dataclass(frozen=True)
class AdaptConfig:
    """How to adapt.

    Args:
        minutes: Longest time of training.
        epochs: Most passes over the new text.
        learning_rate: Highest rate of AdamW.
        bound: Largest relative rise of the old domain's bits per byte that is allowed.
        seed: Seed of order and dropout.
    """

    minutes: float = 5.0
    epochs: float = 4.0
    learning_rate: float = 1e-3
    bound: float = 0.02
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("minutes", "epochs", "learning_rate"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)}")
        if self.bound < 0:
            raise ValueError(f"bound must be at least 0, got {self.bound}")


@dataclasses.dataclass(frozen=True)
class Adapted:
    """What became of it; bits per byte on held-out text.

    Args:
        target: Of the new domain, before and after.
        old: Of the old domain, before and after.
        mix: Share of the new weights that was kept; 0 left the assistant as it was.
        steps: Steps that were made.
        seconds: Seconds that they took.
    """

    target: tuple[float, float]
    old: tuple[float, float]
    mix: float
    steps: int
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        change = {side: after / before - 1 for side, (before, after) in (("target", self.target), ("old", self.old))}
        return {
            "target": {"before": self.target[0], "after": self.target[1], "change": change["target"]},
            "old": {"before": self.old[0], "after": self.old[1], "change": change["old"]},
            "mix": self.mix,
            "steps": self.steps,
            "seconds": round(self.seconds, 1),
        }


def adapt_language_model(
    assistant: Assistant,
    target: Sequence[Ids],
    old: Sequence[Ids],
    config: AdaptConfig,
    *,
    say: Callable[[str], None] = lambda text: None,
) -> Adapted:
    """Adapt the backbone in place.

    Args:
        assistant: Its backbone is changed; its heads are not.
        target: Sequences of the new domain, framed.
        old: Sequences of the old domain, framed; one in ten is held out of either.
        config: How.
        say: Told how it goes.
    Raises:
        DataError: If there is too little text of either.
    """
    torch.manual_seed(config.seed)
    new_train, new_held = _split(target, config.seed, "the new domain")
    old_train, old_held = _split(old, config.seed, "the old domain")
    base = {name: t.detach().clone() for name, t in assistant.backbone.state_dict().items()}
    before = bits_per_byte_of(assistant, new_held), bits_per_byte_of(assistant, old_held)
    say(f"before: {before[0]:.3f} bits per byte on the new domain, {before[1]:.3f} on the old")
    started = time.monotonic()
    best, steps = _train(assistant, new_train, old_train, new_held, config, say)
    seconds = time.monotonic() - started
    mix, after = _mixed(assistant, base, best, new_held, old_held, before, config.bound)
    say(f"after: {after[0]:.3f} on the new domain, {after[1]:.3f} on the old (share of the new weights: {mix:g})")
    return Adapted((before[0], after[0]), (before[1], after[1]), mix, steps, seconds)


def bits_per_byte_of(assistant: Assistant, sequences: Sequence[Ids]) -> float:
    """Bits per byte of sequences under the language model, each from the zero state."""
    assistant.backbone.eval()
    nats, num_bytes = 0.0, 0
    with torch.inference_mode():
        for states, targets in _windows(assistant, sequences):
            nats += float(assistant.vocabulary.nats(states, targets).sum())
            num_bytes += assistant.vocabulary.num_bytes(targets)
    return nats / math.log(2) / max(num_bytes, 1)


def _windows(assistant: Assistant, sequences: Sequence[Ids]) -> Iterator[tuple[Tensor, Tensor]]:
    """Hidden states (N, D) and targets (N,) of every window, state carried within a sequence."""
    carried: State | None = None
    for batch in sequence_windows(
        sequences, field="text", batch_size=_BATCH, window=_WINDOW, pad_id=assistant.tokenizer.pad
    ):
        encoded = encode_padded(assistant.backbone.encoder, batch.fields["text"], carried=carried)
        carried = None if encoded.state is None else tuple(part.detach() for part in encoded.state)
        known = encoded.next_ids >= 0
        yield encoded.states[known], encoded.next_ids[known]


def _split(sequences: Sequence[Ids], seed: int, what: str) -> tuple[list[Ids], list[Ids]]:
    usable = [s for s in sequences if len(s) > 2]
    if len(usable) < 2 * _HELD_OUT:
        raise DataError(f"{what} has only {len(usable)} texts", hint=f"it takes at least {2 * _HELD_OUT}")
    order = np.random.default_rng([seed, 11]).permutation(len(usable))
    held: list[Ids] = []
    size = 0
    for i in order[: max(len(usable) // _HELD_OUT, 2)]:
        if size < _MOST_HELD_OUT or len(held) < 2:
            held.append(usable[i])
            size += len(usable[i])
    return [usable[i] for i in order[max(len(usable) // _HELD_OUT, 2) :]], held


def _train(
    assistant: Assistant,
    new: Sequence[Ids],
    old: Sequence[Ids],
    held: Sequence[Ids],
    config: AdaptConfig,
    say: Callable[[str], None],
) -> tuple[dict[str, Tensor], int]:
    """Train until the time or the epochs are up, or the held-out new text stops gaining; the best weights, steps."""
    backbone = assistant.backbone.train()
    parameters = list(backbone.parameters())
    optimiser = torch.optim.AdamW(parameters, lr=config.learning_rate, betas=(0.9, 0.98), weight_decay=0.01)
    total = max(int(config.epochs * sum(map(len, new)) / (_BATCH * _WINDOW)), _LOOKS)
    ours, theirs = _endless(assistant, new, config.seed), _endless(assistant, old, config.seed + 1)
    schedule = TrainConfig(schedule="cosine", warmup=0.05, final=0.05)
    best, lowest, bad, step = copy.deepcopy(backbone.state_dict()), math.inf, 0, 0
    started = time.monotonic()
    looks = 1
    while True:
        progress = max(step / total, (time.monotonic() - started) / (60 * config.minutes))
        if progress >= looks / _LOOKS or progress >= 1:
            looks = int(progress * _LOOKS) + 1
            found = bits_per_byte_of(assistant, held)
            backbone.train()
            say(f"{min(progress, 1):.0%}  {found:.3f} bits per byte on the new domain")
            bad = 0 if found < lowest else bad + 1
            if found < lowest:
                best, lowest = copy.deepcopy(backbone.state_dict()), found
            if progress >= 1 or bad >= _PATIENCE:
                return best, step
        for group in optimiser.param_groups:
            group["lr"] = config.learning_rate * rate_at(progress, schedule)
        optimiser.zero_grad(set_to_none=True)
        for source in (ours, theirs):
            states, targets = next(source)
            (assistant.vocabulary.cross_entropy(states, targets) / max(len(targets), 1)).backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        step += 1


def _endless(assistant: Assistant, sequences: Sequence[Ids], seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    rng = np.random.default_rng([seed, 12])
    while True:
        order = rng.permutation(len(sequences))
        for start in range(0, len(order), 8 * _BATCH):  # windows of one pool share their lengths
            yield from _windows(assistant, [sequences[i] for i in order[start : start + 8 * _BATCH]])


def _mixed(
    assistant: Assistant,
    base: Mapping[str, Tensor],
    new: Mapping[str, Tensor],
    new_held: Sequence[Ids],
    old_held: Sequence[Ids],
    before: tuple[float, float],
    bound: float,
) -> tuple[float, tuple[float, float]]:
    """Load the best mixture of old and new weights that keeps the bound; its share of new weights and its figures."""
    best, figures = 0.0, before
    for mix in _MIXES[1:]:
        assistant.backbone.load_state_dict({name: torch.lerp(base[name], new[name], mix) for name in base})
        old_bits = bits_per_byte_of(assistant, old_held)
        if old_bits > before[1] * (1 + bound):
            continue
        new_bits = bits_per_byte_of(assistant, new_held)
        if new_bits < figures[0]:
            best, figures = mix, (new_bits, old_bits)
    assistant.backbone.load_state_dict({name: torch.lerp(base[name], new[name], best) for name in base})
    assistant.backbone.eval()
    return best, figures
