import time
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.text.chunk import chunk

SENTENCES = [f"Sentence number {i} has exactly seven words." for i in range(40)]


def check(text, passages, max_words, max_chars):
    """What holds of any text: passages are slices of it, within the limits, in order, and lose nothing."""
    seen = 0
    for passage in passages:
        assert passage.text == text[passage.start : passage.end] == passage.text.strip()
        assert passage.text
        assert len(passage.text) <= max_chars
        assert passage.line == 1 + text.count("\n", 0, passage.start)
        assert not text[seen : passage.start].strip()
        assert passage.end > seen
        seen = passage.end
    assert not text[seen:].strip()


def test_short_texts_are_one_passage_and_blank_ones_none():
    assert [p.text for p in chunk(" Hello there. How are you?\n")] == ["Hello there. How are you?"]
    assert list(chunk(" \n\t ")) == []


def test_passages_end_at_sentences_and_overlap_by_whole_ones():
    text = " ".join(SENTENCES)
    passages = list(chunk(text, max_words=30, overlap_words=10))
    check(text, passages, 30, 1000)
    assert all(p.text.startswith("Sentence") and p.text.endswith("words.") for p in passages)
    assert [p.text.count("Sentence") for p in passages[:3]] == [4, 4, 4]
    assert all(b.start < a.end for a, b in pairwise(passages))
    apart = list(chunk(text, max_words=30, overlap_words=0))
    assert all(a.end < b.start for a, b in pairwise(apart))


def test_a_paragraph_border_is_the_better_place():
    text = "\n\n".join([" ".join(SENTENCES[:3]), " ".join(SENTENCES[3:6])])
    assert [p.line for p in chunk(text, max_words=30, overlap_words=10)] == [1, 3]


def test_small_paragraphs_share_a_passage():
    assert len(list(chunk("One.\n\nTwo.\n\nThree."))) == 1


def test_closing_quotes_stay_with_their_sentence():
    text = 'He said "stop." ' * 30
    passages = list(chunk(text, max_words=9, overlap_words=0))
    check(text, passages, 9, 1000)
    assert {p.text[-1] for p in passages} == {'"'}


def test_scripts_without_spaces():
    text = "你好世界。今天天气很好！" * 50
    passages = list(chunk(text, max_words=30, overlap_words=4))
    check(text, passages, 30, 1000)
    assert all(p.text[-1] in "。！" for p in passages)
    assert max(len(p.text) for p in passages) <= 60


ONE_LINE = {
    "letters": "x",
    "words": "word ",
    "chinese": "好",
    "full stops": ". ",
    "line breaks": "\n",
    "quotes": '."',
}


@pytest.mark.parametrize("unit", ONE_LINE.values(), ids=list(ONE_LINE))
def test_a_megabyte_of_one_line_takes_linear_time(unit):
    text = unit * (1_000_000 // len(unit))
    start = time.process_time()
    assert all(len(passage.text) <= 1000 for passage in chunk(text))
    assert time.process_time() - start < 10


@pytest.mark.parametrize("unit", ONE_LINE.values(), ids=list(ONE_LINE))
def test_memory_does_not_grow_with_the_text(unit):
    text = unit * (60_000 // len(unit))
    tracemalloc.start()
    for _ in chunk(text):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60_000


@given(
    text=st.text(st.sampled_from('ab.!? \n\r-1)"。好ก'), max_size=200),
    max_words=st.integers(1, 8),
    max_chars=st.integers(1, 40),
    overlap=st.integers(0, 4),
)
def test_any_text(text, max_words, max_chars, overlap):
    overlap = min(overlap, max_words // 2)
    check(
        text,
        list(chunk(text, max_words=max_words, max_chars=max_chars, overlap_words=overlap)),
        max_words,
        max_chars,
    )


def test_limits_that_cannot_be_kept():
    for limits in ({"max_words": 0}, {"max_chars": 0}, {"max_words": 10, "overlap_words": 6}):
        with pytest.raises(ValueError):
            list(chunk("text", **limits))
