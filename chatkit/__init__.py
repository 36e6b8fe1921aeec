"""chatkit: a private assistant that you train, extend and steer on your own machine.

    >>> import chatkit
    >>> assistant = chatkit.load()                      # doctest: +SKIP
    >>> assistant.ask("I love this").answers            # doctest: +SKIP

Importing chatkit imports nothing heavy; ``load`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike

    from chatkit.runtime.api import Chat

__version__ = "0.1.0"

__all__ = ["__version__", "load"]


def load(path: str | PathLike[str] | None = None) -> Chat:
    """Load an assistant.

    Args:
        path: Model folder; None for the assistant that ships with chatkit.
    Returns:
        An object whose ``ask(text)`` answers with all heads.
    Raises:
        chatkit.errors.ModelError: If the folder holds no usable assistant.
    """
    from chatkit.runtime.api import Chat

    return Chat(path)
