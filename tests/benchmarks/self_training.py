"""Translation abroad, and what pairs of the assistant's own making gain: self-training on a foreign domain.

    python tests/benchmarks/self_training.py FOLDER_OF_THE_SETS [--model DIR] [--seeds 3] [--texts 600] [--steps 150]
                                             [--json FILE]

The translation head reads English sentences of Tatoeba at home; the foreign domain is the documentation of
pydocs_en_fr. N of its English sentences are translated by the head itself (``chatkit augment --translate fr``; He et
al. 2020), and the assistant trains on: "home" on Tatoeba alone, the control; "self" on as many pairs, half of them
its own; "real" the same with the sentences' real translations, the most that such pairs can give. chrF and nats a piece
on dev, paired by seed. Goes on from FILE.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from chatkit import paths
from chatkit.assistant import Assistant
from chatkit.checkpoint import read_json, write_json
from chatkit.config import from_table, read_toml
from chatkit.data.readers import READERS
from chatkit.data.records import Problems
from chatkit.generalisation.translated import pairs
from chatkit.runtime.loading import load_trained
from chatkit.training.evaluator import evaluate
from chatkit.training.progress import Progress
from chatkit.training.reading import draw
from chatkit.training.recipe import Recipe, resolve_data
from chatkit.training.run import Run

HOME, ABROAD, LANGUAGE = "tatoeba_en_fr", "pydocs_en_fr", "fr"
ARMS = ("home", "self", "real")
RATE, BATCH, MEASURED, LONGEST = 3e-4, 64, 150, 200
Rows = list[dict[str, Any]]


def read(folder: Path, part: str) -> Rows:
    """Sentence pairs of a part, those that the head can be expected to read."""
    rows = READERS["translation"].read(folder, part, "skip", Problems())
    return [dict(row) for row in rows if len(row["src"]) <= LONGEST]


def figures(assistant: Assistant, root: Path) -> dict[str, float]:
    """chrF and nats a piece on dev of either domain."""
    head, found = assistant.heads["translation"], {}
    for place, name in (("home", HOME), ("abroad", ABROAD)):
        measured = evaluate(assistant, head, draw(read(root / name, "dev"), MEASURED, seed=[0, 31]))
        found |= {f"{place} chrf": 100 * measured["chrf"].value, f"{place} nats": measured["loss"].value}
    return found


def train(model: Path, rows: Rows, seed: int, steps: int, root: Path) -> dict[str, float]:
    """Go on with the assistant on these pairs; the figures after."""
    with tempfile.TemporaryDirectory() as work:
        data = Path(work) / "pairs.jsonl"
        data.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        table = {
            "seed": seed,
            "init": str(model),
            "encoder": read_toml(model / "assistant.toml")["encoder"],
            "train": {"steps": steps, "learning_rate": RATE, "threads": 1, "evaluate": 1, "evaluate_examples": 8},
            "data": {"mask": [], "duplicates": "keep"},
            "heads": {"translation": {"data": [str(data)], "batch": BATCH, "max_pieces": 64}},
        }
        recipe = resolve_data(from_table(Recipe, table, where="self_training"), Path())
        run = Run(recipe, Path(work) / "run", Progress(quiet=True), device="cpu")
        run.start()
        if not run.train(finish=False):
            raise KeyboardInterrupt
        return figures(run.assistant, root)


def markdown(results: dict[str, dict[str, float]], seeds: int) -> str:
    """The table: before, and after each kind of training, mean and spread; the gain is over the control."""
    keys = ("home chrf", "abroad chrf", "abroad nats")
    lines = ["| trained on with | Tatoeba chrF | pydocs chrF | pydocs nats a piece | gain in chrF over the control |"]
    lines += ["|---|---:|---:|---:|---:|"]
    lines += ["| nothing | " + " | ".join(f"{results['before'][key]:.2f}" for key in keys) + " | |"]
    for arm in ARMS:
        rows = [results[f"{arm}/{seed}"] for seed in range(1, seeds + 1)]
        cells = [f"{statistics.fmean(r[k] for r in rows):.2f} ± {_spread([r[k] for r in rows]):.2f}" for k in keys]
        gains = [r["abroad chrf"] - results[f"home/{i}"]["abroad chrf"] for i, r in enumerate(rows, 1)]
        gain = "" if arm == "home" else f"{statistics.fmean(gains):+.2f} ± {_spread(gains):.2f}"
        lines.append(f"| {arm} | {' | '.join(cells)} | {gain} |")
    return "\n".join(lines)


def _spread(values: list[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else 0.0


def main() -> None:
    """Train what is missing and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", type=Path, default=paths.shipped_model())
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--texts", type=int, default=600)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--json", type=Path, default=Path("self_training.json"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    results: dict[str, Any] = read_json(args.json)["results"] if args.json.is_file() else {}
    assistant = load_trained(args.model)
    if "before" not in results:
        results["before"] = figures(assistant, args.data)
    for seed in range(1, args.seeds + 1):
        missing = [arm for arm in ARMS if f"{arm}/{seed}" not in results]
        foreign = draw(read(args.data / ABROAD, "train"), args.texts, seed=[seed, 32])
        rows = {"real": foreign}
        rows["self"] = pairs(assistant, [row["src"] for row in foreign], LANGUAGE) if "self" in missing else []
        for arm in missing:
            started, own = time.process_time(), rows.get(arm, [])
            home = draw(read(args.data / HOME, "train"), 2 * args.texts - len(own), seed=[seed, 33])
            results[f"{arm}/{seed}"] = train(args.model, home + own, seed, args.steps, args.data)
            write_json(args.json, {"texts": args.texts, "steps": args.steps, "results": results})
            found = "  ".join(f"{key} {value:.2f}" for key, value in results[f"{arm}/{seed}"].items())
            print(
                f"seed {seed}  {arm:5} {len(own)} own  {found}  {time.process_time() - started:.0f} CPU s", flush=True
            )
    print(f"\ndev parts, {MEASURED} sentences each, {args.steps} steps on {2 * args.texts} pairs, {args.seeds} seeds\n")
    print(markdown(results, args.seeds))


if __name__ == "__main__":
    main()
