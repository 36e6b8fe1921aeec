"""The history in figures: search over 100,000 messages, and what kill -9 costs.

    python tests/benchmarks/history.py [--messages 100000] [--kills 200]

Search: wall time of ``Store.search`` (what the app and ``chatkit sessions search`` call), each query 20 times, on a
database of sentences drawn from a vocabulary with Zipf's frequencies, one in ten Chinese. Kills: SIGKILL of the app in
its pseudo-terminal, of its engine, or of both, at random moments of a conversation, all on one database; the engine is
the scripted one of the tests, which knows when it said what (``tests/tui/killing.py``).
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tui"))

import killing

from chatkit.runtime.store import Store

WORDS, REPEATS = 20_000, 20
CHINESE = "今天天气很好我想去公园散步你觉得怎么样明天见谢谢请问附近有没有好吃的饭馆"
QUERIES = {
    "a word of every other message": "w00001",
    "a common word": "w00020",
    "a rare word": "w19000",
    "two words": "w00003 w00050",
    "part of a word": "0199",
    "nothing found": "zebra",
    "two letters": "zz",
    "Chinese, three characters": "去公园",
    "Chinese, two characters": "公园",
}


def fill(store: Store, messages: int, rng: random.Random) -> None:
    """Put sessions of 100 messages into a database, prompts and replies in turn."""
    weights = [1 / rank for rank in range(1, WORDS + 1)]
    names = [f"w{rank:05}" for rank in range(1, WORDS + 1)]
    drawn = iter(rng.choices(names, weights, k=messages * 20))
    for start in range(0, messages, 100):
        session = store.create_session()
        rows = []
        for i in range(start, min(start + 100, messages)):
            text = " ".join(next(drawn) for _ in range(rng.randint(3, 20)))
            if i % 10 == 0:
                begin = rng.randrange(len(CHINESE) - 12)
                text = CHINESE[begin : begin + 12]
            rows.append((session, "assistant" if i % 2 else "user", text, i, i))
        insert = "INSERT INTO message(session, speaker, text, state, created, changed) VALUES (?, ?, ?, 'done', ?, ?)"
        with store.writing():
            store._db.executemany(insert, rows)


def search(messages: int) -> None:
    """Print the time of each query."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "history.db")
        fill(store, messages, random.Random(0))
        size = (Path(folder) / "history.db").stat().st_size / 2**20
        print(f"search over {messages:,} messages ({size:.0f} MB), ms of wall clock and processor; target 100\n")
        print("| query | found (at most 50) | median | slowest | CPU |\n|---|---:|---:|---:|---:|")
        for what, words in QUERIES.items():
            times, used = [], time.process_time()
            for _ in range(REPEATS):
                start = time.perf_counter()
                found = store.search(words)
                times.append((time.perf_counter() - start) * 1000)
            cpu = (time.process_time() - used) * 1000 / REPEATS
            figures = f"{statistics.median(times):.1f} | {max(times):.1f} | {cpu:.1f}"
            print(f"| {what} | {len(found)} | {figures} |", flush=True)
        store.close()


def kills(runs: int, seed: int) -> None:
    """Print what the kills cost."""
    with tempfile.TemporaryDirectory() as folder:
        shown = sys.stderr.isatty()
        done = killing.many(Path(folder), runs, seed, lambda killed: print(killed, file=sys.stderr) if shown else None)
    print(f"\nkill -9 at {runs} random moments, one database; the target is 0 lost and 1 s of text\n")
    print("| killed | times | in a reply | broken or lost | text missing, s: median | most |")
    print("|---|---:|---:|---:|---:|---:|")
    for victim in ("app", "engine", "both"):
        of = [killed for killed in done if killed.victim == victim]
        if of:
            lost = [killed.lost for killed in of]
            spoken, bad = sum(killed.said > 0 for killed in of), sum(bool(killed.problems) for killed in of)
            print(f"| {victim} | {len(of)} | {spoken} | {bad} | {statistics.median(lost):.2f} | {max(lost):.2f} |")
    for killed in done:
        for problem in killed.problems:
            print(f"{killed.victim} after {killed.after:.2f} s: {problem}")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    if options.messages:
        search(options.messages)
    if options.kills:
        kills(options.kills, options.seed)


if __name__ == "__main__":
    main()
