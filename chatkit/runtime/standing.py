"""What the loaded assistant's objectives gave up for each other, from its folder. Imports no torch."""

from __future__ import annotations

from pathlib import Path

from chatkit.checkpoint import read_json
from chatkit.training.report.tradeoff_words import Section, sections


def tradeoff(folder: Path) -> list[Section]:
    """Titles and lines on the assistant in a folder.

    Raises:
        ModelError: If its report is damaged.
    """
    file = folder / "report.json"
    return sections(read_json(file) if file.is_file() else {})
