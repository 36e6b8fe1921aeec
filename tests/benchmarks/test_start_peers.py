"""What ``start.py --peers`` measures with, on commands that are here; no peer is installed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import start_peers


def test_a_peer_that_cannot_be_installed_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(start_peers.sys, "executable", str(tmp_path / "no-python"))
    assert start_peers.install(tmp_path) == {}
    assert "elia: left out" in capsys.readouterr().err


def test_help_and_first_frame_are_timed(tmp_path: Path) -> None:
    command = tmp_path / "peer"
    command.write_text("#!/bin/sh\necho Enter your message; [ $# -gt 0 ] || sleep 60\n")
    command.chmod(0o755)
    assert 0 < start_peers.help_seconds(str(command)) < 60
    assert start_peers.elia_frame(str(command)) >= 0.0
    assert start_peers.cpu_seconds(os.getpid()) > 0
