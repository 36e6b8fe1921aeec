"""``chatkit eval``: which data, and figures that can be checked by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch

from chatkit.assistant import Assistant
from chatkit.errors import DataError, HeadError
from chatkit.runtime.evaluation import evaluate_model
from chatkit.training.evaluator import evaluate

DIALOGUES = [{"turns": [{"speaker": "user", "text": "hello there"}, {"speaker": "assistant", "text": "hi, and you?"}]}]


def test_every_head_on_the_data_of_its_run(trained: Path) -> None:
    figures = evaluate_model(str(trained))
    assert figures["model"] == str(trained)
    heads = figures["heads"]
    assert set(heads) == {"generation", "sentiment", "retrieval"}
    assert heads["sentiment"]["examples"] == 60
    assert {"accuracy", "macro_f1"} <= set(heads["sentiment"])
    assert {"bits_per_byte"} <= set(heads["generation"])
    for name in ("mrr@10", "ndcg@10", "recall@10"):
        assert 0 <= heads["retrieval"][name] <= 1
        assert 0 <= heads["retrieval"][f"bm25_{name}"] <= 1
    assert heads["retrieval"]["ndcg@10"] >= heads["retrieval"]["bm25_ndcg@10"] - 1e-9  # fitted on this very data
    json.dumps(figures, allow_nan=False)


def test_test_is_another_part(trained: Path) -> None:
    row = evaluate_model(str(trained), head="sentiment", split="test")["heads"]["sentiment"]
    assert (row["split"], row["examples"]) == ("test", 60)


def test_data_of_ones_own(trained: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("text,label\nI love it,positive\nI hate it,negative\n")
    row = evaluate_model(str(trained), head="sentiment", data=str(file))["heads"]["sentiment"]
    assert (row["data"], row["examples"]) == ("mine.csv", 2)
    assert row["accuracy"] in (0.0, 0.5, 1.0)


def test_what_cannot_be_measured_is_named(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(HeadError, match="no head nobody"):
        evaluate_model(str(trained), head="nobody")
    with pytest.raises(DataError, match="no such file or folder"):
        evaluate_model(str(trained), head="sentiment", data=str(tmp_path / "none.csv"))
    strange = tmp_path / "strange.csv"
    strange.write_text("text,label\nhm,angry\n")
    with pytest.raises(HeadError, match="label 'angry' is none of positive, neutral, negative"):
        evaluate_model(str(trained), head="sentiment", data=str(strange))


def test_generation_figures_by_hand(assistant: Assistant) -> None:
    head, tokenizer = assistant.heads["generation"], assistant.tokenizer
    metrics = evaluate(assistant, head, DIALOGUES)
    texts = [turn["text"] for turn in DIALOGUES[0]["turns"]]
    first = [tokenizer.special("<user>"), *tokenizer.encode(texts[0]), tokenizer.end]
    ids = torch.tensor([*first, tokenizer.special("<assistant>"), *tokenizer.encode(texts[1]), tokenizer.end])
    with torch.inference_mode():
        states, _ = assistant.backbone.encoder(ids[None])
        logits = assistant.backbone.softmax(states[0, :-1])
        nats = float(torch.nn.functional.cross_entropy(logits, ids[1:], reduction="sum"))
    size = sum(len(text.encode()) + 1 for text in texts)
    assert metrics["bits_per_byte"].value == pytest.approx(nats / math.log(2) / size, rel=1e-4)
    assert metrics["loss"].value == pytest.approx(nats / (len(ids) - 1), rel=1e-4)
    assert metrics["word_perplexity"].value == pytest.approx(math.exp(nats / (5 + 2)), rel=1e-3)


def test_sentiment_figures_by_hand(assistant: Assistant) -> None:
    head = assistant.heads["sentiment"]
    texts = ["I love this", "terrible", "the table is brown", "good", "bad service and a long wait for nothing"]
    labels = ["positive", "negative", "neutral", "positive", "negative"]
    records = [{"text": text, "label": label} for text, label in zip(texts, labels, strict=True)]
    with torch.inference_mode():
        said = [a.as_json()["label"] for a in head.answer(assistant.encode_records(head, records), records)]
    right = sum(a == r["label"] for a, r in zip(said, records, strict=True))
    assert evaluate(assistant, head, records)["accuracy"].value == pytest.approx(right / 5)


def test_long_conversations_are_measured_whole(assistant: Assistant) -> None:
    """Longer than a window, several at once: the state is carried, and every target counts once."""
    head, tokenizer = assistant.heads["generation"], assistant.tokenizer
    turns = [{"speaker": ("user", "assistant")[i % 2], "text": f"this is turn number {i}"} for i in range(60)]
    short = DIALOGUES[0]["turns"]
    both = evaluate(assistant, head, [{"turns": turns}, {"turns": short}])
    alone = [evaluate(assistant, head, [{"turns": part}]) for part in (turns, short)]
    counts = [sum(len(tokenizer.encode(t["text"])) + 2 for t in part) - 1 for part in (turns, short)]
    expected = sum(m["loss"].value * n for m, n in zip(alone, counts, strict=True)) / sum(counts)
    assert both["loss"].value == pytest.approx(expected, rel=1e-4)
