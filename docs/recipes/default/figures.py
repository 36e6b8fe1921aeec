"""Every figure of the default assistant that README and CARD cite, by one command: measured, saved, written into both.

    pip install scikit-learn vaderSentiment textblob
    python docs/recipes/default/figures.py FOLDER_OF_THE_SETS [--model DIR] [--out FOLDER] [--runs DIR...]
        [--only PART...] [--again PART...] [--render] [--into FILE...]

Each part is a command of its own, on one core, and its result a file in --out; a part that is there for this very model
is not measured again, so a run that was broken off goes on where it stopped (--again measures a part anew). What cannot
be measured stops nothing: the other parts go on, it is named at the end, and the exit code is 1. Then the tables are
written between the markers of README.md and of the card: ``<!-- figures: NAME -->`` ... ``<!-- /figures -->``; a block
whose parts are not all there stays as it is. --render only does that. --runs names the folders of the parts of the
training, whose CPU time is added up.

Test parts are measured by this command alone and once for a model: choose on dev before.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from tables import BLOCKS

ROOT = Path(__file__).resolve().parents[3]
BENCHMARKS = ROOT / "tests" / "benchmarks"
MODEL = ROOT / "chatkit" / "assets" / "default"
_MARKED = re.compile(r"(<!-- figures: (\w+) -->\n).*?(\n<!-- /figures -->)", re.DOTALL)

Result = Any


@dataclasses.dataclass(frozen=True)
class Part:
    """One measurement.

    Args:
        script: A file of tests/benchmarks.
        arguments: Beside the folder of the sets, the model and the file for its result.
        of_model: Whether it depends on the model.
    """

    script: str
    arguments: tuple[str, ...] = ()
    of_model: bool = True

    def command(self, sets: Path, model: Path, result: Path) -> list[str]:
        """The command that writes ``result``."""
        named = ["--model", str(model)] if self.of_model else []
        return [
            sys.executable,
            str(BENCHMARKS / self.script),
            str(sets),
            *named,
            *self.arguments,
            "--json",
            str(result),
        ]


PARTS = {
    "baselines": Part("sentiment_baselines.py", ("--split", "test"), of_model=False),
    "behaviour": Part("behaviour.py", ("--split", "dev")),
    "unseen": Part("behaviour.py", ("--split", "test", "--only", "everyday")),
    "moods": Part("behaviour.py", ("--split", "test", "--only", "moods")),
    "keeping": Part("behaviour.py", ("--split", "test", "--only", "keeping")),
    "untold": Part("behaviour.py", ("--split", "test", "--only", "untold")),
    "sentiment": Part("default_assistant.py", ("--only", "sentiment")),
    "dialogue": Part("default_assistant.py", ("--only", "dialogue")),
    "translation": Part("default_assistant.py", ("--only", "translation", "--most", "200")),
    "next_reply": Part("next_reply.py", ("--split", "test")),
    "replies": Part("replies.py", ("--split", "test")),
    "ranking": Part("default_assistant.py", ("--only", "ranking")),
}


def key_of(model: Path) -> str:
    """Short hash of everything in a model folder that figures may depend on; CARD.md and the report do not count."""
    digest = hashlib.sha256()
    for file in sorted(path for path in model.rglob("*") if path.is_file() and "run" not in path.parts):
        if file.suffix != ".md" and file.name != "report.json":
            digest.update(f"{file.relative_to(model)}:".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def measure(name: str, sets: Path, model: Path, out: Path, *, key: str) -> bool:
    """Run one part and keep its result with what it was made of; whether it succeeded."""
    part, aside = PARTS[name], out / f"{name}.part"
    command = part.command(sets, model, aside)
    print(f"{name}: {' '.join(command)}", file=sys.stderr, flush=True)
    started = time.monotonic()
    done = subprocess.run(command, check=False, stdout=sys.stderr, env={**os.environ, "OMP_NUM_THREADS": "1"})
    if done.returncode or not aside.is_file():
        print(f"{name}: exit {done.returncode}, not measured", file=sys.stderr)
        return False
    shown = [Path(command[1]).name, *command[3:-2]]
    found = {"key": key if part.of_model else "", "command": shown, "seconds": round(time.monotonic() - started)}
    keep(out / f"{name}.json", {**found, "result": json.loads(aside.read_text(encoding="utf-8"))})
    aside.unlink()
    return True


def keep(file: Path, value: Result) -> None:
    """Write JSON aside, then rename it into place."""
    aside = file.with_suffix(".new")
    aside.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    aside.replace(file)


def is_there(name: str, out: Path, key: str) -> bool:
    """Whether a part was measured for this model."""
    file = out / f"{name}.json"
    return file.is_file() and json.loads(file.read_text(encoding="utf-8"))["key"] == (
        key if PARTS[name].of_model else ""
    )


def standing(model: Path, runs: Sequence[Path]) -> dict[str, Result]:
    """What needs no measurement: what was fitted on dev, size, and the CPU time of the training where --runs tells."""
    report = json.loads((model / "report.json").read_text(encoding="utf-8"))
    files = [path for path in model.rglob("*") if path.is_file() and path.suffix != ".md" and "run" not in path.parts]
    found: dict[str, Result] = {
        "size": {"bytes": sum(path.stat().st_size for path in files), "files": len(files)},
        "fusion": report.get("fusion", {}).get("retrieval"),
        "calibration": report.get("confidence"),
    }
    if runs:
        reports = [json.loads((run / "report.json").read_text(encoding="utf-8")) for run in runs]
        parts = [report.get("trained_on", report)["training"] for report in reports]  # train.only keeps that of init
        found["training"] = {key: sum(part[key] for part in parts) for key in ("steps", "seconds")} | {
            "parts": len(runs)
        }
    return {name: value for name, value in found.items() if value}


def results(out: Path, key: str) -> dict[str, Result]:
    """All results that belong to this model, by name."""
    found = {name: json.loads((out / f"{name}.json").read_text()) for name in PARTS if is_there(name, out, key)}
    there = {name: value["result"] for name, value in found.items()}
    file = out / "standing.json"
    kept = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {"key": None}
    return {**there, **(kept["result"] if kept["key"] == key else {})}


def render(text: str, found: dict[str, Result], blocks: dict[str, Callable[..., str]], needs: dict[str, Any]) -> str:
    """A document with every block renewed whose results are all there.

    Raises:
        ValueError: If it has no block, or one that nobody knows.
    """
    names = [match[2] for match in _MARKED.finditer(text)]
    unknown = sorted(set(names) - set(blocks))
    if unknown or not names:
        what = f"unknown blocks {', '.join(unknown)}" if unknown else "no block"
        raise ValueError(f"{what}; known: {', '.join(blocks)}")

    def block(match: re.Match[str]) -> str:
        wanted = {name: found[name] for name in needs[match[2]] if name in found}
        if len(wanted) < len(needs[match[2]]):
            return match[0]
        return f"{match[1]}{blocks[match[2]](**wanted).strip()}{match[3]}"

    return _MARKED.sub(block, text)


def main() -> int:
    """Measure what is missing and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("data", type=Path, help="folder of the sets")
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--out", type=Path, default=Path("figures"), help="folder for the results")
    parser.add_argument("--runs", type=Path, nargs="+", default=[], help="folders of the parts of the training")
    parser.add_argument("--only", nargs="+", choices=sorted(PARTS), default=list(PARTS))
    parser.add_argument("--again", nargs="+", choices=sorted(PARTS), default=[])
    parser.add_argument("--render", action="store_true", help="measure nothing")
    parser.add_argument("--into", type=Path, nargs="*", default=[ROOT / "README.md", MODEL / "CARD.md"])
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    if hasattr(os, "sched_setaffinity"):  # at most one core, whatever a part would take
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    key, failed = key_of(args.model), []
    runs = args.runs or ([args.model] if (args.model / "run").is_dir() else [])
    kept = results(args.out, key)
    fresh = standing(args.model, runs)
    if not runs and "training" in kept:
        fresh["training"] = kept["training"]
    keep(args.out / "standing.json", {"key": key, "result": fresh})
    for name in [] if args.render else args.only:
        if name in args.again or not is_there(name, args.out, key):
            failed += [] if measure(name, args.data, args.model, args.out, key=key) else [name]
    found, needs = results(args.out, key), {name: block.needs for name, block in BLOCKS.items()}
    for file in args.into:
        old = file.read_text(encoding="utf-8")
        new = render(old, found, {name: block.write for name, block in BLOCKS.items()}, needs)
        file.write_text(new, encoding="utf-8")
        print(f"{file}: {'as it was' if new == old else 'renewed'}", file=sys.stderr)
    missing = sorted(set(PARTS) - set(found))
    print(f"not measured for this model: {', '.join(missing) or 'nothing'}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
