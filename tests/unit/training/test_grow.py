"""A new head on a trained assistant: what it learns, what it leaves alone, what it costs the others."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from chatkit import paths
from chatkit.assistant import Assistant
from chatkit.cli import run
from chatkit.errors import ModelError
from chatkit.plugin_api import Head
from chatkit.registry import Registry
from chatkit.runtime.api import Chat
from chatkit.training.cost import changes, figures
from chatkit.training.grow import Growth
from chatkit.training.progress import Progress

MOOD = """from chatkit.plugin_api import Classifier

class Mood(Classifier):
    name = "mood"
    examples = [{"text": "good fun", "label": "happy"}, {"text": "dull rain", "label": "sad"}]
"""
SMALL = ("tokenizer.vocab_size=500", "encoder.embedding=16", "encoder.hidden=24", "train.steps=6", "train.evaluate=1")
QUICK = ("train.threads=1", "train.evaluate_examples=40")
ADD = ("heads", "add", "mood.py", "--data", "moods")
OTHERS = ("generation", "retrieval", "sentiment")


def sets(*pairs: str) -> list[str]:
    return [part for pair in pairs for part in ("--set", pair)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny assistant, trained on chatkit's own corpus."""
    folder = tmp_path_factory.mktemp("trained") / "model"
    assert run(["train", "corpora:english.toml", "--out", str(folder), *sets(*SMALL, *QUICK)]) == 0
    return folder


@pytest.fixture
def place(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a copy of the assistant, a head in a file and its data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHATKIT_HOME", str(tmp_path / "home"))
    shutil.copytree(trained, tmp_path / "model")
    (tmp_path / "mood.py").write_text(MOOD)
    rows = [("what good fun", "happy"), ("dull rain again", "sad"), ("so much fun", "happy"), ("grey and dull", "sad")]
    for part, number in (("train", 40), ("dev", 24)):
        lines = [json.dumps({"text": f"{rows[i % 4][0]} {part} {i}", "label": rows[i % 4][1]}) for i in range(number)]
        (tmp_path / "moods").mkdir(exist_ok=True)
        (tmp_path / "moods" / f"{part}.jsonl").write_text("\n".join(lines))
    return tmp_path


def add(*more: str, steps: int = 60) -> int:
    return run([*ADD, "--model", "model", *sets(*QUICK, f"train.steps={steps}"), *more])


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def answers(folder: str) -> dict[str, Any]:
    reply = Chat(folder).ask("where is my red book?", heads=OTHERS, seed=3, max_tokens=12)
    return {answer.head: answer.answer.as_json() for answer in reply.answers}


def test_a_frozen_head_learns_and_leaves_the_others_bit_identical(place: Path, capsys: Any) -> None:
    before, said = contents(place / "model"), answers("model")
    capsys.readouterr()
    assert add("--json", *sets("train.learning_rate=0.02"), steps=200) == 0
    grown = json.loads(capsys.readouterr().out)
    after = contents(place / "model")
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {"report.json"}
    assert {name for name in after if name not in before} == {
        "heads/mood/head.json",
        "heads/mood/weights.safetensors",
        "run/added.json",
    }
    assert answers("model") == said
    assert grown["figures"]["accuracy"]["value"] > 0.9
    assert set(grown["cost"]) == set(OTHERS)
    for metrics in grown["cost"].values():
        assert all(change["before"] == change["after"] for change in metrics.values())
    for name in ("sentiment", "retrieval"):  # examples that see each other are cut into groups too
        assert grown["cost"][name]["loss"]["spread"] > 0
    reply = Chat("model", heads=["mood.py"]).ask("what good fun", heads=["mood"])
    assert reply.answers[0].answer.as_json()["label"] == "happy"


def test_another_folder_gets_the_result_and_the_model_stays(place: Path) -> None:
    before = contents(place / "model")
    assert add("--out", "grown", steps=3) == 0
    assert contents(place / "model") == before
    assert Assistant.load(place / "grown", Registry(["mood.py"]).load).setups["mood"].trained
    assert run(["eval", "--model", "grown", "--head", "mood.py", "--json"]) == 0  # it remembers its data


def test_unfrozen_the_others_rehearse_and_all_are_stamped_anew(place: Path, capsys: Any) -> None:
    old = Assistant.load(place / "model", Registry().load)
    capsys.readouterr()
    assert add("--unfreeze", "--json", "--out", "grown", steps=4) == 0
    grown = json.loads(capsys.readouterr().out)
    new = Assistant.load(place / "grown", Registry(["mood.py"]).load)
    assert new.lineage == grown["lineage"] != old.lineage
    assert not new.failures
    assert set(new.heads) == {*OTHERS, "mood"}
    changed = [change["difference"] for change in grown["cost"]["generation"].values()]
    assert any(changed)
    assert grown["cost"]["generation"]["loss"]["difference_spread"] > 0
    assert new.setups["retrieval"].fitted


def test_a_folder_of_a_head_works_in_its_own_lineage_and_is_stale_in_another(place: Path) -> None:
    assert add("--out", "grown", steps=3) == 0
    assert add("--out", "other", "--unfreeze", steps=3) == 0
    shutil.copytree("grown/heads/mood", "model/heads/mood")
    find = Registry(["mood.py"]).load
    same = Assistant.load(place / "model", find)
    assert "mood" in same.heads
    assert not same.failures
    shutil.rmtree("other/heads/mood")
    shutil.copytree("grown/heads/mood", "other/heads/mood")
    foreign = Assistant.load(place / "other", find)
    assert "mood" not in foreign.heads
    assert "stale: trained for another encoder" in str(foreign.failures["mood"])
    assert run([*ADD, "--model", "other", *sets(*QUICK, "train.steps=2")]) == 0
    assert "mood" in Assistant.load(place / "other", find).heads


def test_a_head_of_the_model_that_is_not_found_is_named_with_its_file(place: Path, capsys: Any) -> None:
    assert add(steps=2) == 0
    (place / "tone.py").write_text(MOOD.replace("Mood", "Tone").replace("mood", "tone"))
    more = ["heads", "add", "tone.py", "--data", "moods", "--model", "model", *sets(*QUICK, "train.steps=2")]
    assert run([*more, "--unfreeze", "--out", "both"]) == 2
    assert "give its file with --head" in capsys.readouterr().err
    assert run([*more, "--unfreeze", "--out", "both", "--head", "mood.py"]) == 0
    assert set(Assistant.load(place / "both", Registry(["mood.py", "tone.py"]).load).heads) == {*OTHERS, "mood", "tone"}


def test_the_listing_says_which_heads_are_stale_in_a_model(place: Path, capsys: Any) -> None:
    assert add("--out", "grown", steps=2) == 0
    file = place / "grown" / "heads" / "mood" / "head.json"
    listing = ["heads", "--model", "grown", "--json"]

    def mood(*more: str) -> dict[str, Any]:
        capsys.readouterr()
        assert run([*listing, *more]) == 0
        return next(head for head in json.loads(capsys.readouterr().out)["heads"] if head["name"] == "mood")

    assert (mood()["state"], mood()["way_out"]) == ("not loaded", "name its file with --head, or install it")
    assert mood("--head", "mood.py", "--check")["state"] == "ok"
    file.write_text(json.dumps({**json.loads(file.read_text()), "lineage": "another"}))
    for more in ((), ("--check",)):
        stale = mood("--head", "mood.py", *more)
        assert stale["state"] == "stale"
        assert stale["way_out"] == "chatkit heads add mood --data PATH --model grown"
    file.write_text("half a fi")
    assert mood("--head", "mood.py")["state"] == "stale"
    assert run(["heads", "--model", "nowhere"]) == 2
    assert "no such model folder" in capsys.readouterr().err


def test_remove_takes_one_head_and_nothing_else(place: Path) -> None:
    before = contents(place / "model")
    assert add(steps=2) == 0
    assert run(["heads", "remove", "mood", "--model", "model"]) == 0
    after = contents(place / "model")
    assert {name for name in after if name not in before} == {"run/added.json"}
    assert json.loads(after["run/added.json"]) == {}
    assert {name for name in before if after.get(name) != before[name]} == {"report.json"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["add", "nobody", "--data", "moods", "--model", "model"], "no head is called nobody"),
        (["add", "mood.py", "--data", "none", "--model", "model"], "no such file or folder: "),
        (["add", "mood.py", "--data", "moods", "--model", "nowhere"], "no such model folder"),
        (["add", "sentiment", "--data", "moods", "--model", "model"], "has a head sentiment already"),
        (["add", "mood.py", "--data", "moods", "--model", "model", "--out", "moods"], "not empty"),
        (["add", "mood.py", "--data", "moods", "--model", "model", "--set", "encoder.hidden=9"], "keeps its encoder"),
        (["add", "mood.py", "--data", "moods", "--model", "model", "--set", "train.stepz=9"], "did you mean steps"),
        (
            ["add", "mood.py", "--data", "moods", "--model", "model", "--set", "heads.sentiment.batch=9"],
            "only mood is trained",
        ),
        (["remove", "mood", "--model", "model"], "it has: generation, retrieval, sentiment"),
    ],
)
def test_a_mistake_is_one_clear_line_and_changes_nothing(
    place: Path, capsys: Any, arguments: list[str], message: str
) -> None:
    before = contents(place)
    assert run(["heads", *arguments]) == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert message in error[-1]
    after = contents(place)
    assert {name: after.get(name) for name in before} == before


def test_unfreezing_needs_the_data_of_the_others(place: Path, capsys: Any) -> None:
    shutil.rmtree(place / "model" / "run")
    assert add("--unfreeze") == 2
    assert "does not tell the data of generation, retrieval, sentiment" in capsys.readouterr().err


def test_the_shipped_assistant_is_not_changed(place: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "shipped_model", lambda: place / "model")
    before = contents(place / "model")
    assert run([*ADD]) == 2
    assert "--out DIR" in capsys.readouterr().err
    assert run(["heads", "remove", "sentiment"]) == 2
    assert run([*ADD, "--out", "mine", *sets(*QUICK, "train.steps=2")]) == 0
    assert contents(place / "model") == before
    assert "mood" in Assistant.load(place / "mine", Registry(["mood.py"]).load).heads


def test_a_model_that_changed_meanwhile_is_left_alone(place: Path) -> None:
    growth = Growth(Path("model"), "mood.py", ["moods"], overrides=[*QUICK, "train.steps=2"], progress=Progress())
    Assistant.load(place / "model", Registry().load).save(place / "model", precision="int8")
    before = contents(place / "model")
    with pytest.raises(ModelError, match="has got another encoder"):
        growth.run()
    assert contents(place / "model") == before


def test_an_int8_model_stays_int8_bit_for_bit(place: Path) -> None:
    assistant = Assistant.load(place / "model", Registry().load)
    assistant.save(place / "model", precision="int8")
    before = contents(place / "model")
    assert add(steps=2) == 0
    after = contents(place / "model")
    assert {name for name in before if after[name] != before[name]} == {"report.json"}
    assert b'"I8"' in after["heads/mood/weights.safetensors"][:4096]


def test_spreads_are_those_of_the_bootstrap() -> None:
    class Anything(Head):
        name = "any"

    groups = [{"nats": float(n), "count": 1.0} for n in (1, 2, 3, 4)]
    figure = figures(Anything(), groups)["loss"]
    assert figure.value == 2.5
    assert figure.spread == pytest.approx(1.118 / 2, rel=0.15)  # standard error of a mean of four
    change = changes(Anything(), groups, [{**sums, "nats": sums["nats"] + 1} for sums in groups])["loss"]
    assert change.difference == 1
    assert str(change).endswith("worse)")
    apart = [{**sums, "nats": sums["nats"] + by} for sums, by in zip(groups, (1, -1, 1, -0.8), strict=True)]
    assert str(changes(Anything(), groups, apart)["loss"]).endswith("worse, may be chance)")
    assert change.spread == pytest.approx(0, abs=1e-9)  # every group lost the same: no doubt about the difference
    assert change.before.spread == figure.spread
    assert figures(Anything(), groups[:1])["loss"].spread is None


COUNTING = """import torch

from chatkit.plugin_api import Classifier

class Mood(Classifier):
    name = "mood"
    examples = [{"text": "good fun", "label": "happy"}, {"text": "dull rain", "label": "sad"}]

    def build(self, info, vocabulary, **options):
        super().build(info, vocabulary, **options)
        self.register_buffer("counted", torch.zeros(1))

    def fill(self, filling):
        self.counted.fill_(len(list(filling.train())))
"""


def test_a_head_that_takes_something_in_does_so_when_it_is_added(place: Path) -> None:
    (place / "mood.py").write_text(COUNTING, encoding="utf-8")
    assert run([*ADD, "--model", "model", *sets(*QUICK, "train.steps=2")]) == 0
    head = Assistant.load(place / "model", Registry(["mood.py"]).load).heads["mood"]
    records = (place / "moods" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    assert head.counted == len(records)


def test_a_head_without_weights_is_added_and_not_trained(place: Path, capsys: Any) -> None:
    (place / "generation.py").write_text(
        "from chatkit_generation import Generation\n\n\nclass Table(Generation):\n    name = 'table'\n",
        encoding="utf-8",
    )
    turns = [{"speaker": "user", "text": "where is it?"}, {"speaker": "assistant", "text": "behind the old mill"}]
    (place / "talk.jsonl").write_text((json.dumps({"turns": turns}) + "\n") * 30, encoding="utf-8")
    room = sets(*QUICK, "heads.table.options.ngrams=100")
    assert run(["heads", "add", "generation.py", "--data", "talk.jsonl", "--model", "model", *room]) == 0
    assert "there is nothing to train" in capsys.readouterr().err
    head = Assistant.load(place / "model", Registry(["generation.py"]).load).heads["table"]
    assert not head.ngrams.is_empty
