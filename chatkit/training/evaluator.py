"""Metrics of a head on records: sums over batches, then the head's own summary.

B = batch
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import torch

from chatkit.assistant import Assistant
from chatkit.data.batching import Batch, in_order, record_ids, sequence_windows
from chatkit.head.answer import Metric
from chatkit.head.encode import encode_padded
from chatkit.head.encoded import Encoded
from chatkit.head.guard import guard, source_file
from chatkit.head.head import Head, Record
from chatkit.nn.encoder import State
from chatkit.text.views import CONVERSATION

_BUDGET = 8192  # padded ids a batch
PIECES = 1024  # of a text that are used
_WINDOW = 128
_COUPLED = 32


def evaluate(assistant: Assistant, head: Head, records: Sequence[Record], *, limit: int = PIECES) -> dict[str, Metric]:
    """Metrics of a head on records; every text starts from the zero state.

    Args:
        assistant: Its encoder.
        head: The head.
        records: What to measure on, at least one.
        limit: Pieces of a text that are used (not in a conversation).
    Raises:
        HeadError: If the head fails.
    """
    sums = add_up(measure(assistant, head, records, limit=limit))
    with guard(head.name, source_file(type(head)), stage="summarise"):
        return head.summarise(sums)


def measure(
    assistant: Assistant, head: Head, records: Sequence[Record], *, limit: int = PIECES
) -> list[dict[str, float]]:
    """The head's sums of each batch of records, from which ``summarise`` makes metrics; see ``evaluate``."""
    assistant.eval()
    with torch.inference_mode(), guard(head.name, source_file(type(head)), stage="measure"):
        batches = encoded_batches(assistant, head, records, limit)
        return [{k: float(v) for k, v in head.measure(encoded, part).items()} for encoded, part in batches]


def add_up(parts: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Sums of several batches added up."""
    total: dict[str, float] = {}
    for sums in parts:
        for key, value in sums.items():
            total[key] = total.get(key, 0.0) + value
    return total


def encoded_batches(
    assistant: Assistant, head: Head, records: Sequence[Record], limit: int = PIECES
) -> Iterator[tuple[dict[str, Encoded], Sequence[Record]]]:
    """The fields of records, encoded batch by batch, each text from the zero state; see ``evaluate``.

    The windows of a conversation come with no records.
    """
    if head.view == CONVERSATION:
        yield from _conversation(assistant, head, records)
        return
    for batch in _batches(assistant, head, records, limit):
        encoder = assistant.backbone.encoder
        yield {name: encode_padded(encoder, padded) for name, padded in batch.fields.items()}, batch.records


def _batches(assistant: Assistant, head: Head, records: Sequence[Record], limit: int) -> Iterator[Batch]:
    tokenizer = assistant.tokenizer
    fields = {
        field: [record_ids(tokenizer, r, field, head.view_of(field, r), limit) for r in records]
        for field in head.fields
    }
    if not head.couples_batch:
        yield from (batch for _, batch in in_order(records, fields, budget=_BUDGET, pad_id=tokenizer.pad))
        return
    for start in range(0, len(records), _COUPLED):  # its figures depend on the batch: fixed size, fixed order
        rows = {name: ids[start : start + _COUPLED] for name, ids in fields.items()}
        part = records[start : start + _COUPLED]
        merged = list(in_order(part, rows, budget=1 << 40, pad_id=tokenizer.pad))
        yield merged[0][1]


def _conversation(
    assistant: Assistant, head: Head, records: Sequence[Record]
) -> Iterator[tuple[dict[str, Encoded], Sequence[Record]]]:
    field, tokenizer = head.fields[0], assistant.tokenizer
    sequences = [record_ids(tokenizer, r, field, CONVERSATION, 0) for r in records]
    carried: State | None = None
    windows = sequence_windows(sequences, field=field, batch_size=32, window=_WINDOW, pad_id=tokenizer.pad)
    for batch in windows:
        encoded = encode_padded(assistant.backbone.encoder, batch.fields[field], carried=carried)
        carried = encoded.state
        yield {field: encoded}, batch.records
