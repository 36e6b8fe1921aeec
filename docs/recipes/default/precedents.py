"""Fills an assistant's generation head with replies that were given to messages: candidates beside those that it draws.

    python docs/recipes/default/precedents.py MODEL DIALOGUES... [--without DIALOGUES...] [--translated SETS...]

Of each dialogue of the train parts of DIALOGUES the first message and its reply are taken, each message with each of
its replies once. They should stand for themselves: what a reply takes up of its message ("What do you like about
sushi?") it says to others, too. Messages of the dialogues behind --without, the most frequent ones that are not among
the first, have no precedent: their replies depend on what was said before. Messages of one word are left out. Trained
weights, and all other heads, stay as they are; what replies are chosen by becomes CHOOSE. With --translated, which
messages are alike is learned from these sets of translations out of English, and from the messages (``likeness.py``):
about two minutes. A few seconds without.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chatkit_generation import Generation
from chatkit_generation.table import room_needed
from chatkit_generation.wording import bare
from chatkit_translation import Translation
from filling import guarded, opened_model, with_room, written
from likeness import LONGEST, learned
from torch import Tensor

from chatkit.data.discover import splits
from chatkit.data.records import Problems
from chatkit.head.head import Record
from chatkit.head.vocabulary import Vocabulary
from chatkit.training.reading import read_records
from chatkit.training.recipe import resolve_path

FEWEST = 2  # words of a message: what one alone means, the conversation makes of it
MOST = 1000  # messages without a precedent
WIDTH = 64  # of the vectors that are learned
CHOOSE = {
    "fluency": 1.0,
    "relevance": 0.5,
    "precedent": 0.5,
    "aptness": 0.2,
}  # chosen on dev (README.md beside this file)


def whole(path: Path) -> list[Record]:
    """Train part of a set; all of one that has no dev part, for nothing is held out here.

    Raises:
        ChatkitError: If it cannot be read.
    """
    train = read_records(Generation, path, "train", Problems())
    return train if "dev" in splits(path) else [*train, *read_records(Generation, path, "dev", Problems())]


def first_pairs(sets: Sequence[Path]) -> list[tuple[str, str]]:
    """The first message of each dialogue with its reply.

    Raises:
        ChatkitError: If a set cannot be read.
    """
    out: dict[tuple[str, str], None] = {}
    for path in sets:
        for record in whole(path):
            turns = record.get("turns", [])
            if len(turns) < 2 or turns[0]["speaker"] == turns[1]["speaker"]:
                continue
            if len(bare(turns[0]["text"]).split()) >= FEWEST:
                out[turns[0]["text"], turns[1]["text"]] = None
    return list(out)


def others(sets: Sequence[Path], pairs: Sequence[tuple[str, str]]) -> list[str]:
    """The most frequent messages of dialogues that no pair has.

    Raises:
        ChatkitError: If a set cannot be read.
    """
    known, counts = {bare(message) for message, _ in pairs}, Counter[str]()
    for path in sets:
        for record in read_records(Generation, path, "train", Problems()):
            counts.update(bare(turn["text"]) for turn in record.get("turns", [])[::2])
    return [message for message, _ in counts.most_common() if message not in known][:MOST]


def translations(sets: Sequence[Path]) -> tuple[list[str], list[str]]:
    """English sentences of the train parts, and their translations.

    Raises:
        ChatkitError: If a set cannot be read.
    """
    records = [each for path in sets for each in read_records(Translation, path, "train", Problems())]
    return [each["src"] for each in records], [each["tgt"] for each in records]


def vectors(
    vocabulary: Vocabulary, pairs: Sequence[tuple[str, str]], alone: Sequence[str], sets: Sequence[Path]
) -> Tensor:
    """Learned vectors of pieces; messages with the same replies are alike, those without a precedent like no other.

    Raises:
        ChatkitError: If a set cannot be read.
    """
    replies: dict[str, dict[str, None]] = {}
    for message, reply in pairs:
        replies.setdefault(bare(message), {})[reply] = None
    groups: dict[tuple[str, ...], list[str]] = {}
    for message, given in replies.items():
        groups.setdefault(tuple(given), []).append(message)

    def encoded(texts: Sequence[str]) -> list[list[int]]:
        return [vocabulary.encode(bare(text))[:LONGEST] or [vocabulary.end] for text in texts]

    source, target = translations(sets)
    if not source or (not alone and all(len(group) < 2 for group in groups.values())):
        sys.exit("nothing to learn likeness from: it takes translations, and messages with the same replies")
    bitext = encoded(source), encoded(target)
    return learned(vocabulary, [encoded(group) for group in groups.values()], encoded(alone), bitext, WIDTH)


def fill(model: Path, sets: Sequence[Path], without: Sequence[Path], translated: Sequence[Path]) -> None:
    """Write the head; an assistant that is not finished stays as it was.

    Raises:
        ChatkitError: If the assistant or a set cannot be read, or it cannot be written.
        SystemExit: If it has no such head.
    """
    pairs = first_pairs(sets)
    if not pairs:
        sys.exit(f"no dialogue of {', '.join(map(str, sets))} begins with a message of {FEWEST} words and its reply")
    alone, (model, assistant) = others(without, pairs), opened_model(model, Generation)
    room = room_needed(pairs, alone, assistant.vocabulary, packed=True)
    options: dict[str, Any] = {
        "precedents": room,
        "packed": True,
        "likeness": WIDTH if translated else 0,
        "choose": CHOOSE,
    }
    filled = with_room(assistant, Generation, options, ["precedents"])
    assert filled.precedents is not None
    filled.precedents.learn(pairs, alone, filled.vocabulary)
    if translated:
        filled.precedents.take_vectors(vectors(filled.vocabulary, pairs, alone, translated))
    print(f"{len(pairs):,} pairs, {len(alone):,} messages without; {room:,} bytes")
    written(model, assistant, "generation", options)


def main() -> None:
    """Write the head."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("sets", nargs="+", metavar="DIALOGUES")
    parser.add_argument("--without", nargs="+", default=[], metavar="DIALOGUES")
    parser.add_argument("--translated", nargs="+", default=[], metavar="SETS")
    args = parser.parse_args()
    named = (args.sets, args.without, args.translated)
    guarded(args.model, lambda: fill(args.model, *([resolve_path(each, Path()) for each in paths] for paths in named)))


if __name__ == "__main__":
    main()
