"""Training as the chat sees it."""

import time

import pytest

from chatkit.errors import DataError
from chatkit.runtime.training_job import Rows, TrainingJob


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("CHATKIT_HOME", str(tmp_path / "home"))


def until(condition, seconds=240.0):
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.05)


def test_rows_are_read_once_and_only_whole(tmp_path):
    path = tmp_path / "log.csv"
    rows = Rows(path)
    assert rows.more() == []
    path.write_text("step,loss\n1,0.5\n2,0")
    assert rows.more() == [{"step": "1", "loss": "0.5"}]
    path.write_text("step,loss\n1,0.5\n2,0.25\nbroken\n")
    assert rows.more() == [{"step": "2", "loss": "0.25"}]
    path.write_text("step,loss\n")
    assert rows.more() == []
    path.write_text("step,loss\n2,0.2\n")
    assert rows.more() == [{"step": "2", "loss": "0.2"}]


def test_losses_after_a_resumed_checkpoint_replace_the_lost_ones(tmp_path):
    job = TrainingJob(tmp_path, "x.toml")
    run = tmp_path / "run"
    run.mkdir()
    head = "step,seconds,rate,gradient_norm,mood\n"
    (run / "log.csv").write_text(head + "".join(f"{n},{n}.0,1,1,0.{n}\n" for n in range(1, 6)))
    job.look()
    (run / "log.csv").write_text(head + "1,1.0,1,1,0.1\n2,2.0,1,1,0.2\n3,9.0,1,1,0.9\n")
    job.look()
    assert job.losses == {"mood": [(1, 0.1), (2, 0.2), (3, 0.9)]}
    assert job.step == 3


def test_a_config_that_is_not_there_is_said():
    with pytest.raises(DataError, match=r"nothing\.toml: no such file"):
        TrainingJob.start("nothing.toml")


def test_a_run_that_cannot_begin_says_why(tmp_path):
    config = tmp_path / "bad.toml"
    config.write_text("[heads.nothing]\ndata = ['x']\n")
    job = TrainingJob.start(str(config))
    until(lambda: job.state != "running")
    assert job.state == "failed"
    assert "nothing" in job.trouble


@pytest.mark.slow
def test_a_run_is_stopped_resumed_and_found_again(config_file):
    text = config_file.read_text().replace("steps = 12", "steps = 400")
    config_file.write_text(text)
    job = TrainingJob.start(str(config_file))
    until(lambda: job.look() or job.step > 3 or job.state != "running")
    assert job.state == "running", job.trouble
    assert job.steps == 400
    again = TrainingJob.latest()
    assert again.folder == job.folder
    assert again.state == "running"
    again.stop()
    until(lambda: job.state != "running")
    assert job.state == "stopped", job.trouble
    job.resume()
    until(lambda: job.state != "running")
    job.look()
    assert job.state == "finished", job.trouble
    assert job.has_assistant
    assert [step for step, _ in job.losses["generation"]][-1] == 400
