"""Does it pay to draw several replies and say the one that the heads judge best?

    python tests/benchmarks/replies.py FOLDER_OF_THE_SETS [--model DIR] [--split dev|test] [--most N] [--grid]
                                       [--json FILE]

One reply of each dialogue (drawn with a seed, never the first turn), with up to six turns before it; 8 replies are
drawn, and those that were given to messages like it join them, or stand alone where the message is nearly the same.
Measured is the overlap of words with what the person said there, F1 as in Dinan et al. 2019 ("The second
conversational intelligence challenge"), in %: of the first reply, as if there were no choice; of the one that is chosen
by the weights WEIGHTS, which were chosen on dev (``--grid`` prints the table: mean over the sets); and of the best of
them, which no judge that does not know the person's reply can reach. Of a difference the 95 % interval comes from a
paired bootstrap over the dialogues of all sets.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent))

from default_assistant import DIALOGUE

from chatkit import paths
from chatkit.data.records import Problems
from chatkit.runtime.choosing import objectives_of
from chatkit.runtime.conversation import Conversation
from chatkit.runtime.loading import load_trained
from chatkit.training.reading import draw, read_records

CONTEXT, DRAWN = 6, 8
WEIGHTS = {"fluency": 1.0, "aptness": 0.0, "relevance": 0.5, "precedent": 0.5}
GRID = (0.0, 0.5, 1.0)
_WORD = re.compile(r"\w+")
Row = dict[str, Any]


def overlap(said: str, wanted: str) -> float:
    """F1 of words."""
    ours, theirs = (Counter(_WORD.findall(text.lower())) for text in (said, wanted))
    common = sum((ours & theirs).values())
    return 2 * common / (sum(ours.values()) + sum(theirs.values())) if common else 0.0


def drawn(conversation: Conversation, turns: Sequence[Mapping[str, str]], at: int, seed: int) -> Row | None:
    """What was drawn for the turn at a place: F1 of each reply and what the heads say of it; None where it fails."""
    first = turns[0]["speaker"]
    before = [
        {"speaker": "user" if turn["speaker"] == first else "assistant", "text": turn["text"]}
        for turn in turns[max(0, at - CONTEXT + 1) : at]
    ]
    known = objectives_of(conversation.assistant.heads)
    weights = {name: 1.0 for name in WEIGHTS if name in known}  # what is not weighed is not judged
    options = {"dial": weights, "candidates": DRAWN}
    events = conversation.turn(
        before[-1]["text"], history=before[:-1], heads=["generation"], options=options, seed=seed
    )
    choice = next((event["choice"] for event in events if event["event"] == "choice"), None)
    if choice is None:
        return None
    return {
        "f1": [overlap(each["text"], turns[at]["text"]) for each in choice["candidates"]],
        "values": {name: [each["values"][name] for each in choice["candidates"]] for name in weights},
    }


def chosen(row: Row, weights: Mapping[str, float]) -> float:
    """F1 of the reply with the highest weighted sum, each objective from 0 to 1 over the replies, as in the chat."""
    sums = np.zeros(len(row["f1"]))
    for name, weight in weights.items():
        values = np.array(row["values"].get(name, [0.0]))
        spread = values.max() - values.min()
        sums += weight * (values - values.min()) / spread if spread > 0 else 0.0
    return float(row["f1"][int(np.argmax(sums))])


def rows_of(conversation: Conversation, folder: Path, split: str, most: int) -> list[Row]:
    """One reply of each dialogue of a set."""
    head, out = type(conversation.assistant.heads["generation"]), []
    rng = np.random.default_rng(0)
    for seed, dialogue in enumerate(draw(read_records(head, folder, split, Problems()), most, seed=5)):
        turns = dialogue["turns"]
        places = [i for i in range(1, len(turns)) if turns[i]["speaker"] != turns[0]["speaker"]]
        places = [i for i in places if turns[i - 1]["speaker"] == turns[0]["speaker"]]
        if places and (row := drawn(conversation, turns, int(rng.choice(places)), seed)) is not None:
            out.append(row)
    return out


def print_grid(found: Mapping[str, Sequence[Row]]) -> None:
    """The choice with other weights, mean over the sets, best first."""
    table = []
    for values in itertools.product(GRID, repeat=len(WEIGHTS)):
        weights = dict(zip(WEIGHTS, values, strict=True))
        if max(values) == 1:
            means = [np.mean([chosen(row, weights) for row in rows]) for rows in found.values()]
            table.append((float(np.mean(means)), weights))
    for share, weights in sorted(table, key=lambda each: -each[0]):
        print(f"{100 * share:.2f} {weights}")


def gain(rows: Sequence[Row], samples: int = 2000) -> tuple[float, float, float]:
    """Points of F1 that the choice gains, and the 95 % interval of that."""
    differences = np.array([chosen(row, WEIGHTS) - row["f1"][0] for row in rows])
    rng = np.random.default_rng(1)
    means = [rng.choice(differences, len(differences)).mean() for _ in range(samples)]
    low, high = np.quantile(means, [0.025, 0.975])
    return 100 * float(differences.mean()), 100 * float(low), 100 * float(high)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", type=Path, default=paths.shipped_model())
    parser.add_argument("--split", default="test", choices=["dev", "test"])
    parser.add_argument("--most", type=int, default=150, help="dialogues of each set; 0 takes all")
    parser.add_argument("--grid", action="store_true", help="print the choice with other weights (dev)")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    conversation = Conversation(load_trained(args.model))
    found, table = {}, []
    print(f"{'set':14} {'replies':>7} {'first':>6} {'chosen':>7} {'best':>9}")
    for name in DIALOGUE:
        found[name] = rows = rows_of(conversation, args.data / name, args.split, args.most)
        first, best = np.mean([r["f1"][0] for r in rows]), np.mean([max(r["f1"]) for r in rows])
        own = np.mean([chosen(r, WEIGHTS) for r in rows])
        table.append({"set": name, "replies": len(rows), "first": first, "chosen": own, "best": best})
        print(f"{name:14} {len(rows):7} {100 * first:6.1f} {100 * own:7.1f} {100 * best:9.1f}", flush=True)
    mean, low, high = gain([row for rows in found.values() for row in rows])
    print(f"the choice gains {mean:.1f} points, 95 % interval {low:.1f} to {high:.1f}")
    if args.grid:
        print_grid(found)
    if args.json:
        gained = {"mean": mean, "low": low, "high": high}
        args.json.write_text(json.dumps({"split": args.split, "rows": table, "gain": gained}, indent=1) + "\n")


if __name__ == "__main__":
    main()
