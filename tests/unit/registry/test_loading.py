"""Loading one head: confirmation, failures, hot reload, what is remembered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from head_files import HEAD, install, write_head

from chatkit import paths
from chatkit.errors import HeadError
from chatkit.plugin_api import Head
from chatkit.registry import Registry


def state_of(registry: Registry, name: str) -> str:
    return registry.entry(name).state


def test_a_file_that_was_named_is_loaded_without_asking(place: Path) -> None:
    write_head(place / "mood.py")
    registry = Registry(["mood.py"])
    cls = registry.load("mood")
    assert issubclass(cls, Head)
    assert registry.load("mood.py") is cls
    assert state_of(registry, "mood") == "ok"


def test_a_file_can_be_loaded_that_the_registry_was_not_told_of(place: Path, registry: Registry) -> None:
    write_head(place / "sub" / "mood.py")
    assert registry.load("sub/mood.py").name == "mood"
    assert registry.names() == ["mood"]


def test_a_drop_in_file_is_not_loaded_before_somebody_agreed(place: Path, registry: Registry) -> None:
    write_head(place / "heads" / "mood.py")
    assert registry.names() == []
    with pytest.raises(HeadError, match="unconfirmed") as caught:
        registry.load("mood")
    assert "chatkit heads enable mood" in caught.value.hint


def test_confirming_asks_once_and_again_when_the_file_changes(place: Path) -> None:
    path = write_head(place / "heads" / "mood.py")
    asked: list[Path] = []

    def confirm(file: Path) -> bool:
        asked.append(file)
        return True

    Registry(confirm=confirm).load("mood")
    Registry(confirm=confirm).load("mood")
    assert asked == [path]
    assert Registry().load("mood").name == "mood"  # remembered: nobody needs to be asked
    path.write_text(path.read_text() + "\n# changed\n")
    assert state_of(Registry(), "mood") == "unconfirmed"
    Registry(confirm=confirm).ask_about_new()
    assert len(asked) == 2


def test_a_refusal_is_not_asked_again_in_this_run(place: Path) -> None:
    write_head(place / "heads" / "mood.py")
    asked: list[Path] = []
    registry = Registry(confirm=lambda file: bool(asked.append(file)))
    for _ in range(3):
        with pytest.raises(HeadError, match="unconfirmed"):
            registry.load("mood")
    assert len(asked) == 1


def test_enable_confirms_and_disable_lasts(place: Path, registry: Registry) -> None:
    write_head(place / "heads" / "mood.py")
    registry.enable("mood")
    assert registry.load("mood").name == "mood"
    registry.disable("mood")
    assert state_of(Registry(), "mood") == "disabled"
    with pytest.raises(HeadError, match="disabled"):
        Registry().load("mood")
    registry.enable("mood")
    assert Registry().load("mood").name == "mood"


def test_what_is_run_is_what_was_confirmed(place: Path, registry: Registry) -> None:
    path = write_head(place / "heads" / "mood.py")
    registry.enable("mood")
    registry.entries()
    path.write_text("raise RuntimeError('never confirmed')")
    with pytest.raises(HeadError, match=r"no head is called mood|unconfirmed"):
        registry.load("mood")


def test_a_saved_file_is_loaded_anew_and_a_bad_one_keeps_the_old_class_alive(place: Path) -> None:
    path = write_head(place / "mood.py")
    registry = Registry(["mood.py"])
    old = registry.load("mood")
    path.write_text(path.read_text().replace("dull", "dreary"))
    new = registry.load("mood.py")
    assert new is not old
    assert new.examples[1]["text"] == "dreary"
    path.write_text("1 / 0")
    with pytest.raises(HeadError, match="ZeroDivisionError") as caught:
        registry.load("mood.py")
    assert caught.value.place == "mood.py:1"
    assert new.examples


@pytest.mark.parametrize(
    ("body", "what", "line"),
    [
        ("import sys\n\nsys.exit(3)", "SystemExit: 3", 3),
        ("raise BaseException('odd')", "BaseException: odd", 1),
        ("import nowhere_at_all", "ModuleNotFoundError", 1),
        ("def f():\n    return {}['key']\n\nf()", "KeyError", 2),
        ("from chatkit.errors import DataError\nraise DataError('mine')", "mine", None),
        ("class E(Exception):\n    def __str__(self):\n        raise ValueError\nraise E", "E", 4),
    ],
)
def test_whatever_an_import_raises_becomes_a_head_error_with_a_line(
    place: Path, body: str, what: str, line: int | None
) -> None:
    (place / "mood.py").write_text(body)
    registry = Registry(["mood.py"])
    with pytest.raises(HeadError) as caught:
        registry.load("mood")
    assert what in str(caught.value)
    assert caught.value.head == "mood"
    if line is not None:
        assert caught.value.place == f"mood.py:{line}"
    entry = registry.entry("mood")
    assert (entry.state, entry.place) == ("broken", caught.value.place)
    assert entry.way_out


def test_ctrl_c_at_import_is_the_users(place: Path) -> None:
    (place / "mood.py").write_text("raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        Registry(["mood.py"]).load("mood")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("(Classifier)", "(object)"), "defines no head"),
        (('name = "mood"', "pass"), "has no name"),
        (('name = "mood"', 'name = "two words"'), "no identifier"),
        (('name = "mood"', 'name = "class"'), "no identifier"),
        (('name = "mood"', "name = 3"), "no identifier"),
        (('name = "mood"', 'name = "mood"; api = 9'), "plugin_api 9"),
        (('name = "mood"', 'name = "mood"; api = True'), "plugin_api True"),
        (('name = "mood"', 'name = "mood"; needs = {"sight"}'), "needs sight"),
        (('name = "mood"', 'name = "mood"; needs = "causal"'), "needs must be a set"),
        (('name = "mood"', 'name = "mood"; fields = "text"'), "fields must be a tuple"),
        (('name = "mood"', 'name = "mood"; fields = ()'), "fields must be a tuple"),
        (('name = "mood"', 'name = "mood"; view = "to:xx"'), "no view"),
        (('name = "mood"', 'name = "mood"; view = None'), "view"),
    ],
)
def test_a_wrong_declaration_is_refused(place: Path, change: tuple[str, str], what: str) -> None:
    path = write_head(place / "mood.py")
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(HeadError, match=what):
        Registry().load("mood.py")


def test_two_heads_in_one_file_are_refused_but_a_nameless_base_is_fine(place: Path) -> None:
    path = write_head(place / "mood.py")
    path.write_text(path.read_text() + '\n\nclass Other(Mood):\n    name = "other"\n')
    with pytest.raises(HeadError, match="holds 2 heads"):
        Registry().load("mood.py")
    base = HEAD.format(name="mood").replace(
        "class Mood(Classifier)", "class Base(Classifier):\n    x = 1\n\nclass Mood(Base)"
    )
    path.write_text(base)
    assert Registry().load("mood.py").name == "mood"


def test_a_name_that_only_shows_when_run_may_not_take_anothers(place: Path) -> None:
    write_head(place / "first.py", "mood")
    path = write_head(place / "second.py")
    path.write_text(path.read_text().replace('"second"', '"mo" + "od"'))
    with pytest.raises(HeadError, match=r"taken by first\.py"):
        Registry(["first.py", "second.py"]).load("second")


def test_an_entry_point_is_loaded_and_must_keep_its_name(place: Path, registry: Registry) -> None:
    source = HEAD.format(name="mood")
    install(place, "theirs", {"mood": "fake_mood:Mood", "gloom": "fake_mood:Mood"}, fake_mood=source)
    assert registry.load("mood").name == "mood"
    with pytest.raises(HeadError, match="entry point is called gloom"):
        registry.load("gloom")


@pytest.mark.parametrize(
    ("value", "source"),
    [("fake_x:X", "raise SystemExit"), ("fake_x:Missing", ""), ("fake_x:x", "x = 3"), ("fake_nowhere:X", "")],
)
def test_a_broken_package_hurts_no_other(place: Path, registry: Registry, value: str, source: str) -> None:
    install(place, "bad", {"bad": value}, fake_x=source)
    install(place, "good", {"good": "fake_good:Mood"}, fake_good=HEAD.format(name="good"))
    with pytest.raises(HeadError):
        registry.load("bad")
    assert registry.load("good").name == "good"
    assert registry.entry("bad").state == "broken"
    assert registry.names() == ["good"]
    assert Registry().names() == ["bad", "good"]  # a new run tries it again: it may be mended


def test_what_a_head_prints_at_import_does_not_reach_stdout(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_head(place / "mood.py")
    path.write_text("print('hello')\n" + path.read_text())
    Registry().load("mood.py")
    assert capsys.readouterr().out == ""


def test_the_last_load_is_shown_without_loading(place: Path) -> None:
    path = write_head(place / "mood.py")
    path.write_text('__version__ = "2.1"\n' + path.read_text())
    registry = Registry(["mood.py"])
    registry.load("mood")
    registry.note_parameters("mood", 1234)
    entry = Registry(["mood.py"]).entry("mood")
    assert (entry.state, entry.version, entry.api, entry.fields, entry.parameters) == (
        "not loaded",
        "2.1",
        1,
        ("text",),
        1234,
    )
    path.write_text(path.read_text() + "\n")
    assert Registry(["mood.py"]).entry("mood").parameters is None


def test_a_mended_head_forgets_that_it_was_broken(place: Path) -> None:
    path = write_head(place / "mood.py")
    good = path.read_text()
    path.write_text("1 / 0\n" + good)
    with pytest.raises(HeadError):
        Registry().load("mood.py")
    assert Registry(["mood.py"]).entry("mood").state == "broken"
    path.write_text(good)
    assert Registry().load("mood.py").name == "mood"
    assert Registry(["mood.py"]).entry("mood").why == ""


def test_stale_is_shown_with_its_way_out_and_the_class_still_loads(place: Path) -> None:
    write_head(place / "mood.py")
    registry = Registry(["mood.py"])
    registry.mark_stale("mood")
    entry = registry.entry("mood")
    assert entry.state == "stale"
    assert "chatkit heads add mood" in entry.way_out
    assert registry.names() == []
    assert registry.load("mood").name == "mood"  # for training it again


def test_broken_in_build_is_shown(place: Path) -> None:
    write_head(place / "mood.py")
    registry = Registry(["mood.py"])
    registry.load("mood")
    registry.mark_broken("mood", HeadError("build failed", head="mood", place="mood.py:9"))
    entry = registry.entry("mood")
    assert (entry.state, entry.place) == ("broken", "mood.py:9")


def test_an_unknown_name_names_the_nearest(place: Path) -> None:
    write_head(place / "mood.py")
    with pytest.raises(HeadError, match="did you mean mood"):
        Registry(["mood.py"]).load("mod")
    with pytest.raises(HeadError, match="no head is called"):
        Registry().disable("mood")


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"confirmed": []}', '{"disabled": 3}', "\x00", "[" * 100_000],
    ids=["empty", "list", "confirmed", "disabled", "nul", "deep"],
)
def test_a_damaged_memory_confirms_nothing_and_says_so(place: Path, content: str) -> None:
    write_head(place / "heads" / "mood.py")
    Registry().enable("mood")
    paths.head_states_file().write_text(content)
    registry = Registry()
    assert state_of(registry, "mood") == "unconfirmed"
    assert str(paths.head_states_file()) in registry.problem


def test_a_memory_that_cannot_be_written_stops_no_load(place: Path) -> None:
    write_head(place / "mood.py")
    blocked = place / "file"
    blocked.write_text("in the way")
    registry = Registry(["mood.py"], memory=blocked / "heads.json")
    assert registry.load("mood").name == "mood"


def test_two_runs_at_once_keep_what_the_other_wrote(place: Path) -> None:
    for name in ("a", "b"):
        write_head(place / "heads" / f"{name}.py")
    one, two = Registry(), Registry()
    one.enable("a")
    two.enable("b")
    one.disable("a")
    memory = json.loads(paths.head_states_file().read_text())
    assert len(memory["confirmed"]) == 2
    assert memory["disabled"] == ["a"]
