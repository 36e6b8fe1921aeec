"""A short run of the fuzzer, by hypothesis, which shrinks what it finds; and a fault that it must find."""

from __future__ import annotations

import random
from pathlib import Path

import fuzz
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> fuzz.Targets:
    return fuzz.Targets(Path(tmp_path_factory.mktemp("fuzz")))


NAMES = (
    "tokenizer private dialogue.jsonl dialogue.txt dialogue.jsonl.gz dialogue.db labelled.csv labelled.tsv "
    "labelled.jsonl translation.jsonl recipe.toml head.json safetensors bm25 engine"
)


@pytest.mark.parametrize("name", NAMES.split(" "))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1))
def test_no_traceback(targets: fuzz.Targets, name: str, seed: int) -> None:
    assert fuzz.one(name, targets, random.Random(seed)) == ""


def test_every_target_is_tested(targets: fuzz.Targets) -> None:
    assert list(targets.all) == NAMES.split(" ")


def test_a_fault_is_found(targets: fuzz.Targets, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(data: bytes) -> None:
        data.decode("utf-8")

    monkeypatch.setitem(targets.all, "careless", ([b"x" * 50], careless))
    rng = random.Random(0)
    assert any("UnicodeDecodeError" in fuzz.one("careless", targets, rng) for _ in range(500))
