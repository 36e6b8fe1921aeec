"""The kit is tested by planted faults: each is caught by the check that is meant to, and each check catches one."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
import torch
from chatkit_generation import Generation
from chatkit_retrieval import Retrieval
from chatkit_sentiment import Sentiment
from planted_faults import FAULTS, SOUND, HangsInAnswer, Mood, Plain, Speaker

from chatkit.nn.step import Stepper
from chatkit.plugin_api import Head, Loss
from chatkit.testing import contract, run_checks
from chatkit.testing.kit import HEAD_FLOOR, Kit, check_names

IMPORT_FAULTS = {
    "slow": ("import time; time.sleep(1.2)", "takes"),
    "prints": ("print('hello from the head')", "prints"),
    "environment": ("import os; os.environ['OMP_NUM_THREADS'] = '7'", "the environment"),
    "seeds": ("import torch; torch.manual_seed(0)", "torch"),
}
NINE_LINES = """from chatkit.plugin_api import Classifier


class Mood(Classifier):
    name = "mood"
    examples = [
        {"text": "good fun", "label": "happy"},
        {"text": "awful and dull", "label": "sad"},
    ]
"""


@pytest.mark.parametrize("head", [*SOUND, Sentiment, Generation, Retrieval], ids=lambda head: head.__name__)
def test_a_sound_head_passes(head: type[Head]) -> None:
    report = run_checks(head)
    assert report.ok, "\n".join(report.lines())
    assert report.num_run >= HEAD_FLOOR
    assert report.summary.startswith(f"{report.num_run} run, 0 waived, ")


def test_a_head_of_nine_lines_passes(tmp_path: Path) -> None:
    (tmp_path / "mood.py").write_text(NINE_LINES)
    assert len(NINE_LINES.strip().split("\n")) == 9
    report = run_checks(str(tmp_path / "mood.py"))
    assert report.ok, "\n".join(report.lines())


@pytest.mark.parametrize(("head", "check"), FAULTS.items(), ids=lambda item: getattr(item, "__name__", ""))
def test_a_planted_fault_is_caught(head: type[Head], check: str) -> None:
    result = Kit(head, limit=2.0 if head is HangsInAnswer else 60.0).result(check)
    assert result.outcome == "failed", str(result)
    assert result.message


@pytest.mark.parametrize("fault", IMPORT_FAULTS)
def test_an_import_that_costs_or_prints_is_caught(tmp_path: Path, fault: str) -> None:
    line, word = IMPORT_FAULTS[fault]
    path = tmp_path / "mood.py"
    path.write_text(NINE_LINES + line + "\n")
    failed = {result.check: result for result in run_checks(str(path)).failed}
    assert word in failed["import_is_cheap"].message


def test_no_check_is_without_a_fault_that_it_catches() -> None:
    caught = {*FAULTS.values(), "import_is_cheap"}
    assert set(check_names()) == caught
    assert len(FAULTS) + len(IMPORT_FAULTS) >= 25


def test_a_failure_names_the_line_of_the_head() -> None:
    class Divides(Plain):
        def answer(self, encoded, examples):  # type: ignore[no-untyped-def]
            return 1 / 0

    failed = run_checks(Divides).failed
    assert all("ZeroDivisionError" in result.message for result in failed)
    assert {result.place.split(":")[0] for result in failed} == {"test_kit.py"}


def test_when_it_does_not_build_the_rest_is_skipped_and_the_floor_fails() -> None:
    class Unbuildable(Plain):
        def build(self, info, vocabulary, **options):  # type: ignore[no-untyped-def]
            raise RuntimeError("no")

    report = run_checks(Unbuildable)
    assert [result.check for result in report.failed] == ["builds"]
    assert "too few" in report.summary
    assert not report.ok


def test_a_head_that_hangs_costs_one_limit_not_twenty() -> None:
    report = run_checks(HangsInAnswer, limit=2.0)
    assert len(report.failed) == 1
    assert "does it hang" in report.failed[0].message
    assert sum("it hangs in" in result.message for result in report.results) > 15
    assert not report.ok


def test_one_cause_is_told_once() -> None:
    class Divides(Plain):
        def answer(self, encoded, examples):  # type: ignore[no-untyped-def]
            return 1 / 0

    lines = run_checks(Divides).lines()
    assert sum("ZeroDivisionError" in line for line in lines) == 1
    assert "the same in" in "".join(lines)


def test_a_waiver_needs_a_reason_and_is_counted() -> None:
    class Waives(Mood):
        waive: ClassVar = {"latency": "it looks words up in a large list"}

    report = run_checks(Waives)
    assert report.ok
    assert ", 1 waived, " in report.summary
    assert "waiv latency: it looks words up in a large list" in report.lines()


@pytest.mark.parametrize(
    ("waive", "what"),
    [
        ({"latency": ""}, "give a reason"),
        ({"latncy": "typo"}, "no check is called latncy"),
        ({"leaves_encoder_alone": "I like it"}, "cannot be waived"),
        (["latency"], "no check"),
    ],
)
def test_a_waiver_that_does_not_hold_fails(waive: object, what: str) -> None:
    head = type("Waives", (Mood,), {"waive": waive})
    failed = [result for result in run_checks(head).failed if result.check == "waivers"]
    assert what in failed[0].message


def test_too_many_waivers_fall_below_the_floor() -> None:
    waivable = [name for name in check_names() if name not in ("declaration", "builds")]
    head = type("Waives", (Mood,), {"waive": dict.fromkeys(waivable[:14], "because")})
    report = run_checks(head)
    assert report.num_run < report.floor
    assert not report.ok


def test_the_report_as_json_is_complete() -> None:
    report = run_checks(Speaker).as_json()
    assert report["ok"]
    assert report["run"] + report["waived"] + report["skipped"] == len(report["checks"])
    assert {check["check"] for check in report["checks"]} == set(check_names())


def test_the_kit_leaves_generators_and_threads_as_they_were() -> None:
    import random

    import torch

    torch.manual_seed(11)
    random.seed(11)
    before = torch.get_rng_state(), random.getstate(), torch.get_num_threads()
    run_checks(Mood)
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1:] == (random.getstate(), torch.get_num_threads())


def test_the_kit_of_a_head_that_streams_and_judges_steps_a_bounded_number_of_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Steps are what such a kit costs; seconds are told by ``tests/benchmarks/plugins.py kit``."""
    steps, step = [], Stepper.step
    monkeypatch.setattr(Stepper, "step", lambda self, *args: steps.append(1) or step(self, *args))
    assert run_checks(Generation).ok
    assert 200 < len(steps) < 3000


def test_labels_that_a_head_knows_by_heart_are_to_be_declared() -> None:
    class ByHeart(Plain):
        def loss(self, encoded, examples):  # type: ignore[no-untyped-def]
            worth = {"happy": 1.0, "sad": -1.0}
            gold = torch.tensor([worth[example["label"]] for example in examples])
            return Loss((self.logits(encoded)[:, 0] - gold).square().sum(), len(examples))

    result = Kit(ByHeart).result("copes_with_other_labels")
    assert result.outcome == "failed"
    assert "KeyError: 'alpha'" in result.message
    assert 'labels = ("...", "...")' in result.message
    assert result.place.startswith("test_kit.py:")
    ByHeart.labels = ("happy", "sad")  # type: ignore[attr-defined]
    assert Kit(ByHeart).result("copes_with_other_labels").outcome == "skipped"


test_contract = contract(Mood)
