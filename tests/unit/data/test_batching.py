"""Batches: nothing lost, nothing twice, and the same again after resuming. B = batch, T = tokens"""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.data.batching import Batch, Batches, Padded, Streams, in_order, pad, record_ids, sequence_windows
from chatkit.errors import DataError
from chatkit.text.tokenizer import Tokenizer

PAD = 0


def sequences(lengths: list[int]) -> list[list[int]]:
    """Sequences whose every id is unique: 1000 * number + position."""
    return [[1000 * (n + 1) + i for i in range(length)] for n, length in enumerate(lengths)]


def targets(padded: Padded) -> list[tuple[int, int]]:
    """Every (id, next id) pair that has a target."""
    known = padded.next_ids >= 0
    return list(zip(padded.ids[known].tolist(), padded.next_ids[known].tolist(), strict=True))


def all_pairs(rows: list[list[int]]) -> Counter[tuple[int, int]]:
    return Counter(pair for row in rows for pair in itertools.pairwise(row))


def test_padding() -> None:
    padded = pad([[5, 6, 7], [8]], PAD)
    assert padded.ids.tolist() == [[5, 6, 7], [8, PAD, PAD]]
    assert padded.next_ids.tolist() == [[6, 7, -1], [-1, -1, -1]]
    assert padded.lengths.tolist() == [3, 1]
    assert padded.fresh.all()


def same(a: Batch, b: Batch) -> bool:
    fields = a.fields.keys() == b.fields.keys() and all(
        np.array_equal(getattr(a.fields[f], part), getattr(b.fields[f], part))
        for f in a.fields
        for part in ("ids", "lengths", "next_ids", "fresh")
    )
    return fields and list(a.records) == list(b.records)


def streams(lengths: list[int], *, rows: int = 3, window: int = 4, reset: float = 0.0, seed: int = 0) -> Streams:
    return Streams(sequences(lengths), field="text", batch_size=rows, window=window, reset=reset, pad_id=PAD, seed=seed)


@given(
    st.lists(st.integers(0, 23), min_size=1, max_size=12).filter(lambda x: max(x) > 1),
    st.integers(1, 5),
    st.integers(1, 9),
    st.floats(0, 1),
)
def test_streams_walk_through_every_sequence_in_order(lengths: list[int], rows: int, window: int, reset: float) -> None:
    source = streams(lengths, rows=rows, window=window, reset=reset)
    whole = {1000 * (n + 1): length for n, length in enumerate(lengths) if length > 1}
    walks: list[list[int]] = [[] for _ in range(rows)]  # ids of each row, window after window
    finished: Counter[int] = Counter()
    for _ in range(60):
        batch = next(source)
        text = batch.fields["text"]
        assert len(batch.records) == rows
        for i in range(rows):
            n = int(text.lengths[i])
            ids, following = text.ids[i, :n].tolist(), text.next_ids[i, :n].tolist()
            assert 1 <= n <= window
            assert (text.next_ids[i, n:] == -1).all()
            assert following == [x + 1 for x in ids]  # within one sequence, in order, every position a target
            if ids[0] in whole:
                assert not walks[i] or walks[i][-1] == "end"
                assert text.fresh[i]
                walks[i] = []
            else:
                assert ids[0] == walks[i][-1] + 1  # goes on where the row's last window ended
                if reset == 0:
                    assert not text.fresh[i]
            walks[i] = ids
            start = ids[0] // 1000 * 1000
            if following[-1] == start + whole[start] - 1:
                finished[start] += 1
                walks[i] = ["end"]  # type: ignore[list-item]
    # Epoch after epoch: the sequences that were begun differ by at most one epoch, less the rows on their way.
    if len(finished) == len(whole):
        assert max(finished.values()) - min(finished.values()) <= 1 + rows


def test_an_epoch_of_one_row_has_every_target_once() -> None:
    lengths = [9, 2, 5, 1, 30, 0]
    source = streams(lengths, rows=1)
    seen: list[tuple[int, int]] = []
    while source.epochs <= 1:
        seen += targets(next(source).fields["text"])
    assert Counter(seen) == all_pairs(sequences(lengths))


def test_resets_come_as_often_as_they_should() -> None:
    source = streams([4001] * 8, rows=8, reset=0.25)
    fresh = np.array([next(source).fields["text"].fresh for _ in range(400)])
    assert fresh[0].all()
    assert 0.22 < fresh[1:].mean() < 0.28


@pytest.mark.parametrize("at", [0, 1, 7, 50])
def test_streams_go_on_exactly_after_resuming(at: int) -> None:
    one, two = (streams([9, 2, 5, 30, 14], reset=0.3, seed=4) for _ in range(2))
    for _ in range(at):
        next(one)
    two.restore(one.state())
    assert all(same(next(one), next(two)) for _ in range(40))
    assert one.state() == two.state()


def test_another_seed_is_another_order() -> None:
    one, two = streams(list(range(5, 30)), seed=1), streams(list(range(5, 30)), seed=2)
    assert not all(same(next(one), next(two)) for _ in range(5))


def test_streams_need_a_target() -> None:
    with pytest.raises(DataError, match="no dialogue or text with at least two pieces"):
        streams([1, 0])


def batches(n: int, size: int = 4, seed: int = 0) -> Batches:
    rng = np.random.default_rng(9)
    rows = [[i + 1] * int(rng.integers(1, 30)) for i in range(n)]
    return Batches([{"n": i} for i in range(n)], {"text": rows}, batch_size=size, pad_id=PAD, seed=seed)


@pytest.mark.parametrize(("n", "size"), [(4, 4), (40, 4), (43, 4), (403, 4), (3, 8), (1, 8)])
def test_an_epoch_shows_no_record_twice_and_drops_less_than_a_batch(n: int, size: int) -> None:
    source = batches(n, size)
    size = min(size, n)
    for epoch in range(3):
        seen: list[int] = []
        for _ in range(n // size):
            batch = next(source)
            numbers = [record["n"] for record in batch.records]
            assert batch.fields["text"].ids[:, 0].tolist() == [i + 1 for i in numbers]  # ids belong to records
            assert batch.fields["text"].fresh.all()
            seen += numbers
        assert source.epochs == epoch + 1
        assert len(set(seen)) == len(seen) == n - n % size


def test_batches_hold_texts_of_similar_length() -> None:
    source = batches(400)
    ranges = [np.ptp(next(source).fields["text"].lengths) for _ in range(100)]
    assert np.mean(ranges) < 4


def test_each_epoch_is_shuffled_anew() -> None:
    source = batches(40)
    first, second = ([next(source) for _ in range(10)] for _ in range(2))
    assert not all(same(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("at", [0, 3, 10, 37])
def test_batches_go_on_exactly_after_resuming(at: int) -> None:
    one, two = batches(43), batches(43)
    for _ in range(at):
        next(one)
    two.restore(one.state())
    assert all(same(next(one), next(two)) for _ in range(30))


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30), st.integers(1, 100))
def test_in_order_has_every_record_once_within_the_budget(lengths: list[int], budget: int) -> None:
    rows = sequences(lengths)
    records = [{"n": i} for i in range(len(rows))]
    seen: list[int] = []
    for index, batch in in_order(records, {"text": rows}, budget=budget, pad_id=PAD):
        text = batch.fields["text"]
        assert [record["n"] for record in batch.records] == index
        assert text.ids[:, 0].tolist() == [1000 * (i + 1) for i in index]
        assert text.ids.size <= budget or len(index) == 1
        seen += index
    assert sorted(seen) == list(range(len(rows)))


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=12),
    st.integers(1, 5),
    st.integers(1, 10),
)
def test_windows_of_sequences_have_every_target_once(lengths: list[int], size: int, window: int) -> None:
    rows = sequences(lengths)
    seen: Counter[tuple[int, int]] = Counter()
    before: list[int] = []
    for batch in sequence_windows(rows, field="text", batch_size=size, window=window, pad_id=PAD):
        text = batch.fields["text"]
        seen.update(targets(text))
        assert text.fresh.all() or not text.fresh.any()
        assert (text.lengths >= 1).all()
        if not text.fresh[0]:  # each row goes on where it was, so that its carried state fits
            for row, last in zip(text.ids[:, 0].tolist(), before, strict=True):
                assert row in (last + 1, PAD)
        before = [int(ids[n - 1]) for ids, n in zip(text.ids, text.lengths, strict=True)]
    assert seen == all_pairs(rows)


def test_a_record_without_its_field_is_named(tokenizer: Tokenizer) -> None:
    with pytest.raises(DataError, match=r'no text "query": it holds text, label'):
        record_ids(tokenizer, {"text": "a", "label": "b"}, "query", "message", 10)
    with pytest.raises(DataError, match="it holds nothing"):
        record_ids(tokenizer, {}, "text", "message", 10)
    with pytest.raises(DataError, match='no text "text"'):
        record_ids(tokenizer, {"text": 3}, "text", "conversation", 10)
