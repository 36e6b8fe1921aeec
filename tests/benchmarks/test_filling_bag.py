"""What fills the bag of pieces of the shipped ranking head: trained weights stay, mistakes are named."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from chatkit import paths
from chatkit.runtime.loading import load_trained
from chatkit.training.recipe import load_recipe

THINGS = ("train", "ferry", "kettle", "lamp", "bridge", "garden", "oven", "window", "ladder", "bucket", "engine", "rug")


@pytest.fixture(scope="module")
def bag(recipe_script):
    return recipe_script("bag")


@pytest.fixture
def collection(tmp_path):
    """Passages on things, asked for with another word for what is done with them."""
    folder = tmp_path / "things"
    (folder / "qrels").mkdir(parents=True)
    rows = [{"_id": thing, "text": f"To mend the {thing}, call the workshop."} for thing in THINGS]
    rows += [{"_id": f"{thing}2", "text": f"To buy a {thing}, go to the market."} for thing in THINGS]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    asked = [{"_id": f"q{thing}", "text": f"my {thing} is broken"} for thing in THINGS]
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, asked)), encoding="utf-8")
    for split, things in (("train", THINGS[:8]), ("dev", THINGS[8:])):
        lines = ["query-id\tcorpus-id\tscore", *(f"q{thing}\t{thing}\t1" for thing in things)]
        (folder / "qrels" / f"{split}.tsv").write_text("\n".join(lines), encoding="utf-8")
    return folder


def config_of(folder: Path, tmp_path: Path) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(f'[heads.retrieval]\ndata = ["{folder.as_posix()}"]\n', encoding="utf-8")
    return file


def test_it_learns_what_words_do_not_say_and_leaves_the_rest(bag, model, collection, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bag, "STEPS", 40)
    before = {path: path.read_bytes() for path in model.rglob("*") if path.is_file() and "retrieval" not in path.parts}
    trained = load_trained(model).heads["retrieval"].state_dict()
    bag.fill(model, load_recipe(str(config_of(collection, tmp_path))))
    assistant = load_trained(model)
    head = assistant.heads["retrieval"]
    assert not head.bag.is_empty
    assert head.bag_share in bag.SHARES
    after = head.state_dict()
    assert all(torch.equal(after[name], value) for name, value in trained.items())
    assert {path: path.read_bytes() for path in before} == before
    head.bag_share = 1.0
    things = THINGS[8:]  # no query of theirs was trained on
    asked = assistant.vectors(head, [f"my {thing} is broken" for thing in things], "query")
    mended = assistant.vectors(head, [f"To mend the {thing}, call the workshop." for thing in things], "doc")
    bought = assistant.vectors(head, [f"To buy a {thing}, go to the market." for thing in things], "doc")
    assert ((asked * mended).sum(1) > (asked * bought).sum(1)).all()
    assert "8 queries, 24 passages" in capsys.readouterr().out


def test_a_batch_holds_what_is_right_and_what_bm25_finds(bag):
    rows = [[1, 2], [1, 3], [1, 4]]
    pairs = bag.Pairs(rows[:2], rows, [frozenset({0, 2}), frozenset({1})], [{0: 1.0, 1: 0.5, 2: 0.25}, {}])
    queries, documents, bm25, none, right = bag.draw(pairs, np.random.default_rng(1))
    for row, query in enumerate(queries):
        own = documents[int(right[row])]
        assert own in pairs.right[query]
        for column, document in enumerate(documents):
            assert float(bm25[row, column]) == pairs.near[query].get(document, 0)
            assert bool(none[row, column]) == (document in pairs.right[query] and document != own)
    assert 1 in documents  # found for the first, and wrong for it


def test_a_config_without_collections_is_named(bag, model, tmp_path, monkeypatch):
    pairs = tmp_path / "pairs"
    pairs.mkdir()
    (pairs / "train.jsonl").write_text(json.dumps({"query": "a", "doc": "b"}) + "\n", encoding="utf-8")
    config = config_of(pairs, tmp_path)
    monkeypatch.setattr(sys, "argv", ["bag.py", str(model), "--config", str(config)])
    with pytest.raises(SystemExit, match=r"no qrels/train\.tsv in .*pairs"):
        bag.main()


def test_the_assistant_that_ships_is_not_changed_and_nothing_is_trained_for_it(bag, collection, tmp_path, monkeypatch):
    monkeypatch.setattr(bag, "train", lambda *_: pytest.fail("trained before it was refused"))
    arguments = [str(paths.shipped_model()), "--config", str(config_of(collection, tmp_path))]
    monkeypatch.setattr(sys, "argv", ["bag.py", *arguments])
    with pytest.raises(SystemExit, match="is not changed"):
        bag.main()


def test_ctrl_c_is_one_line(bag, model, collection, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(bag, "train", interrupted)
    monkeypatch.setattr(sys, "argv", ["bag.py", str(model), "--config", str(config_of(collection, tmp_path))])
    with pytest.raises(SystemExit, match="as it was"):
        bag.main()
