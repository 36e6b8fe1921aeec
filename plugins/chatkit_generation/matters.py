"""Matters that people talk about, and what fits to be said of each: by what the message does, whatever else it says.

A table of our own, written by hand and filled in when the training is done. A message is about the matter of which a
cue stands in it (``cues.py``); of several the one whose cue says most. What is said of it, ``attending.py`` chooses.

Source: categories found by patterns of words, and replies that fit all that they match, Weizenbaum 1966, "ELIZA", and
Wallace 2009, "The anatomy of A.L.I.C.E."

N = bytes of the table
"""

from __future__ import annotations

import dataclasses
import difflib
import gc
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn

from chatkit_generation.cues import Cue, Finder, Fit, Reader

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


@dataclasses.dataclass(frozen=True)
class _Opened:
    matters: Sequence[Matter]
    finder: Finder
    of: Sequence[tuple[int, bool]]  # of each cue: its matter, and whether it rules it out
    said: Mapping[str, int]  # reply -> its matter


class Matters(nn.Module):
    """The table.

    Args:
        room: N.
    """

    table: Tensor  # (N,) uint8: JSON in UTF-8, 0 behind it

    def __init__(self, room: int) -> None:
        super().__init__()
        self.register_buffer("table", torch.zeros(room, dtype=torch.uint8))
        self._opened: _Opened | None = None

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        self._opened = None

    def learn(self, data: bytes) -> None:
        """Take over a table, see ``table_of``.

        Raises:
            ValueError: If there is not so much room.
        """
        if len(data) > len(self.table):
            raise ValueError(f"matters have room for {len(self.table):,} bytes, and need {len(data):,}")
        self.table.zero_()
        self.table[: len(data)] = torch.frombuffer(bytearray(data), dtype=torch.uint8)
        self._opened = None

    def found(self, text: str, before: str = "", rare: int = 0) -> list[Found]:
        """The matters of a text, that whose cue says most first; none where no cue stands in it.

        Args:
            text: The text.
            before: What was said before it, where parts of a cue may stand, see ``cues.Finder.found``.
            rare: See there.
        """
        opened = self._open()
        best: dict[int, Fit] = {}
        ruled_out = set()
        for cue, fit in opened.finder.found(text, before, rare).items():
            which, rules_out = opened.of[cue]
            if rules_out:
                ruled_out.add(which)
            else:
                best[which] = max(best.get(which, fit), fit)
        left = sorted(best.keys() - ruled_out, key=lambda which: (best[which], -which), reverse=True)
        return [Found(opened.matters[which], best[which]) for which in left]

    def of_reply(self, reply: str) -> Matter | None:
        """The matter that a reply was said of; None where it is no line of any."""
        opened = self._open()
        place = opened.said.get(reply)
        return None if place is None else opened.matters[place]

    def named(self, prefix: str) -> list[Matter]:
        """The matters whose names begin so: "joke_"."""
        return [matter for matter in self._open().matters if matter.name.startswith(prefix)]

    def _open(self) -> _Opened:
        if self._opened is None:
            files = json.loads(self.table.numpy(force=True).tobytes().rstrip(b"\0") or b"{}")
            collecting = gc.isenabled()
            gc.disable()  # nothing of it is garbage, and looking for some takes a third of the time
            try:
                self._opened = _opened(files)
            finally:
                if collecting:
                    gc.enable()
        return self._opened


def _opened(files: dict[str, Mapping[str, Any]]) -> _Opened:
    matters: list[Matter] = []
    cues: list[Cue] = []
    of: list[tuple[int, bool]] = []
    said: dict[str, int] = {}
    for file in list(files):
        content = files.pop(file)  # what was read of it is let go
        reader = Reader({name: words.split() for name, words in content.get(SETS, {}).items()})
        for name, given in content.items():
            if name == SETS:
                continue
            lines = {key: tuple(given[key]) for key in KEYS if key in given}
            said |= {line: len(matters) for key in lines for line in lines[key]}
            for texts, rules_out in ((given[CUES], False), (given.get(UNLESS, ()), True)):
                cues += [reader.cue(text) for text in texts]
                of += [(len(matters), rules_out)] * len(texts)
            matters.append(Matter(name, lines))
    return _Opened(matters, Finder(cues), of, said)


def table_of(files: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The table as it is stored, of files as they are written.

    Args:
        files: Name of a file -> its content: matter -> ``cues``, a list (``cues.Reader``); ``unless``, cues that rule
            it out; and replies under ``KEYS``. Under "sets" name -> words between blanks, which cues share.
    Raises:
        ValueError: If something in them is none of that, or two matters have one name.
    """
    seen: set[str] = set()
    for file, content in files.items():
        shared = content.get(SETS, {})
        if not isinstance(shared, Mapping) or not all(isinstance(words, str) for words in shared.values()):
            raise ValueError(f"{file}: {SETS} must be a table of words between blanks, got {shared!r}")
        reader = Reader({name: words.split() for name, words in shared.items()})
        for name, matter in content.items():
            if name == SETS:
                continue
            if name in seen:
                raise ValueError(f"{file}: {name}: there is a matter of this name already")
            seen.add(name)
            _check(matter, reader, f"{file}: {name}")
    return json.dumps(files, ensure_ascii=False, separators=(",", ":")).encode()


def _check(matter: Any, reader: Reader, where: str) -> None:
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
    for cue in (cue for key in (CUES, UNLESS) for cue in matter.get(key, ())):
        try:
            reader.cue(cue)
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from error
