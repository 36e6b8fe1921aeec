"""A text that is longer than one encoder pass takes: passages with overlap, their bars put together.

Memory is bounded by a batch of passages, however long the text is; a text that fits is left to the usual way, so its
answer is the same as ever. Time is bounded too: of more than ``MOST_PASSAGES`` passages so many are read, from the
first to the last, evenly spread. B = passages of a batch
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from chatkit.assistant import MOST_PIECES, Assistant
from chatkit.head.answer import Answer, Bars, Block
from chatkit.head.head import Head
from chatkit.text.chunk import chunk
from chatkit.text.normalise import normalise

BATCH = 16
MOST_PASSAGES = 64  # some 60,000 characters
_SURELY_LONG = 16 * MOST_PIECES  # characters


def is_long(assistant: Assistant, text: str) -> bool:
    """Whether a text has more pieces than one pass takes."""
    if len(text) > _SURELY_LONG:
        return True
    if len(text.encode("utf-8", "surrogatepass")) <= MOST_PIECES:  # a piece is at least a byte
        return False
    return len(assistant.tokenizer.encode(normalise(text))) > MOST_PIECES


def answer_long(
    assistant: Assistant, head: Head, text: str, *, cancelled: Callable[[], bool] = lambda: False
) -> Answer:
    """Answer of a head with one field to a long text.

    Args:
        assistant: Its encoder.
        head: A head that does not stream.
        text: The text.
        cancelled: Asked before each batch of passages; what was read until then counts.
    Returns:
        Bars are means over the passages that are read, each by its length; other blocks are those of the first passage.
    """
    field, first = head.fields[0], None
    sums: dict[str, float] = {}
    weight = 0.0
    for part in _batches(text):
        if first is not None and cancelled():
            break
        records = [{field: passage} for passage in part]
        answers = head.answer(assistant.encode_records(head, records), records)
        if len(answers) != len(part):
            raise TypeError(f"answer must return one Answer per example, got {len(answers)} for {len(part)}")
        first = first or answers[0]
        for passage, answer in zip(part, answers, strict=True):
            block = next((block for block in answer.blocks if isinstance(block, Bars)), None)
            if block is not None:
                weight += len(passage)
                for name, share in block.probabilities.items():
                    sums[name] = sums.get(name, 0.0) + len(passage) * share
    assert first is not None
    mean = Bars({name: total / weight for name, total in sums.items()}) if weight else None
    blocks: list[Block] = [mean if isinstance(block, Bars) and mean is not None else block for block in first.blocks]
    return Answer(*blocks)


def _batches(text: str) -> Iterator[Sequence[str]]:
    passages = [passage.text for passage in chunk(text)]
    count, most = len(passages), MOST_PASSAGES
    if count > most:
        passages = [passages[number * (count - 1) // (most - 1)] for number in range(most)]
    for start in range(0, len(passages), BATCH):
        yield passages[start : start + BATCH]
