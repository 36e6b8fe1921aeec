"""What the contract kit found: one result a check, and the account of how many ran."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal

Outcome = Literal["passed", "failed", "waived", "skipped"]
_MARKS: dict[Outcome, str] = {"passed": "ok  ", "failed": "FAIL", "waived": "waiv", "skipped": "skip"}


class CheckFailed(AssertionError):  # noqa: N818  # an assertion about the head, not an error of the kit
    """What a check found wrong, in one line that tells the author what to mend."""


class NotAsked(Exception):  # noqa: N818  # not a fault either
    """A check does not apply to this head; says why."""


@dataclasses.dataclass(frozen=True)
class Result:
    """Outcome of one check.

    Args:
        check: Its name, as a waiver gives it.
        outcome: What came of it.
        message: What is wrong, why it was skipped or waived, or a figure.
        place: ``file:line`` in the head, where an exception tells.
        seconds: What it took.
    """

    check: str
    outcome: Outcome
    message: str = ""
    place: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        place = f" at {self.place}" if self.place else ""
        return f"{_MARKS[self.outcome]} {self.check}{': ' if self.message else ''}{self.message}{place}"


@dataclasses.dataclass(frozen=True)
class Report:
    """All results on one target.

    Args:
        target: Name of the head or tokenizer.
        results: In the order of the checks.
        floor: So many must have run, waived and skipped ones not counted.
    """

    target: str
    results: Sequence[Result]
    floor: int

    def count(self, *outcomes: Outcome) -> int:
        """How many results have one of these outcomes."""
        return sum(result.outcome in outcomes for result in self.results)

    @property
    def num_run(self) -> int:
        """Checks that ran."""
        return self.count("passed", "failed")

    @property
    def failed(self) -> list[Result]:
        """Results of the checks that failed."""
        return [result for result in self.results if result.outcome == "failed"]

    @property
    def ok(self) -> bool:
        """Whether enough checks ran and none failed."""
        return not self.failed and self.num_run >= self.floor

    @property
    def summary(self) -> str:
        """``N run, N waived, N skipped``, what failed, and the floor where it was missed."""
        parts = [f"{self.num_run} run, {self.count('waived')} waived, {self.count('skipped')} skipped"]
        if self.failed:
            parts.append(f"{len(self.failed)} failed")
        if self.num_run < self.floor:
            parts.append(f"too few: at least {self.floor} must run")
        return "; ".join(parts)

    def lines(self, *, verbose: bool = False) -> list[str]:
        """The report as text: what failed, was waived or skipped (all of it if ``verbose``), then the summary.

        A failure that several checks ran into is told once.
        """
        lines: list[str] = []
        told: set[tuple[str, str]] = set()
        for result in self.results:
            cause = (result.message, result.place)
            if result.outcome == "failed" and cause not in told:
                told.add(cause)
                same = [r.check for r in self.failed if (r.message, r.place) == cause and r is not result]
                lines += [str(result), *([f"     the same in {', '.join(same)}"] if same else [])]
            elif result.outcome != "failed" and (verbose or result.outcome != "passed"):
                lines.append(str(result))
        return [*lines, f"{self.target}: {self.summary}"]

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "head": self.target,
            "ok": self.ok,
            "run": self.num_run,
            "waived": self.count("waived"),
            "skipped": self.count("skipped"),
            "failed": len(self.failed),
            "floor": self.floor,
            "seconds": round(sum(result.seconds for result in self.results), 3),
            "checks": [dataclasses.asdict(result) for result in self.results],
        }
