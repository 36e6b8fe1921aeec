"""Counts of n-grams beside the softmax: what is said word for word again and again a table knows better than an LSTM.

An LSTM of a few million weights carries a conversation along, but has no room for all the phrases of its training
texts; an n-gram model is nothing but these. The two are mixed, piece by piece: a gate says from the hidden state, and
from how much of the context the table knows, how much of the probability each of the two gets. Neither the table nor
the gate is a part of the training: on what it was counted on the table would be always right, and leave nothing to
learn. They are filled afterwards, the gate on texts that were not counted.

Sources: interpolation of both, Mikolov, Deoras, Kombrink, Burget & Cernocky 2011, "Empirical evaluation and combination
of advanced language modeling techniques"; weights by context on held-out text, Jelinek & Mercer 1980, "Interpolated
estimation of Markov source parameters from sparse data".
"""

# B = batch, T = tokens, N = positions, V = pieces of the vocabulary, D = width of the hidden states,
# M = room for n-grams

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

REACH = 3  # pieces of context at most
MOST_ROOM = 10_000_000  # n-grams, of seven bytes each on disk and in memory
_STEPS = 20  # of a stored probability for each nat
_LEVELS = np.append(np.exp(-np.arange(255) / _STEPS), 0.0).astype(np.float32)  # (256,): what each byte stands for
_SHIFT = 32768  # ids are stored in two bytes with a sign
_NEVER = -30.0  # logit of the gate at which the table has no say
_LEAST = 1e-6  # mass that a context leaves to the shorter one


class NGrams(nn.Module):
    """A table of n-grams with up to ``REACH`` pieces before the last, and the gate of its mixture with the softmax.

    The n-grams stand in the order of their contexts, so that those that go on from one are neighbours: node ``id`` is
    the context of one piece, node V + i the one that the i-th n-gram is, and ``first`` says where the n-grams begin
    that go on from each.

    Args:
        pieces: V, at most 65,536.
        room: M.
        width: D.
    """

    unigrams: Tensor  # (V,)
    words: Tensor  # (M,) last piece of each n-gram
    values: Tensor  # (M,) its probability beyond that of the shorter context
    first: Tensor  # (V + M + 1,)
    gate: Tensor  # (D,) weights of the hidden state in the logit of the table's share
    known: Tensor  # (REACH + 1,) what is added to it, by how many pieces of the context the table knows
    rest: Tensor  # (REACH + 1,) weights of the logarithm of what that context leaves to the shorter ones

    def __init__(self, pieces: int, room: int, width: int) -> None:
        super().__init__()
        if room < 1:
            raise ValueError(f"ngrams must be at least 1, got {room}")
        if pieces > 2 * _SHIFT:
            raise ValueError(f"ngrams are of at most {2 * _SHIFT:,} different pieces, got a vocabulary of {pieces:,}")
        self.register_buffer("unigrams", torch.zeros(pieces))
        self.register_buffer("words", torch.zeros(room, dtype=torch.int16))
        self.register_buffer("values", torch.zeros(room, dtype=torch.uint8))
        self.register_buffer("first", torch.zeros(pieces + room + 1, dtype=torch.int32))
        self.register_buffer("gate", torch.zeros(width))
        self.register_buffer("known", torch.full((REACH + 1,), _NEVER))
        self.register_buffer("rest", torch.zeros(REACH + 1))

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        """On disk ``first`` is how many n-grams go on from the node before each: two bytes where four would be."""
        super()._save_to_state_dict(destination, prefix, keep_vars)
        if not self.first.is_meta:  # of which only the shape is wanted; arithmetic on it would import torch's compiler
            counts = torch.diff(self.first, prepend=self.first[:1])
            destination[f"{prefix}first"] = counts.to(torch.int16)  # at most V, which is at most 65,536

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *args: Any, **kwargs: Any) -> None:
        stored = state_dict.get(f"{prefix}first")
        if stored is not None and stored.dtype == torch.int16:  # before, it was stored as it is
            state_dict[f"{prefix}first"] = (stored.int() & 0xFFFF).cumsum(0, dtype=torch.int32)
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)

    @property
    def is_empty(self) -> bool:
        """Whether it was never filled."""
        return not bool(self.unigrams.any())

    def fill(self, unigrams: np.ndarray, tables: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> None:
        """Take over a model; the gate stays as it is.

        Args:
            unigrams: Probability of each piece, (V,).
            tables: Of each length from pairs up, sorted by context and piece: places of the contexts in the table
                before (of pairs: ids), last pieces, and probabilities beyond that of the shorter context.

        Raises:
            ValueError: If there are more n-grams than room, or longer ones than ``REACH`` pieces and another.
        """
        size, room = len(self.unigrams), len(self.words)
        if sum(len(words) for _, words, _ in tables) > room or len(tables) > REACH:
            raise ValueError(f"there is room for {room:,} n-grams of up to {REACH + 1} pieces")
        before, start, below = [np.zeros(0, np.int64)], size, 0
        for contexts, words, values in tables:
            here = slice(start - size, start - size + len(words))
            self.words[here] = torch.from_numpy((words - _SHIFT).astype(np.int16))
            # Rounded down, so that what goes on from one context is never more than 1.
            steps = np.ceil(-np.log(np.maximum(values, 1e-30)) * _STEPS - 1e-6)
            self.values[here] = torch.from_numpy(np.clip(steps, 0, 255).astype(np.uint8))
            before.append(contexts + below)
            below, start = start, start + len(words)
        self.unigrams.copy_(torch.from_numpy(unigrams / unigrams.sum()))
        self.first.copy_(torch.from_numpy(np.searchsorted(np.concatenate(before), np.arange(size + room + 1))))

    def shut(self) -> None:
        """Leave all of the probability to the softmax."""
        self.gate.zero_()
        self.known.fill_(_NEVER)
        self.rest.zero_()

    def set_gate(self, weights: Tensor) -> None:
        """Take over weights (D + 2 (REACH + 1),) of what ``features`` gives."""
        for buffer, part in zip((self.gate, self.known, self.rest), weights.split(self._parts()), strict=True):
            buffer.copy_(part)

    def _parts(self) -> list[int]:
        return [len(self.gate), REACH + 1, REACH + 1]

    def features(self, states: Tensor, known: Tensor, rest: Tensor) -> Tensor:
        """What the gate's logit is linear in: (N, D + 2 (REACH + 1)).

        Args:
            states: Hidden states (N, D).
            known: How many pieces of the context the table knows, (N,) int64.
            rest: Logarithm of what that context leaves to the shorter ones, (N,).
        """
        which = nn.functional.one_hot(known, REACH + 1).to(states.dtype)
        return torch.cat((states, which, which * rest.to(states.dtype)[:, None]), -1)

    def nats(self, own: Tensor, states: Tensor, ids: Tensor, targets: Tensor, asked: Tensor) -> Tensor:
        """Nats of the pieces that are asked for, under the mixture, (N,).

        Args:
            own: What the softmax says of them, (N,) nats.
            states: Their hidden states, (N, D).
            ids: Pieces so far, (B, T).
            targets: Next pieces, (B, T); negative where there is none.
            asked: Which are asked for, N of (B, T) bool.
        """
        told, known, rest = self.told(ids, targets)
        table, counted = self._share(states, known[asked], rest[asked])
        return -torch.logaddexp(counted - own, table + told[asked])

    def _share(self, states: Tensor, known: Tensor, rest: Tensor) -> tuple[Tensor, Tensor]:
        """Logarithms of the share of the table and of the softmax, (N,) each."""
        weights = torch.cat((self.gate, self.known, self.rest))
        logit = self.features(states.float(), known, rest) @ weights
        return nn.functional.logsigmoid(logit), nn.functional.logsigmoid(-logit)

    def told(self, ids: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What the table alone says of each next piece.

        Args:
            ids: (B, T).
            targets: (B, T); what it says of negative ones means nothing.
        Returns:
            Logarithm of its probability, how many pieces of the context the table knows, and the logarithm of what
            that context leaves to the shorter ones; (B, T) each.
        """
        context, target = ids.numpy(force=True), np.maximum(targets.numpy(force=True), 0)
        first, words = self.first.numpy(force=True), self.words.numpy(force=True)
        values, size = _LEVELS[self.values.numpy(force=True)], len(self.unigrams)
        behind = np.append(0.0, np.cumsum(values, dtype=np.float64))  # the mass of neighbours is a difference of these
        probability = self.unigrams.numpy(force=True)[target].astype(np.float64)
        known, rest = np.zeros(context.shape, np.int64), np.zeros(context.shape)
        nodes = context.astype(np.int64)
        for length in range(1, REACH + 1):
            if length > 1:
                shorter = np.full_like(nodes, -1)
                shorter[:, 1:] = nodes[:, :-1]
                place = _children(shorter, context, first, words)
                nodes = np.where(place >= 0, place + size, -1)
            at = np.maximum(nodes, 0)
            here = (nodes >= 0) & (first[at + 1] > first[at])
            left = np.maximum(1 - (behind[first[at + 1]] - behind[first[at]]), _LEAST)
            place = _children(np.where(here, nodes, -1), target, first, words)
            more = np.where(place >= 0, values[np.maximum(place, 0)], 0.0)
            probability = np.where(here, left * probability + more, probability)
            known, rest = np.where(here, length, known), np.where(here, np.log(left), rest)
        found = (np.log(probability), known, rest)
        told, length_known, logs = (torch.from_numpy(array).to(ids.device) for array in found)
        return told.float(), length_known, logs.float()

    def mixed(self, logits: Tensor, hidden: Tensor, contexts: Sequence[Sequence[int]]) -> Tensor:
        """Logarithms (N, V) of the mixture.

        Args:
            logits: Of the softmax, (N, V).
            hidden: The states that they belong to, (N, D).
            contexts: Of each the pieces so far, of which the last ``REACH`` count.
        """
        arrays = (self.first.numpy(force=True), self.words.numpy(force=True), self.values.numpy(force=True))
        told = np.empty((len(contexts), len(self.unigrams)), dtype=np.float32)
        told[:] = self.unigrams.numpy(force=True)
        found = [self._tell(row, context, *arrays) for row, context in zip(told, contexts, strict=True)]
        known, rest = torch.tensor([length for length, _ in found]), torch.tensor([left for _, left in found])
        table, counted = self._share(hidden, known.to(hidden.device), rest.to(hidden.device))
        out = logits.float().softmax(-1).mul_(counted.exp()[:, None])
        return out.add_(torch.from_numpy(told).to(out.device).mul_(table.exp()[:, None])).log_()

    def _tell(
        self, out: np.ndarray, context: Sequence[int], first: np.ndarray, words: np.ndarray, values: np.ndarray
    ) -> tuple[int, float]:
        """How much of a context is known, and the logarithm of what it leaves to the shorter ones.

        Args:
            out: Probability of each piece by itself, (V,); after it, in the context.
            context: Pieces so far.
            first, words, values: The table.
        """
        known, rest = 0, 0.0
        for length in range(1, min(REACH, len(context)) + 1):
            node = self._node(context[-length:], first, words)
            if node < 0:
                continue
            start, stop = int(first[node]), int(first[node + 1])
            if start == stop:
                continue
            own = _LEVELS[values[start:stop]]
            left = max(1 - float(own.sum(dtype=np.float64)), _LEAST)
            out *= left
            out[words[start:stop].astype(np.int64) + _SHIFT] += own
            known, rest = length, math.log(left)
        return known, rest

    def _node(self, context: Sequence[int], first: np.ndarray, words: np.ndarray) -> int:
        """Node of a context of at least one piece; -1 if the table does not know it."""
        node = context[0]
        for piece in context[1:]:
            start, stop = first[node], first[node + 1]
            place = int(start + words[start:stop].searchsorted(np.int16(piece - _SHIFT)))
            if place == stop or words[place] != piece - _SHIFT:
                return -1
            node = len(self.unigrams) + place
        return node


def _children(nodes: np.ndarray, pieces: np.ndarray, first: np.ndarray, words: np.ndarray) -> np.ndarray:
    """Which n-gram goes on from each context with each piece, by bisection of all at once; -1 where none does.

    Args:
        nodes: (B, T), -1 where there is no context.
        pieces: (B, T).
        first, words: The table.
    """
    wanted = (pieces - _SHIFT).astype(np.int16)
    low = np.where(nodes >= 0, first[nodes], 0)
    stop = np.where(nodes >= 0, first[nodes + 1], 0)
    high = stop.copy()
    last = len(words) - 1
    while (low < high).any():
        middle = (low + high) // 2
        below = (low < high) & (words[np.minimum(middle, last)] < wanted)
        low, high = np.where(below, middle + 1, low), np.where(below, high, np.minimum(middle, high))
    found = (low < stop) & (words[np.minimum(low, last)] == wanted)
    return np.where(found, low, -1)
