"""Fills n-grams from the training texts, and fits their gate on dev texts, of which nothing was counted.

The gate is a logistic regression: the shares of table and softmax with which the dev texts are likeliest, a data set
weighed as the root of its pieces. To see what it is worth it is fitted to half of the dev texts first, and measured on
the others.
"""

# N = pieces, F = features of the gate, D = width of the hidden states

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from chatkit.plugin_api import Encoded, Filling, Record, Vocabulary
from chatkit_generation.kneser_ney import KneserNey
from chatkit_generation.ngrams import REACH, NGrams
from chatkit_generation.pruning import gains, kept, tables, unigrams

MOST = 20_000_000  # pieces of the training texts that are counted: some 300 bytes of memory each
DEV = 50_000  # pieces of the dev part of each data set
_DECAY = 1e-3  # of the gate's weights of hidden states
_ITERATIONS = 100
_START = -1.5  # logit of the table's share


def count(ngrams: NGrams, filling: Filling) -> None:
    """Fill the table.

    Args:
        ngrams: The table.
        filling: Gives the texts.
    """
    rows = _rows(filling)
    model = KneserNey.train(rows, REACH + 1, len(ngrams.unigrams))
    stay = kept(model, gains(model, rows), len(ngrams.words))
    ngrams.fill(unigrams(model), tables(model, stay))
    found = ", ".join(f"{own.sum():,} of {len(own):,} of {n}" for n, own in enumerate(stay[1:], 2))
    filling.say(f"n-grams of {sum(map(len, rows)):,} pieces: {found}")


@dataclasses.dataclass(frozen=True)
class Seen:
    """What both say of the next pieces of texts, before they are mixed.

    Args:
        features: Of the gate, (N, F).
        own: Of the softmax, (N,) nats.
        told: Of the table, (N,), logarithm of the probability.
    """

    features: Tensor
    own: Tensor
    told: Tensor

    def nats(self, weights: Tensor) -> Tensor:
        """Mean nats of a piece under the mixture, with weights (F,) of the gate."""
        logit = self.features @ weights
        softmax, table = nn.functional.logsigmoid(-logit), nn.functional.logsigmoid(logit)
        return -torch.logaddexp(softmax - self.own, table + self.told).mean()


def fit_gate(ngrams: NGrams, filling: Filling, vocabulary: Vocabulary, mended: Callable[[Encoded], Encoded]) -> None:
    """Fit the gate of a filled table; without dev texts it stays shut.

    Args:
        ngrams: The table.
        filling: Gives the texts.
        vocabulary: Its softmax.
        mended: What makes of a batch the states that the softmax sees.
    """
    ngrams.shut()
    halves: tuple[dict[str, Seen], dict[str, Seen]] = ({}, {})
    for name, records in filling.dev().items():
        ids = [filling.ids(record) for record in records]
        drawn = _drawn(ids, DEV, filling.seed)
        for half, places in zip(halves, (drawn[::2], drawn[1::2]), strict=True):
            seen = _look(ngrams, filling, vocabulary, mended, [records[i] for i in places])
            if seen is not None:
                half[name] = seen
    width = len(ngrams.gate)
    if halves[0] and halves[1]:
        weights = _fit(list(halves[0].values()), width)
        for name, seen in halves[1].items():
            filling.say(
                f"{name}: {float(seen.own.mean()):.3f} nats a piece by the softmax, {-float(seen.told.mean()):.3f} by "
                f"n-grams, {float(seen.nats(weights)):.3f} by both, on half of dev"
            )
    every = [*halves[0].values(), *halves[1].values()]
    if every:
        ngrams.set_gate(_fit(every, width))


def _look(
    ngrams: NGrams,
    filling: Filling,
    vocabulary: Vocabulary,
    mended: Callable[[Encoded], Encoded],
    records: Sequence[Record],
) -> Seen | None:
    """What is seen of texts; None if they hold no piece to predict."""
    parts = []
    for fields in filling.encode(records):
        text = mended(next(iter(fields.values())))
        asked = text.next_ids >= 0
        told, known, rest = ngrams.told(text.ids, text.next_ids)
        states = text.states[asked].float()
        own = vocabulary.nats(states, text.next_ids[asked]).float()
        parts.append((ngrams.features(states, known[asked], rest[asked]), own, told[asked]))
    seen = Seen(*(torch.cat(column).cpu() for column in zip(*parts, strict=True))) if parts else None
    return seen if seen is not None and len(seen.own) else None


def _fit(parts: Sequence[Seen], width: int) -> Tensor:
    """Weights of the gate, (F,).

    Args:
        parts: Of each data set what was seen.
        width: D, how many of the weights are of hidden states.
    """
    shares = torch.tensor([float(len(part.own)) for part in parts]).sqrt()
    shares /= shares.sum()
    weights = torch.zeros(parts[0].features.shape[1])
    weights[width : width + REACH + 1] = _START
    weights.requires_grad_()
    optimiser = torch.optim.LBFGS([weights], max_iter=_ITERATIONS, line_search_fn="strong_wolfe")

    def closure() -> float:
        optimiser.zero_grad()
        each = [share * part.nats(weights) for share, part in zip(shares, parts, strict=True)]
        loss = torch.stack(each).sum() + _DECAY * weights[:width].square().sum()
        loss.backward()
        return float(loss.detach())

    with torch.enable_grad():
        optimiser.step(closure)
    return weights.detach()


def _rows(filling: Filling) -> list[NDArray[np.int32]]:
    """Pieces of the training texts; of more than ``MOST`` pieces of every second text, or fourth, drawn."""
    rng, rows, pieces, share = np.random.default_rng(filling.seed), [], 0, 1.0
    for record in filling.train():
        if share < 1 and rng.random() >= share:
            continue
        rows.append(np.array(filling.ids(record), dtype=np.int32))
        pieces += len(rows[-1])
        if pieces > MOST and len(rows) > 1:
            rows = [rows[i] for i in np.flatnonzero(rng.random(len(rows)) < 0.5)]
            pieces, share = sum(map(len, rows)), share / 2
    return rows


def _drawn(rows: Sequence[Sequence[int]], most: int, seed: int) -> list[int]:
    """Places of rows, drawn, that hold no more than so many pieces; two at least, where there are two."""
    order = np.random.default_rng(seed).permutation(len(rows))
    ends = np.cumsum([len(rows[i]) for i in order])
    return [int(i) for i in order[: max(2, int(np.searchsorted(ends, most, side="right")))]]
