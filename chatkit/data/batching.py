"""Batches of ids from records: framed by a view, padded, in an order that can be resumed exactly.

Knows tokens, not tensors of a model: everything here is numpy on the CPU. B = batch, T = tokens
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatkit.data.stored import StoredPieces, lengths_of
from chatkit.errors import DataError
from chatkit.text.tokenizer import Tokenizer
from chatkit.text.views import CONVERSATION, conversation_ids, frame

Record = Mapping[str, Any]
Ids = NDArray[np.int64]
ViewOf = Callable[[str, Record], str]
Vary = Callable[[Record, str, np.random.Generator], Sequence[int]]


@dataclasses.dataclass(frozen=True)
class Padded:
    """Ids of one field of a batch.

    Args:
        ids: (B, T) int64, padded at the end.
        lengths: (B,) int64, at least 1.
        next_ids: (B, T) int64, the id that follows each position, -1 where none does.
        fresh: (B,) bool, True where the row starts from the zero state; False where it goes on from the last batch.
    """

    ids: Ids
    lengths: Ids
    next_ids: Ids
    fresh: NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class Batch:
    """One batch of one head: the records and the ids of each field."""

    records: Sequence[Record]
    fields: Mapping[str, Padded]


def pad(rows: Sequence[Sequence[int]], pad_id: int) -> Padded:
    """Pad rows of ids, each from the zero state; the last id of a row has no next one."""
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    ids = np.full((len(rows), int(lengths.max())), pad_id, dtype=np.int64)
    following = np.full_like(ids, -1)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
        following[i, : len(row) - 1] = row[1:]
    return Padded(ids, lengths, following, np.ones(len(rows), dtype=bool))


def take_rows(batch: Batch, rows: Ids) -> Batch:
    """Some rows of a batch, padded no further than they need."""
    fields = {}
    for name, padded in batch.fields.items():
        longest = int(padded.lengths[rows].max())
        ids, following = padded.ids[rows, :longest], padded.next_ids[rows, :longest]
        fields[name] = Padded(ids, padded.lengths[rows], following, padded.fresh[rows])
    return Batch([batch.records[i] for i in rows.tolist()], fields)


def record_ids(tokenizer: Tokenizer, record: Record, field: str, view: str, limit: int) -> list[int]:
    """Ids of one field of a record in a view.

    Args:
        tokenizer: The tokenizer.
        record: The record; in the view "conversation" its ``turns`` (or else its ``text``) are taken.
        field: The field.
        view: The view.
        limit: At most so many pieces of text (not in a conversation).
    Raises:
        DataError: If the record lacks the field.
    """
    if view == CONVERSATION:
        return conversation_ids(tokenizer, record if "turns" in record else {"text": _text(record, field)})
    return frame(tokenizer, view, tokenizer.encode(_text(record, field)), limit)


def _text(record: Record, field: str) -> str:
    if not isinstance(record.get(field), str):
        raise DataError(f'a record has no text "{field}": it holds {", ".join(record) or "nothing"}')
    return str(record[field])


class Batches:
    """Batches of records whose fields are encoded alone, without end, reshuffled each epoch.

    Records of similar length share a batch: an epoch's shuffled order is cut into pools of 50 batches, each sorted by
    length and its batches shuffled. The order depends on the seed and the position alone.

    Args:
        records: All records.
        fields: field -> ids of each record, framed.
        batch_size: Records in a batch.
        pad_id: Id of padding.
        seed: Seed of the order.
        vary: Makes other ids of a field of a record each time that it is drawn; None takes ``fields`` as they are.
    """

    def __init__(
        self,
        records: Sequence[Record],
        fields: Mapping[str, Sequence[Sequence[int]]],
        *,
        batch_size: int,
        pad_id: int,
        seed: int,
        vary: Vary | None = None,
    ) -> None:
        self._vary = vary
        self._records, self._fields, self._pad = records, fields, pad_id
        self._size, self._seed = min(batch_size, len(records)), seed
        self._lengths = np.sum([lengths_of(rows) for rows in fields.values()], axis=0)
        self._per_epoch = max(1, len(records) // self._size)
        self.position = 0
        self._order: tuple[int, list[NDArray[np.int64]]] = (-1, [])

    @property
    def batch_size(self) -> int:
        """Records in a batch."""
        return self._size

    @property
    def epochs(self) -> float:
        """Epochs begun so far."""
        return self.position / self._per_epoch

    def __next__(self) -> Batch:
        epoch, index = divmod(self.position, self._per_epoch)
        if self._order[0] != epoch:
            self._order = (epoch, self._shuffled(epoch))
        self.position += 1
        return self._batch(self._order[1][index])

    def state(self) -> dict[str, Any]:
        """Where the order stands, plain data."""
        return {"position": self.position}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where ``state`` was taken."""
        self.position = int(state["position"])

    def _shuffled(self, epoch: int) -> list[NDArray[np.int64]]:
        rng = np.random.default_rng([self._seed, epoch])
        order = rng.permutation(len(self._records))
        pool = 50 * self._size
        batches: list[NDArray[np.int64]] = []
        for start in range(0, len(order), pool):
            part = order[start : start + pool]
            part = part[np.argsort(self._lengths[part], kind="stable")]
            batches += [part[s : s + self._size] for s in range(0, len(part) - self._size + 1, self._size)]
        return [batches[i] for i in rng.permutation(len(batches))]

    def _batch(self, rows: NDArray[np.int64]) -> Batch:
        if self._vary is None:
            fields = {name: pad([ids[i] for i in rows], self._pad) for name, ids in self._fields.items()}
        else:
            rng = np.random.default_rng([self._seed, 13, self.position])
            fields = {n: pad([self._vary(self._records[i], n, rng) for i in rows], self._pad) for n in self._fields}
        return Batch([self._records[i] for i in rows], fields)


class Streams:
    """Windows of long id sequences, the state carried from window to window of the same sequence.

    Each of B rows walks through one sequence at a time, a window a step. A row is fresh (from the zero state) at the
    start of a sequence, and at other windows with probability ``reset``: training that always carries state never sees
    the state in which every chat starts.

    Args:
        sequences: Ids of each dialogue or document.
        field: Name of the field.
        batch_size: Rows B.
        window: Tokens T of a window.
        reset: Probability of a fresh start in mid-sequence.
        pad_id: Id of padding.
        seed: Seed of order and resets.
    """

    def __init__(
        self,
        sequences: Sequence[Sequence[int]],
        *,
        field: str,
        batch_size: int,
        window: int,
        reset: float,
        pad_id: int,
        seed: int,
    ) -> None:
        # A sequence of n ids has n - 1 targets; shorter ones have none.
        self._sequences: Sequence[NDArray[np.int32]]
        if isinstance(sequences, StoredPieces):
            self._sequences = sequences.ordered(np.flatnonzero(sequences.lengths > 1))
        else:
            self._sequences = [np.asarray(s, dtype=np.int32) for s in sequences if len(s) > 1]
        if not len(self._sequences):
            raise DataError("no dialogue or text with at least two pieces", hint="check the paths in [heads]")
        self._field, self._window, self._reset = field, window, reset
        self._pad, self._seed = pad_id, seed
        self._rows: list[tuple[int, int]] = []
        self._taken = 0
        self._steps = 0
        self._order: tuple[int, NDArray[np.int64]] = (-1, np.zeros(0, np.int64))
        self._rows = [(self._take(), 0) for _ in range(batch_size)]

    @property
    def batch_size(self) -> int:
        """Rows in a batch."""
        return len(self._rows)

    @property
    def epochs(self) -> float:
        """Epochs begun so far."""
        return self._taken / len(self._sequences)

    def __next__(self) -> Batch:
        rng = np.random.default_rng([self._seed, 1, self._steps])
        resets = rng.random(len(self._rows)) < self._reset
        windows, fresh = [], []
        for i, (sequence, start) in enumerate(self._rows):
            ids = self._sequences[sequence][start : start + self._window + 1]
            windows.append(ids)
            fresh.append(start == 0 or bool(resets[i]))
            end = start + self._window
            done = end >= len(self._sequences[sequence]) - 1
            self._rows[i] = (self._take(), 0) if done else (sequence, end)
        self._steps += 1
        return Batch([{} for _ in windows], {self._field: _window(windows, fresh, self._pad)})

    def state(self) -> dict[str, Any]:
        """Where the order stands, plain data."""
        return {"rows": [list(map(int, row)) for row in self._rows], "taken": self._taken, "steps": self._steps}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where ``state`` was taken."""
        self._rows = [(int(sequence), int(start)) for sequence, start in state["rows"]]
        self._taken, self._steps = int(state["taken"]), int(state["steps"])

    def _take(self) -> int:
        epoch, index = divmod(self._taken, len(self._sequences))
        if self._order[0] != epoch:
            rng = np.random.default_rng([self._seed, 0, epoch])
            self._order = (epoch, rng.permutation(len(self._sequences)))
        self._taken += 1
        return int(self._order[1][index])


def _window(windows: Sequence[NDArray[np.int32]], fresh: Sequence[bool], pad_id: int) -> Padded:
    lengths = np.array([len(w) - 1 for w in windows], dtype=np.int64)
    ids = np.full((len(windows), int(lengths.max())), pad_id, dtype=np.int64)
    following = np.full_like(ids, -1)
    for i, window in enumerate(windows):
        ids[i, : len(window) - 1] = window[:-1]
        following[i, : len(window) - 1] = window[1:]
    return Padded(ids, lengths, following, np.array(fresh, dtype=bool))


def in_order(
    records: Sequence[Record], fields: Mapping[str, Sequence[Sequence[int]]], *, budget: int, pad_id: int
) -> Iterator[tuple[list[int], Batch]]:
    """Every record once, those of similar length together, at most ``budget`` padded ids a batch.

    Yields:
        The positions of the batch's records, and the batch.
    """
    lengths = np.max([[len(row) for row in rows] for rows in fields.values()], axis=0)
    order = [int(i) for i in np.argsort(lengths, kind="stable")]
    start = 0
    while start < len(order):
        end = start + 1
        while end < len(order) and int(lengths[order[end]]) * (end + 1 - start) <= budget:
            end += 1
        rows = order[start:end]
        yield rows, Batch([records[i] for i in rows], {n: pad([r[i] for i in rows], pad_id) for n, r in fields.items()})
        start = end


def sequence_windows(
    sequences: Sequence[Sequence[int]], *, field: str, batch_size: int, window: int, pad_id: int
) -> Iterator[Batch]:
    """Every sequence once from the zero state, its state carried from window to window; for evaluation.

    Sequences of similar length share a batch; rows that are done drop out only at the end of their batch, padded to
    one id without target.
    """
    order = sorted((s for s in sequences if len(s) > 1), key=len)
    for first in range(0, len(order), batch_size):
        group = [np.asarray(s, dtype=np.int32) for s in order[first : first + batch_size]]
        for start in range(0, max(map(len, group)) - 1, window):
            blank = np.array([pad_id, pad_id], dtype=np.int32)
            parts = [s[start : start + window + 1] if len(s) - 1 > start else blank for s in group]
            padded = _window(parts, [start == 0] * len(parts), pad_id)
            for i, s in enumerate(group):
                if len(s) - 1 <= start:
                    padded.next_ids[i] = -1
            yield Batch([{} for _ in parts], {field: padded})
