"""Draws what people ask of the world, and what sounds like it and is about themselves (``worldly.toml``)."""

from __future__ import annotations

import random
import re
import tomllib
from pathlib import Path
from typing import Literal

_HELD_OUT = 10  # every such form is for dev alone


def questions(kind: Literal["world", "own"], part: Literal["train", "dev"], count: int, seed: int) -> list[str]:
    """So many messages, each once; fewer where the forms have no more.

    Args:
        kind: Of the world, or of the one who asks.
        part: Its forms stand in no other part.
        count: How many.
        seed: Of what is drawn.
    """
    table = tomllib.loads((Path(__file__).parent / "worldly.toml").read_text(encoding="utf-8"))
    lists = {name: [" ".join(each.split()) for each in text.split(",")] for name, text in table["lists"].items()}
    forms = [form for place, form in enumerate(table[kind]["forms"]) if (place % _HELD_OUT == 0) == (part == "dev")]
    rng, found = random.Random(f"{kind} {part} {seed}"), dict[str, None]()
    for place in range(count * 4):
        if len(found) == count:
            break
        form = forms[place % len(forms)]
        found[re.sub(r"\{(\w+)\}", lambda match: rng.choice(lists[match[1]]), form)] = None
    return list(found)
