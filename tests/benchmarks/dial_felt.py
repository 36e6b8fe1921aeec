"""Is the dial felt? Mood and length of replies along it, moved in each of the ways there are::

    python tests/benchmarks/dial_felt.py FOLDER_OF_THE_SETS [--model DIR] [--messages 100] [--json FILE]

Replies to messages that open dialogues of the dev parts, drawn with the seed of their place, at no, half and all of the
share of one objective. The ways:

    weights   the adapters move, and the first reply that is drawn is said
    choice    the weights stay; the best of eight by the objective is said
    both      what the assistant does

Mood is judged twice: by the sentiment head, by which replies are chosen too, and by VADER's lexicon, which nothing was
chosen by (``pip install vaderSentiment``; left out without it). Intervals are of the paired difference from the replies
at home, 95 %, bootstrap over messages.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent))

from default_assistant import DIALOGUE

from chatkit import paths
from chatkit.assistant import Assistant
from chatkit.data.records import Problems
from chatkit.runtime.conversation import Conversation
from chatkit.runtime.loading import load_trained
from chatkit.training.reading import draw, read_records

OBJECTIVES, SHARES = ("warmth", "brevity"), (0.5, 1.0)


def openings(assistant: Assistant, sets: Path, count: int) -> list[str]:
    """First turns of dialogues of the dev parts, as many of each set."""
    found: list[str] = []
    for name in DIALOGUE:
        records = read_records(type(assistant.heads["generation"]), sets / name, "dev", Problems())
        found += [str(record["turns"][0]["text"]) for record in draw(records, count // len(DIALOGUE), seed=1)]
    return found


def replies(assistant: Assistant, texts: Sequence[str], dial: dict[str, float], candidates: int | None) -> list[str]:
    """A reply to each, with the seed of its place."""
    conversation = Conversation(assistant)
    options: dict[str, Any] = {"dial": dial} if dial else {}
    if candidates:
        options["candidates"] = candidates
    found = []
    for seed, text in enumerate(texts):
        events = conversation.turn(text, heads=["generation"], options=options, seed=seed)
        found.append("".join(event["text"] for event in events if event["event"] == "piece"))
    return found


def judges(assistant: Assistant) -> dict[str, Callable[[Sequence[str]], np.ndarray]]:
    """What replies are measured by: words, and mood from -1 to 1 by each judge there is."""

    def mood(texts: Sequence[str]) -> np.ndarray:
        head = assistant.heads["sentiment"]
        rows = []
        with torch.inference_mode():
            for text in texts:
                examples = [{"text": text}]
                bars = head.answer(assistant.encode_records(head, examples), examples)[0].blocks[0]
                rows.append(bars.probabilities["positive"] - bars.probabilities["negative"])  # type: ignore[union-attr]
        return np.array(rows)

    found: dict[str, Callable[[Sequence[str]], np.ndarray]] = {
        "words": lambda texts: np.array([float(len(text.split())) for text in texts]),
        "mood": mood,
    }
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError:
        return found
    vader = SentimentIntensityAnalyzer()
    return {**found, "VADER": lambda texts: np.array([vader.polarity_scores(text)["compound"] for text in texts])}


def interval(difference: np.ndarray) -> tuple[float, float]:
    """95 % of the mean, bootstrap."""
    draws = np.random.default_rng(0).integers(len(difference), size=(2000, len(difference)))
    low, high = np.percentile(difference[draws].mean(1), (2.5, 97.5))
    return float(low), float(high)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path)
    parser.add_argument("--model", type=Path, default=paths.shipped_model())
    parser.add_argument("--messages", type=int, default=100)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    moving, still = load_trained(args.model), load_trained(args.model)
    still.forget_dial()
    texts = openings(moving, args.sets, args.messages)
    measured_by = judges(still)
    ways = {"weights": (moving, 1), "choice": (still, None), "both": (moving, None)}
    rows = []
    for way, (assistant, candidates) in ways.items():
        home = replies(assistant, texts, {}, candidates)
        begin = {name: judge(home) for name, judge in measured_by.items()}
        rows.append({"way": way, "dial": {}, **{name: float(v.mean()) for name, v in begin.items()}})
        for objective in OBJECTIVES:
            for share in SHARES:
                said = replies(assistant, texts, {objective: share}, candidates)
                row: dict[str, Any] = {"way": way, "dial": {objective: share}}
                for name, judge in measured_by.items():
                    values = judge(said)
                    row[name] = float(values.mean())
                    row[f"{name} against home"] = interval(values - begin[name])
                rows.append(row)
                if share == 1:
                    row["example"] = [texts[0], home[0], said[0]]
    print(f"{len(texts)} messages\n\n| way | dial | {' | '.join(measured_by)} |\n|---|---|{'---:|' * len(measured_by)}")
    for row in rows:
        at = ", ".join(f"{name} {share:g}" for name, share in row["dial"].items()) or "home"
        cells = []
        for name in measured_by:
            between = row.get(f"{name} against home")
            cells.append(f"{row[name]:.2f}" + (f" ({between[0]:+.2f} to {between[1]:+.2f})" if between else ""))
        print(f"| {row['way']} | {at} | {' | '.join(cells)} |")
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
