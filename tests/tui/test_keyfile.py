"""The key file: keys of the user's own, and one clear line for what cannot be."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

import chatkit.tui
from chatkit.errors import ConfigError
from chatkit.tui import keyfile
from chatkit.tui.bindings import GROUPS, keys_by_action
from chatkit.tui.commands import COMMANDS
from chatkit.tui.screens.sessions import SessionsScreen

DOCS = Path(__file__).parents[2] / "docs" / "keys.md"


def written(folder, text):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "keys.toml").write_text(text)
    return folder / "keys.toml"


def test_without_a_file_nothing_is_bound_anew(tmp_path):
    assert keyfile.read(tmp_path / "keys.toml") == {}


def test_a_key_or_several_for_a_binding(tmp_path):
    path = written(tmp_path, '[chat]\nsessions = "f5"\nnew = ["ctrl+n", "f6"]\n[turn]\nedit = "x, ctrl+e"\n')
    assert keyfile.read(path) == {"chat.sessions": "f5", "chat.new": "ctrl+n,f6", "turn.edit": "x,ctrl+e"}
    assert keyfile.read(written(tmp_path, 'turn.copy = ","\nturn.code = "question_mark"')) == {
        "turn.copy": "comma",
        "turn.code": "question_mark",
    }
    assert keyfile.read(written(tmp_path, 'turn.copy = "alt++"')) == {"turn.copy": "alt+plus"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('chat.sesions = "f5"', r"unknown key chat\.sesions \(did you mean chat\.sessions\?\)"),
        ('zzz = "f5"', "unknown key zzz"),
        ("chat.new = 7", r"chat\.new must be a key"),
        ("chat.new = []", r"chat\.new must be a key"),
        ('chat.new = ["f6", 7]', r"chat\.new must be a key"),
        ('chat.new = "ctr+n"', r"chat\.new: there is no key 'ctr\+n'"),
        ('chat.new = "escpe"', "did you mean escape"),
        ('chat.new = ""', r"chat\.new: there is no key"),
        ('chat.new = "n"', r"chat\.new: n could no longer be typed"),
        ('prompt.send = "space"', "could no longer be typed"),
        ('prompt.send = "+"', "plus could no longer be typed"),
        ('prompt.send = "shift+a"', "could no longer be typed"),
        ('chat.new = "ctrl+i"', r"cannot tell ctrl\+i from tab"),
        ('chat.new = "f3"', r"chat\.\w+ and chat\.\w+ are both on f3"),
        ('turn.edit = "f3"', r"both on f3"),
        ('sessions.rename = "ctrl+q"', r"both on ctrl\+q"),
        ('app.quit = "enter"', r"both on enter"),
        ("chat.new = ", "not valid TOML"),
        ('[chat]\n[chat.new]\nx = "f5"', r"unknown key chat\.new\.x"),
    ],
)
def test_what_cannot_be_is_one_line_with_file_and_key(tmp_path, text, said):
    path = written(tmp_path, text)
    with pytest.raises(ConfigError, match=said) as caught:
        keyfile.read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_actions_may_change_their_keys(tmp_path):
    path = written(tmp_path, 'chat.sessions = "f4"\nchat.dial = "f3"')
    assert keyfile.read(path) == {"chat.sessions": "f4", "chat.dial": "f3"}


def test_the_keys_as_they_are_clash_nowhere(tmp_path):
    every = [binding for group in GROUPS for binding in group.bindings if binding.id]
    keys = {}
    for binding in every:
        keys.setdefault(binding.id, []).append(binding.key)
    for name, bound in keys.items():  # each binding on the keys it has already
        path = written(tmp_path, f"{name} = [{', '.join(repr(key) for key in bound)}]".replace("'", '"'))
        assert keyfile.read(path)


def test_every_key_that_the_help_shows_can_be_bound_anew():
    """Each class with keys of its own stands in a group, and each key with a description has an id."""
    listed = {group.owner for group in GROUPS}
    for module in pkgutil.walk_packages(chatkit.tui.__path__, "chatkit.tui."):
        for thing in vars(importlib.import_module(module.name)).values():
            if not (isinstance(thing, type) and issubclass(thing, DOMNode) and thing.__module__ == module.name):
                continue
            shown = [b for b in Binding.make_bindings(thing.__dict__.get("BINDINGS", ())) if b.show]
            if shown:
                assert thing in listed, thing
                assert all(binding.id for binding in shown), thing
    ids = [binding.id for group in GROUPS for binding in {b.id: b for b in group.bindings if b.id}.values()]
    assert len(ids) == len(set(ids))


def test_the_documentation_lists_every_binding():  # python docs/keys.py writes it
    rows = re.findall(r"^\| `([a-z_.]+)` \| (.*?) \| (.*?) \|$", DOCS.read_text(), re.MULTILINE)
    expected = {}
    for group in GROUPS:
        for binding in group.bindings:
            if binding.id:
                expected.setdefault(binding.id, ([], binding.description))[0].append(f"`{binding.key}`")
    assert {name: (keys, what) for name, keys, what in rows} == {
        name: (" ".join(keys), what) for name, (keys, what) in expected.items()
    }


async def test_keys_of_the_file_work_and_the_help_and_the_hints_name_them(drive, home):
    written(home, '[chat]\nsessions = "f5"\nhelp = "f6"\n[turn]\ncopy = "x"\n[prompt]\nsend = "ctrl+s"\n')
    async with drive() as chat:
        await chat.ready()
        await chat.sees("f6 help")
        chat.prompt.fill("hello")
        await chat.key("ctrl+s")
        await chat.idle()
        await chat.key("ctrl+up")
        await chat.sees("x copy")
        await chat.key("x")
        await chat.until(lambda: chat.app.clipboard)
        await chat.key("f3")
        await chat.key("f5")
        await chat.until(lambda: isinstance(chat.app.screen, SessionsScreen))
        assert len(chat.app.screen_stack) == 2  # f3 does nothing any more
        await chat.key("escape")
        await chat.key("f6")
        await chat.sees("Send")
        keys = keys_by_action(chat.app, next(group for group in GROUPS if group.title == "Chat"))
        assert keys["All chats: go on with one, search"] == ["f5"]
        assert keys["Help"] == ["f6"]


@pytest.mark.parametrize(("screen", "key"), [("sessions", "f3"), ("documents", "f2")], ids=["sessions", "documents"])
async def test_the_foot_of_a_screen_names_the_keys_as_they_are_bound(drive, home, screen, key):
    written(home, f'{screen}.leave = "f9"')
    async with drive() as chat:
        await chat.ready()
        await chat.enter("hello")
        await chat.idle()
        await chat.key(key)
        await chat.sees("f9 closes")
        await chat.key("f9")
        await chat.until(lambda: len(chat.app.screen_stack) == 1)


@pytest.mark.parametrize("name", ["document", "documents", "sessions"])
def test_the_foot_of_a_screen_names_bindings_that_there_are(name):
    known = {binding.id for group in GROUPS for binding in group.bindings}
    assert {key[0] for key in importlib.import_module(f"chatkit.tui.screens.{name}").KEYS} <= known


async def test_a_file_with_a_mistake_is_said_and_the_chat_goes_on(drive, home):
    written(home, '[chat]\nsessions = "f5"\nnwe = "f6"\n')
    async with drive() as chat:
        await chat.until(lambda: "did you mean chat.new?" in chat.words)
        await chat.key("f3")
        await chat.until(lambda: isinstance(chat.app.screen, SessionsScreen))
        await chat.sees("No chats yet")


async def test_the_palette_holds_every_command_and_every_action(drive):
    async with drive() as chat:
        await chat.ready()
        entries = {entry.title: entry for entry in chat.app.get_system_commands(chat.app.screen)}
        assert {f"/{command.name}" for command in COMMANDS} <= set(entries)
        actions = next(group for group in GROUPS if group.title == "Chat").bindings
        assert {binding.description for binding in actions} <= set(entries)
        await chat.key("ctrl+p")
        await chat.until(lambda: "CommandPalette" in type(chat.app.screen).__name__)
        for letter in "/translate":
            await chat.key(letter)
        await chat.sees("translate a text")
        await chat.key("enter")
        await chat.until(lambda: len(chat.app.screen_stack) == 1 and chat.prompt.text == "/translate ")


async def test_a_command_of_the_palette_is_done_at_once_where_it_needs_nothing_more(drive):
    async with drive() as chat:
        await chat.ready()
        entries = {entry.title: entry for entry in chat.app.get_system_commands(chat.app.screen)}
        await entries["/heads"].callback()
        await chat.sees("generation")
        await entries["All chats: go on with one, search"].callback()
        await chat.until(lambda: isinstance(chat.app.screen, SessionsScreen))
        await chat.sees("No chats yet")
        assert "/heads" not in {entry.title for entry in chat.app.get_system_commands(chat.app.screen)}


def test_the_doctor_checks_the_file(home, capsys):
    from chatkit.cli.doctor_command import _keys

    assert list(_keys()) == []
    written(home, 'chat.nwe = "f5"')
    (finding,) = _keys()
    assert (finding.state, finding.about, finding.way_out) == ("bad", "keys", "did you mean chat.new?")
    assert "keys.toml: unknown key chat.nwe" in finding.what
    written(home, 'chat.new = "f5"')
    assert [finding.state for finding in _keys()] == ["ok"]
