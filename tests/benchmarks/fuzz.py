"""Fuzzes everything that reads what is not ours: python tests/benchmarks/fuzz.py [CPU_SECONDS] [--seed N]

Inputs are mutations of valid ones: bytes flipped, cut, doubled, inserted, parts of other inputs spliced in. Allowed is
a result or a ChatkitError (of the tokenizer's ``decode`` a ValueError, as it says); anything else, a call of more than
ten CPU seconds or a file that is written or changed is a finding, and is printed with the input.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import io
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

from chatkit import paths
from chatkit.checkpoint import load_tensors, read_json, save_tensors, tensor_shapes
from chatkit.data.readers import READERS
from chatkit.data.records import Problems
from chatkit.errors import ChatkitError
from chatkit.runtime.engine import Engine, _history
from chatkit.search.bm25 import BM25
from chatkit.text.private import mask
from chatkit.text.tokenizer import Tokenizer
from chatkit.training.recipe import load_recipe

SLOW = 10.0
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


class Targets:
    """What is fuzzed: name -> (valid inputs, call). Files are made in ``folder``, one a target."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tokenizer = Tokenizer.load(paths.shipped_model() / "tokenizer.model")
        save_tensors(folder / "seed", {"a": torch.zeros(2, 3), "b": torch.ones(4)}, {"state": "{}"})
        weights = (folder / "seed").read_bytes()
        (folder / "seed").unlink()
        dialogue = b'{"turns": [{"speaker": "user", "text": "hi"}, {"speaker": "assistant", "text": "hello"}]}\n'
        table = b'text,label\n"good, fun",positive\nbad,negative\n'
        pair = b'{"src": "good day", "tgt": "bonjour", "lang": "fr"}\n'
        toml = b'seed = 1\n[encoder]\nhidden = 8\n[train]\nsteps = 3\n[heads.generation]\ndata = ["x"]\nweight = 0.5\n'
        message = [{"do": "ask", "turn": 1, "text": "x", "history": [{"speaker": "user", "text": "a"}], "options": {}}]
        message += [{"do": "disable", "head": "x"}, {"do": "cancel", "turn": 3}, {"do": "ask", "text": 3, "seed": "x"}]
        messages = [json.dumps(item).encode() for item in message]
        bm25 = BM25.build([["a", "b"], ["b", "c"]]).to_bytes()
        self.engine = Engine(io.StringIO())
        self.all: dict[str, tuple[list[bytes], Callable[[bytes], object]]] = {
            "tokenizer": ([b"hello there", "naïve 😀 ok".encode(), b"<user> <pad>"], self.tokenise),
            "private": ([b"a@b.org +44 20 7946 0958", b"DE89 3704 0044 0532 0130 00 4111111111111111"], self.private),
            "dialogue.jsonl": ([dialogue, dialogue * 2], self.reader("dialogue", ".jsonl")),
            "dialogue.txt": ([b"some text\n\nand more\n"], self.reader("dialogue", ".txt")),
            "dialogue.jsonl.gz": ([_gzip(dialogue), dialogue], self.reader("dialogue", ".jsonl.gz")),
            "dialogue.db": ([b"SQLite format 3\0" + bytes(200), b"x"], self.reader("dialogue", ".db")),
            "labelled.csv": ([table, table.replace(b",", b";")], self.reader("labelled", ".csv")),
            "labelled.tsv": ([table.replace(b",", b"\t")], self.reader("labelled", ".tsv")),
            "labelled.jsonl": ([b'{"text": "x", "label": "y"}\n'], self.reader("labelled", ".jsonl")),
            "translation.jsonl": ([pair, pair * 2], self.reader("translation", ".jsonl")),
            "recipe.toml": ([toml, toml + b'[data]\nmask = ["email"]\n'], self.recipe),
            "head.json": ([b'{"name": "a", "labels": ["x"]}'], lambda d: read_json(self.file(".json", d))),
            "safetensors": ([weights], self.tensors),
            "bm25": ([bm25], lambda d: BM25.from_bytes(d).scores(["b"])),
            "engine": (messages, self.message),
        }  # fmt: skip

    def file(self, suffix: str, data: bytes) -> Path:
        path = self.folder / f"input{suffix}"
        path.write_bytes(data)
        return path

    def tokenise(self, data: bytes) -> None:
        text = data.decode("utf-8", "surrogateescape")
        ids = self.tokenizer.encode(text)
        self.tokenizer.offsets(ids)
        self.tokenizer.decode(ids)
        with contextlib.suppress(ValueError):
            self.tokenizer.decode([byte * 97 - 500 for byte in data[:20]])

    def private(self, data: bytes) -> None:
        mask(data.decode("utf-8", "replace"))

    def reader(self, name: str, suffix: str) -> Callable[[bytes], object]:
        def read(data: bytes) -> None:
            for record in READERS[name].read(self.file(suffix, data), "train", "skip", Problems()):
                repr(record)

        return read

    def tensors(self, data: bytes) -> None:
        path = self.file(".safetensors", data)
        tensor_shapes(path)
        load_tensors(path)

    def recipe(self, data: bytes) -> None:
        load_recipe(str(self.file(".toml", data)))

    def message(self, data: bytes) -> None:
        try:
            command = json.loads(data)
        except (ValueError, RecursionError):
            return  # as the engine's reader does
        if isinstance(command, dict) and command.get("do") != "load":
            self.engine.handle(command)
            _history(command.get("history"))


def _gzip(data: bytes) -> bytes:
    import gzip

    return gzip.compress(data, mtime=0)


def snapshot(*folders: Path) -> set[tuple[str, int]]:
    """Files that are not to change."""
    return {(str(p), p.stat().st_mtime_ns) for folder in folders for p in folder.rglob("*") if p.is_file()}


def one(name: str, targets: Targets, rng: random.Random) -> str:
    """Fuzz once; "" or what was found."""
    seeds, call = targets.all[name]
    data = mutate(rng, seeds)
    begun = time.process_time()
    try:
        call(data)
        found = ""
    except ChatkitError:
        found = ""
    except Exception as error:
        found = f"{type(error).__name__}: {error}"
    if time.process_time() - begun > SLOW:
        found = found or "slow"
    return f"{name}: {found}: {base64.b64encode(data[:3000]).decode()}" if found else ""


def fuzz(seconds: float, seed: int) -> tuple[Counter[str], list[str]]:
    """Fuzz all targets in turn for so many CPU seconds; inputs of each, and findings."""
    counts: Counter[str] = Counter()
    findings: list[str] = []
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryDirectory() as home:
        os.environ["CHATKIT_HOME"] = home
        targets = Targets(Path(place))
        (Path(home) / "kept").write_text("as it was")
        before = snapshot(Path(home), paths.shipped_model())
        begun = time.process_time()
        with np.errstate(all="ignore"):
            while time.process_time() - begun < seconds:
                for name in targets.all:
                    for _ in range(20):
                        counts[name] += 1
                        if found := one(name, targets, rng):
                            findings.append(found)
        extra = {p.name for p in Path(place).iterdir() if not p.name.startswith("input.")}
        if extra or snapshot(Path(home), paths.shipped_model()) != before:
            findings.append(f"files were written or changed: {sorted(extra)}")
    return counts, findings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seconds", nargs="?", type=float, default=180.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    counts, findings = fuzz(given.seconds, given.seed)
    for name, count in counts.items():
        print(f"{name:20} {count:>9,}")
    print(f"{'inputs':20} {counts.total():>9,}; {len(findings)} findings")
    for found in findings[:50]:
        print(found)
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
