"""Who speaks in the dialogues of ``errands.py``: words drawn for one part, said in the ways that people type."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PARTS = {"train": range(2, 10), "dev": range(1), "test": range(1, 2)}  # every tenth word, by its place in the list
Turns = list[tuple[str, str]]


def _words() -> dict[str, Any]:
    """Each list of the file beside this one."""
    lists = tomllib.loads((Path(__file__).parent / "errand_words.toml").read_text(encoding="utf-8"))
    return {
        name: re.split(r", ", " ".join(text.split())) if isinstance(text, str) else text for name, text in lists.items()
    }


WORDS = _words()


def capital(text: str) -> str:
    """The text with a capital letter in front."""
    return text[0].upper() + text[1:]


class Speaker:
    """Draws words of one part, and says things in the ways that people type."""

    def __init__(self, part: str, rng: random.Random) -> None:
        self.part, self.rng = part, rng
        self.drawn: list[str] = []

    def draw(self, kind: Sequence[str]) -> str:
        """A word of this part; of a list of fewer than ten any word."""
        mine = [word for i, word in enumerate(kind) if i % 10 in PARTS[self.part]]
        self.drawn.append(self.rng.choice(mine if len(kind) >= 10 else list(kind)))
        return self.drawn[-1]

    def say(self, *ways: str) -> str:
        """One of the ways."""
        return self.rng.choice(ways)

    def typed(self, text: str) -> str:
        """As people type: at times without capitals, without the last mark, with two."""
        kind = self.rng.random()
        if kind < 0.3:
            text = text.lower()
        if kind < 0.4 and text[-1] in ".?!":
            text = text[:-1]
        elif kind > 0.95 and text[-1] in "?!":
            text += text[-1]
        return text

    def small_talk(self, least: int, most: int) -> Turns:
        """Turns about nothing."""
        return [(said, reply) for said, reply in self.rng.sample(WORDS["small_talk"], self.rng.randint(least, most))]
