"""What documents cost: indexing, reading again, the first search, ranking at each key; CPU seconds and peak memory.

    python tests/benchmarks/documents.py [--passages 10000 100000] [--folder DIR] [--json FILE]

The documents are made up here (Markdown, text, HTML and JSONL; words drawn by Zipf's law, some 60 a passage), so that
every machine measures the same. Each stage runs in a process of its own on one thread; what counts is the CPU time of
that process and the most memory it held, torch and the shipped assistant included (the stage "the assistant alone" says
how much that is). ``--folder`` keeps documents and index, so that a second run goes on with them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

STAGES = ("load", "add", "again", "search", "typed")
TARGET_MS = 60.0  # ranking over 10,000 passages, 95th percentile
SYLLABLES = re.findall("[a-z]+", "ba ce di fo gu la me ni or pu ra se ti vo za ker lin mon par tas wel")
QUESTION = "I ordered a table by the window, but the coffee was cold and nobody brought us the letter. "


def words(rng: random.Random, count: int = 20_000) -> list[str]:
    """Made-up words; a few of them are those of the question."""
    known = QUESTION.lower().replace(",", "").replace(".", "").split()
    made = {"".join(rng.choices(SYLLABLES, k=rng.randint(1, 4))) for _ in range(count)}
    return [*known, *sorted(made)]


def passages(count: int) -> Iterator[str]:
    """Texts that are indexed as a passage each."""
    rng = random.Random(1)
    vocabulary = words(rng)
    weights = [1 / (rank + 10) for rank in range(len(vocabulary))]
    for number in range(count):
        yield f"{' '.join(rng.choices(vocabulary, weights, k=60))} {number}."


def generate(folder: Path, count: int) -> None:
    """Files of four kinds with so many passages in all, 100 a file."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = passages(count)
    for start in range(0, count, 100):
        part = [text for text, _ in zip(texts, range(min(100, count - start)), strict=False)]
        kind = ("md", "txt", "html", "jsonl")[start // 100 % 4]
        (folder / f"{start // 100:05}.{kind}").write_text(as_file(kind, part), encoding="utf-8")


def as_file(kind: str, texts: list[str]) -> str:
    """Passages as the text of a file of a kind."""
    if kind == "md":
        return "".join(f"## Section {n}\n\n{text}\n\n" for n, text in enumerate(texts))
    if kind == "html":
        return "".join(f"<h2>Section {n}</h2>\n<p>{text}</p>\n" for n, text in enumerate(texts))
    if kind == "jsonl":
        return "".join(json.dumps({"title": f"Row {n}", "text": text}) + "\n" for n, text in enumerate(texts))
    return "\n\n".join(texts) + "\n"


def stage(name: str, folder: Path) -> dict[str, float]:
    """Do one stage in this process."""
    import torch

    from chatkit.runtime.index import DocumentIndex
    from chatkit.runtime.library import Library
    from chatkit.runtime.loading import load

    torch.set_num_threads(1)
    assistant = load(None, [], safe=True).assistant
    library = Library(assistant, str(folder / "index.db"))
    start, figures = time.process_time(), dict[str, float]()
    if name in ("add", "again"):
        index = DocumentIndex(folder / "index.db")
        done = index.add([folder / "documents"], library.encode, lineage=library.lineage)
        figures["passages"] = sum(entry.passages for entry in index.entries())
        figures["files read"] = done.added + done.updated
        library.warm()
    elif name == "search":
        library.search(library.query_vector(QUESTION), QUESTION, 5)
    elif name == "typed":
        figures |= typed(assistant, library)
    return {**figures, "cpu": time.process_time() - start}


def typed(assistant: object, library: object) -> dict[str, float]:
    """CPU milliseconds of a look at a text that grows by a key: with ranking, and without."""
    from chatkit.runtime.as_you_type import AsYouType
    from chatkit.runtime.conversation import Conversation

    figures: dict[str, float] = {}
    text = QUESTION * 2
    for name, search in (("ranking", library.search), ("without", None)):  # type: ignore[attr-defined]
        conversation = Conversation(assistant, search) if search else Conversation(assistant)  # type: ignore[arg-type]
        if search is None:
            conversation.disabled.add("retrieval")
        typing, costs = AsYouType(conversation), list[float]()
        for end in range(2, len(text)):
            start = time.process_time()
            list(typing.answers(text[:end]))
            costs.append((time.process_time() - start) * 1000)
        costs = sorted(costs[5:])  # the first ones open the index
        figures[f"{name}, median ms"] = costs[len(costs) // 2]
        figures[f"{name}, p95 ms"] = costs[int(len(costs) * 0.95)]
    return figures


def measured(name: str, folder: Path) -> dict[str, float]:
    """One stage in a process of its own, with its peak memory in MB."""
    env = {**os.environ, "CHATKIT_HOME": str(folder / "home"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, __file__, "--stage", name, "--folder", str(folder)]
    out = subprocess.run(command, env=env, stdout=subprocess.PIPE, check=True, text=True).stdout
    return dict(json.loads(out.splitlines()[-1]))


def main() -> None:
    """Print a row for each stage and size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--passages", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.stage:
        figures = stage(args.stage, args.folder)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({**figures, "peak": peak}))
        return
    with tempfile.TemporaryDirectory() as aside:
        found = {}
        for count in args.passages:
            folder = (args.folder or Path(aside)) / str(count)
            if not (folder / "documents").is_dir():
                generate(folder / "documents", count)
            found[count] = report(count, folder)
    if args.json:
        args.json.write_text(json.dumps(found, indent=1))


def report(count: int, folder: Path) -> dict[str, dict[str, float]]:
    """Measure and print all stages of a size."""
    names = {"load": "the assistant alone", "add": "indexing", "again": "again, nothing changed",
             "search": "first search", "typed": "typing"}  # fmt: skip
    print(f"{count:,} passages" + (" (the index was there: indexing reads nothing)" * (folder / "index.db").exists()))
    found = {}
    for name in STAGES:
        figures = found[name] = measured(name, folder)
        more = {key: value for key, value in figures.items() if key not in ("cpu", "peak")}
        told = "   ".join(f"{key} {value:,.1f}" for key, value in more.items())
        print(f"  {names[name]:24} {figures['cpu']:9.2f} CPU s   peak {figures['peak']:6.0f} MB   {told}", flush=True)
    size = sum(file.stat().st_size for file in folder.glob("index.db*")) / 2**20
    print(f"  {'on disk':24} {size:9.1f} MB")
    if count == 10_000:
        p95 = found["typed"]["ranking, p95 ms"]
        verdict = "met" if p95 <= TARGET_MS else "missed"
        print(f"  ranking at a key, p95: {p95:.1f} ms of CPU; target {TARGET_MS:g}: {verdict}")
    return found


if __name__ == "__main__":
    main()
