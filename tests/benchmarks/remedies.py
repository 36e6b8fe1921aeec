"""What each remedy against a mismatch gains, at home and abroad: a small sentiment model, plain against one remedy.

    python tests/benchmarks/remedies.py FOLDER_OF_THE_SETS [--json FILE] [--seeds N] [--only NAME]... [--steps N]

Trains on few labels of four sets (drawn anew for each seed) and measures macro-F1 on the dev parts of these sets and on
sets that nothing was trained on; half of the home dev part goes to early stopping, and is not measured on. Rates are
the usual ones of the papers; none was tuned. Each row is paired with the plain model of the same seed and the same
labels. Results go to FILE after each run, and a second call goes on from there. Prints the table of docs/remedies.md.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

from chatkit import paths
from chatkit.checkpoint import read_json, write_json
from chatkit.config import apply_overrides, from_table
from chatkit.data.readers import READERS
from chatkit.data.records import Problems
from chatkit.generalisation.synonyms import neighbours_of
from chatkit.runtime.loading import load_trained
from chatkit.text.augment import replace_words
from chatkit.training.evaluator import evaluate
from chatkit.training.progress import Progress
from chatkit.training.reading import draw
from chatkit.training.recipe import Recipe, resolve_data
from chatkit.training.run import Run

HOME = {"goemotions": 900, "pros_cons": 600, "movie_sentences": 300, "product_aspects": 200}  # labels of each
ABROAD = {"tweets_semeval": "dev", "news_newsmtsc": "train", "reviews_finegrained": "dev", "poem_sentiment": "dev"}
MEASURED, STEPS = 600, 480
SYNONYMS = "synonyms"
REMEDIES: dict[str, tuple[str, ...]] = {
    "plain": (),
    "subword regularisation": ("augment.subword=0.2", "augment.share=0.7"),
    "word deletion (EDA)": ("augment.delete=0.1", "augment.share=0.7"),
    "word swap (EDA)": ("augment.swap=0.1", "augment.share=0.7"),
    "deletion and swap (EDA)": ("augment.delete=0.1", "augment.swap=0.1", "augment.share=0.7"),
    SYNONYMS: (),
    "typing errors": ("augment.typo=0.1", "augment.share=0.7"),
    "casing": ("augment.case=0.5", "augment.share=0.7"),
    "locked dropout": ("encoder.dropout=0.3",),
    "embedding dropout": ("encoder.embedding_dropout=0.2",),
    "weight dropout": ("encoder.weight_dropout=0.3",),
    "dropout in the head": ("options.dropout=0.3",),
    "label smoothing": ("options.label_smoothing=0.1",),
    "L1": ("train.l1=0.03",),
    "L2": ("train.weight_decay=0.3",),
    "weight averaging, EMA": ("train.average=ema", "train.average_decay=0.99"),
    "weight averaging, SWA": ("train.average=swa",),
    "early stopping": ("train.patience=2", "train.evaluate=10"),
    "balanced over domains": ("domains=balanced",),
    "group-DRO over domains": ("domains=dro",),
    "subword, dropouts and EMA together": (
        *("augment.subword=0.2", "augment.share=0.7", "encoder.dropout=0.3", "encoder.embedding_dropout=0.2"),
        *("options.dropout=0.3", "train.average=ema", "train.average_decay=0.99"),
    ),
}
Rows = list[dict[str, Any]]


def labelled(folder: Path, part: str) -> Rows:
    """Labelled rows of a part of a set."""
    return [
        {"text": r["text"], "label": r["label"]} for r in READERS["labelled"].read(folder, part, "skip", Problems())
    ]


class Bench:
    """The data of one seed, written where a run can read them, and its measured parts.

    Args:
        root: Folder of the sets.
        folder: Where the drawn labels go.
        seed: Of the draws and of training.
    """

    def __init__(self, root: Path, folder: Path, seed: int) -> None:
        self.folder, self.seed = folder / str(seed), seed
        self.measured: dict[str, Rows] = {}
        self._train: dict[str, Rows] = {}
        for i, (name, count) in enumerate(HOME.items()):
            self._train[name] = draw(labelled(root / name, "train"), count, seed=[seed, 21, i])
            dev = draw(labelled(root / name, "dev"), 2 * MEASURED, seed=[0, 22, i])
            self.measured[name] = dev[::2]
            _write(self.folder / name, self._train[name], dev[1::2])
        for i, (name, part) in enumerate(ABROAD.items()):
            self.measured[name] = draw(labelled(root / name, part), MEASURED, seed=[0, 23, i])

    def sets(self, remedy: str) -> list[str]:
        """Folders to train on; for synonyms, with a varied copy of each text beside it."""
        if remedy != SYNONYMS:
            return [str(self.folder / name) for name in HOME]
        near, rng = _neighbours(), np.random.default_rng([self.seed, 24])
        for name, rows in self._train.items():
            copies = [{**row, "text": replace_words(row["text"], 0.1, rng, near)} for row in rows]
            dev = labelled(self.folder / name, "dev")
            _write(self.folder / SYNONYMS / name, rows + copies, dev)
        return [str(self.folder / SYNONYMS / name) for name in HOME]

    def run(self, remedy: str, steps: int) -> dict[str, float]:
        """Train with one remedy; macro-F1 on every measured set."""
        table: dict[str, Any] = {
            "seed": self.seed,
            "tokenizer": {"path": str(paths.shipped_model() / "tokenizer.model")},
            "encoder": {"embedding": 64, "hidden": 128, "dropout": 0.0},
            "train": {"steps": steps, "learning_rate": 2e-3, "weight_decay": 0.0, "threads": 1, "evaluate": 1}
            | {"evaluate_examples": 10_000, "checkpoint_minutes": 60.0},
            "data": {"mask": [], "duplicates": "keep"},
            "heads": {"sentiment": {"data": self.sets(remedy), "batch": 32, "options": {"dropout": 0.0}}},
        }
        own = ("augment.", "options.", "domains=")
        keys = [f"heads.sentiment.{key}" if key.startswith(own) else key for key in REMEDIES[remedy]]
        recipe = resolve_data(from_table(Recipe, apply_overrides(table, keys), where="remedies"), Path())
        with tempfile.TemporaryDirectory() as folder:
            run = Run(recipe, Path(folder) / "run", Progress(quiet=True), device="cpu")
            run.start()
            if not run.train(finish=False):
                raise KeyboardInterrupt
            head = run.assistant.heads["sentiment"]
            found = {n: evaluate(run.assistant, head, rows)["macro_f1"].value for n, rows in self.measured.items()}
            return {**found, "steps": float(run.trainer.step)}


def _write(folder: Path, train: Rows, dev: Rows) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for part, rows in (("train", train), ("dev", dev)):
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{part}.jsonl").write_text(lines, encoding="utf-8")


def _neighbours() -> dict[str, list[str]]:
    return neighbours_of(load_trained(paths.shipped_model()))


def mean_of(found: Mapping[str, float], names: Sequence[str]) -> float:
    """Mean macro-F1 over sets, in points."""
    return 100 * statistics.fmean(found[name] for name in names)


def verdict(gains: Sequence[float]) -> str:
    """What three seeds can say: an effect where all agree and the mean is beyond twice its standard error."""
    if len(gains) < 3:
        return ""
    mean, error = statistics.fmean(gains), statistics.stdev(gains) / len(gains) ** 0.5
    if abs(mean) > 2 * error and (min(gains) > 0 or max(gains) < 0):
        return "helps" if mean > 0 else "hurts"
    return "none shown"


def markdown(results: Mapping[str, Mapping[str, float]], seeds: Sequence[int]) -> str:
    """The table: macro-F1 at home and abroad, the gain over plain with its spread over seeds."""
    lines = ["| remedy | home | gain | effect | abroad | gain | effect |", "|---|---:|---:|---|---:|---:|---|"]
    for remedy in REMEDIES:
        rows = {seed: results[f"{remedy}/{seed}"] for seed in seeds if f"{remedy}/{seed}" in results}
        rows = {seed: row for seed, row in rows.items() if f"plain/{seed}" in results}
        if not rows:
            continue
        cells = [remedy]
        for names in (list(HOME), list(ABROAD)):
            values = [mean_of(row, names) for row in rows.values()]
            gains = [mean_of(row, names) - mean_of(results[f"plain/{seed}"], names) for seed, row in rows.items()]
            spread = f" ± {statistics.stdev(values):.1f}" if len(values) > 1 else ""
            cells.append(f"{statistics.fmean(values):.1f}{spread}")
            if remedy == "plain":
                cells += ["", ""]
                continue
            spread = f" ± {statistics.stdev(gains):.1f}" if len(gains) > 1 else ""
            cells += [f"{statistics.fmean(gains):+.1f}{spread}", verdict(gains)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Train what is missing and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--json", type=Path, default=Path("remedies.json"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", action="append", choices=list(REMEDIES))
    parser.add_argument("--steps", type=int, default=STEPS)
    args = parser.parse_args()
    torch.set_num_threads(1)
    results: dict[str, Any] = read_json(args.json)["results"] if args.json.is_file() else {}
    seeds = range(1, args.seeds + 1)
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            missing = [n for n in REMEDIES if f"{n}/{seed}" not in results and (not args.only or n in args.only)]
            bench = Bench(args.data, Path(folder), seed) if missing else None
            for remedy in missing:
                assert bench is not None
                started = time.process_time()
                results[f"{remedy}/{seed}"] = bench.run(remedy, args.steps)
                write_json(args.json, {"steps": args.steps, "results": results})
                found = results[f"{remedy}/{seed}"]
                print(
                    f"seed {seed}  {remedy:36} home {mean_of(found, list(HOME)):5.1f}  "
                    f"abroad {mean_of(found, list(ABROAD)):5.1f}  {time.process_time() - started:5.1f} CPU s",
                    flush=True,
                )
    print(f"\nMacro-F1 in points, mean ± standard deviation over {len(seeds)} seeds.\n")
    print(markdown(results, seeds))


if __name__ == "__main__":
    main()
