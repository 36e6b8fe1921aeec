"""What teaches the shipped generation head intents: they are told after saving, the rest stays, mistakes are named."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

import pytest
import torch
from chatkit_generation import Generation
from chatkit_generation.intents import Intended

from chatkit.assistant import Assistant
from chatkit.runtime.loading import load_trained

THINGS = ("jug", "plate", "lamp", "vase", "clock", "bowl")
MISHAP = ("I dropped the {0}", "my {0} fell down and broke", "the {0} is broken, I dropped it")
TOLD = ("which {0} did I mention", "what did I say of the {0}", "which colour did I say the {0} has")
NOTE = ("note down the {0}", "write down: one {0}", "note that we need a {0}")
JOKE = ("a joke about a {0}", "tell me a joke of the {0}")
TEXTS = ("wants_sum", "wants_translation", "wants_time", "wants_poem", "wants_writing")


def _intent(name: str, forms: tuple[str, ...], replies: tuple[str, ...] = ()) -> str:
    messages = [form.format(thing) for form in forms for thing in THINGS]
    return f"[{name}]\nmessages = {messages!r}\n" + (f"replies = {[*replies]!r}\n" if replies else "")


WANTS = _intent("asks_told", TOLD) + _intent("wants_note", NOTE) + _intent("wants_joke", JOKE)
WANTS += "".join(f"[{name}]\nmessages = ['{name.removeprefix('wants_')} please']\n" for name in TEXTS)
FILES = {
    "bad.toml": _intent("mishap", MISHAP, ("What a mess.",)),
    "wants.toml": WANTS,
    "talks.tsv": "I broke the cup\tmishap\nnote the cup\twants_note,mishap\n\ntell me a joke\twants_text\n",
}


@pytest.fixture(scope="module")
def script(recipe_script: Callable[[str], ModuleType]) -> ModuleType:
    return recipe_script("intents")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A few examples of a few intents."""
    folder = tmp_path / "intents"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def judged(assistant: Assistant, *texts: str) -> list[Intended]:
    head = assistant.heads["generation"]
    assert isinstance(head, Generation)
    assert head.intents is not None
    with torch.no_grad():
        return head.intents.judge(texts, assistant.encode(texts, "message"))


def best(shares: Mapping[str, float]) -> str:
    return max(shares, key=lambda name: shares[name])


def test_the_head_tells_its_intents_after_saving_and_the_rest_stays(
    script: ModuleType, model: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script, "EPOCHS", 40)
    before = {path: path.read_bytes() for path in model.rglob("*") if path.is_file() and "generation" not in path.parts}
    weights = load_trained(model).heads["generation"].state_dict()
    for _ in range(2):  # what was taught before is taught anew
        script.fill(model, folder, check=False)
    assert "74 messages of 9 intents" in capsys.readouterr().out
    assert all(path.read_bytes() == content for path, content in before.items())
    loaded = load_trained(model)
    head = loaded.heads["generation"]
    assert all(torch.equal(head.state_dict()[name], value) for name, value in weights.items())
    texts = ("I dropped the cup", "note down: a cup", "what did I say of the cup", "a joke about a cup")
    found = judged(loaded, *texts)
    assert [best(each.each) for each in found] == ["mishap", "wants_note", "asks_told", "wants_joke"]
    assert [best(each.groups) for each in found] == ["bad", "wants", "wants", "wants"]
    assert isinstance(head, Generation)
    assert head.intents is not None
    assert head.intents.replies["mishap"] == ("What a mess.",)


def test_what_is_taught_fits_states_that_are_not_standardised(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script, "EPOCHS", 60)
    head_of = script.Intents(3, {"bad": {"mishap": []}, "wants": {"asks_told": [], "wants_note": []}})
    which = torch.arange(60) % 3
    wanted = torch.nn.functional.one_hot(which, 3).float()
    noise = torch.randn(60, 6, generator=torch.Generator().manual_seed(1))
    states = 40 + 10 * torch.cat((wanted, torch.zeros(60, 3)), 1) + noise  # far from 0, and each as far
    data = script.Taught(states, [[]] * 60, wanted, torch.zeros(60, dtype=torch.bool), torch.ones(60))
    script.teach(head_of, data, range(60))
    with torch.no_grad():
        odds = head_of(states, data.grams)
    assert (odds.argmax(1) == which).all()
    assert not any(weights.requires_grad for weights in head_of.parameters())


def test_how_well_they_are_told_apart_is_printed_of_what_was_kept_out(
    script: ModuleType, model: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script, "EPOCHS", 2)
    talks = [f"I dropped the {thing}\tmishap\nnote down the {thing}\twants_note,mishap\n" for thing in THINGS]
    (folder / "talks.tsv").write_text("\n".join(talks), encoding="utf-8")
    script.fill(model, folder, check=True)
    out = capsys.readouterr().out
    assert "of 12 messages " in out
    assert "mishap              6 messages" in out


def test_examples_are_read_with_the_conversations_that_they_are_of(script: ModuleType, folder: Path) -> None:
    examples, replies = script.read(folder)
    assert {*replies} == {"bad", "wants"}
    assert replies["bad"] == {"mishap": ("What a mess.",)}
    of_talks = [dataclasses.astuple(each) for each in examples if each.talk >= 0]
    assert of_talks == [
        ("I broke the cup", ("mishap",), 0),
        ("note the cup", ("wants_note", "mishap"), 0),
        ("tell me a joke", ("wants_text",), 1),
    ]


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("talks.tsv", "hm\tmishap\nI fell\tmishup\n", r"^.*talks\.tsv:2: no such intent: 'mishup'$"),
        ("talks.tsv", "hm\tmishap\n\nI fell\tmishap,no\n", r"^.*talks\.tsv:3: no such intent: 'mishap,no'$"),
        ("talks.tsv", "I fell\n", r"^.*talks\.tsv:1: no such intent: ''$"),
        ("talks.tsv", "I fell\t , \n", r"^.*talks\.tsv:1: no such intent: ' , '$"),
        ("bda.toml", _intent("fall", MISHAP), r"^.*no group 'bda'; did you mean bad\?$"),
        ("good.toml", _intent("mishap", MISHAP), r"^.*mishap is in two groups$"),
        ("wants.toml", _intent("asks_told", TOLD), r"^.*talks\.tsv:2: no such intent: 'wants_note,mishap'$"),
        ("wants.toml", "[asks_told\n", r"^[^\n]*wants\.toml: Expected[^\n]*$"),
        ("bad.toml", "[fall]\nreplies = ['Ouch.']\n", r"^[^\n]*bad\.toml: fall has no messages$"),
        ("bad.toml", "fall = 5\n", r"^[^\n]*bad\.toml: [^\n]*$"),
        ("talks.tsv", None, r"^[^\n]*No such file[^\n]*talks\.tsv'$"),
    ],
)
def test_a_mistake_is_one_line_and_the_model_stays(
    script: ModuleType, model: Path, folder: Path, name: str, text: str | None, why: str
) -> None:
    (folder / name).unlink(missing_ok=True)
    if text is not None:
        (folder / name).write_text(text, encoding="utf-8")
    before = {path: path.read_bytes() for path in model.rglob("*") if path.is_file()}
    with pytest.raises(SystemExit, match=why) as raised:
        script.fill(model, folder, check=False)
    assert "\n" not in str(raised.value)
    assert {path: path.read_bytes() for path in model.rglob("*") if path.is_file()} == before


def test_what_ships_is_well_formed(script: ModuleType) -> None:
    examples, replies = script.read(script.HERE)
    assert {*replies} == {"bad", "good", "life", "talk", "wants"}
    names = {name for group in replies.values() for name in group}
    assert {*script.TEXTS} <= names
    assert {name for each in examples for name in each.intents} - {script.TEXT} <= names
    assert all(each.text.strip() for each in examples)
    for name, lines in ((name, lines) for group in replies.values() for name, lines in group.items()):
        assert len({*lines}) == len(lines), name
        assert all(line == line.strip() and len(line) <= 240 for line in lines), name
