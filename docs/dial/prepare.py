"""Makes the sets that a dial is trained on from dialogues: all of them, brief replies, warm replies::

    python docs/dial/prepare.py FOLDER... --out replies

Each FOLDER holds ``train.jsonl`` and ``dev.jsonl`` (also ``.gz``) of dialogues, as in "Formats" of the README.
What is warm is said by the sentiment head of an assistant, the one that ships unless ``--model`` names another.

    all     whole dialogues: what the assistant says anyway, which the dial holds on to
    brief   a turn and the reply to it, of few words
    warm    a turn and the reply to it, of a positive mood
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from chatkit.data.readers import READERS
from chatkit.data.records import Problems
from chatkit.head.answer import Bars
from chatkit.runtime.loading import load

BRIEF_WORDS, LONG_WORDS, WARM = 6, 24, 0.6
MOST = {"train": 12_000, "dev": 1_200}

Turns = list[dict[str, str]]


def dialogues(folders: Sequence[Path], part: str) -> list[Turns]:
    """All dialogues, in an order that is always the same."""
    found = []
    for folder in folders:
        for record in READERS["dialogue"].read(folder, part, "skip", Problems()):
            turns = [{"speaker": turn["speaker"], "text": turn["text"]} for turn in record.get("turns", ())]
            if turns:
                found.append(turns)
    random.Random(0).shuffle(found)
    return found


def replies(found: Sequence[Turns]) -> Iterator[Turns]:
    """Pairs of a turn and the reply to it, none of them long."""
    for turns in found:
        for first, second in zip(turns[::2], turns[1::2], strict=False):
            if all(0 < len(turn["text"].split()) <= LONG_WORDS for turn in (first, second)):
                yield [
                    {"speaker": "user", "text": first["text"]},
                    {"speaker": "assistant", "text": second["text"]},
                ]


def warmth(texts: Sequence[str], model: str | None) -> list[float]:
    """Probability of positive less that of negative, by the sentiment head."""
    assistant = load(model).assistant
    head, out = assistant.heads["sentiment"], []
    for start in range(0, len(texts), 64):
        part = texts[start : start + 64]
        records = [{"text": text} for text in part]
        for answer in head.answer(assistant.encode_records(head, records), records):
            (block,) = answer.blocks
            assert isinstance(block, Bars)
            shares = block.probabilities
            out.append(shares.get("positive", 0.0) - shares.get("negative", 0.0))
    return out


def main() -> None:
    """Write the sets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model")
    given = parser.parse_args()
    for part, most in MOST.items():
        whole = dialogues(given.folders, part)
        pairs = list(replies(whole))
        random.Random(0).shuffle(pairs)
        pairs = pairs[:most]
        judged = warmth([pair[1]["text"] for pair in pairs], given.model)
        sets = {
            "all": whole[:most],
            "brief": [pair for pair in pairs if len(pair[1]["text"].split()) <= BRIEF_WORDS],
            "warm": [pair for pair, value in zip(pairs, judged, strict=True) if value >= WARM],
        }
        for name, rows in sets.items():
            file = given.out / name / f"{part}.jsonl"
            file.parent.mkdir(parents=True, exist_ok=True)
            lines = [json.dumps({"turns": turns}, ensure_ascii=False) for turns in rows]
            file.write_text("\n".join(lines) + "\n", encoding="utf-8")
            print(f"{file}: {len(rows):,}")


if __name__ == "__main__":
    main()
