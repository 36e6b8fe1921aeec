"""Weak sentiment labels for the default assistant: VADER's lexicon on text that nobody has labelled.

    pip install vaderSentiment
    python docs/recipes/weak_labels.py FOLDER_OF_THE_SETS OUT

Writes OUT/train.jsonl. The labelled sets are reviews and Reddit; other text, where most sentences are neutral and the
words are others, is where a head that was trained on them alone falls behind a plain lexicon. Sentences of novels,
Tatoeba and chitchat whose compound score (Hutto & Gilbert 2014) is plain, 0.35 and beyond, are positive or negative;
neutral are those in which the lexicon knows no word. As many of each label, drawn with a seed, from each source.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

PLAIN, LENGTHS, SEED = 0.35, range(12, 240), 20261124
LABELS = ("negative", "neutral", "positive")


def sources(root: Path) -> Iterator[tuple[str, list[str]]]:
    """Name of each source and its sentences."""
    with gzip.open(root / "lm_books" / "train.txt.gz", "rt", encoding="utf-8") as file:
        yield "novels", [part for line in file.read().split("\n") for part in re.split(r"(?<=[.!?”])\s+", line)]
    pairs = (row for name in ("fr", "de", "es") for row in _rows(root / f"tatoeba_en_{name}" / "train.jsonl.gz"))
    yield "tatoeba", [row["src"] for row in pairs]
    chats = _rows(root / "chitchat" / "train.jsonl.gz")
    yield "chitchat", [turn["text"] for row in chats for turn in row["turns"]]


def label(score: float) -> str | None:
    """Label of a compound score; None if it is not plain."""
    if score == 0:
        return "neutral"
    return None if abs(score) < PLAIN else "positive" if score > 0 else "negative"


def _rows(path: Path) -> Iterator[dict[str, object]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--most", type=int, default=4000, help="sentences of each label and source")
    args = parser.parse_args()
    rng, lexicon, rows = random.Random(SEED), SentimentIntensityAnalyzer(), []
    for name, texts in sources(args.data):
        texts = sorted({text.strip() for text in texts if len(text.strip()) in LENGTHS})
        rng.shuffle(texts)
        taken = dict.fromkeys(LABELS, 0)
        for text in texts:
            found = label(lexicon.polarity_scores(text)["compound"])
            if found is not None and taken[found] < args.most:
                taken[found] += 1
                rows.append({"text": text, "label": found, "domain": f"weak: {name}"})
            if min(taken.values()) == args.most:
                break
        print(name, taken)
    args.out.mkdir(parents=True, exist_ok=True)
    with (args.out / "train.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


if __name__ == "__main__":
    main()
