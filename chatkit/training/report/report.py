"""From folders to a report: a run, a sweep (or one run's place in it), or two runs side by side."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chatkit.errors import ModelError
from chatkit.training.report.gather import RunData, gather_run
from chatkit.training.report.page import compare_page, run_page, sweep_page
from chatkit.training.report.text import compare_text, run_text, sweep_text
from chatkit.training.sweep.found import Study
from chatkit.training.sweep.load import load_study
from chatkit.training.sweep.results import RESULT, RUNS, SWEEP, read_failures, read_result


@dataclasses.dataclass(frozen=True)
class Report:
    """A report in its three forms, and what went into it."""

    text: str
    html: str
    data: dict[str, Any]


def make_report(folder: Path, other: Path | None = None, *, ascii_only: bool = False) -> Report:
    """The report of a folder.

    Args:
        folder: Of a run or a sweep.
        other: Another run to hold it against; either may still be going on.
        ascii_only: Plots of ASCII characters in the text.
    Raises:
        ModelError: If there is nothing to report on.
    """
    if other is not None:
        a, b = gather_run(folder), gather_run(other)
        return Report(compare_text(a, b, ascii_only=ascii_only), compare_page(a, b), {"a": _plain(a), "b": _plain(b)})
    if (folder / SWEEP).is_file():
        return _sweep_report(folder)
    run = gather_run(folder)
    found, here = _place(folder)
    text, data = run_text(run, ascii_only=ascii_only), {"run": _plain(run)}
    if found is not None:
        text += "\n" + sweep_text(found, here=here)
        data["sweep"] = _plain(found)
    return Report(text, run_page(run, found, here=here), data)


def _place(folder: Path) -> tuple[Study | None, str | None]:
    """The sweep that a run is part of, and the candidate that it is of."""
    runs = folder.resolve().parent
    result = read_result(folder / RESULT)
    if result is None or runs.name != RUNS or not (runs.parent / SWEEP).is_file():
        return None, None
    found = load_study(runs.parent)
    return (found, result.candidate) if found is not None and found.row(result.candidate) else (None, None)


def _sweep_report(folder: Path) -> Report:
    found, failures = load_study(folder), read_failures(folder)
    if found is None:
        failed = f"; {len(failures)} runs failed, the first: {next(iter(failures.values()))}" if failures else ""
        raise ModelError(
            f"{folder}: no run of the sweep is done yet{failed}", hint="chatkit sweep ... --resume goes on"
        )
    text, page = sweep_text(found, failures=failures), sweep_page(found, failures=failures)
    return Report(text, page, {"sweep": _plain(found), "failures": failures})


def _plain(value: Any) -> Any:
    """Plain data that JSON can hold: what is not finite becomes None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        out = {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {**out, "done": value.done} if isinstance(value, RunData) else out
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
