"""What is listed, in which order and state; a listing imports nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from head_files import HEAD, install, write_head

from chatkit.errors import HeadError
from chatkit.registry import Entry, Registry


def by_name(registry: Registry) -> dict[str, Entry]:
    return {entry.name: entry for entry in registry.entries()}


def test_the_order_is_files_then_folder_then_user_folder_then_packages(place: Path) -> None:
    write_head(place / "given.py")
    write_head(place / "heads" / "local.py")
    write_head(place / "home" / "heads" / "mine.py")
    install(place, "their-heads", {"theirs": "fake_theirs:Theirs"})
    found = [(entry.name, entry.origin) for entry in Registry(["given.py"]).entries()]
    assert found == [("given", "--head"), ("local", "./heads"), ("mine", "user"), ("theirs", "their-heads")]


def test_a_name_is_read_from_the_class_not_from_the_file_name(place: Path, registry: Registry) -> None:
    write_head(place / "heads" / "version2.py", "mood")
    assert [entry.name for entry in registry.entries()] == ["mood"]


def test_a_file_without_a_readable_name_is_listed_by_its_stem(place: Path, registry: Registry) -> None:
    path = write_head(place / "heads" / "mood.py")
    path.write_text(path.read_text().replace('"mood"', '"mo" + "od2"'))
    assert [entry.name for entry in registry.entries()] == ["mood"]


def test_private_and_hidden_files_are_no_heads(place: Path, registry: Registry) -> None:
    for name in ("_helper.py", ".hidden.py", "notes.txt"):
        write_head(place / "heads" / name, "x")
    assert registry.entries() == []


def test_one_file_that_is_found_twice_is_listed_once(place: Path) -> None:
    write_head(place / "heads" / "mood.py")
    entries = Registry(["heads/mood.py", "./heads/../heads/mood.py"]).entries()
    assert [(entry.name, entry.state, entry.origin) for entry in entries] == [("mood", "not loaded", "--head")]


def test_two_of_one_name_in_one_tier_are_both_listed_and_neither_is_loaded(place: Path, registry: Registry) -> None:
    write_head(place / "heads" / "a.py", "mood")
    write_head(place / "heads" / "b.py", "mood")
    registry.enable("mood")
    entries = registry.entries()
    assert [entry.state for entry in entries] == ["duplicate", "duplicate"]
    assert all(entry.way_out for entry in entries)
    assert registry.names() == []
    with pytest.raises(HeadError, match="duplicate"):
        registry.load("mood")


def test_two_packages_that_offer_one_name_are_duplicates(place: Path, registry: Registry) -> None:
    install(place, "one", {"mood": "fake_one:Mood"})
    install(place, "two", {"mood": "fake_two:Mood"})
    assert [entry.state for entry in registry.entries()] == ["duplicate", "duplicate"]


def test_the_first_tier_shadows_the_later_ones(place: Path, registry: Registry) -> None:
    write_head(place / "heads" / "mood.py")
    install(place, "theirs", {"mood": "fake_theirs:Mood"})
    registry.enable("mood")
    assert [entry.state for entry in registry.entries()] == ["not loaded", "shadowed"]


def test_an_unconfirmed_file_takes_no_working_head_away(place: Path, registry: Registry) -> None:
    write_head(place / "heads" / "mood.py")
    install(place, "theirs", {"mood": "fake_theirs:Mood"}, fake_theirs=HEAD.format(name="mood"))
    assert [entry.state for entry in registry.entries()] == ["unconfirmed", "not loaded"]
    assert registry.load("mood").__module__ == "fake_theirs"


def test_a_syntax_error_is_broken_with_its_line_and_hurts_nobody(place: Path) -> None:
    (place / "bad.py").write_text("x = 1\nclass (:\n")
    write_head(place / "good.py")
    registry = Registry(["bad.py", "good.py"])
    bad = by_name(registry)["bad"]
    assert (bad.state, bad.place) == ("broken", "bad.py:2")
    assert registry.names() == ["good"]


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00", b"x = '" + b"(" * 5000, b"(" * 5000, b"\x00"],
    ids=["utf16", "string", "deep", "nul"],
)
def test_a_file_that_is_no_python_is_broken(place: Path, content: bytes) -> None:
    (place / "bad.py").write_bytes(content)
    assert by_name(Registry(["bad.py"]))["bad"].state == "broken"


def test_a_missing_file_is_broken_and_says_so(place: Path) -> None:
    entry = by_name(Registry(["nowhere.py"]))["nowhere"]
    assert entry.state == "broken"
    assert "No such file" in entry.why


def test_a_head_of_a_newer_api_is_incompatible_before_it_is_imported(place: Path) -> None:
    path = write_head(place / "mood.py")
    path.write_text(path.read_text().replace("    name", "    api = 7\n    name"))
    entry = by_name(Registry(["mood.py"]))["mood"]
    assert (entry.state, entry.api, entry.way_out) == ("incompatible", 7, "upgrade chatkit")


def test_safe_mode_bars_all_but_first_party_heads(place: Path) -> None:
    install(place, "chatkit-tui", {"generation": "fake_generation:G", "mood": "fake_own:Mood"})
    install(place, "theirs", {"theirs": "fake_theirs:Theirs"})
    write_head(place / "heads" / "mood.py")
    write_head(place / "given.py")
    registry = Registry(["given.py"], safe=True)
    states = [(entry.name, entry.state) for entry in registry.entries()]
    assert states == [
        ("given", "disabled"),
        ("mood", "disabled"),
        ("generation", "not loaded"),
        ("mood", "not loaded"),  # not shadowed: the file does not count
        ("theirs", "disabled"),
    ]
    with pytest.raises(HeadError, match="--safe"):
        registry.load("theirs")
    with pytest.raises(HeadError, match="--safe"):
        registry.load("given.py")


def test_broken_metadata_of_one_package_hides_no_other(place: Path, registry: Registry) -> None:
    install(place, "good", {"good": "fake_good:Good"})
    install(place, "no-equals", {})
    install(place, "no-name", {"x": "fake_x:X"})
    site = place / "site"
    (site / "no_equals-1.2.dist-info" / "entry_points.txt").write_text("[chatkit.heads]\nthis line says nothing\n")
    (site / "no_name-1.2.dist-info" / "METADATA").write_bytes(b"\xff\xfe")
    (site / "bytes-1.0.dist-info").mkdir()
    (site / "bytes-1.0.dist-info" / "entry_points.txt").write_bytes(b"[chatkit.heads]\n\xff = y:Z\n")
    assert [entry.name for entry in registry.entries()] == ["good"]


def test_an_entry_is_plain_json(place: Path) -> None:
    write_head(place / "mood.py")
    (entry,) = Registry(["mood.py"]).entries()
    assert json.loads(json.dumps(entry.as_json()))["name"] == "mood"


def test_listing_fifty_plugins_imports_none_of_them_nor_torch(place: Path) -> None:
    for i in range(25):
        install(place, f"pack{i}", {f"p{i}": f"fake_p{i}:P"}, **{f"fake_p{i}": "raise SystemExit(3)"})
        (place / "heads").mkdir(exist_ok=True)
        (place / "heads" / f"f{i}.py").write_text(f"raise SystemExit({i})")
    code = """
        import json, sys, time
        start = time.process_time()
        from chatkit.registry import Registry
        entries = Registry().entries()
        seconds = time.process_time() - start
        heavy = [m for m in ("torch", "numpy", "textual") if m in sys.modules]
        fakes = [m for m in sys.modules if m.startswith(("fake_", "chatkit_head_"))]
        print(json.dumps([len(entries), seconds, heavy, fakes]))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=True,
        env={
            "PYTHONPATH": f"{Path(__file__).parents[3]}:{place / 'site'}",
            "CHATKIT_HOME": str(place / "home"),
        },
    )
    count, seconds, heavy, fakes = json.loads(done.stdout)
    assert count >= 50
    assert (heavy, fakes) == ([], [])
    assert seconds < 2.0  # 0.1 s of this process on an idle machine; the bound must hold on a busy one


def test_two_files_of_one_file_name_are_told_apart(place: Path, registry: Registry) -> None:
    write_head(place / "heads" / "mood.py")
    write_head(place / "home" / "heads" / "mood.py")
    registry.enable("mood")
    upper, lower = (entry for entry in registry.entries() if entry.name == "mood")
    assert (upper.state, lower.state) == ("not loaded", "shadowed")
    assert lower.why.startswith("heads/mood.py has a head of this name")
    assert lower.way_out == "rename one, or remove heads/mood.py"
