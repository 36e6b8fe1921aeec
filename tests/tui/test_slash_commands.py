"""Which command a line means, and what is offered while one is typed."""

import pytest

from chatkit.tui import commands
from chatkit.tui.commands import COMMANDS, Direct
from chatkit.tui.completing import choices, past, paths
from chatkit.tui.doing import Doing

HEADS = [
    {"name": "generation", "state": "ok"},
    {"name": "sentiment", "state": "ok"},
    {"name": "translation", "state": "ok", "labels": ["de", "fr"]},
]


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("@sentiment I love it", Direct("sentiment", "I love it")),
        ("/sentiment I love it", Direct("sentiment", "I love it")),
        ("/translate fr good morning", Direct("translation", "good morning", {"language": "fr"})),
        ("/translate to de good morning", Direct("translation", "good morning", {"language": "de"})),
        ("/translate it is raining", Direct("translation", "it is raining")),
        ("/translate fr", "Say what about: /translate [LANGUAGE] TEXT"),
        ("/translate to de", "Say what about: /translate [LANGUAGE] TEXT"),
        ("/write Once upon\na time", Direct("generation", "Once upon\na time", {"continue": True})),
        ("@ noon we met", None),
        ("@nobody at all", None),
        ("hello @sentiment there", None),
        ("/sentiment", "Say what about: /sentiment TEXT"),
        ("/search words", "There is no head retrieval; there are: generation, sentiment, translation."),
        ("@sentimant x", "There is no head sentimant; did you mean @sentiment?"),
    ],
)
def test_requests_to_one_head(line, meant):
    assert commands.direct(line, HEADS) == meant


def test_every_command_is_done():
    for command in COMMANDS:
        assert callable(getattr(Doing, f"do_{command.name}"))


def offered(text):
    return [choice.label for choice in choices(text, HEADS)]


def test_commands_are_offered_by_their_start_then_by_what_they_hold():
    assert offered("/he")[:2] == ["/help", "/heads [on|off NAME]"]
    assert "/theme" in offered("/he")
    assert offered("/") == [command.line for command in COMMANDS]
    assert offered("/heads o") == ["on", "off"]
    assert offered("/heads off s") == ["sentiment"]
    assert offered("/translate ") == ["de", "fr"]
    assert offered("@") == ["@generation", "@sentiment", "@translation"]


@pytest.mark.parametrize("text", ["", "hello", "hello /he", "/he\nlp", "/etc/hosts", "@sentiment x", "/nothing x"])
def test_nothing_is_offered_for_other_text(text):
    assert offered(text) == []


def test_paths_are_offered_folders_first(tmp_path):
    (tmp_path / "beta.toml").write_text("")
    (tmp_path / "bravo").mkdir()
    (tmp_path / ".hidden").write_text("")
    found = paths(f"{tmp_path}/b")
    assert found == [(f"{tmp_path}/bravo/", "folder", False), (f"{tmp_path}/beta.toml", "", True)]
    assert [path for path, _, _ in paths(f"{tmp_path}/.h")] == [f"{tmp_path}/.hidden"]
    assert paths(f"{tmp_path}/missing/x") == []


def test_prompts_of_the_past_are_found_by_their_words():
    prompts = ["hello world", "Cancel my order", "hello world", "order a table"]
    assert [choice.text for choice in past("ORDER", prompts)] == ["order a table", "Cancel my order"]
    assert [choice.text for choice in past("", prompts)] == ["order a table", "hello world", "Cancel my order"]
    assert past("order hello", prompts) == []


@pytest.mark.parametrize("path", ["~nobody-of-that-name/x", "~nobody-of-that-name", "a" * 300, "a/" * 3000])
@pytest.mark.parametrize("command", ["index", "adapt", "model", "train"])
def test_paths_that_cannot_be_are_no_trouble(command, path):
    assert offered(f"/{command} {path}") == []


def test_enter_takes_a_path_that_is_there_before_one_inside_it(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("")
    for command in ("index", "adapt", "model"):
        first = choices(f"/{command} {tmp_path}/notes", ())[0]
        assert (first.text, first.complete) == (f"/{command} {tmp_path}/notes", True)
