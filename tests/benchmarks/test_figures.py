"""The command that measures and renders the figures of the default assistant: what it keeps, what the tables say."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

RECIPES = Path(__file__).resolve().parents[2] / "docs" / "recipes" / "default"


@pytest.fixture(scope="module")
def figures() -> ModuleType:
    sys.path.insert(0, str(RECIPES))
    spec = importlib.util.spec_from_file_location("default_figures", RECIPES / "figures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["default_figures"] = module
    spec.loader.exec_module(module)
    return module


def ranked(name: str, home: bool, fused: float, words: float, low: float, high: float) -> dict[str, Any]:
    row = {"set": name, "home": home, "examples": 1200, "gain": fused - words, "gain_low": low, "gain_high": high}
    for prefix, value in (("", fused), ("bm25_", words), ("dense_", 0.1)):
        row |= {f"{prefix}ndcg@10": value, f"{prefix}mrr@10": value - 0.01}
    return row


def labelled(name: str, home: bool, ours: float) -> dict[str, Any]:
    return {"set": name, "home": home, "examples": 1066, "macro_f1": ours, "accuracy": ours, "most_frequent": 0.2}


def results(ours: float = 0.8, foreign: float = 0.7) -> dict[str, Any]:
    sets = [("a", True), ("b", True), ("c", True), ("far", False)]
    turns = {
        "replies": 200,
        "ended": 0.985,
        "loops": 0,
        "empty": 0,
        "blanks": 3,
        "named": 17,
        "asked_what": 20,
        "recalled": 11,
        "told": 24,
        "admitted": 9,
        **{
            "right": 5,
            "wrong": 2,
            "corrected": 12,
            "honest": 7,
            "untold": 12,
        },
    }
    pages = [
        {"pages": name, "coverage": 0.6, "recall": 0.09, "precision": 1.0, "chat": 0.003}
        for name in ("own", "handbook")
    ]
    trials = [
        {"weight": 0.0, "sharpness": 1.0, "ndcg@10": [0.5], "not_below": [1.0], "harmless": True},
        {"weight": 0.75, "sharpness": 8.0, "ndcg@10": [0.6], "not_below": [1.0], "harmless": True},
        {"weight": 2.0, "sharpness": 8.0, "ndcg@10": [0.4], "not_below": [0.0], "harmless": False},
        {"weight": 2.0, "sharpness": 4.0, "ndcg@10": [0.4], "not_below": [0.0], "harmless": False},
    ]
    asked = {"untold": 30, "told": 20, "known": 11, "owned_instead": 2, "silly": 1, "other": 30}
    said = {"chooser": 0.6, "language model": 0.5, "BM25": 0.55}
    return {
        "sentiment": {"sentiment": [labelled(name, home, ours if home else foreign) for name, home in sets]},
        "baselines": [
            {"set": name, "home": home, "tfidf_lr": 0.75, "vader": 0.6, "textblob": 0.5} for name, home in sets
        ],
        "ranking": {
            "ranking": [
                ranked("near", True, 0.6, 0.5, 0.05, 0.15),
                ranked("far", False, 0.49, 0.5, -0.02, 0.01),
                ranked("farther", False, 0.4, 0.5, -0.12, -0.08),
            ]
        },
        "fusion": {"chosen": {"weight": 0.75, "sharpness": 8.0}, "sets": ["near"], "trials": trials},
        "dialogue": {
            "dialogue": [
                {"set": "a", "home": True, "examples": 3, "bits_per_byte": 1.5, "kneser_ney": 1.7, "ratio": 0.88},
                {"set": "b", "home": True, "examples": 3, "bits_per_byte": 1.6, "kneser_ney": 1.7, "ratio": 0.94},
            ]
        },
        "translation": {
            "translation": [{"set": "tatoeba_en_fr", "home": True, "examples": 200, "chrf": 0.36, "loss": 2.0}]
        },
        "behaviour": {
            "split": "dev",
            "turns": turns,
            "everyday": {"everyday": 64, "fit": 40, "fit_later": 33},
            "documents": pages,
            "moods": {"messages": 60, "accuracy": 0.7},
            "keeping": {"people": 5, "orders": 6, "bookings": 7},
            "untold": {**asked, "owned": 21},
        },
        "unseen": {"split": "test", "everyday": {"everyday": 100, "fit": 51, "fit_later": 45}},
        "moods": {"split": "test", "moods": {"messages": 60, "accuracy": 0.65}},
        "keeping": {"split": "test", "keeping": {"people": 2, "orders": 3, "bookings": 4}},
        "untold": {"split": "test", "untold": {**asked, "owned": 19}},
        "next_reply": {"split": "test", "rows": [{"set": "a", "home": True, "examples": 300, **said}]},
        "replies": {
            "split": "test",
            "rows": [{"set": "a", "replies": 150, "first": 0.2, "chosen": 0.22, "best": 0.4}],
            "gain": {"mean": 2.0, "low": 0.5, "high": 3.5},
        },
        "calibration": {
            "heads": {
                "sentiment": {
                    "examples": 2000.0, "temperature": 1.1, "ece_before": 0.03, "ece": 0.01, "accuracy": 0.8,
                }
            },
            "familiarity": {"domains": ["x", "y"]},
        },
        "size": {"bytes": 11_800_000, "files": 11},
        "training": {"steps": 6529, "seconds": 9000.0, "parts": 4},
    }  # fmt: skip


def block(figures: ModuleType, name: str, found: dict[str, Any]) -> str:
    known = figures.BLOCKS
    text = f"before\n<!-- figures: {name} -->\nold\n<!-- /figures -->\nafter\n"
    new = figures.render(text, found, {k: b.write for k, b in known.items()}, {k: b.needs for k, b in known.items()})
    assert new.startswith("before\n<!-- figures:")
    assert new.endswith("\n<!-- /figures -->\nafter\n")
    assert isinstance(new, str)
    return new


def test_every_block_is_rendered_in_lines_that_fit(figures: ModuleType) -> None:
    for name in figures.BLOCKS:
        new = block(figures, name, results())
        assert "\nold\n" not in new
        assert all(len(line) <= 120 for line in new.splitlines() if not line.startswith("|"))
        widths = {line.count("|") for line in new.splitlines() if line.startswith("|")}
        assert len(widths) <= 1


def test_the_words_follow_the_figures(figures: ModuleType) -> None:
    good, bad = (block(figures, "sentiment", results(ours, far)) for ours, far in ((0.8, 0.77), (0.74, 0.59)))
    assert good.count("(met)") == 4
    assert "missed" not in good
    flat = " ".join(bad.split())
    assert "at home (missed) and on at least three of the 3 sets (missed: 0)" in flat
    assert "the best of the three, 75.0 (missed: 59.0)" in flat
    assert "| **mean abroad** * |  | **59.0** | 75.0 | 60.0 | 50.0 | 20.0 |" in bad


def test_a_loss_by_chance_is_told_from_one_that_is_none(figures: ModuleType) -> None:
    flat = " ".join(block(figures, "ranking", results()).split())
    assert "10 % above BM25 at home (met)" in flat
    assert "nowhere below it by more than chance (missed: farther)" in flat
    assert "Lower in the mean, by chance: far." in flat
    assert "| far * | 1,200 | 0.490 | 0.500 | 0.100 | -0.010 (-0.020 to +0.010) |" in flat


def test_the_table_of_the_fusion_marks_harm_and_the_choice(figures: ModuleType) -> None:
    new = block(figures, "fusion", results())
    assert "| **0.75, 8** | 0.600 | yes |" in new
    assert "| 2, 8 | 0.400 ↓ | no |" in new
    assert "2, 4" not in new


def test_a_block_whose_results_are_missing_stays(figures: ModuleType) -> None:
    found = results()
    del found["baselines"]
    assert "\nold\n" in block(figures, "sentiment", found)


def test_documents_without_blocks_or_with_unknown_ones_are_refused(figures: ModuleType) -> None:
    with pytest.raises(ValueError, match="no block"):
        figures.render("text", {}, {}, {})
    with pytest.raises(ValueError, match="unknown blocks warmth"):
        block(figures, "warmth", results())


def test_the_shipped_documents_hold_blocks_that_can_be_rendered(figures: ModuleType) -> None:
    for file in (figures.ROOT / "README.md", figures.MODEL / "CARD.md"):
        names = [match[2] for match in figures._MARKED.finditer(file.read_text(encoding="utf-8"))]
        assert {"sentiment", "ranking", "dialogue", "translation", "behaviour"} <= set(names) <= set(figures.BLOCKS)
        assert len(names) == len(set(names))


@pytest.fixture
def bench(figures: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of benchmarks with one that works and one that does not, and a model."""
    works = "import json,sys,pathlib;p=pathlib.Path(sys.argv[-1]);p.write_text(json.dumps(sys.argv[1:-2]))"
    (tmp_path / "works.py").write_text(works, encoding="utf-8")
    (tmp_path / "fails.py").write_text("raise SystemExit(3)", encoding="utf-8")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "report.json").write_text("{}", encoding="utf-8")
    (tmp_path / "model" / "weights").write_text("1", encoding="utf-8")
    parts = {"works": figures.Part("works.py", ("--deep",)), "fails": figures.Part("fails.py")}
    monkeypatch.setattr(figures, "PARTS", parts)
    monkeypatch.setattr(figures, "BENCHMARKS", tmp_path)
    return tmp_path


def run(figures: ModuleType, bench: Path, monkeypatch: pytest.MonkeyPatch, *more: str) -> int:
    model, out = str(bench / "model"), str(bench / "out")
    argv = ["figures.py", "sets", "--model", model, "--out", out, *more, "--into"]
    monkeypatch.setattr(sys, "argv", argv)
    code = figures.main()
    assert isinstance(code, int)
    return code


def test_a_part_that_fails_stops_no_other_and_what_is_there_is_kept(
    figures: ModuleType, bench: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(figures, bench, monkeypatch) == 1
    kept = json.loads((bench / "out" / "works.json").read_text(encoding="utf-8"))
    assert kept["result"] == ["sets", "--model", str(bench / "model"), "--deep"]
    assert "fails: exit 3, not measured" in capfd.readouterr().err
    before = (bench / "out" / "works.json").stat().st_mtime_ns
    assert run(figures, bench, monkeypatch, "--only", "works") == 0
    assert (bench / "out" / "works.json").stat().st_mtime_ns == before
    assert run(figures, bench, monkeypatch, "--only", "works", "--again", "works") == 0
    assert (bench / "out" / "works.json").stat().st_mtime_ns > before


def test_another_model_is_measured_anew_but_not_for_another_card(
    figures: ModuleType, bench: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(figures, bench, monkeypatch, "--only", "works") == 0
    before = (bench / "out" / "works.json").stat().st_mtime_ns
    (bench / "model" / "CARD.md").write_text("new words", encoding="utf-8")
    assert run(figures, bench, monkeypatch, "--only", "works") == 0
    assert (bench / "out" / "works.json").stat().st_mtime_ns == before
    (bench / "model" / "weights").write_text("2", encoding="utf-8")
    assert run(figures, bench, monkeypatch, "--render") == 0
    assert (bench / "out" / "works.json").stat().st_mtime_ns == before
    assert run(figures, bench, monkeypatch, "--only", "works") == 0
    assert (bench / "out" / "works.json").stat().st_mtime_ns > before
