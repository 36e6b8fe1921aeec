"""An adaptation beside the chat: a process that is started, followed, stopped."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from chatkit.errors import DataError
from chatkit.runtime.adapt_job import AdaptJob, figures

RESULT = {
    "language_model": {
        "target": {"before": 2.5, "after": 2.2, "change": -0.12},
        "old": {"before": 1.6, "after": 1.62, "change": 0.0125},
    },
    "heads": {"sentiment": {"accuracy": {"text": "0.75 -> 0.76"}}},
    "untested": ["retrieval"],
}
WORKS = f"""
import json, pathlib, sys
out = pathlib.Path(sys.argv[sys.argv.index("--out") + 1])
out.mkdir()
(out / "assistant.toml").write_text("")
(out / "asked.json").write_text(json.dumps(sys.argv[1:]))
print("before: 2.500", file=sys.stderr)
print({json.dumps(json.dumps(RESULT))})
"""


def ended(job: AdaptJob) -> AdaptJob:
    limit = time.monotonic() + 60
    while job.state == "running":
        assert time.monotonic() < limit
        time.sleep(0.02)
    return job


def command(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def test_what_came_out_can_be_loaded_and_the_one_before_is_known(home: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("words")
    job = ended(AdaptJob.start(str(tmp_path / "notes.txt"), "/mine", command=command(WORKS)))
    assert job.state == "finished"
    assert job.said == ["before: 2.500"]
    assert job.before == "/mine"
    asked = json.loads((job.model / "asked.json").read_text())
    assert asked[asked.index("--model") + 1] == "/mine"
    assert asked[asked.index("--on") + 1] == str(tmp_path / "notes.txt")
    assert figures(job.result) == [
        ("this text", "2.500 -> 2.200 bits per byte (-12.0%)"),
        ("the text that it was trained on", "1.600 -> 1.620 bits per byte (+1.2%)"),
        ("sentiment accuracy", "0.75 -> 0.76"),
        ("not measured", "retrieval: no dev data at hand"),
    ]
    again = AdaptJob.latest()
    assert again is not None
    assert (again.state, again.on, again.before) == ("finished", "notes.txt", "/mine")


def test_one_that_fails_or_is_stopped_leaves_nothing_to_load(home: Path) -> None:
    job = ended(
        AdaptJob.start(7, "/mine", command=command("import sys; sys.exit('chatkit: the new domain has 1 texts')"))
    )
    assert job.state == "failed"
    assert job.said[-1] == "the new domain has 1 texts"
    sleeping = AdaptJob.start(7, "/mine", command=command("import time; time.sleep(600)"))
    assert sleeping.folder != job.folder
    assert sleeping.state == "running"
    sleeping.stop()
    assert ended(sleeping).state == "failed"
    with pytest.raises(DataError, match="no such file or folder"):
        AdaptJob.start("/nowhere/at/all", "/mine")
