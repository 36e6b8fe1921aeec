"""What privacy costs each head: python tests/benchmarks/private.py [--epsilon 8] [--config FILE] [--set KEY=VALUE]

The same config is trained as it is, and once for each epsilon with ``train.dp``: same steps, same tokenizer (that of
the shipped assistant, which has not seen the text), same encoder; heads whose examples see each other are left out.
Printed are metrics of each head on dev, epsilon and delta as spent, and CPU seconds for a step.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from chatkit import paths
from chatkit.training.building import find_head
from chatkit.training.privacy_budget import DPConfig
from chatkit.training.progress import Progress
from chatkit.training.recipe import Recipe, load_recipe
from chatkit.training.run import Run

COMMON = ("train.threads=1", "train.evaluate=1", "train.steps=200", "encoder.embedding=64", "encoder.hidden=96")


def prepared(config: str, overrides: list[str]) -> Recipe:
    """The config with the tokenizer that ships, without heads that couple their batch."""
    tokenizer = f"tokenizer.path={(paths.shipped_model() / 'tokenizer.model').as_posix()}"
    recipe = load_recipe(config, [*COMMON, tokenizer, *overrides])
    heads = {n: head for n, head in recipe.heads.items() if not find_head(n, head.head).couples_batch}
    return dataclasses.replace(recipe, heads=heads)


def trained(recipe: Recipe, folder: Path) -> dict[str, Any]:
    """Train, and measure on dev."""
    run = Run(recipe, folder, Progress(quiet=True), device="cpu")
    run.start()
    begun = time.process_time()
    while not run.trainer.done:
        run.trainer.train_step()
    cost = (time.process_time() - begun) / run.trainer.step
    run.assistant.eval()
    row: dict[str, Any] = {
        f"{head} {name}": m.value for head, metrics in run.evaluate().items() for name, m in metrics.items()
    }
    for head, spent in (run.trainer.private.spent() if run.trainer.private else {}).items():
        row[f"{head} epsilon"], row[f"{head} delta"] = spent["epsilon"], spent["delta"]
        row[f"{head} noise / clip"] = spent["noise"]
    return row | {"CPU s a step": cost}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default="corpora:english.toml")
    parser.add_argument("--epsilon", type=float, nargs="*", default=[8.0])
    parser.add_argument("--clip", type=float, default=1.0)
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE")
    given = parser.parse_args()
    recipe = prepared(given.config, given.overrides)
    table = {}
    with tempfile.TemporaryDirectory() as folder:
        table["as it is"] = trained(recipe, Path(folder) / "plain")
        for epsilon in given.epsilon:
            dp = dataclasses.replace(recipe.train, dp=DPConfig(epsilon, clip=given.clip))
            row = trained(dataclasses.replace(recipe, train=dp), Path(folder) / f"{epsilon}")
            table[f"epsilon {epsilon:g}"] = row
    print("| | " + " | ".join(table) + " |\n|---|" + "---:|" * len(table))
    for key in dict.fromkeys(key for row in table.values() for key in row):
        print(f"| {key} | " + " | ".join(f"{row[key]:.4g}" if key in row else "" for row in table.values()) + " |")


if __name__ == "__main__":
    main()
