"""WikiText-2 at equal processor time, as a part of ``speed.py``: a table of runs that ``wikitext2.py`` has finished."""

from __future__ import annotations

import json
from pathlib import Path

from frame import Result
from wikitext2 import FIGURES, SIDES, result


def run(*, smoke: bool, folder: Path) -> list[Result]:
    """A table of test where it was measured, of dev else; nothing is trained here."""
    data = json.loads((folder / FIGURES).read_text(encoding="utf-8"))
    found = {side: data[side] for side in SIDES}
    part = "test" if all("test" in row for row in found.values()) else "dev"
    return [result(found, part, data["minutes"])]
