"""What ``errands.py --asked`` adds of small talk: what people say to an assistant on any day, one after the other.

It stands in ``errand_asks.toml``; what ``--talked`` adds stands, by its matter, in the files of ``talk/``. Those of
``need/`` and ``known/`` are for precedents alone.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

from errand_more import CHAINS, LISTS, Chain, chain, filled_in, words_of
from errand_speaker import WORDS, Speaker, Turns

DRAWN, DRAWN_OF_TALK = 16, 4  # messages of a form with words drawn from lists
_HERE = Path(__file__).parent
_ASKS, *_TALK = [
    tomllib.loads(path.read_text(encoding="utf-8"))
    for path in (_HERE / "errand_asks.toml", *sorted((_HERE / "talk").glob("*.toml")))
]
_KNOWN = [
    tomllib.loads(path.read_text(encoding="utf-8"))
    for folder in ("need", "known")
    for path in sorted((_HERE / folder).glob("*.toml"))
]
_CHAINS = [*_ASKS["chains"], *_ASKS["answers"]]
_TALKED = [each for file in _TALK for key in ("chains", "answers") for each in file.get(key, ())]
_OWN = {
    name: words_of(text) for file in (_ASKS, *_TALK, *_KNOWN) for name, text in file.items() if isinstance(text, str)
}
_LISTS = {**LISTS, **_OWN}
EVERY_CHAIN: list[Chain] = [*CHAINS, *_CHAINS, *_TALKED, *(each for file in _KNOWN for each in file["chains"])]
EVERY_LIST = _LISTS
_WISH = re.compile(
    r"(tell|write|sing|play|flip|toss|pick|think of|give|say|make|recommend|translate|set|open|show|draw|ask|teach"
    r"|explain|help|remind|wake|call|send|search|put|turn|summarise|surprise|find|look|read)\b.*",
    re.IGNORECASE,
)
_WISHED = (
    "could you {}?",
    "can you {}?",
    "would you {} please?",
    "please {}.",
    "I want you to {}.",
    "I'd like you to {}.",
)
_WISHED += (
    "will you {}?",
    "can you please {}?",
    "I would love it if you could {}.",
    "do me a favour and {}.",
    "{} please.",
)
_ASKED = re.compile(r"(what|who|where|when|how|which|is|are|do|does|did|can|will|why|am)\b.*\?", re.IGNORECASE)
_BEFORE = (
    "tell me, ",
    "I wonder, ",
    "can I ask you something: ",
    "say, ",
    "by the way, ",
    "just curious: ",
    "hm, ",
    "sorry, ",
)


def wished(text: str, rng: random.Random) -> str:
    """A wish or a question as people wrap it in words."""
    if rng.random() < 0.4 and _WISH.fullmatch(text):
        bare = re.sub(r"[.?!]+$", "", text).removesuffix(" please").removesuffix(" for me")
        return rng.choice(_WISHED).format(bare[0].lower() + bare[1:])
    if rng.random() < 0.25 and _ASKED.fullmatch(text):
        return rng.choice(_BEFORE) + text[0].lower() + text[1:]
    return text


def asks(s: Speaker) -> Turns:
    """Two to five of the file's chains, at times with talk about a day between them."""
    return _some(s, _CHAINS)


def talked(s: Speaker) -> Turns:
    """The same of all files."""
    return _some(s, [*_CHAINS, *_TALKED])


def _some(s: Speaker, chains: Sequence[Chain]) -> Turns:
    turns: Turns = []
    for _ in range(s.rng.randint(2, 5)):
        turns += chain(s) if s.rng.random() < 0.15 else filled_in(s, s.rng.choice(chains), _LISTS)
    return [(wished(said, s.rng), reply) for said, reply in turns]


_FORMS = re.compile(
    "|".join(
        re.sub(r"\\{\w+\\}", ".+", re.escape(form.rstrip(".?!")))
        for pairs_of in (*_CHAINS, *_TALKED, *CHAINS)
        for forms, _ in pairs_of
        for form in forms
        if re.sub(r"{\w+}|\W", "", form)  # one that is only a word of a list would be everything
    ),
    re.IGNORECASE,
)


def depends(turns: Turns) -> Turns:
    """What of a dialogue is no everyday talk: its replies depend on what was said before."""
    small = {said.rstrip(".?!").lower() for said, _ in WORDS["small_talk"]}
    bare = [(said.rstrip(".?!"), (said, reply)) for said, reply in turns]
    return [pair for text, pair in bare if text.lower() not in small and not _FORMS.fullmatch(text)]


class Everyone(Speaker):
    """Draws any word, also those of dev and test: nothing is learned of them that is recalled later."""

    def draw(self, kind: Sequence[str]) -> str:
        """Any word of a list."""
        return self.rng.choice(list(kind))


def pairs(s: Speaker) -> list[tuple[str, str]]:
    """What opens each chain, in every form, with each reply that repeats nothing of it: for ``precedents.py``.

    Small answers ("why?", "maybe") are left out: what fits them depends on what was said before.
    """
    out: dict[tuple[str, str], None] = {}
    talk = [each for file in (*_TALK, *_KNOWN) for each in file["chains"]]
    for chains, drawn in ((_ASKS["chains"], DRAWN), (CHAINS, DRAWN), (talk, DRAWN_OF_TALK)):
        for (forms, replies), *_ in chains:
            plain = [reply for reply in replies if "{" not in reply]
            for form in forms:
                if "{names}" in form:
                    continue  # whatever is said of somebody of that name would be like it
                for _ in range(drawn if "{" in form else 1):
                    said, _ = filled_in(s, [[[form], [""]]], _LISTS)[0]
                    out |= {(said, reply[0].upper() + reply[1:]): None for reply in plain}
    return list(out)
