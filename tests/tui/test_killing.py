"""kill -9 of the app, the engine or both at random moments; ``tests/benchmarks/history.py`` does it 200 times."""

import random
import statistics

import killing
import pytest

pytestmark = pytest.mark.slow


@pytest.mark.timeout(1500)
def test_kill_9_at_random_moments_loses_no_session_and_little_text(tmp_path):
    runs = killing.many(tmp_path, 20, seed=11)
    assert not [run for run in runs if run.problems]
    assert {run.victim for run in runs} == {"app", "engine", "both"}
    assert sum(run.said for run in runs) > 100
    assert statistics.median(run.lost for run in runs) <= 1.0
    assert max(run.lost for run in runs) <= 5.0  # the benchmark has a quiet machine, and asks for 1


def test_it_would_be_seen_if_text_were_not_committed_while_it_streams(tmp_path, monkeypatch):
    """The harness itself: with the commits of pieces planted away it reports a loss."""
    monkeypatch.setenv("KILLED_APP_FLUSH", "1000")
    rng = random.Random(1)
    monkeypatch.setattr(rng, "choice", lambda victims: "app")
    monkeypatch.setattr(rng, "uniform", lambda least, most: 4.0)
    monkeypatch.setitem(killing.SCRIPT["heads"]["generation"], "say", "word " * 3000)
    killed = killing.run(tmp_path, 0, rng)
    assert killed.said > 10
    assert killed.lost > 1.0
