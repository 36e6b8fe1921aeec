"""WikiText-2 at equal processor time, as a part of ``speed.py``: a table of runs that ``wikitext2.py`` has finished."""

from __future__ import annotations

from pathlib import Path

from frame import Result
from wikitext2 import SIDES, kept, result


def run(*, smoke: bool, folder: Path) -> list[Result]:
    """A table of test where it was measured, of dev else; nothing is trained here."""
    known = {side: kept(folder, side) for side in SIDES}
    found = {side: row["figures"] for side, row in known.items() if row}
    if not found:
        raise SystemExit(f"{folder} holds no finished run of wikitext2.py")
    part = "test" if all("test" in row for row in found.values()) else "dev"
    return [result(found, part, max(row["minutes"] for row in known.values() if row))]
