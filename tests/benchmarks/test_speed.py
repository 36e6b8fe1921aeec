"""Each speed benchmark at a size that proves only that it runs, so that none rots."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import retrieval_peers
import speed
from frame import Result, Target, interleaved, machine, markdown


def test_ratios_are_taken_within_a_round() -> None:
    result = Result("x", "things", "wall", "b", {"a": [2.0, 40.0, 6.0], "b": [1.0, 10.0, 2.0]})
    assert result.ratios("a") == [2.0, 3.0, 4.0]
    assert result.ratio("a") == 3.0
    assert result.ratio("b", "a") == pytest.approx(1 / 3)


def test_every_peer_is_called_in_every_round_and_once_before() -> None:
    calls: list[str] = []
    peers = {name: (lambda name=name: calls.append(name)) for name in "abc"}
    rates = interleaved(peers, 5, rounds=4, clock="wall")
    assert {name: calls.count(name) for name in "abc"} == dict.fromkeys("abc", 5)
    assert {name: len(row) for name, row in rates.items()} == dict.fromkeys("abc", 4)
    firsts = {tuple(calls[i : i + 3]) for i in range(0, 15, 3)}
    assert len(firsts) > 1  # the order changes


def test_a_miss_is_named_as_a_miss() -> None:
    least, most = Target("fast", 0.8, 0.9, why="slow"), Target("small", 0.8, 0.9, at_most=True)
    table = markdown([Result("x", "", "cpu", "", {}, {"fact": 0.5}, [least, most])], machine())
    assert "| fast | 0.8 | ≥ 0.9 | missed: slow |" in table
    assert "| small | 0.8 | ≤ 0.9 | met |" in table
    assert "- fact: 0.5" in table


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", speed.ALONE)
def test_the_benchmark_runs(name: str) -> None:
    results = speed.run([name], smoke=True)
    assert results
    for result in results:
        data = json.loads(json.dumps(result.as_json()))
        assert all(peer["median"] > 0 for peer in data["peers"].values())
        assert data["peers"] or data["facts"]


def test_what_lacks_its_folder_is_left_out_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert speed.run(list(speed.WITH_FOLDER), smoke=True) == []
    said = capsys.readouterr().err
    assert "retrieval: left out, it needs --sets" in said
    assert "wikitext2: left out, it needs --wikitext2" in said


def test_finished_runs_of_wikitext2_are_a_part_of_the_table(tmp_path: Path) -> None:
    side = {"dev": 200.0, "dev with cache": 180.0, "test": 190.0, "test with cache": 170.0, "minutes": 30.0}
    ours = {key: value * 0.65 for key, value in side.items()}
    for name, figures in {"kneser_ney": {"dev": 230.0, "test": 220.0}, "recipe": side, "ours": ours}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({"minutes": 30.0, "config": {}, "figures": figures}))
    (result,) = speed.run(["wikitext2"], smoke=False, given={"wikitext2": tmp_path})
    assert [round(target.got, 3) for target in result.targets] == [0.65, round(0.65 * 170 / 190, 3)]
    assert result.facts["kneser_ney, test"] == 220.0


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_retrieval_runs_without_the_peer_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieval_peers, "minilm", lambda: None)
    for name in retrieval_peers.SETS:
        (tmp_path / name / "qrels").mkdir(parents=True)
        for kind in ("corpus", "queries"):
            rows = [{"_id": str(i), "title": "", "text": f"{word} things"} for i, word in enumerate("abcdefghijkl")]
            (tmp_path / name / f"{kind}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (tmp_path / name / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\n0\t0\t1\n1\t1\t1\n")
    results = speed.run(["retrieval"], smoke=True, given={"sets": tmp_path})
    assert len(results) == len(retrieval_peers.SETS)
    for result in results:
        assert result.facts["chatkit, nDCG@10"] > 0
        assert result.facts["left out"] == "all-MiniLM-L6-v2 is not installed"
