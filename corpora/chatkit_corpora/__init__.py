"""Small corpora of our own writing, for the tutorial and the tests: dialogue, sentiment and retrieval."""

from __future__ import annotations

from pathlib import Path

__all__ = ["path"]


def path(name: str) -> Path:
    """Folder of a corpus; it holds ``dialogue``, ``sentiment`` and ``retrieval``.

    Args:
        name: Name of the corpus, such as ``"english"`` or ``"chinese"``.

    Returns:
        The folder, in the installed package.

    Raises:
        ValueError: If there is no corpus of that name; the message names the known ones.

    Example:
        >>> path("english").name
        'english'
    """
    root = Path(__file__).parent
    known = sorted(folder.parent.name for folder in root.glob("*/dialogue"))
    if name not in known:
        raise ValueError(f"there is no corpus {name!r}; known are {', '.join(known)}")
    return root / name
