"""The corpora of our own writing: valid formats, disjoint splits, balanced labels, sound judgements."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import chatkit_corpora
import pytest

NAMES = ("english", "chinese")
SPLITS = ("train", "dev", "test")
LABELS = ("positive", "neutral", "negative")
LEAST = {  # rows at least expected: (dialogue, sentiment, qrels) for each split
    "english": {"train": (220, 360, 200), "dev": (25, 60, 40), "test": (25, 60, 40)},
    "chinese": {"train": (80, 150, 70), "dev": (12, 30, 15), "test": (12, 30, 15)},
}

each_corpus = pytest.mark.parametrize("name", NAMES)
each_split = pytest.mark.parametrize("split", SPLITS)


def rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def judgements(name: str, split: str) -> list[tuple[str, str, str]]:
    file = chatkit_corpora.path(name) / "retrieval" / "qrels" / f"{split}.tsv"
    header, *lines = file.read_text(encoding="utf-8").splitlines()
    assert header == "query-id\tcorpus-id\tscore"
    return [(query, doc, score) for query, doc, score in (line.split("\t") for line in lines)]


def key(text: str) -> str:
    """What is left of a text when case, width, punctuation and spaces are ignored."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def texts(name: str, task: str, split: str) -> list[str]:
    """The texts of one split, as they are compared between splits."""
    folder = chatkit_corpora.path(name) / task
    if task == "dialogue":
        return [key(" ".join(t["text"] for t in row["turns"])) for row in rows(folder / f"{split}.jsonl")]
    if task == "sentiment":
        return [key(row["text"]) for row in rows(folder / f"{split}.jsonl")]
    queries = {row["_id"]: row["text"] for row in rows(folder / "queries.jsonl")}
    return [key(queries[query]) for query, _, _ in judgements(name, split)]


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="'klingon'; known are chinese, english"):
        chatkit_corpora.path("klingon")


@each_corpus
@each_split
def test_sizes(name: str, split: str):
    found = tuple(len(texts(name, task, split)) for task in ("dialogue", "sentiment", "retrieval"))
    assert all(have >= least for have, least in zip(found, LEAST[name][split], strict=True)), found


@each_corpus
@each_split
def test_dialogues_alternate_and_hold_two_to_ten_turns(name: str, split: str):
    for number, row in enumerate(rows(chatkit_corpora.path(name) / "dialogue" / f"{split}.jsonl"), 1):
        assert set(row) == {"turns"}, number
        assert 2 <= len(row["turns"]) <= 10, number
        speakers = [turn["speaker"] for turn in row["turns"]]
        assert speakers == [("user", "assistant")[i % 2] for i in range(len(speakers))], number
        assert speakers[-1] == "assistant", number
        assert all(turn["text"] and turn["text"] == turn["text"].strip() for turn in row["turns"]), number


@each_corpus
@each_split
def test_sentiment_rows_are_valid_and_balanced(name: str, split: str):
    found = rows(chatkit_corpora.path(name) / "sentiment" / f"{split}.jsonl")
    assert all(set(row) == {"text", "label"} and row["text"].strip() for row in found)
    counts = Counter(row["label"] for row in found)
    assert set(counts) == set(LABELS)
    assert max(counts.values()) <= 1.2 * min(counts.values())


@each_corpus
def test_passages_and_queries_are_valid(name: str):
    folder = chatkit_corpora.path(name) / "retrieval"
    passages, queries = rows(folder / "corpus.jsonl"), rows(folder / "queries.jsonl")
    assert all(set(row) == {"_id", "title", "text"} and row["text"].strip() for row in passages)
    assert all(set(row) == {"_id", "text"} and row["text"].strip() for row in queries)
    for found in (passages, queries):
        assert len({row["_id"] for row in found}) == len(found)
        assert len({key(row["text"]) for row in found}) == len(found)


@each_corpus
def test_qrels_refer_to_rows_and_judge_each_query_once(name: str):
    folder = chatkit_corpora.path(name) / "retrieval"
    passages = {row["_id"] for row in rows(folder / "corpus.jsonl")}
    queries = {row["_id"] for row in rows(folder / "queries.jsonl")}
    every = [judgement for split in SPLITS for judgement in judgements(name, split)]
    assert {doc for _, doc, _ in every} == passages
    assert Counter(query for query, _, _ in every) == Counter(queries)
    assert {score for _, _, score in every} == {"1"}


@each_corpus
@pytest.mark.parametrize("task", ["dialogue", "sentiment", "retrieval"])
def test_no_text_is_in_two_splits_or_twice_in_one(name: str, task: str):
    every = [text for split in SPLITS for text in texts(name, task, split)]
    assert all(every)
    assert [text for text, count in Counter(every).items() if count > 1] == []


def test_chinese_is_chinese():
    for row in rows(chatkit_corpora.path("chinese") / "sentiment" / "train.jsonl"):
        assert re.search(r"[\u4e00-\u9fff]", row["text"]), row
