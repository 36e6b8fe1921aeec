"""Memory of a training run's data against their size: in memory, and through memory maps (``data.mapped``).

    python tests/benchmarks/mapped.py [--smoke] [--json FILE]

Dialogues and labelled texts of 100 words of made-up language are written to a file, more and more of them; a process of
its own reads them as ``chatkit train`` does, makes the pieces and draws 50 batches. Told is the most memory of its own
(anonymous pages) that it took for that; pages of files, which the system may take back at any time, apart.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

SIZES, SMOKE = (10_000, 40_000, 160_000), (50, 200)
LIMIT = 40.0  # MB by which the mapped data may grow from the least to the largest size


def write(folder: Path, records: int) -> int:
    """A labelled set of so many texts; bytes of it."""
    rng = random.Random(1)
    words = [f"w{rng.randrange(10**6)}" for _ in range(3000)]
    folder.mkdir(parents=True)
    with (folder / "train.jsonl").open("w", encoding="utf-8") as file:
        for i in range(records):
            text = " ".join(rng.choices(words, k=100))
            file.write(json.dumps({"text": f"{i} {text}", "label": "yes" if i % 2 else "no"}) + "\n")
    (folder / "dev.jsonl").write_text('{"text": "w", "label": "yes"}\n')
    return (folder / "train.jsonl").stat().st_size


def own_memory() -> float:
    """MB of this process that are no pages of files."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    return 0.0


def look(folder: Path, *, mapped: bool) -> None:
    """Print what reading the set and drawing batches took."""
    import torch  # noqa: F401  before the first look: it is not what is measured

    from chatkit import paths
    from chatkit.runtime.process_memory import stay_small
    from chatkit.text.tokenizer import Tokenizer
    from chatkit.training.building import find_head
    from chatkit.training.mapped import MappedData
    from chatkit.training.prepare import make_batches
    from chatkit.training.reading import training_records
    from chatkit.training.recipe import DataConfig, HeadConfig, Recipe

    stay_small()
    head = find_head("sentiment", None)
    tokenizer = Tokenizer.load(paths.shipped_model() / "tokenizer.model")
    data = DataConfig(mapped=mapped, mask=(), duplicates="keep")
    recipe = Recipe(heads={"sentiment": HeadConfig(data=(str(folder / "set"),))}, data=data)
    before, most, done = own_memory(), [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            most[0] = max(most[0], own_memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.process_time()
    config = recipe.heads["sentiment"]
    if mapped:
        prepared = MappedData(folder / "prepared", recipe)
        stored = prepared.records(head, print, {})
        source = make_batches(head, config, stored, tokenizer, 1, keep=prepared.keep(head, stored, tokenizer))
    else:
        source = make_batches(head, config, training_records(head, config, recipe, print), tokenizer, 1)
    for _ in range(50):
        next(source)
    seconds = time.process_time() - start
    most[0] = max(most[0], own_memory())
    done.set()
    watcher.join()
    print(json.dumps({"memory": most[0] - before, "seconds": seconds}))


def run(sizes: tuple[int, ...]) -> list[dict[str, Any]]:
    """A row for each size."""
    rows = []
    for records in sizes:
        with tempfile.TemporaryDirectory() as name:
            size = write(Path(name) / "set", records)
            row: dict[str, Any] = {"records": records, "megabytes": size / 2**20}
            for kind in ("mapped", "in memory"):
                command = [sys.executable, __file__, "--look", name, *(["--mapped"] if kind == "mapped" else [])]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                row[kind] = json.loads(done.stdout.splitlines()[-1])
            rows.append(row)
    return rows


def grown(rows: list[dict[str, Any]]) -> float:
    """MB that the mapped data take more at the largest size than at the least."""
    return float(rows[-1]["mapped"]["memory"] - rows[0]["mapped"]["memory"])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--look", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--mapped", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.look:
        look(arguments.look, mapped=arguments.mapped)
        return
    rows = run(SMOKE if arguments.smoke else SIZES)
    print("| records | MB of text | memory, mapped, MB | memory, not mapped, MB | CPU s, mapped | CPU s, not mapped |")
    print("|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        cells = [f"{row['records']:,}", f"{row['megabytes']:.0f}"]
        cells += [f"{row[kind][what]:.0f}" for what in ("memory", "seconds") for kind in ("mapped", "in memory")]
        print(f"| {' | '.join(cells)} |")
    more = grown(rows)
    print(f"\nmapped, grown by {more:.0f} MB over that, target {LIMIT:.0f}: {'met' if more <= LIMIT else 'missed'}")
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
