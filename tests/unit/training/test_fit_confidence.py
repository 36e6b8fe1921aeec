from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from chatkit import cli
from chatkit.assistant import Assistant
from chatkit.confidence.familiarity import CANDIDATES
from chatkit.confidence.record import JSON, TENSORS, HeadConfidence
from chatkit.errors import ModelError
from chatkit.runtime.api import Chat
from chatkit.training.confidence import judge
from chatkit.training.familiarity import cheapest, familiarity_of, fit_familiarity, message_texts
from chatkit.training.recipe import load_recipe

GERMAN = "Ich hätte morgen früh gerne zwei Brötchen mit Käse und einen Kaffee zum Mitnehmen, bitte."


def test_training_leaves_a_calibrated_assistant(assistant: Assistant) -> None:
    confidence = assistant.confidence
    assert confidence.familiarity is not None
    assert set(confidence.familiarity.counts.names) == {"dialogue", "sentiment", "retrieval"}
    assert set(confidence.heads) == {"sentiment"}  # no other head answers with bars
    assert confidence.heads["sentiment"].figures["ece"] >= 0
    assert assistant.report["confidence"]["heads"]["sentiment"]["temperature"] > 0


def test_answers_carry_calibrated_bars_sets_and_familiarity(trained: Path) -> None:
    said = Chat(trained, safe=True).ask("I love this, thank you!", heads=["sentiment"], coverage=0.8)
    answer = said.as_json()["answers"][0]
    assert answer["coverage"] == 0.8
    assert answer["set"]
    assert set(answer["set"]) <= set(answer["probabilities"])
    assert sum(answer["probabilities"].values()) == pytest.approx(1.0)
    assert said.familiarity is not None
    assert 0.5 < said.familiarity <= 1
    assert "trust" not in said.as_json()  # nothing to explain
    assert said.trust["nearest"] in ("dialogue", "sentiment", "retrieval")


def test_probabilities_are_the_heads_own_at_the_temperature(trained: Path, assistant: Assistant) -> None:
    text, fitted = "what a waste of money", assistant.confidence.heads["sentiment"]
    raw = judge(assistant, assistant.heads["sentiment"], [{"text": text, "label": "negative"}])
    assert raw is not None
    wanted = fitted.judge(dict(zip(raw.labels, raw.probabilities[0].tolist(), strict=True)), 0.9).probabilities
    answer = Chat(trained, safe=True).ask(text, heads=["sentiment"]).as_json()["answers"][0]
    assert answer["probabilities"] == pytest.approx(wanted, abs=1e-4)


def test_foreign_text_is_less_familiar_and_loses_the_promise(trained: Path) -> None:
    chat = Chat(trained, safe=True)
    home = chat.ask("I really like this place, the food was great", heads=["sentiment"])
    away = chat.ask(GERMAN, heads=["sentiment"])
    assert home.familiarity is not None
    assert away.familiarity is not None
    assert away.familiarity < 0.5 < home.familiarity
    bars = away.as_json()["answers"][0]
    assert away.as_json()["trust"]["why"]
    assert not bars["guaranteed"]
    assert "unfamiliar" in bars["why"]
    history = [{"speaker": "user", "text": GERMAN[i:]} for i in range(4)]
    assert chat.ask(GERMAN, heads=["sentiment"], history=history).trust["warning"]


def test_without_the_files_all_of_it_is_off(model: Path) -> None:
    (model / JSON).unlink()
    reply = Chat(model, safe=True).ask("hello there", heads=["sentiment"]).as_json()
    assert reply["familiarity"] is None
    assert "trust" not in reply
    assert "set" not in reply["answers"][0]


def test_saving_keeps_it_and_another_encoder_drops_it(
    model: Path, tmp_path: Path, load_assistant: Callable[[Path], Assistant]
) -> None:
    assistant = load_assistant(model)
    assistant.save(tmp_path / "small", precision="int8")
    again = load_assistant(tmp_path / "small")
    assert again.confidence.heads == assistant.confidence.heads
    assert familiarity_of(again, GERMAN) == familiarity_of(assistant, GERMAN)
    table = json.loads((model / JSON).read_text(encoding="utf-8"))
    (model / JSON).write_text(json.dumps({**table, "lineage": "0" * 16}), encoding="utf-8")
    assert load_assistant(model).confidence.familiarity is None


def test_a_damaged_file_is_named(model: Path, load_assistant: Callable[[Path], Assistant]) -> None:
    table = json.loads((model / JSON).read_text(encoding="utf-8"))
    del table["heads"]["sentiment"]["temperature"]
    (model / JSON).write_text(json.dumps(table), encoding="utf-8")
    with pytest.raises(ModelError, match=r"confidence.json.*malformed"):
        load_assistant(model)


def test_calibrate_fits_an_assistant_that_is_there(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in (JSON, TENSORS):
        (model / name).unlink()
    assert cli.run(["calibrate", "--model", str(model), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["heads"]["sentiment"]["temperature"] > 0
    assert (model / JSON).is_file()
    assert (model / TENSORS).is_file()
    assert cli.run(["calibrate", "--model", str(model), "--set", "seed=2"]) == 2


def test_nothing_is_calibrated_on_labels_that_are_no_gold(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "guessed"
    folder.mkdir()
    rows = [{"text": f"it is wonderful, number {i}", "label": "negative"} for i in range(200)]
    for split in ("train", "dev"):
        (folder / f"{split}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    found = []
    for extra in ("", f', {{ path = "{folder.as_posix()}", gold = false }}', f', "{folder.as_posix()}"'):
        config = tmp_path / "config.toml"
        config.write_text(f'[heads.sentiment]\ndata = ["corpora:english/sentiment"{extra}]\n', encoding="utf-8")
        asked = ["calibrate", "--model", str(model), "--config", str(config), "--only", "confidence", "--json"]
        assert cli.run(asked) == 0
        found.append(json.loads(capsys.readouterr().out)["heads"]["sentiment"])
        domains = json.loads((model / JSON).read_text(encoding="utf-8"))["heads"]["sentiment"]["domains"]
        assert ("guessed" in [domain["name"] for domain in domains]) == ("gold = false" not in extra and bool(extra))
    assert found[0] == found[1]
    assert found[2] != found[0]  # where they count, it is another calibration


def test_calibrate_fits_the_fusion_and_leaves_all_weights_as_they_are(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    setup, kept = model / "heads/retrieval/head.json", [*model.rglob("*.safetensors"), model / JSON]
    table = json.loads(setup.read_text(encoding="utf-8"))
    setup.write_text(json.dumps({**table, "fitted": {}}), encoding="utf-8")
    before = [path.read_bytes() for path in kept]
    assert cli.run(["calibrate", "--model", str(model), "--only", "fusion", "--json"]) == 0
    chosen = json.loads(capsys.readouterr().out)["fusion"]["retrieval"]["chosen"]
    fitted = json.loads(setup.read_text(encoding="utf-8"))["fitted"]
    assert fitted == {"fusion_weight": chosen["weight"], "fusion_sharpness": chosen["sharpness"]}
    assert [path.read_bytes() for path in kept] == before
    report = json.loads((model / "report.json").read_text(encoding="utf-8"))["fusion"]["retrieval"]
    assert report["trials"][0]["not_below"] == [1.0] * len(report["sets"])


def test_judging_says_when_it_is_not_sure(assistant: Assistant) -> None:
    fitted = assistant.confidence.heads["sentiment"]
    doubtful = HeadConfidence(1.0, fitted.conformal, 0.6).judge({"a": 0.5, "b": 0.45, "c": 0.05}, 0.9)
    assert not doubtful.sure
    assert doubtful.why == "between a and b: 50% is too little to decide"
    clear = HeadConfidence(1.0, fitted.conformal, 0.6).judge({"a": 0.97, "b": 0.02, "c": 0.01}, 0.9)
    assert clear.sure
    assert clear.why == ""


def test_messages_of_a_record(assistant: Assistant) -> None:
    heads = assistant.heads
    turns = {"turns": [{"speaker": "user", "text": "hi"}, {"speaker": "assistant", "text": "  "}]}
    assert message_texts(heads["generation"], turns) == ["hi"]
    assert message_texts(heads["retrieval"], {"query": "where?", "doc": "there", "doc_id": "1"}) == ["where?"]
    assert message_texts(heads["sentiment"], {"text": "good", "label": "positive"}) == ["good"]


def test_calibration_does_not_change_which_label_is_decided_for(assistant: Assistant) -> None:
    records = [{"text": t, "label": "positive"} for t in ("fine", "awful service", "it rains")]
    judged = judge(assistant, assistant.heads["sentiment"], records)
    assert judged is not None
    fitted = assistant.confidence.heads["sentiment"]
    for row in judged.probabilities:
        shares = fitted.judge(dict(zip(judged.labels, row.tolist(), strict=True)), None).probabilities
        assert list(shares.values()).index(max(shares.values())) == int(np.argmax(row))


def test_the_cheapest_figures_within_a_point_are_taken() -> None:
    assert cheapest({"a": 0.90, "b": 0.915, "c": 0.92}) == "b"
    assert cheapest({"a": 0.911, "b": 0.915, "c": 0.92}) == "a"


def test_figures_are_chosen_where_foreign_sets_are_named(assistant: Assistant, tmp_path: Path) -> None:
    sets = {"dialogue", "sentiment", "retrieval"}
    known = assistant.confidence.familiarity
    assert known is not None
    assert known.reference["chosen"] == {"name": "pairs + nearest domain", "auroc": {}}  # none was named
    away = tmp_path / "german"
    away.mkdir()
    lines = [json.dumps({"text": GERMAN[i : i + 40], "label": "neutral"}) for i in range(60)]
    (away / "dev.jsonl").write_text("\n".join(lines))
    heads = load_recipe("corpora:english.toml").heads
    sources = {name: [Path(source.path) for source in heads[name].sources] for name in ("generation", "sentiment")}
    found = fit_familiarity(assistant, sources, seed=1, foreign={"sentiment": [away]})
    assert found is not None
    chosen = found.reference["chosen"]
    assert set(chosen["auroc"]) == set(CANDIDATES)
    assert chosen["auroc"]["pairs"]["german"] > 0.9
    assert chosen["name"] == cheapest({name: row["mean"] for name, row in chosen["auroc"].items()})
    assert found.counts.has_domain_pairs == ("its pairs" in chosen["name"])
    assert set(found.counts.names) <= sets
