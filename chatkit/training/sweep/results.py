"""What the runs of a sweep have written, read back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chatkit.checkpoint import read_json, write_json
from chatkit.errors import ModelError
from chatkit.training.sweep.plan import Kind, Planned

SWEEP, FAILED, RUNS, RESULT = "sweep.json", "failed.json", "runs", "result.json"


@dataclasses.dataclass(frozen=True)
class Result:
    """One finished run.

    Args:
        id: Name of its folder.
        candidate: Which candidate.
        kind: Of the candidate.
        weights: Of the candidate, by hand.
        trial: Its setting.
        seed: Its seed.
        data: The figures (``chatkit.training.sweep.trial``).
    """

    id: str
    candidate: str
    kind: Kind
    weights: Mapping[str, float]
    trial: str
    seed: int
    data: Mapping[str, Any]

    def losses(self, split: str = "dev") -> dict[str, float]:
        """Loss of each head that has this part, nats per target."""
        return {name: float(row["loss"]) for name, row in self.data[split].items()}


def write_result(folder: Path, planned: Planned, data: Mapping[str, Any]) -> None:
    """Write that a run is done."""
    candidate = planned.candidate
    head = {"candidate": candidate.name, "kind": candidate.kind, "weights": dict(candidate.weights)}
    run = {"trial": planned.trial, "seed": planned.seed, "digest": planned.digest}
    (folder / RUNS / planned.id / FAILED).unlink(missing_ok=True)
    write_json(folder / RUNS / planned.id / RESULT, {**head, **run, **data})


def read_result(file: Path, *, digest: str | None = None) -> Result | None:
    """The result in a file; None if there is none, or it is of another config than ``digest`` says.

    Raises:
        ModelError: If it is no result.
    """
    if not file.is_file():
        return None
    data = read_json(file)
    try:
        if digest is not None and data["digest"] != digest:
            return None
        candidate, kind, weights = data["candidate"], data["kind"], data["weights"]
        return Result(file.parent.name, candidate, kind, weights, data["trial"], int(data["seed"]), data)
    except (KeyError, TypeError):
        raise ModelError(f"{file}: is no result of a sweep", hint="delete it and resume the sweep") from None


def read_results(folder: Path) -> list[Result]:
    """All finished runs of a sweep, by name."""
    found = (read_result(file) for file in sorted(folder.glob(f"{RUNS}/*/{RESULT}")))
    return [result for result in found if result is not None]


def read_failures(folder: Path) -> dict[str, str]:
    """Run -> what went wrong."""
    return {file.parent.name: str(read_json(file)["error"]) for file in sorted(folder.glob(f"{RUNS}/*/{FAILED}"))}
