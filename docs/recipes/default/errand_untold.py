"""What ``errands.py --owned`` adds: a hundred things that people may ask for, half of which they never told."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from errand_kept import KEPT
from errand_more import LISTS, chain, words_of
from errand_speaker import Speaker, Turns, capital

_FILE: dict[str, Any] = tomllib.loads((Path(__file__).parent / "errand_untold.toml").read_text(encoding="utf-8"))
_LISTS = {**LISTS, **{name: words_of(text) for name, text in _FILE.items() if isinstance(text, str)}}
_TELL = ("my {0} is {1}", "my {0} is {1}", "{1} is my {0}", "by the way, my {0} is {1}", "my {0}? {1}", "my {0}: {1}")
_ASK = (
    "what is my {0}?",
    "what is my {0}?",
    "what's my {0}?",
    "what's my {0}?",
    "do you know my {0}?",
    "do you remember my {0}?",
    "can you tell me my {0}?",
    "what was my {0} again?",
    "what did I say my {0} was?",
    "tell me my {0}.",
    "so what is my {0}?",
    "which {0} do I have?",
    "did I tell you my {0}?",
    "remind me, what is my {0}?",
)
_KNOWN = ("Your {0} is {1}.", "Your {0} is {1}.", "{1}, you said.", "It is {1}.", "You told me that it is {1}.")
_NOT = (
    "You have not told me your {0}.",
    "You have not told me your {0} yet. What is it?",
    "You have not told me that.",
    "You have not told me that yet. Will you?",
    "You have not said so far. What is your {0}?",
    "I do not know your {0}, you have not told me.",
)
_HEARD = (
    "Good to know.",
    "I see. Thank you for telling me.",
    "I will keep that in mind as long as we talk.",
    "All right. What else?",
    "Thanks, now I know.",
    "{0}, I see.",
    "Ah, {0}. How come?",
)


class _Matter:
    """Something that can be told and asked for.

    Attributes:
        key: Two of the same key are asked for in the same words.
    """

    def __init__(self, s: Speaker) -> None:
        if s.rng.random() < 0.5:
            tell, ask, known, unknown, words = s.rng.choice(_FILE["deeds"])
            self.key = ask[0]
            what = s.draw(_LISTS[words])
            says, asks = s.rng.choice(tell).format(what), s.rng.choice(ask)
        else:
            thing, words, owner = s.rng.choice(_FILE["things"])
            if owner and s.rng.random() < 0.45:
                kin = s.draw(KEPT["kin"])
                thing = f"{kin}' {thing}" if kin.endswith("s") else f"{kin}'s {thing}"
            self.key = thing
            what = s.draw(_LISTS[words])
            says, asks = s.rng.choice(_TELL).format(thing, what), s.rng.choice(_ASK).format(thing)
            known = [form.format(thing, "{0}") for form in _KNOWN]
            unknown = [form.format(thing) for form in _NOT]
        self.told = (f"{capital(says)}.", capital(s.rng.choice(_HEARD).format(what)))
        self.known = (asks, capital(s.rng.choice(known).format(what)))
        self.unknown = (asks, s.rng.choice(unknown))


def owned(s: Speaker) -> Turns:
    """None to three things told, small talk, and some of them asked for, or others that were never told."""
    if s.rng.random() < 0.12:
        asked, replies = s.rng.choice(_FILE["nothing"])
        return [*s.small_talk(0, 1), (s.rng.choice(asked), s.rng.choice(replies)), *s.small_talk(0, 1)]
    matters = {matter.key: matter for matter in (_Matter(s) for _ in range(s.rng.randint(1, 4)))}
    first, *rest = matters.values()
    told, untold = ([first, *rest], None) if s.rng.random() < 0.5 else (rest, first)
    turns: Turns = []
    for matter in told:
        turns += [matter.told, *_between(s)]
    turns += _between(s)
    asked = [matter.known for matter in told if s.rng.random() < 0.7]
    if untold:
        asked.insert(s.rng.randint(0, len(asked)), untold.unknown)
        if s.rng.random() < 0.3:  # told in the end, and known
            asked += [untold.told, *_between(s), untold.known]
    return [*turns, *asked, *s.small_talk(0, 1)]


def _between(s: Speaker) -> Turns:
    """At times a turn or two of something else."""
    kind = s.rng.random()
    if kind < 0.25:
        return s.small_talk(1, 1)
    return chain(s)[:2] if kind < 0.45 else []
