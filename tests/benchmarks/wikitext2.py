"""WikiText-2 at equal processor time: chatkit's language model, the recipe of pytorch/examples, Kneser-Ney.

    python tests/benchmarks/wikitext2.py FOLDER --out DIR [--minutes 30] [--only recipe|ours|kneser_ney] [--test]

FOLDER holds train, dev and test of the token version. Perplexity is of words: all nats of a text by its words, one end
of line per line and ``<unk>`` among them. Both sides train on one thread for ``--minutes`` of the process' own
processor time, dev not counted, so that other work on the machine takes nothing from either; both keep a checkpoint
in DIR, and the same command goes on from it. ``--only`` runs one side (two can run at once, each on a core of its
own); a last run without it prints the table, and with ``--test`` that of the test part.

The neural cache (2,000 words) is measured for both sides, its two settings chosen on dev.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from chatkit_generation.kneser_ney import KneserNey
from frame import Result, Target, machine, markdown
from torch import Tensor
from wikitext2_cache import choose, with_cache
from wikitext2_ours import Config, OurRun
from wikitext2_recipe import RecipeRun, hidden_of
from wikitext2_text import read_lines, word_ids

from chatkit.checkpoint import write_json
from chatkit.training.allocator import keep_freed_memory

SIDES = ("kneser_ney", "recipe", "ours")
Lines = dict[str, list[list[str]]]
Reading = tuple[Tensor, Tensor, Tensor]


def say(text: str) -> None:
    """Progress, to stderr."""
    print(text, file=sys.stderr, flush=True)


def perplexity(nats: Tensor, words: int) -> float:
    """Of all words."""
    return math.exp(float(nats.double().sum()) / words)


def figures(read: dict[str, Reading], words: dict[str, int]) -> dict[str, float]:
    """Perplexities of each part, with and without the cache, whose settings come from dev."""
    settings = choose(*read["dev"])
    out = {"flatness": settings[0], "share": settings[1]}
    for part, (nats, hidden, targets) in read.items():
        out[part] = perplexity(nats, words[part])
        out[f"{part} with cache"] = perplexity(with_cache(nats, hidden, targets, *settings), words[part])
    return out


def run_kneser_ney(lines: Lines, minutes: float, out: Path) -> dict[str, float]:
    """An interpolated modified Kneser-Ney 5-gram, each text one sequence."""
    start = time.process_time()
    ids, size = word_ids(lines)
    model = KneserNey.train([ids["train"].tolist()], 5, size)
    found = {
        part: math.exp(model.nats([row.tolist()]).sum() / len(row)) for part, row in ids.items() if part != "train"
    }
    return found | {"minutes": (time.process_time() - start) / 60}


def run_recipe(lines: Lines, minutes: float, out: Path) -> dict[str, float]:
    """The recipe of pytorch/examples."""
    ids, size = word_ids(lines)
    run = RecipeRun(ids["train"], ids["dev"], size, out / "recipe.pt")
    run.run(minutes * 60, say)
    words = {part: len(row) for part, row in ids.items()}
    return figures({p: hidden_of(run.model, ids[p]) for p in words if p != "train"}, words) | {
        "minutes": run.seconds / 60,
        "epochs": run.epochs,
    }


def run_ours(lines: Lines, minutes: float, out: Path, config: Config, looks: int) -> dict[str, float]:
    """chatkit."""
    keep_freed_memory()
    size = len({word for line in lines["train"] for word in line})
    run = OurRun(lines["train"], size, minutes * 60, out / "ours.safetensors", config)

    def look(run: OurRun) -> None:
        on_dev = run.perplexity(lines["dev"])
        say(f"chatkit: {run.trainer.seconds / 60:.1f} CPU minutes, step {run.trainer.step}, dev {on_dev:.1f}")

    run.run(look, looks)
    words = {part: sum(len(line) + 1 for line in rows) for part, rows in lines.items()}
    source = run.trainer.batches["generation"]
    return figures({p: run.read(lines[p]) for p in words if p != "train"}, words) | {
        "minutes": run.trainer.seconds / 60,
        "epochs": source.epochs,
    }


def result(found: dict[str, dict[str, float]], part: str, minutes: float) -> Result:
    """The table of one part."""
    facts: dict[str, Any] = {}
    for side, row in found.items():
        facts |= {
            f"{side}, {part}{more}": row[f"{part}{more}"] for more in ("", " with cache") if f"{part}{more}" in row
        }
        facts |= {f"{side}, {key}": row[key] for key in ("minutes", "epochs", "flatness", "share") if key in row}
    out = Result(f"WikiText-2 {part}, {minutes:g} CPU minutes, perplexity of words", "", "cpu", "", {}, facts)
    if "ours" in found and "recipe" in found:
        ours, recipe = found["ours"], found["recipe"]
        plain, cache = f"perplexity on {part} by that of the recipe", f"{part} with cache"
        out.targets = [
            Target(plain, ours[part] / recipe[part], 0.7, at_most=True),
            Target(f"{plain}, ours with cache", ours[cache] / recipe[part], 0.6, at_most=True),
        ]
        facts["both with cache, ours by the recipe's"] = ours[cache] / recipe[cache]
    return out


def kept(out: Path, side: str) -> dict[str, Any]:
    """What is known of a finished side: ``minutes``, ``config`` and ``figures``; empty if nothing is."""
    file = out / f"{side}.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return found


def measure(side: str, lines: Lines, minutes: float, out: Path, config: Config, looks: int) -> dict[str, float]:
    """Figures of one side; trained and measured only where this has not been done before."""
    known = {"minutes": minutes, "config": dataclasses.asdict(config) if side == "ours" else {}}
    before = kept(out, side)
    if {key: before.get(key) for key in known} == known and lines.keys() - {"train"} <= before["figures"].keys():
        figures: dict[str, float] = before["figures"]
        return figures
    say(f"{side} ...")
    if side == "ours":
        found = run_ours(lines, minutes, out, config, looks)
    else:
        found = {"kneser_ney": run_kneser_ney, "recipe": run_recipe}[side](lines, minutes, out)
    write_json(out / f"{side}.json", {**known, "figures": found})
    say(f"{side}: {found}")
    return found


def main() -> None:
    """Run the sides that are wanted and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--only", choices=SIDES)
    parser.add_argument("--test", action="store_true", help="Measure test too: once, after every choice.")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="Of our configuration.")
    parser.add_argument("--looks", type=int, default=5, help="How often our side reads dev on the way, not counted.")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    parts = ("train", "dev", "test") if arguments.test else ("train", "dev")
    lines = {part: read_lines(arguments.folder, part) for part in parts}
    changes = {key: json.loads(value) for key, _, value in (pair.partition("=") for pair in arguments.set)}
    config = dataclasses.replace(Config(), **changes)
    found = {
        side: measure(side, lines, arguments.minutes, arguments.out, config, arguments.looks)
        for side in ([arguments.only] if arguments.only else SIDES)
    }
    results = [result(found, part, arguments.minutes) for part in parts[1:]]
    print(markdown(results, machine()))
    if arguments.json:
        write_json(arguments.json, {"minutes": arguments.minutes, "config": dataclasses.asdict(config), **found})


if __name__ == "__main__":
    main()
