"""Dev and test texts must not reach training, whichever set or head they come by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chatkit.data.exclude import held_out_texts, text_key, without
from chatkit.errors import DataError
from chatkit.head.classifier import Classifier
from chatkit.training.reading import training_records
from chatkit.training.recipe import DataConfig, HeadConfig, Recipe


class Labels(Classifier):
    name = "labels"


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_texts_are_the_same_without_case_punctuation_and_width() -> None:
    assert text_key("Where is ＴＯＭ, then?") == text_key("where is tom then") != text_key("where is Tim then")
    assert text_key("?!…") == ""


def test_dev_and_test_of_every_layout_are_found(tmp_path: Path) -> None:
    pairs, chats, ranked = tmp_path / "toy_en_fr", tmp_path / "chats", tmp_path / "ranked"
    write(pairs / "train.jsonl", [{"src": "Seen.", "tgt": "Vu."}])
    write(pairs / "dev.jsonl", [{"src": "Good day.", "tgt": "Bonjour."}])
    write(pairs / "test.jsonl", [{"src": "Good night.", "tgt": "Bonne nuit."}])
    write(chats / "test.jsonl", [{"turns": [{"speaker": "a", "text": "Nice to meet you"}]}, {"turns": "broken"}])
    write(ranked / "corpus.jsonl", [{"_id": "d", "text": "a document"}])
    write(ranked / "queries.jsonl", [{"_id": "q", "text": "What is it?"}, {"_id": "r", "text": "Only trained on"}])
    (ranked / "qrels").mkdir()
    (ranked / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\nq\td\t1\n")
    (ranked / "qrels" / "train.tsv").write_text("query-id\tcorpus-id\tscore\nr\td\t1\n")
    assert held_out_texts([pairs]) == {"good day", "bonjour", "good night", "bonne nuit"}
    assert held_out_texts([chats, ranked]) == {"nice to meet you", "what is it"}


def test_a_set_without_held_out_parts_is_named(tmp_path: Path) -> None:
    write(tmp_path / "train.jsonl", [{"text": "a", "label": "b"}])
    with pytest.raises(DataError, match="neither a dev nor a test part"):
        held_out_texts([tmp_path])


def test_short_turns_are_common_property_and_fields_are_not() -> None:
    keys = {"thank you", "nice to meet you"}
    assert without({"src": "Thank you!", "tgt": "Merci !"}, keys) == []
    assert without({"turns": [{"speaker": "a", "text": "Nice to meet you."}]}, keys) == []
    for record in ({"turns": [{"speaker": "a", "text": "Thank you."}]}, {"text": "else", "label": "thank you"}):
        assert without(record, keys) == [record]


def test_a_dialogue_is_cut_where_it_holds_one_and_the_rest_stays() -> None:
    turns = [{"speaker": "ab"[i % 2], "text": f"this is turn {i}"} for i in range(5)]
    left = without({"id": "d", "turns": turns}, {"this is turn 2"})
    assert left == [{"id": "d", "turns": turns[:2]}, {"id": "d", "turns": turns[3:]}]


def test_training_leaves_out_what_another_set_holds_out(tmp_path: Path) -> None:
    own, other = tmp_path / "own", tmp_path / "other_en_fr"
    write(own / "train.jsonl", [{"text": f"text {i}", "label": "x"} for i in range(30)])
    write(other / "dev.jsonl", [{"src": "Text 7!", "tgt": "texte 7"}])
    config = HeadConfig(data=(str(own),))
    said: list[str] = []

    def records(*exclude: str) -> set[str]:
        recipe = Recipe({"any": config}, data=DataConfig(exclude=exclude))
        return {record["text"] for record in training_records(Labels, config, recipe, said.append)}

    assert "text 7" in records()
    assert records() - records(str(other)) == {"text 7"}
    assert said
    assert "1 records of own" in said[-1]
