"""What an encrypted history costs, beside one that is not: python tests/benchmarks/encrypted.py [--messages 2000]

Both are filled, searched and read in one process, in turns; CPU milliseconds, and their ratio.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from chatkit.runtime.sealing import seal
from chatkit.runtime.store import Store

ROUNDS = 9
WORDS = ("order", "table", "train", "letter", "garden", "river", "window", "music", "paper", "winter", "coffee")


def timed(act: Callable[[], object]) -> float:
    """CPU milliseconds of a call."""
    begun = time.process_time()
    act()
    return (time.process_time() - begun) * 1000


def turn(store: Store, session: int, rng: random.Random) -> None:
    """A prompt, its reply in ten pieces, as a chat writes them."""
    reply = store.start_reply(store.add_prompt(session, " ".join(rng.choices(WORDS, k=12))), seed=1)
    for _ in range(10):
        store.append(reply, "generation", rng.choice(WORDS) + " ")
    store.finish(reply, "done", text=" ".join(rng.choices(WORDS, k=10)))


def fill(path: Path, messages: int) -> None:
    """A history, the same for both."""
    store, rng = Store(path), random.Random(1)
    for _ in range(max(messages // 100, 1)):
        session = store.create_session()
        for _ in range(50):
            turn(store, session, rng)
    store.close()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=2000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name / "history.db" for name in ("plain", "encrypted")]
        for path in paths:
            fill(path, given.messages)
        sealing = timed(lambda: seal(paths[1], "four words here now"))
        rows: dict[str, list[list[float]]] = {}
        for _ in range(ROUNDS):
            for i, path in enumerate(paths):
                stores: list[Store] = []
                acts: dict[str, Callable[[], object]] = {
                    "open": lambda path=path, stores=stores: stores.append(Store(path)),  # type: ignore[misc]
                    "a turn of 12 commits": lambda stores=stores: turn(stores[0], 1, random.Random(3)),  # type: ignore[misc]
                    "search": lambda stores=stores: stores[0].search("garden letter"),  # type: ignore[misc]
                    "list of the chats": lambda stores=stores: stores[0].sessions(),  # type: ignore[misc]
                }
                for name, act in acts.items():
                    rows.setdefault(name, [[], []])[i].append(timed(act))
                stores[0].close()
    print(f"{given.messages} messages; encrypting them took {sealing:.0f} ms of CPU\n")
    print("| CPU ms, median | plain | encrypted | ratio |\n|---|---:|---:|---:|")
    for name, both in rows.items():
        plain, hidden = map(statistics.median, both)
        print(f"| {name} | {plain:.1f} | {hidden:.1f} | {hidden / plain:.2f} |")


if __name__ == "__main__":
    main()
