"""Heads that were written for version 1 of plugin_api run for ever: these files are never changed, only added to."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from chatkit.registry import Registry
from chatkit.testing import run_checks

FOLDER = Path(__file__).with_name("frozen_v1")
FROZEN = {
    "best_of.py": "e1f969ccf3828412",
    "finder.py": "5868ddfb3ff22f80",
    "mood.py": "5aa0018aed98ebc9",
    "topic.py": "b2d941c54fc71869",
}


def test_no_frozen_head_was_changed_or_removed() -> None:
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in FOLDER.glob("*.py")}
    assert found == FROZEN


@pytest.mark.parametrize("name", FROZEN)
def test_a_head_of_version_1_still_loads_and_keeps_the_contract(name: str) -> None:
    head = Registry().load(str(FOLDER / name))
    assert head.api == 1
    report = run_checks(head)
    assert report.ok, "\n".join(report.lines())


def test_a_head_of_version_1_reads_its_own_data(tmp_path: Path) -> None:
    (tmp_path / "topics.txt").write_text("sport|the match\nmoney|the bank\n")
    head = Registry().load(str(FOLDER / "topic.py"))
    records = list(head.read(tmp_path / "topics.txt", "train"))  # type: ignore[attr-defined]
    assert records == [{"text": "the match", "label": "sport"}, {"text": "the bank", "label": "money"}]
