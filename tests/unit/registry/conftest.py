"""Folders of heads and installed packages, made for one test."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatkit.registry import Registry


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder and a home of its own; nothing is installed in it but what the test installs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHATKIT_HOME", str(tmp_path / "home"))
    site = tmp_path / "site"
    site.mkdir()
    everything = importlib.metadata.distributions
    monkeypatch.setattr(importlib.metadata, "distributions", lambda: everything(path=[str(site)]))
    monkeypatch.syspath_prepend(str(site))
    return tmp_path


@pytest.fixture
def registry(place: Path) -> Registry:
    return Registry()


@pytest.fixture(autouse=True)
def _forget_modules() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith(("chatkit_head_", "fake_")):
            del sys.modules[name]
