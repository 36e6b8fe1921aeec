"""What a listing says of one head."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Literal

State = Literal[
    "ok",
    "not loaded",
    "unconfirmed",
    "broken",
    "stale",
    "disabled",
    "duplicate",
    "shadowed",
    "incompatible",
]


@dataclasses.dataclass(frozen=True)
class Entry:
    """One head that was found.

    Args:
        name: Its name; of a file whose class cannot be read, the file's stem.
        state: How it stands.
        origin: Where it comes from: "--head", "./heads", "user" or the distribution that installed it.
        version: Of its distribution, or ``__version__`` of its file at the last load; "" if unknown.
        api: Version of plugin_api it declares; None if unknown.
        fields: Keys of its records, from the last load; empty if unknown.
        parameters: Weights of its own, from the last time it was built; None if unknown.
        why: What is wrong, one line; "" where nothing is.
        way_out: What to do about it; "" where nothing is wrong.
        path: Its file; None for an installed package.
        place: ``file:line`` of what is wrong, if known.
    """

    name: str
    state: State
    origin: str
    version: str = ""
    api: int | None = None
    fields: tuple[str, ...] = ()
    parameters: int | None = None
    why: str = ""
    way_out: str = ""
    path: Path | None = None
    place: str = ""

    @property
    def usable(self) -> bool:
        """Whether it is loaded or may be."""
        return self.state in ("ok", "not loaded")

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        out = dataclasses.asdict(self)
        return {**out, "fields": list(self.fields), "path": None if self.path is None else str(self.path)}
