"""Dialogues of our own: what is told is recalled, orders and bookings go over several turns, what is not known is said.

    python docs/recipes/default/errands.py OUT [--dialogues 10000] [--plain | --more | --slips | --mended | --asked |
                                                                         --talked | --kept | --lasting | --pairs |
                                                                         --owned | --moods]

Writes OUT/dialogue and OUT/mood, each train, dev and test. No word that fills a place (a name, a city, a topping) in
dev or test fills one in train, so that recalling is not learned by heart. OUT/mood holds what people say on errands as
neutral text: "large, with mushrooms" is no complaint, which the labelled sets, all of them opinions, do not tell. An
order ends with the assistant saying that it only takes notes, which is the truth. An LSTM of this size learned the form
of recalling in an hour, not the thing: it said wrong names. With --plain replies repeat nothing, and say so when asked.
With a pointer it says the right ones; --more has more that is told, orders given bit by bit, and talk about a day (and
no OUT/mood, for that talk is not neutral); --slips has also things that are put right, and such as are asked for and
were never told; after those it said of what it was told that it was not, so --mended has the first kind alone, and puts
what is told and asked in more ways; --kept has also several persons, orders of several things and bookings in a line,
which change and are called off, and --lasting is mostly these; --owned has less of all that, more talk, and a hundred
things that are asked for, half of which were never told. --moods writes no dialogues, only OUT/train, dev and
test: everyday messages with the label that their whole pair has in moods.toml.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from errand_asks import Everyone, asks, depends, pairs, talked
from errand_dates import kept
from errand_moods import moods
from errand_more import chat, pizza_by_bits, recalled_more, something
from errand_orders import booking, dish, drink, facts, flowers, pizza
from errand_people import brothers, people
from errand_several import introduced, several, unknown
from errand_slips import corrected, not_told
from errand_speaker import WORDS, Speaker, Turns
from errand_told import recalled
from errand_untold import owned
from errand_ways import put_otherwise

SEED = 20261129
OF_TRAIN = {"train": 1.0, "dev": 0.05, "test": 0.05}
MOODY = ("love", "thank", "great", "i like", "favo", "fun")  # none of it is written as neutral


def without_copies(s: Speaker, turns: Turns) -> Turns:
    """The same dialogue with replies that repeat nothing of what was told, and that say so where they are asked to."""
    told = [re.compile(rf"\b{re.escape(re.sub('^an? ', '', word))}\b", re.IGNORECASE) for word in s.drawn]
    asked = [re.compile(pattern, re.IGNORECASE) for pattern in WORDS["asks_for_what_was_told"]]
    out: Turns = []
    for said, reply in turns:
        if any(pattern.search(said) for pattern in asked):
            out.append((said, s.rng.choice(WORDS["cannot_recall"])))
            continue
        parts = [part for part in re.split(r"(?<=[.!?])\s+", reply) if not any(word.search(part) for word in told)]
        left = " ".join(parts).replace(", but here is your list", "").replace("Is that right?", "Is that all?")
        met = re.search(r"\b(meet you|hello|hi)\b", reply, re.IGNORECASE)
        out.append((said, left or s.rng.choice(WORDS["meets" if met else "listens"])))
    return out


Kinds = tuple[tuple[Callable[[Speaker], Turns], float], ...]
KINDS: Kinds = (
    (recalled, 0.4),
    (pizza, 0.1),
    (drink, 0.06),
    (dish, 0.06),
    (flowers, 0.04),
    (booking, 0.18),
    (facts, 0.16),
)
MORE: Kinds = (
    (recalled, 0.2),
    (recalled_more, 0.16),
    (chat, 0.26),
    (pizza, 0.04),
    (pizza_by_bits, 0.08),
    (drink, 0.03),
    (dish, 0.03),
    (flowers, 0.02),
    (something, 0.04),
    (booking, 0.08),
    (facts, 0.06),
)
SLIPS: Kinds = (*((kind, 0.7 * share) for kind, share in MORE), (corrected, 0.14), (not_told, 0.16))
MENDED: Kinds = (*((kind, 0.8 * share) for kind, share in MORE), (corrected, 0.2))


TIRED = ("I am a bit tired today.",)  # is no trade: "I work as a bit tired today", as --mended has it


def _several(s: Speaker) -> Turns:
    return several(s, lambda text: put_otherwise(text, s.rng, TIRED))


ASKED: Kinds = (
    *((kind, 0.3 * share) for kind, share in MORE),
    (corrected, 0.1),
    (_several, 0.08),
    (introduced, 0.07),
    (unknown, 0.11),
    (not_told, 0.03),
    (asks, 0.31),
)
TALKED: Kinds = (*((kind, 0.86 * share) for kind, share in ASKED if kind is not asks), (talked, 0.41))
KEPT: Kinds = (
    *((kind, 0.2 * share) for kind, share in MORE),
    (corrected, 0.09),
    (_several, 0.07),
    (introduced, 0.06),
    (unknown, 0.05),
    (not_told, 0.02),
    (talked, 0.25),
    (people, 0.13),
    (brothers, 0.02),
    (kept, 0.22),
)
LASTING: Kinds = (
    *((kind, 0.55 * share) for kind, share in KEPT if kind not in (people, kept)),
    (people, 0.22),
    (kept, 0.42),
)
OWNED: Kinds = (*((kind, 0.4 * share) for kind, share in LASTING), (talked, 0.25), (owned, 0.35))
DEPENDS: Kinds = (
    *((kind, share) for kind, share in MORE if kind not in (chat, facts)),
    (corrected, 0.1),
    (people, 0.15),
    (kept, 0.2),
)


def dialogues(
    part: str, count: int, *, plain: bool = False, kinds: Kinds = KINDS, otherwise: bool = False
) -> list[Turns]:
    """As many different ones of one part."""
    rng = random.Random(f"{SEED}-{part}")
    speaker, found = Speaker(part, rng), {}
    makers, weights = zip(*kinds, strict=True)
    while len(found) < count:
        speaker.drawn.clear()
        turns = rng.choices(makers, weights)[0](speaker)
        if otherwise:
            spared = TIRED if kinds in (ASKED, TALKED, KEPT, LASTING, OWNED) else ()
            turns = [(put_otherwise(user, rng, spared), reply) for user, reply in turns]
        turns = [(speaker.typed(user), reply) for user, reply in (without_copies(speaker, turns) if plain else turns)]
        if rng.random() < 0.15:
            turns.insert(
                0,
                (
                    speaker.say("hi", "hello", "hey", "Hi!", "good morning"),
                    speaker.say("Hello! How are you?", "Hi there.", "Hello!"),
                ),
            )
        found[json.dumps(turns)] = turns
    return list(found.values())


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("out", type=Path)
    parser.add_argument("--dialogues", type=_some, default=10000)
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--plain", action="store_true", help="replies repeat nothing of what was told")
    kind.add_argument("--more", action="store_true", help="more kinds of dialogues")
    kind.add_argument("--slips", action="store_true", help="as --more; things are put right, and asked for untold")
    kind.add_argument("--mended", action="store_true", help="as --more; things are put right, and in more ways")
    kind.add_argument("--asked", action="store_true", help="as --mended; several things at once, and what was not told")
    kind.add_argument("--talked", action="store_true", help="as --asked; what people say on any day, much of it")
    kind.add_argument("--kept", action="store_true", help="as --talked; persons, orders and bookings that change")
    kind.add_argument("--lasting", action="store_true", help="as --kept, which is more than half of it")
    kind.add_argument("--owned", action="store_true", help="as --lasting, less of it; talk, and what was never told")
    kind.add_argument(
        "--pairs",
        action="store_true",
        help="for precedents.py: everyday talk, a pair each, and what depends on the talk",
    )
    kind.add_argument("--moods", action="store_true", help="only what people say, labelled: bad, plain or good")
    args = parser.parse_args()
    if args.moods:
        for part, rows in moods(SEED).items():
            _write(args.out / f"{part}.jsonl", rows)
        return
    if args.pairs:
        alone = pairs(Everyone("train", random.Random(SEED)))
        _write(args.out / "dialogue" / "train.jsonl", [_dialogue([pair]) for pair in alone])
        told = dialogues("train", args.dialogues, kinds=DEPENDS, otherwise=True)
        _write(args.out / "without" / "train.jsonl", [_dialogue(turns) for turns in map(depends, told) if turns])
        return
    chosen = {
        "owned": OWNED,
        "lasting": LASTING,
        "kept": KEPT,
        "talked": TALKED,
        "asked": ASKED,
        "slips": SLIPS,
        "mended": MENDED,
        "more": MORE,
    }
    kinds = next((kinds for name, kinds in chosen.items() if getattr(args, name)), KINDS)
    opinions = {user.lower() for user, _ in WORDS["small_talk"]}
    otherwise = kinds in (MENDED, ASKED, TALKED, KEPT, LASTING, OWNED)
    for part, share in OF_TRAIN.items():
        found = dialogues(part, round(args.dialogues * share), plain=args.plain, kinds=kinds, otherwise=otherwise)
        _write(args.out / "dialogue" / f"{part}.jsonl", [_dialogue(turns) for turns in found])
        if kinds is not KINDS:
            continue  # what is said of a day there is no neutral text
        said = dict.fromkeys(user for turns in found for user, _ in turns)
        plain = [text for text in said if text.lower().rstrip(".?!") not in {each.rstrip(".?!") for each in opinions}]
        plain = [text for text in plain if not any(mood in text.lower() for mood in MOODY)]
        random.Random(SEED).shuffle(plain)
        _write(
            args.out / "mood" / f"{part}.jsonl",
            [{"text": text, "label": "neutral"} for text in plain[: round(4000 * share)]],
        )


def _dialogue(turns: Turns) -> dict[str, list[dict[str, str]]]:
    """As it stands in the file."""
    said = [pair for turn in turns for pair in zip(("user", "assistant"), turn, strict=True)]
    return {"turns": [{"speaker": who, "text": text} for who, text in said]}


def _some(text: str) -> int:
    """A number of dialogues."""
    if (number := int(text)) < 20:
        raise argparse.ArgumentTypeError(f"at least 20, for dev and test are a twentieth of it; got {number}")
    return number


def _write(path: Path, rows: Sequence[object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    print(f"{path}: {len(rows)}")


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"nothing can be written there: {error}")
