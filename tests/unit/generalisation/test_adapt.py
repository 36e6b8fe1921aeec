from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from chatkit import cli
from chatkit.assistant import Assistant
from chatkit.data.records import Problems
from chatkit.errors import DataError
from chatkit.generalisation.adapt import AdaptConfig, adapt_language_model, bits_per_byte_of
from chatkit.text.views import MESSAGE, conversation_ids, frame
from chatkit.training.familiarity import familiarity_of
from chatkit.training.past import data_of
from chatkit.training.reading import read_records

SENTENCES = [
    f"Das {a} steht {b} neben dem {c}."
    for a in ("Haus", "Auto", "Rad", "Boot", "Zelt")
    for b in ("heute", "morgen", "immer")
    for c in ("Bahnhof", "Fluss", "Markt", "Wald")
]
QUICK = AdaptConfig(minutes=0.15, epochs=30, learning_rate=5e-3)


def sequences(assistant: Assistant, trained: Path) -> tuple[list[list[int]], list[list[int]]]:
    tokenizer, head = assistant.tokenizer, type(assistant.heads["generation"])
    new = [frame(tokenizer, MESSAGE, tokenizer.encode(text), 200) for text in SENTENCES]
    old = [r for path in data_of(trained, head) for r in read_records(head, path, "train", Problems())]
    return new, [conversation_ids(tokenizer, record) for record in old[:80]]


def test_the_new_domain_gains_and_the_old_stays_within_the_bound(assistant: Assistant, trained: Path) -> None:
    new, old = sequences(assistant, trained)
    found = adapt_language_model(assistant, new, old, QUICK)
    assert found.target[1] < 0.9 * found.target[0]
    assert found.old[1] <= found.old[0] * (1 + QUICK.bound)
    assert 0 < found.mix <= 1
    assert not assistant.backbone.training
    assert bits_per_byte_of(assistant, new) < 0.9 * found.target[0]


def test_no_rise_allowed_still_gives_a_model_within_the_bound(assistant: Assistant, trained: Path) -> None:
    before = {name: t.clone() for name, t in assistant.backbone.state_dict().items()}
    new, old = sequences(assistant, trained)
    found = adapt_language_model(assistant, new, old, AdaptConfig(minutes=0.1, epochs=5, bound=0.0))
    assert found.old[1] <= found.old[0]
    if found.mix == 0:
        after = assistant.backbone.state_dict()
        assert all(torch.equal(before[name], after[name]) for name in before)


def test_too_little_text_is_said(assistant: Assistant) -> None:
    with pytest.raises(DataError, match="the new domain has only 1 texts"):
        adapt_language_model(assistant, [[1, 2, 3]], [[1, 2, 3]] * 50, QUICK)
    with pytest.raises(ValueError, match="bound"):
        AdaptConfig(bound=-1)


def test_the_command_writes_a_new_lineage_with_its_heads(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], load_assistant: Callable[[Path], Assistant]
) -> None:
    (tmp_path / "german.txt").write_text("\n".join(SENTENCES), encoding="utf-8")
    out, args = tmp_path / "adapted", ["--model", str(trained), "--minutes", "0.1", "--bound", "0.3", "--json"]
    assert cli.run(["adapt", "--on", str(tmp_path / "german.txt"), "--out", str(out), *args]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["language_model"]["target"]["change"] < 0
    assert {"generation", "sentiment", "retrieval"} == set(told["heads"])
    assert {"before", "after", "difference"} <= set(told["heads"]["sentiment"]["accuracy"])
    old, new = load_assistant(trained), load_assistant(out)
    assert new.lineage == told["lineage"] != old.lineage
    assert set(new.heads) == set(old.heads)
    assert new.report["adapted"][0]["on"] == "german.txt"
    text = "Das Boot steht morgen neben dem Markt."
    before, after = familiarity_of(old, text), familiarity_of(new, text)
    assert before is not None
    assert after is not None
    assert after.value > before.value + 0.2
    assert after.nearest == "german.txt"
    assert cli.run(["adapt", "--on", str(tmp_path / "german.txt"), "--out", str(out), *args]) == 2  # not empty


def test_counts_grow_by_a_domain(assistant: Assistant) -> None:
    known = assistant.confidence.familiarity
    assert known is not None
    rows = [assistant.tokenizer.encode(text) for text in SENTENCES]
    grown = known.counts.extended("german", rows)
    assert grown.names == (*known.counts.names, "german")
    assert grown.fit(rows[0]).pairs < 0.6 * known.counts.fit(rows[0]).pairs
    assert int(np.argmin(grown.fit(rows[0]).domains)) == len(grown.names) - 1
    again = grown.extended("german", rows)
    assert again.names == grown.names
