"""An assistant on disk: what is loaded answers as what was saved, and damage is named."""

from __future__ import annotations

import json
import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from chatkit.assistant import Assistant
from chatkit.checkpoint import load_tensors, save_tensors
from chatkit.errors import HeadError, ModelError, StorageError
from chatkit.head.classifier import Classifier
from chatkit.head.setup import HeadSetup
from chatkit.text.tokenizer import Tokenizer

Load = Callable[[Path], Assistant]
TEXTS = ["I love this, thank you!", "what an awful waste", "where is the station?", ""]


def said(assistant: Assistant) -> dict[str, Any]:
    """What the heads say of some texts."""
    sentiment, retrieval, generation = (assistant.heads[n] for n in ("sentiment", "retrieval", "generation"))
    records = [{"text": text} for text in TEXTS]
    with torch.inference_mode():
        probabilities = [
            a.as_json()["probabilities"]
            for a in sentiment.answer(assistant.encode_records(sentiment, records), records)
        ]
        nexts = [a.plain for a in generation.answer({"text": assistant.encode(TEXTS, "message")}, records)]
    return {
        "sentiment": np.array([list(p.values()) for p in probabilities]),
        "vectors": assistant.vectors(retrieval, TEXTS, "query"),
        "next": nexts,
    }


def test_loaded_answers_are_the_saved_ones(trained: Path, tmp_path: Path, load_assistant: Load) -> None:
    first = load_assistant(trained)
    first.save(tmp_path / "again")
    second = load_assistant(tmp_path / "again")
    one, two = said(first), said(second)
    assert np.array_equal(one["sentiment"], two["sentiment"])
    assert np.array_equal(one["vectors"], two["vectors"])
    assert one["next"] == two["next"]
    assert second.lineage == first.lineage
    assert second.setups == first.setups
    assert second.report == first.report
    assert second.name == "again"
    assert not second.failures


def test_int8_answers_are_close_at_a_third_of_the_size(trained: Path, tmp_path: Path, load_assistant: Load) -> None:
    first = load_assistant(trained)
    first.save(tmp_path / "small", precision="int8")
    one, two = said(load_assistant(trained)), said(load_assistant(tmp_path / "small"))
    assert np.abs(one["sentiment"] - two["sentiment"]).max() < 0.02
    assert (one["vectors"] * two["vectors"]).sum(1).min() > 0.995
    sizes = [(folder / "encoder.safetensors").stat().st_size for folder in (trained, tmp_path / "small")]
    assert sizes[1] < sizes[0] / 3


def test_nothing_on_disk_is_a_pickle(trained: Path) -> None:
    files = {p.relative_to(trained).as_posix() for p in trained.rglob("*") if p.is_file()}
    assert {"assistant.toml", "tokenizer.model", "encoder.safetensors", "report.json"} <= files
    assert {f"heads/{n}/head.json" for n in ("generation", "retrieval", "sentiment")} <= files
    assert not [f for f in files if not f.endswith((".toml", ".model", ".safetensors", ".json", ".csv"))]


def spoil_missing(folder: Path, name: str) -> None:
    (folder / name).unlink()


@pytest.mark.parametrize("name", ["assistant.toml", "tokenizer.model", "encoder.safetensors"])
def test_a_missing_file_is_named(model: Path, load_assistant: Load, name: str) -> None:
    (model / name).unlink()
    with pytest.raises(ModelError, match=name.replace(".", r"\.")) as caught:
        load_assistant(model)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["tokenizer.model", "encoder.safetensors", "assistant.toml", "report.json"])
@pytest.mark.parametrize("keep", [0, 40])
def test_a_file_that_was_cut_short_is_named(model: Path, load_assistant: Load, name: str, keep: int) -> None:
    (model / name).write_bytes((model / name).read_bytes()[:keep])
    with pytest.raises(ModelError, match=name.replace(".", r"\.")) as caught:
        load_assistant(model)
    assert "\n" not in str(caught.value)


def test_a_folder_is_meant(tmp_path: Path, load_assistant: Load) -> None:
    with pytest.raises(ModelError, match=r"none: no such model folder \(make one with: chatkit train"):
        load_assistant(tmp_path / "none")
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModelError, match="file: is a file, not a model folder"):
        load_assistant(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"empty: no assistant\.toml in it \(is this a model folder\?\)"):
        load_assistant(tmp_path / "empty")
    (tmp_path / "begun" / "run").mkdir(parents=True)
    with pytest.raises(ModelError, match="training has not finished: go on with --resume"):
        load_assistant(tmp_path / "begun")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("format = 1", "format = 99", r"made by a newer chatkit \(format 99, this one reads up to 1\) \(upgrade"),
        ("format = 1", "format = 'x'", "lacks format, lineage"),
        ("lineage", "line", "lacks format, lineage"),
        ("hidden = 96", "hidden = 97", r"encoder\.safetensors: does not fit its config at "),
        ("layers = 1", "layers = 2", r"does not fit its config at encoder\.lstm"),
        ("hidden = 96", "hidden = 0", r"encoder\.hidden must lie in"),
        ('kind = "lstm"', 'kind = "rnn"', r"encoder\.kind must be one of lstm"),
        ("hidden = 96", "hiden = 96", r"unknown key encoder\.hiden"),
    ],
)
def test_a_config_that_does_not_fit_is_one_line(
    model: Path, load_assistant: Load, old: str, new: str, message: str
) -> None:
    edit(model / "assistant.toml", old, new)
    with pytest.raises(ModelError, match=message) as caught:
        load_assistant(model)
    assert "\n" not in str(caught.value)


def test_a_tokenizer_of_another_size_does_not_fit(model: Path, load_assistant: Load) -> None:
    other = Tokenizer.train([f"word{i} and more" for i in range(200)], vocab_size=330)
    (model / "tokenizer.model").write_bytes(other.to_bytes())
    with pytest.raises(ModelError, match=r"encoder\.safetensors: does not fit"):
        load_assistant(model)


def test_a_file_that_claims_absurd_sizes_is_refused(model: Path, load_assistant: Load) -> None:
    header = json.dumps({"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}).encode()
    (model / "encoder.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    with pytest.raises(ModelError, match="cut short or damaged"):
        load_assistant(model)


def break_head(model: Path, how: str) -> None:
    folder = model / "heads" / "sentiment"
    if how == "stale":
        edit(folder / "head.json", json.loads((folder / "head.json").read_text())["lineage"], "0" * 16)
    elif how == "no weights":
        (folder / "weights.safetensors").unlink()
    elif how == "cut":
        (folder / "weights.safetensors").write_bytes((folder / "weights.safetensors").read_bytes()[:-9])
    elif how == "shapes":
        tensors, _ = load_tensors(folder / "weights.safetensors")
        save_tensors(folder / "weights.safetensors", {k: v[:1] for k, v in tensors.items()})
    elif how == "json":
        (folder / "head.json").write_text("{")
    elif how == "keys":
        (folder / "head.json").write_text('{"name": "sentiment"}')
    elif how == "options":
        data = json.loads((folder / "head.json").read_text())
        (folder / "head.json").write_text(json.dumps({**data, "options": {"activation": "swish"}}))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("stale", "head sentiment is stale: trained for another encoder"),
        ("no weights", r"weights\.safetensors: cannot be read"),
        ("cut", r"weights\.safetensors: cut short or damaged"),
        ("shapes", r"weights\.safetensors: does not fit"),
        ("json", r"head\.json: not valid JSON"),
        ("keys", r"head\.json: malformed"),
        ("options", "head sentiment failed in build: ValueError: no activation 'swish'"),
    ],
)
def test_a_head_in_a_bad_state_is_reported_and_the_others_load(
    model: Path, load_assistant: Load, how: str, message: str
) -> None:
    break_head(model, how)
    assistant = load_assistant(model)
    assert set(assistant.heads) == {"generation", "retrieval"}
    with pytest.raises((ModelError, HeadError), match=message):
        raise assistant.failures["sentiment"]
    assert "\n" not in str(assistant.failures["sentiment"])


def test_a_head_whose_class_is_gone_is_reported(trained: Path) -> None:
    def find(name: str) -> Any:
        raise HeadError(f"no head is called {name}", head=name)

    assistant = Assistant.load(trained, find)
    assert not assistant.heads
    assert set(assistant.failures) == {"generation", "retrieval", "sentiment"}


def test_only_the_heads_that_are_asked_for(trained: Path) -> None:
    from chatkit.registry import Registry

    assert set(Assistant.load(trained, Registry(safe=True).load, only=["sentiment"]).heads) == {"sentiment"}


def test_a_crash_between_the_renames_loses_nothing(model: Path, load_assistant: Load) -> None:
    expected = said(load_assistant(model))
    os.rename(model, model.with_name(".model.old"))
    assistant = load_assistant(model)  # puts it back
    assert np.array_equal(said(assistant)["sentiment"], expected["sentiment"])
    shutil.copytree(model, model.with_name(".model.old"))
    shutil.rmtree(model / "run")
    load_assistant(model)  # the new one is in place, the run had not moved yet
    assert (model / "run" / "checkpoint.safetensors").is_file()
    assert not model.with_name(".model.old").exists()


def test_a_full_disk_leaves_the_old_assistant(
    model: Path, load_assistant: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    assistant = load_assistant(model)
    before = {p: p.read_bytes() for p in model.rglob("*") if p.is_file()}

    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match="No space left"):
            assistant.save(model)
    assert {p: p.read_bytes() for p in model.rglob("*") if p.is_file()} == before
    assert [p.name for p in model.parent.iterdir()] == ["model"]


def test_saving_again_drops_heads_that_are_gone_and_keeps_the_users_files(model: Path, load_assistant: Load) -> None:
    (model / "CARD.md").write_text("# card")
    (model / "notes").mkdir()
    assistant = load_assistant(model)
    del assistant.heads["retrieval"]
    assistant.save(model)
    assert sorted(p.name for p in (model / "heads").iterdir()) == ["generation", "sentiment"]
    assert (model / "CARD.md").read_text() == "# card"
    assert (model / "notes").is_dir()
    assert (model / "run" / "checkpoint.safetensors").is_file()


def test_the_folder_that_we_stand_in_can_be_loaded(
    trained: Path, load_assistant: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(trained)
    assert load_assistant(Path()).name == "small"


def test_a_changed_encoder_has_a_lineage_of_its_own(model: Path, load_assistant: Load) -> None:
    assistant = load_assistant(model)
    before = assistant.lineage
    with torch.no_grad():
        assistant.backbone.encoder.embedding.weight[0, 0] += 1
    assistant.save(model)
    assert assistant.lineage != before
    assert set(load_assistant(model).heads) == {"generation", "retrieval", "sentiment"}  # stamped anew


def test_vectors_of_many_texts_equal_one_by_one(assistant: Assistant) -> None:
    head = assistant.heads["retrieval"]
    texts = ["short", "a much longer text about the station and the market " * 5, "", "middle sized text"]
    many = assistant.vectors(head, texts, "doc")
    assert many.dtype == np.float32
    for i, text in enumerate(texts):
        np.testing.assert_allclose(many[i], assistant.vectors(head, [text], "doc")[0], atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(many, axis=1), 1, atol=1e-5)
    assert assistant.vectors(head, [], "doc").shape[0] == 0


def test_vectors_that_are_wrong_are_the_heads_fault(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    head = assistant.heads["retrieval"]
    for wrong in (torch.full((1, 3), float("nan")), torch.zeros(5, 3), torch.zeros(1)):
        monkeypatch.setattr(head, "vector", lambda encoded, field, wrong=wrong: wrong)
        with pytest.raises(HeadError, match="head retrieval failed in vector"):
            assistant.vectors(head, ["x"], "query")


def test_a_build_that_fails_is_the_heads_fault(assistant: Assistant) -> None:
    class Bad(Classifier):
        name = "bad"
        examples = ({"text": "x", "label": "only one"},)

    with pytest.raises(HeadError, match="head bad failed in build: ValueError: bad needs at least two labels"):
        assistant.add_head(Bad, HeadSetup())
    assert "bad" not in assistant.heads


def test_a_causal_head_needs_a_causal_encoder(assistant: Assistant) -> None:
    from chatkit_generation import Generation

    assistant.backbone.encoder.causal = False
    with pytest.raises(HeadError, match="head generation needs a causal encoder"):
        assistant.add_head(Generation, HeadSetup())


def test_vectors_of_many_texts_are_those_of_each_alone(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    head = assistant.vector_head()
    assert head is not None
    texts = [f"where is platform {i}? " * (1 + i % 9) for i in range(40)]
    alone = assistant.vectors(head, texts, "doc")
    monkeypatch.setattr("chatkit.head.vectors._MANY_IDS", 100)
    monkeypatch.setattr("chatkit.head.vectors._PADDED_IDS_A_CORE", 300)
    monkeypatch.setattr("chatkit.head.vectors.cores", lambda: 2)
    many = assistant.vectors(head, texts, "doc")
    assert not assistant.backbone.encoder.narrow_reading
    assert (alone * many).sum(1).min() > 0.999
    monkeypatch.setattr("chatkit.head.vectors.bfloat16_pays", lambda device: False)
    torch.testing.assert_close(torch.tensor(assistant.vectors(head, texts, "doc")), torch.tensor(alone))
