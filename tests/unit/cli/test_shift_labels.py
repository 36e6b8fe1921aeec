"""``shift --label``: what a person answers is understood or asked again, and never lost."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from chatkit import cli
from chatkit.cli.shift_command import LABELS, _keep
from chatkit.errors import StorageError

TEXTS = [f"der {what} ist heute {how}" for what in ("Zug", "Bus", "Markt") for how in ("offen", "leer", "alt", "spät")]


def shift(trained: Path, answers: str, monkeypatch: pytest.MonkeyPatch) -> int:
    Path("said.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    typed = io.StringIO(answers)
    monkeypatch.setattr(typed, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", typed)
    return cli.run(["shift", "--model", str(trained), "--target", "said.txt", "--head", "sentiment", "--label", "3"])


def kept() -> list[dict[str, str]]:
    return [json.loads(line) for line in Path(LABELS).read_text(encoding="utf-8").splitlines()]


def test_an_answer_that_is_no_label_is_asked_again_and_labels_stay_from_run_to_run(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shift(trained, "rubbish\nN\nneg\npos\n\n", monkeypatch) == 0
    out = capsys.readouterr()
    assert "rubbish is none of them" in out.err
    assert "n is neutral or negative" in out.err
    assert [row["label"] for row in kept()] == ["negative", "positive"]
    assert "By your 2 labels sentiment is right on" in out.out
    first = kept()
    assert shift(trained, "positive\n", monkeypatch) == 0  # the third one; then the input ends
    assert "negative, as shift-labels.jsonl has it" in capsys.readouterr().err
    assert kept()[:2] == first
    assert kept()[2]["label"] == "positive"


def test_what_is_no_row_of_the_file_stays_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(LABELS).write_text('my notes\n{"text": "a", "label": "x"}\n[1]\n', encoding="utf-8")
    _keep([{"text": "a", "label": "y"}, {"text": "b", "label": "x"}])
    lines = Path(LABELS).read_text(encoding="utf-8").splitlines()
    assert lines == ["my notes", "[1]", '{"text": "a", "label": "y"}', '{"text": "b", "label": "x"}']


def test_a_file_that_is_no_text_keeps_its_bytes_and_one_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(LABELS).write_bytes(b"\xff\xfe notes\n")
    _keep([{"text": "a", "label": "y"}])
    assert Path(LABELS).read_bytes() == b'\xff\xfe notes\n{"text": "a", "label": "y"}\n'
    Path(LABELS).unlink()
    Path(LABELS).mkdir()
    with pytest.raises(StorageError, match="shift-labels"):
        _keep([{"text": "a", "label": "y"}])
