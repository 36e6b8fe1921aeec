"""What heads take in once the training is done: by ``chatkit train``, and anew by ``chatkit calibrate``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from chatkit_generation import Generation

from chatkit import cli
from chatkit.assistant import Assistant
from chatkit.errors import HeadError
from chatkit.registry import Registry
from chatkit.training.evaluator import evaluate
from chatkit.training.filling import fill_heads, filling_from, filling_of
from chatkit.training.progress import Progress
from chatkit.training.recipe import load_recipe
from chatkit.training.run import Run
from chatkit.training.sweep.trial import run_trial

THINGS = ("train", "ferry", "kettle", "lamp", "bridge", "garden", "oven", "window", "ladder", "bucket", "engine", "rug")
SAID = ("the {} is in the shed behind the old mill", "the {} was sold at the fair on the hill last year")
SETTINGS = (
    "tokenizer.vocab_size=300",
    "encoder.embedding=16",
    "encoder.hidden=24",
    "train.threads=1",
    "train.evaluate=1",
)


@pytest.fixture(scope="module")
def dialogues(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where things are; the same phrases in all parts, of other things."""
    folder = tmp_path_factory.mktemp("sets") / "things"
    folder.mkdir()
    for split, things in (("train", THINGS[:8]), ("dev", THINGS[8:10]), ("test", THINGS[10:])):
        lines = []
        for thing in things:
            for said in SAID:
                turns = [{"speaker": "user", "text": f"where is the {thing}?"}]
                turns.append({"speaker": "assistant", "text": said.format(thing)})
                lines.append(json.dumps({"turns": turns}))
        (folder / f"{split}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def config_of(folder: Path, at: Path, options: str = "ngrams = 300", steps: int = 5, repeat: int = 1) -> Path:
    file = at / "config.toml"
    data = f'{{ path = "{folder.as_posix()}", repeat = {repeat} }}'
    file.write_text(
        f"[train]\nsteps = {steps}\n\n[heads.generation]\ndata = [{data}]\n\n[heads.generation.options]\n{options}\n",
        encoding="utf-8",
    )
    return file


def trained_on(folder: Path, at: Path, **more: Any) -> Path:
    model = at / "model"
    run = Run(load_recipe(str(config_of(folder, at, **more)), SETTINGS), model, Progress(quiet=True), device="cpu")
    run.start()
    assert run.train()
    return model


def load(model: Path) -> Assistant:
    return Assistant.load(model, Registry().load).eval()


def bits(assistant: Assistant, folder: Path) -> float:
    records = [json.loads(line) for line in (folder / "test.jsonl").read_text(encoding="utf-8").splitlines()]
    return evaluate(assistant, assistant.heads["generation"], records)["bits_per_byte"].value


def table(model: Path) -> dict[str, torch.Tensor]:
    return dict(load(model).heads["generation"].ngrams.named_buffers())  # type: ignore[union-attr]


def test_training_ends_with_the_phrases_of_its_texts_made_likelier(dialogues: Path, tmp_path: Path) -> None:
    model = trained_on(dialogues, tmp_path)
    assistant = load(model)
    both = bits(assistant, dialogues)
    assistant.heads["generation"].ngrams.shut()  # type: ignore[union-attr, operator]
    assert both < 0.7 * bits(assistant, dialogues)
    report = json.loads((model / "report.json").read_text(encoding="utf-8"))
    assert report["dev"]["generation"]["metrics"]["bits_per_byte"]["value"] < 0.7 * bits(assistant, dialogues)


def test_a_text_counts_once_however_often_it_is_trained_on(dialogues: Path, tmp_path: Path) -> None:
    assistant = load(trained_on(dialogues, tmp_path))
    head = assistant.heads["generation"]
    found = []
    for repeat in (1, 5):
        fill_heads(assistant, load_recipe(str(config_of(dialogues, tmp_path, repeat=repeat)), []), lambda line: None)
        found.append({name: buffer.clone() for name, buffer in head.ngrams.named_buffers()})  # type: ignore[union-attr]
    assert all(torch.equal(found[0][name], found[1][name]) for name in ("unigrams", "words", "values", "first"))


def test_calibrate_counts_other_texts_and_leaves_what_was_trained(
    dialogues: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, before = trained_on(dialogues, tmp_path), {}
    for name in ("encoder.safetensors", "tokenizer.model"):
        before[name] = (model / name).read_bytes()
    weights, counted = load(model).heads["generation"].state_dict(), table(model)
    other = tmp_path / "other"
    other.mkdir()
    for split in ("train", "dev"):
        turns = [{"speaker": "user", "text": "who lives here?"}, {"speaker": "assistant", "text": "nobody I know of"}]
        (other / f"{split}.jsonl").write_text((json.dumps({"turns": turns}) + "\n") * 4, encoding="utf-8")
    assert cli.run(["calibrate", "--model", str(model), "--only", "heads"]) == 0  # of what it was trained on
    assert all(torch.equal(table(model)[name], buffer) for name, buffer in counted.items())
    config = config_of(other, tmp_path)
    assert cli.run(["calibrate", "--model", str(model), "--config", str(config), "--only", "heads"]) == 0
    assert "taken in anew: generation" in capsys.readouterr().out
    assert not torch.equal(table(model)["words"], counted["words"])
    after = load(model).heads["generation"].state_dict()
    assert all(torch.equal(after[name], value) for name, value in weights.items() if not name.startswith("ngrams."))
    assert all((model / name).read_bytes() == content for name, content in before.items())


def test_a_head_without_room_takes_nothing_in(dialogues: Path, tmp_path: Path) -> None:
    model = trained_on(dialogues, tmp_path, options="", steps=1)
    assistant = load(model)
    assert assistant.heads["generation"].ngrams is None
    assert fill_heads(assistant, load_recipe(str(config_of(dialogues, tmp_path)), []), lambda line: None) == []


def test_a_text_without_dev_part_holds_some_of_it_out(dialogues: Path, tmp_path: Path) -> None:
    lone = tmp_path / "lone.jsonl"
    lone.write_text((dialogues / "train.jsonl").read_text(encoding="utf-8"), encoding="utf-8")
    heads = load(trained_on(lone, tmp_path, steps=1)).heads
    assert not heads["generation"].ngrams.is_empty  # type: ignore[union-attr]


def test_private_training_counts_nothing_nor_does_calibrate(
    dialogues: Path, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The promise of differential privacy is of what is trained with noise; counts have none."""
    pytest.importorskip("opacus")
    file = config_of(dialogues, tmp_path)
    dp = ("train.dp.epsilon=8", "train.dp.delta=1e-3")
    own = f"tokenizer.path={trained / 'tokenizer.model'}"
    recipe = load_recipe(str(file), [*SETTINGS[1:], *dp, own, "train.steps=2"])
    model = tmp_path / "private"
    run = Run(recipe, model, Progress(quiet=True), device="cpu")
    run.start()
    assert run.train()
    assert load(model).heads["generation"].ngrams.is_empty  # type: ignore[union-attr]
    assert cli.run(["calibrate", "--model", str(model)]) == 2
    assert "train.dp" in capsys.readouterr().err
    assert load(model).heads["generation"].ngrams.is_empty  # type: ignore[union-attr]


def test_a_head_that_fails_is_named(dialogues: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assistant = load(trained_on(dialogues, tmp_path, steps=1))

    def broken(filling: object) -> None:
        raise RuntimeError("no such luck")

    monkeypatch.setattr(assistant.heads["generation"], "fill", broken)
    with pytest.raises(HeadError, match=r"generation failed in fill: RuntimeError: no such luck"):
        fill_heads(assistant, load_recipe(str(config_of(dialogues, tmp_path)), []), lambda line: None)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("self.register_buffer('more', torch.ones(2))", "more is new"),
        ("self.pointer.scale += 1", "pointer.scale was trained"),
        ("self.ngrams.gate.fill_(float('nan'))", "ngrams.gate holds what is no finite number"),
    ],
)
def test_a_fill_that_would_leave_a_broken_head_is_refused_and_nothing_written(
    dialogues: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, fault: str, said: str
) -> None:
    model = trained_on(dialogues, tmp_path, options="ngrams = 300\npointer = 8", steps=1)
    before = (model / "heads/generation/weights.safetensors").read_bytes()
    monkeypatch.setattr(Generation, "fill", lambda self, filling: exec(fault, {"self": self, "torch": torch}))
    assert cli.run(["calibrate", "--model", str(model), "--only", "heads"]) != 0
    assert said in capsys.readouterr().err
    assert (model / "heads/generation/weights.safetensors").read_bytes() == before


def test_what_another_assistant_counted_is_not_heard_in_training_from_it(dialogues: Path, tmp_path: Path) -> None:
    model = trained_on(dialogues, tmp_path, steps=1)
    recipe = load_recipe(str(config_of(dialogues, tmp_path)), [*SETTINGS, f"init={model}"])
    run = Run(recipe, tmp_path / "next", Progress(quiet=True), device="cpu")
    run.start()
    assert run.assistant.heads["generation"].ngrams.is_empty  # type: ignore[union-attr]
    assert run.train()
    assert not run.assistant.heads["generation"].ngrams.is_empty  # type: ignore[union-attr]


def test_runs_of_a_sweep_are_measured_with_what_they_took_in(dialogues: Path, tmp_path: Path) -> None:
    recipe = load_recipe(str(config_of(dialogues, tmp_path)), SETTINGS)
    result = run_trial(recipe, tmp_path / "run", Progress(quiet=True), examples=0, keep=False)
    alone = load_recipe(str(config_of(dialogues, tmp_path, options="")), SETTINGS)
    without = run_trial(alone, tmp_path / "alone", Progress(quiet=True), examples=0, keep=False)
    assert result is not None
    assert without is not None
    heard, bare = (part["test"]["generation"]["metrics"]["bits_per_byte"]["value"] for part in (result, without))
    assert heard < 0.7 * bare


def test_pieces_of_a_text_are_those_that_are_encoded(trained: Path, tmp_path: Path) -> None:
    assistant = load(trained)
    head = assistant.heads["sentiment"]
    records = [{"text": "good fun", "label": "positive"}, {"text": "what an awful day", "label": "negative"}]
    filling = filling_from(assistant, head, lambda: records, dict, print, 1)
    (fields,) = filling.encode(records)
    lengths = sorted(int(n) for n in fields["text"].lengths)
    assert sorted(len(filling.ids(record)) for record in records) == lengths


@pytest.mark.parametrize("ngrams", ['"many"', "-5", "1.5", "true", "10000000000"])
def test_room_that_is_none_is_named(dialogues: Path, tmp_path: Path, capsys: Any, ngrams: str) -> None:
    config = config_of(dialogues, tmp_path, options=f"ngrams = {ngrams}")
    settings = [part for pair in SETTINGS for part in ("--set", pair)]
    assert cli.run(["train", str(config), "--out", str(tmp_path / "model"), *settings]) == 2
    assert "ngrams must be a whole number from 0 to 10,000,000" in capsys.readouterr().err


def test_two_data_sets_of_the_same_short_name_are_both_dev(dialogues: Path, tmp_path: Path) -> None:
    twin = tmp_path / "a" / "sets0" / dialogues.name
    shutil.copytree(dialogues, twin)
    assistant = load(trained_on(dialogues, tmp_path, steps=1))
    other = tmp_path / "b" / "sets0" / dialogues.name
    shutil.copytree(dialogues, other)
    recipe = load_recipe(str(config_of(twin, tmp_path)), [f'heads.generation.data=["{twin}", "{other}"]'])
    assert len(filling_of(assistant, assistant.heads["generation"], recipe, print).dev()) == 2


def test_calibrate_names_a_head_that_cannot_be_loaded(dialogues: Path, tmp_path: Path, capsys: Any) -> None:
    model = trained_on(dialogues, tmp_path, steps=1)
    weights = model / "heads/generation/weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    assert cli.run(["calibrate", "--model", str(model)]) == 2
    said = capsys.readouterr().err
    assert "generation" in said.splitlines()[-1]
    assert "no data to fit on" not in said


def test_ctrl_c_while_it_counts_says_how_to_go_on(
    dialogues: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def stopped(self: Generation, filling: object) -> None:
        raise KeyboardInterrupt

    recipe = load_recipe(str(config_of(dialogues, tmp_path)), SETTINGS)
    with monkeypatch.context() as patch:
        patch.setattr(Generation, "fill", stopped)
        run = Run(recipe, tmp_path / "model", Progress(quiet=False), device="cpu")
        run.start()
        with pytest.raises(KeyboardInterrupt):
            run.train()
    assert "stopped after step 5, before the assistant was saved: go on with --resume" in capsys.readouterr().err
    run = Run(recipe, tmp_path / "model", Progress(quiet=True), device="cpu")
    run.resume()
    assert run.train()
    assert not load(tmp_path / "model").heads["generation"].ngrams.is_empty  # type: ignore[union-attr]
