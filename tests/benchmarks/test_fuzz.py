"""A short run of the fuzzer, by hypothesis, which shrinks what it finds; and a fault that it must find."""

from __future__ import annotations

import random
from pathlib import Path

import fuzz
import pytest
from fuzz_targets import Targets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> Targets:
    return Targets(Path(tmp_path_factory.mktemp("fuzz")))


NAMES = (
    *("tokenizer", "private", "dialogue.jsonl", "dialogue.txt", "dialogue.jsonl.gz", "dialogue.db", "labelled.csv"),
    *("labelled.tsv", "labelled.jsonl", "translation.jsonl", "retrieval", "recipe.toml", "head.json", "safetensors"),
    *("bm25", "document.md", "document.rst", "document.html", "document.jsonl", "index.db", "history.db"),
    *("session.json", "engine", "events", "model"),
)
SLOW_ONES = ("model", "index.db", "history.db")


@pytest.mark.parametrize("name", NAMES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1))
def test_no_traceback(targets: Targets, name: str, seed: int) -> None:
    if name in SLOW_ONES and seed % 4:
        return
    assert fuzz.one(name, targets, random.Random(seed)) == ""


def test_every_target_is_tested(targets: Targets) -> None:
    assert set(targets.all) - {"document.pdf"} == set(NAMES)


def test_a_fault_is_found(targets: Targets, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(data: bytes) -> None:
        data.decode("utf-8")

    monkeypatch.setitem(targets.all, "careless", ([b"x" * 50], careless, 1))
    rng = random.Random(0)
    assert any("UnicodeDecodeError" in fuzz.one("careless", targets, rng) for _ in range(500))


def test_a_defect_that_the_engine_catches_is_found(targets: Targets, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **more: object) -> None:
        raise TypeError("no such thing")

    ask = b'{"do": "ask", "turn": 1, "text": "hello"}'
    assert fuzz.judge("engine", targets, ask) == ""
    monkeypatch.setattr(targets.engine._conversation, "turn", fail)
    assert "TypeError: no such thing" in fuzz.judge("engine", targets, ask)


@pytest.mark.slow
def test_a_run_goes_on_where_it_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "ROUNDS", 1)
    whole = fuzz.fuzz(1000, seed=4)
    parts = fuzz.fuzz(1, seed=4, state=tmp_path / "state.json")
    assert (parts.blocks, parts.findings) == (1, [])
    parts = fuzz.fuzz(1000, seed=9, state=tmp_path / "state.json")
    assert (parts.seed, parts.blocks, parts.inputs) == (4, whole.blocks, whole.inputs)
    assert parts.inputs.total() >= 1000
