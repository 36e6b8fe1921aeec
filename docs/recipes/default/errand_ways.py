"""The same things put in other ways, for ``errands.py --mended``: what is learned in one form is known in no other."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Collection
from pathlib import Path

_FILE = tomllib.loads((Path(__file__).parent / "errand_ways.toml").read_text(encoding="utf-8"))
_WAYS = [(re.compile(each["of"], re.IGNORECASE), each["say"]) for each in _FILE["ways"]]
OTHER, LEAD = 0.6, 0.15  # how often


def put_otherwise(text: str, rng: random.Random, spared: Collection[str] = ()) -> str:
    """A message in another way, where one is known and it is not spared, or with a word or two in front of it."""
    for pattern, say in () if text in spared else _WAYS:
        found = pattern.fullmatch(text)
        if found and rng.random() < OTHER:
            text = rng.choice(say)
            for place, held in enumerate(filter(None, found.groups()), 1):
                text = text.replace(f"\\{place}", held)
            break
    if rng.random() < LEAD:
        text = rng.choice(_FILE["leads"]) + (text if text.startswith("I") else text[0].lower() + text[1:])
    return text
