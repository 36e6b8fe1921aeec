"""Files and folders are whole or not there at all, whatever happens in between."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from chatkit.checkpoint import (
    load_tensors,
    new_folder,
    read_json,
    recover_folder,
    save_tensors,
    write_aside,
    write_json,
)
from chatkit.errors import ModelError, StorageError


def no_space(*args: Any, **kwargs: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


@pytest.mark.parametrize("call", ["replace", "fsync", "chmod"])
def test_on_a_full_disk_the_old_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    path = tmp_path / "deep" / "file"
    write_aside(path, b"old")
    monkeypatch.setattr(os, call, no_space)
    with pytest.raises(StorageError, match=r"file: cannot be written: No space .*\(free some space"):
        write_aside(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(path.parent) == ["file"]


def test_a_write_that_is_interrupted_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(fd: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_aside(tmp_path / "file", b"new")
    assert names(tmp_path) == []


def test_a_folder_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(StorageError, match="file: cannot be written: Is a directory"):
        write_aside(tmp_path / "file", b"new")
    (tmp_path / "plain").write_text("x")
    with pytest.raises(StorageError, match="plain"):
        write_aside(tmp_path / "plain" / "below", b"new")


def test_a_new_file_may_be_read_by_others_as_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_aside(tmp_path / "file", b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644


def test_json_round_trip_and_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"a": [1, "ä"]})
    assert read_json(path) == {"a": [1, "ä"]}
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ModelError, match="not valid JSON"):
        read_json(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ModelError, match=r"a\.json"):
        read_json(path)
    with pytest.raises(ModelError, match="cannot be read: No such file"):
        read_json(tmp_path / "none.json")


def test_tensors_round_trip_with_metadata(tmp_path: Path) -> None:
    shared = torch.arange(6.0).view(2, 3)
    tensors = {"a": shared.t(), "b": shared, "c": torch.tensor([1, 2], dtype=torch.int8)}  # not contiguous, shared
    save_tensors(tmp_path / "t.safetensors", tensors, {"k": "v"})
    loaded, metadata = load_tensors(tmp_path / "t.safetensors")
    assert metadata == {"k": "v"}
    assert all(
        torch.equal(loaded[name], tensor) and loaded[name].dtype == tensor.dtype for name, tensor in tensors.items()
    )


@pytest.mark.parametrize("keep", [0, 4, 60, -1])
def test_tensors_that_are_cut_short(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "t.safetensors"
    content = save_tensors(path, {"a": torch.zeros(8, 8)})
    path.write_bytes(content[:keep])
    with pytest.raises(ModelError, match=r"t\.safetensors: cut short or damaged"):
        load_tensors(path)


def test_tensors_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        load_tensors(tmp_path / "none.safetensors")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ModelError, match="folder"):
        load_tensors(tmp_path / "folder")
    (tmp_path / "pickle").write_bytes(b"\x80\x04" + b"x" * 100)
    with pytest.raises(ModelError, match="pickle"):
        load_tensors(tmp_path / "pickle")


def fill(target: Path, content: str) -> None:
    with new_folder(target, own=("a", "b")) as new:
        (new / "a").write_text(content)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A folder with files of its own and one of the user's."""
    folder = tmp_path / "model"
    fill(folder, "old")
    (folder / "b").write_text("only in the old one")
    (folder / "notes.txt").write_text("mine")
    return folder


def test_a_folder_is_replaced_and_the_users_own_files_stay(target: Path) -> None:
    fill(target, "new")
    assert (target / "a").read_text() == "new"
    assert (target / "notes.txt").read_text() == "mine"
    assert names(target) == ["a", "notes.txt"]
    assert names(target.parent) == ["model"]


def test_a_body_that_fails_changes_nothing(target: Path) -> None:
    def fail() -> None:
        with new_folder(target, own=("a",)) as new:
            (new / "a").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (target / "a").read_text() == "old"
    assert names(target.parent) == ["model"]


@pytest.mark.parametrize("failing", [1, 2])
def test_a_rename_that_fails_leaves_the_old_folder(target: Path, monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
    calls = count_renames(monkeypatch, failing, no_space)
    with pytest.raises(StorageError, match="model: cannot be written"):
        fill(target, "new")
    assert calls
    assert (target / "a").read_text() == "old"
    assert (target / "notes.txt").read_text() == "mine"
    assert names(target.parent) == ["model"]


def count_renames(monkeypatch: pytest.MonkeyPatch, failing: int, what: Callable[[], None]) -> list[int]:
    calls: list[int] = []
    rename = os.rename

    def once(source: Any, to: Any) -> None:
        calls.append(1)
        if len(calls) == failing:
            what()
        rename(source, to)

    monkeypatch.setattr(os, "rename", once)
    return calls


@pytest.mark.parametrize(("renames", "content"), [(1, "old"), (2, "new"), (3, "new")])
def test_a_crash_between_renames_is_recovered(target: Path, renames: int, content: str) -> None:
    """The states that a power cut can leave behind, made by hand: nothing is lost after any of them."""
    old, aside = target.with_name(".model.old"), target.with_name(".model.new-x")
    aside.mkdir()
    (aside / "a").write_text("new")
    os.rename(target, old)
    if renames >= 2:
        os.rename(aside, target)
    if renames >= 3:
        os.rename(old / "notes.txt", target / "notes.txt")
    recover_folder(target, own=("a", "b"))
    assert (target / "a").read_text() == content
    assert (target / "notes.txt").read_text() == "mine"
    assert not old.exists()


def test_recovering_where_nothing_happened_changes_nothing(target: Path) -> None:
    before = names(target)
    recover_folder(target, own=("a", "b"))
    assert names(target) == before


def test_a_link_to_a_folder_stays_a_link(target: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(target)
    fill(link, "new")
    assert link.is_symlink()
    assert (target / "a").read_text() == "new"
    assert names(tmp_path) == ["link", "model"]


def test_the_current_folder_is_not_pulled_away(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(target)
    with pytest.raises(StorageError, match="current folder"):
        fill(Path(), "new")
    assert (target / "a").read_text() == "old"


def test_a_file_where_a_folder_is_meant_stays(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("a file of mine")
    with pytest.raises(StorageError, match="model"):
        fill(tmp_path / "model", "new")
    assert (tmp_path / "model").read_text() == "a file of mine"
    assert names(tmp_path) == ["model"]
