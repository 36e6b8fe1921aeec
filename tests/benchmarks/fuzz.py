"""Fuzzes everything that reads what is not ours: python tests/benchmarks/fuzz.py [--inputs N] [--state FILE] [--seed N]

Inputs are mutations of valid ones: bytes flipped, cut, doubled, inserted, parts of other inputs spliced in. Allowed is
a result or a ChatkitError (of the tokenizer's ``decode`` a ValueError, as it says); anything else, a call of more than
ten CPU seconds or a file that is written or changed is a finding, and is printed with the input. Of the engine an error
that names an exception is a finding too: it catches every one.

Inputs come in blocks, each with a seed of its own; with ``--state`` what is done is kept in a file, and the same
command goes on there, until N inputs are done in all. ``fuzz_guided.py`` does the same guided by coverage, by atheris.
"""

from __future__ import annotations

import argparse
import base64
import dataclasses
import faulthandler
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from fuzz_targets import Targets

from chatkit import paths
from chatkit.errors import ChatkitError

SLOW, HUNG = 10.0, 900.0  # CPU seconds; seconds after which a call that does not return ends the run
ROUNDS = 5  # of all targets, in a block
_WORDS = (
    b'"', b"{", b"}", b"[", b"]", b"null", b"true", b"-1", b"1e999", b"9" * 40, b"\\u0000", b"\\ud800", b"\xff", b"\0",
    b"\r\n", b"\t", b",", b"=", b"[" * 2000, b'{"a":' * 500, "é😀\u202e".encode(), b"../", b"a" * 5000, b"@", b"+49 0",
)  # fmt: skip


def mutate(rng: random.Random, seeds: Sequence[bytes]) -> bytes:
    """One input."""
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.choice((0, 1, 1, 2, 3, 8))):
        at, kind = rng.randint(0, len(data)), rng.randrange(6)
        if kind == 0 and data:
            data[at % len(data)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[at:at] = rng.choice(_WORDS)
        elif kind == 2:
            del data[at : at + rng.randint(1, 20)]
        elif kind == 3:
            data[at:at] = data[at : at + rng.randint(1, 40)]
        elif kind == 4:
            other = rng.choice(seeds)
            start = rng.randint(0, len(other))
            data[at:at] = other[start : start + rng.randint(1, 60)]
        else:
            data[at : at + 1] = rng.randbytes(rng.randint(1, 4))
    return bytes(data)


def judge(name: str, targets: Targets, data: bytes) -> str:
    """Call a target with an input; "" or what was found."""
    call = targets.all[name][1]
    begun = time.process_time()
    try:
        call(data)
        found = ""
    except ChatkitError:
        found = ""
    except Exception as error:
        found = f"{type(error).__name__}: {error}"[:300]
    if time.process_time() - begun > SLOW:
        found = found or "slow"
    return f"{name}: {found}: {base64.b64encode(data[:3000]).decode()}" if found else ""


def one(name: str, targets: Targets, rng: random.Random) -> str:
    """Fuzz once; "" or what was found."""
    return judge(name, targets, mutate(rng, targets.all[name][0]))


@dataclasses.dataclass
class Done:
    """What was done so far, in all sittings.

    Args:
        seed: Of the first block; each has the next one.
        blocks: Blocks that are whole.
        inputs: Of each target.
        findings: What was found, with the seed of its block.
    """

    seed: int = 0
    blocks: int = 0
    inputs: Counter[str] = dataclasses.field(default_factory=Counter)
    findings: list[str] = dataclasses.field(default_factory=list)

    @classmethod
    def read(cls, state: Path | None, seed: int) -> Done:
        """Go on from a file, if there is one."""
        if state is None or not state.is_file():
            return cls(seed)
        kept: dict[str, Any] = json.loads(state.read_text())
        return cls(kept["seed"], kept["blocks"], Counter(kept["inputs"]), kept["findings"])

    def block(self, targets: Targets) -> None:
        """One block more."""
        seed = self.seed + self.blocks
        rng = random.Random(seed)
        for _ in range(ROUNDS):
            for name, (_, _, share) in targets.all.items():
                for _ in range(share):
                    self.inputs[name] += 1
                    if found := one(name, targets, rng):
                        self.findings.append(f"block {seed}: {found}")
        self.blocks += 1


def snapshot(*folders: Path) -> set[tuple[str, int]]:
    """Files that are not to change."""
    return {(str(p), p.stat().st_mtime_ns) for folder in folders for p in folder.rglob("*") if p.is_file()}


def fuzz(inputs: int, seed: int = 0, state: Path | None = None) -> Done:
    """Fuzz all targets in turn until so many inputs are done."""
    done = Done.read(state, seed)
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryDirectory() as home:
        os.environ["CHATKIT_HOME"] = home
        targets = Targets(Path(place))
        (Path(home) / "kept").write_text("as it was")
        before = snapshot(Path(home), paths.shipped_model())
        with np.errstate(all="ignore"):
            while done.inputs.total() < inputs:
                faulthandler.dump_traceback_later(HUNG, exit=True)
                done.block(targets)
                extra = {p.name for p in Path(place).iterdir() if not p.name.startswith("input")}
                if extra or snapshot(Path(home), paths.shipped_model()) != before:
                    done.findings.append(f"block {done.seed + done.blocks - 1}: files were written: {sorted(extra)}")
                    before = snapshot(Path(home), paths.shipped_model())
                if state is not None:
                    aside = state.with_suffix(".new")
                    aside.write_text(json.dumps(vars(done), indent=1))
                    aside.replace(state)
        faulthandler.cancel_dump_traceback_later()
    return done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--state", type=Path)
    given = parser.parse_args()
    done = fuzz(given.inputs, given.seed, given.state)
    for name, count in done.inputs.items():
        print(f"{name:20} {count:>9,}")
    total, last = done.inputs.total(), done.seed + done.blocks - 1
    print(f"{'inputs':20} {total:>9,}; {len(done.findings)} findings; blocks {done.seed} to {last}")
    for found in done.findings[:50]:
        print(found)
    sys.exit(1 if done.findings else 0)


if __name__ == "__main__":
    main()
