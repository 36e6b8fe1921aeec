"""What ``errands.py --moods`` writes: what people say on any day, labelled negative, neutral or positive.

The labels stand in ``moods.toml``, for whole pairs of the chains, and for messages of no chain. The labelled sets are
opinions of films and goods; with those alone "my boss shouted at me" was held to be neutral. All forms of a pair are in
one part, so that dev and test tell of what was not trained on in other words.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from errand_asks import EVERY_CHAIN, EVERY_LIST, Everyone
from errand_more import filled_in
from errand_speaker import Speaker

LABELS = ("negative", "neutral", "positive")
HELD_OUT = {"dev": 0.05, "test": 0.05}  # of the pairs; the rest is trained on
DRAWN = 3  # messages of a form with words drawn from lists
_FILE: dict[str, Any] = tomllib.loads((Path(__file__).parent / "moods.toml").read_text(encoding="utf-8"))


def moods(seed: int) -> dict[str, list[dict[str, str]]]:
    """The rows of each part, none of them with two labels, none like one of another part; in train as many of each."""
    rng = random.Random(f"{seed}-moods")
    speaker = Everyone("train", rng)
    held: dict[str, tuple[str, str] | None] = {}  # the part and the label that a text belongs to; none where it has two
    made: list[tuple[str, str, str]] = []
    for label in LABELS:
        for groups in (labelled(_FILE, label), [[text] for text in _FILE["more"][label].strip().split("\n")]):
            for part, forms in _parted(groups, rng):
                for form in forms:
                    for text in _messages(speaker, form):
                        known = held.setdefault(_alike(text), (part, label))
                        if known and known[1] != label:
                            held[_alike(text)] = None
                        made.append((known[0] if known else part, label, text))
    rows: dict[str, dict[str, str]] = {part: {} for part in ("train", *HELD_OUT)}
    for part, label, text in made:
        if held[_alike(text)]:
            rows[part][text] = label
    out = {part: [{"text": text, "label": label} for text, label in kept.items()] for part, kept in rows.items()}
    out["train"] = _balanced(out["train"])
    for mixed in out.values():
        rng.shuffle(mixed)
    return out


def _balanced(rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Rows of rarer labels so many times that each label is about as frequent: people say more of what went wrong."""
    counts = Counter(row["label"] for row in rows)
    most = max(counts.values())
    return [row for row in rows for _ in range(round(most / counts[row["label"]]))]


def labelled(file: dict[str, Any], label: str) -> list[list[str]]:
    """The forms of each pair that the file has under a label, without those that it excepts."""
    pairs: dict[str, list[str]] = {}
    for forms, _ in (pair for chain in EVERY_CHAIN for pair in chain):
        pairs.setdefault(forms[0], []).extend(forms)
    if unknown := [first for first in file[label] if first not in pairs]:
        raise ValueError(f"moods.toml: no pair of the chains begins with {unknown[0]!r} ({label})")
    spared = set(file["except"])
    return [[form for form in dict.fromkeys(pairs[first]) if form not in spared] for first in file[label]]


def _parted(groups: Sequence[list[str]], rng: random.Random) -> list[tuple[str, list[str]]]:
    """Each group with its part, in the order of the parts drawn."""
    drawn = rng.sample(groups, len(groups))
    parts = [part for part, share in HELD_OUT.items() for _ in range(max(1, round(share * len(groups))))]
    parts += ["train"] * (len(groups) - len(parts))
    return list(zip(parts, drawn, strict=True))


def _messages(speaker: Speaker, form: str) -> list[str]:
    """A form as it is typed, with words drawn for its places, and once more with other case and mark."""
    out: dict[str, None] = {}
    for _ in range(DRAWN if "{" in form else 1):
        said = filled_in(speaker, [[[form], [""]]], EVERY_LIST)[0][0]
        typed = speaker.typed(said)
        out |= {typed: None, (_bare(said) if typed == said else said): None}
    return list(out)


def _bare(text: str) -> str:
    return re.sub(r"[.?!]+$", "", text.lower()) or text


def _alike(text: str) -> str:
    """The same for texts that differ in case and marks alone."""
    return " ".join(re.sub(r"[^\w ]", "", text.lower()).split()) or text
