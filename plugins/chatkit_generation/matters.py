"""Matters that people talk about, and what fits to be said of each: by what the message does, whatever else it says.

A table of our own, written by hand and filled in when the training is done. A message is about the matter of which a
cue stands in it (``cues.py``); of several the one whose cue says most. What is said of it, ``attending.py`` chooses.

Source: categories found by patterns of words, and replies that fit all that they match, Weizenbaum 1966, "ELIZA", and
Wallace 2009, "The anatomy of A.L.I.C.E."

N = bytes of the table
"""

from __future__ import annotations

import contextlib
import contextvars
import dataclasses
import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from chatkit_generation.cues import Reader
from chatkit_generation.finding import Fit
from chatkit_generation.storing import Given, Opened, open_table, stored

MOST_ROOM = 10_000_000
KEYS: Final = (
    "told",  # tells of it
    "plan",  # means to do it
    "more",  # goes on about it
    "advice",  # asks what to do, or whether to
    "tips",  # asks how to go about it: what helps, and decides nothing
    "question",  # asks a fact
    "you",  # asks about the assistant
    "ask",  # wants something given or done
)
CUES, UNLESS, SETS = "cues", "unless", "sets"
_UNREAD = contextvars.ContextVar("unread", default=False)


@dataclasses.dataclass(frozen=True)
class Matter:
    """A matter.

    Args:
        name: Its name.
        lines: What may be said, by one of ``KEYS``.
    """

    name: str
    lines: Mapping[str, Sequence[str]]


@dataclasses.dataclass(frozen=True)
class Found:
    """The matter of a message, and how well it fits."""

    matter: Matter
    fit: Fit


class Matters(nn.Module):
    """The table.

    Args:
        room: N.
    """

    table: Tensor  # (N,) uint8: what ``storing.py`` makes of them, 0 behind it

    def __init__(self, room: int) -> None:
        super().__init__()
        self.register_buffer("table", torch.zeros(room, dtype=torch.uint8))
        self._opened: Opened | None = None

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        """Take over a table, see ``nn.Module``.

        Raises:
            ValueError: If it cannot be read, see ``unread``.
        """
        super()._load_from_state_dict(*args, **kwargs)
        self._opened = None
        if not _UNREAD.get():
            self._open()

    def learn(self, data: bytes) -> None:
        """Take over a table, see ``table_of``.

        Raises:
            ValueError: If there is not so much room, or it cannot be read.
        """
        if len(data) > len(self.table):
            raise ValueError(f"matters have room for {len(self.table):,} bytes, and need {len(data):,}")
        open_table(np.frombuffer(data, np.uint8), len(KEYS))
        self.table.zero_()
        self.table[: len(data)] = torch.frombuffer(bytearray(data), dtype=torch.uint8)
        self._opened = None

    def found(self, text: str, before: str = "", rare: int = 0) -> list[Found]:
        """The matters of a text, that whose cue says most first; none where no cue stands in it.

        Args:
            text: The text.
            before: What was said before it, where parts of a cue may stand, see ``finding.Finder.found``.
            rare: See there.
        """
        opened = self._open()
        best: dict[int, Fit] = {}
        ruled_out = set()
        for cue, fit in opened.finder.found(text, before, rare).items():
            which = int(opened.of[cue])
            if opened.rules_out[cue]:
                ruled_out.add(which)
            else:
                best[which] = max(best.get(which, fit), fit)
        left = sorted(best.keys() - ruled_out, key=lambda which: (best[which], -which), reverse=True)
        return [Found(_matter(opened, which), best[which]) for which in left]

    def of_reply(self, reply: str) -> Matter | None:
        """The matter that a reply was said of; None where it is no line of any."""
        opened = self._open()
        which = opened.of_line(reply)
        return None if which is None else _matter(opened, which)

    def named(self, prefix: str) -> list[Matter]:
        """The matters whose names begin so: "joke_"."""
        opened = self._open()
        return [_matter(opened, which) for which in range(len(opened.first)) if opened.name(which).startswith(prefix)]

    def _open(self) -> Opened:
        if self._opened is None:
            self._opened = open_table(self.table.numpy(force=True), len(KEYS))
        return self._opened


def _matter(opened: Opened, which: int) -> Matter:
    lines = zip(KEYS, opened.lines(which), strict=True)
    return Matter(opened.name(which), {key: tuple(texts) for key, texts in lines if texts})


@contextlib.contextmanager
def unread() -> Iterator[None]:
    """Load tables as they are: what another one takes the place of may be of an old layout."""
    token = _UNREAD.set(True)
    try:
        yield
    finally:
        _UNREAD.reset(token)


def table_of(files: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The table as it is stored, of files as they are written.

    Args:
        files: Name of a file -> its content: matter -> ``cues``, a list (``cues.Reader``); ``unless``, cues that rule
            it out; and replies under ``KEYS``. Under "sets" name -> words between blanks, which cues share.
    Raises:
        ValueError: If something in them is none of that, or two matters have one name.
    """
    given: dict[str, Given] = {}
    for file, content in files.items():
        shared = content.get(SETS, {})
        if not isinstance(shared, Mapping) or not all(isinstance(words, str) for words in shared.values()):
            raise ValueError(f"{file}: {SETS} must be a table of words between blanks, got {shared!r}")
        reader = Reader({name: words.split() for name, words in shared.items()})
        for name, matter in content.items():
            if name == SETS:
                continue
            if name in given:
                raise ValueError(f"{file}: {name}: there is a matter of this name already")
            given[name] = _given(name, matter, reader, f"{file}: {name}")
    return stored([*given.values()])


def _given(name: str, matter: Any, reader: Reader, where: str) -> Given:
    """A matter as it is written, checked."""
    if not isinstance(matter, Mapping):
        raise ValueError(f"{where}: must be a table, got {matter!r}")
    known = (CUES, UNLESS, *KEYS)
    for key, given in matter.items():
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
            raise ValueError(f"{where}.{key}: {hint}")
        if not isinstance(given, list) or not all(isinstance(text, str) and text.strip() for text in given):
            raise ValueError(f"{where}.{key}: must be a list of texts, got {given!r}")
    if not matter.get(CUES) or not matter.keys() & set(KEYS):
        raise ValueError(f"{where}: must have cues and replies")
    try:
        cues, unless = ([reader.cue(cue) for cue in matter.get(key, ())] for key in (CUES, UNLESS))
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    return Given(name, cues, unless, [matter.get(key, ()) for key in KEYS])
