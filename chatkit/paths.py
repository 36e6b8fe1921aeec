"""Where chatkit keeps what belongs to the user; ``CHATKIT_HOME`` overrides it all."""

from __future__ import annotations

import os
from pathlib import Path


def user_path(text: str | Path) -> Path:
    """A path as a user wrote it: ``~`` is a home folder, and stays as it is where there is no such user."""
    return Path(os.path.expanduser(text))  # that of pathlib raises


def home() -> Path:
    """Folder of the user's data: ``$CHATKIT_HOME``, else the platform's data folder."""
    override = os.environ.get("CHATKIT_HOME")
    if override:
        return user_path(override)
    import platformdirs

    return Path(platformdirs.user_data_dir("chatkit", appauthor=False))


def shipped_model() -> Path:
    """Folder of the default assistant, which ships in the package."""
    return Path(__file__).parent / "assets" / "default"


def shipped_docs() -> Path:
    """Folder of the documents about chatkit that are indexed out of the box."""
    return Path(__file__).parent / "assets" / "docs"


def history_file() -> Path:
    """SQLite database of all chat sessions."""
    return home() / "history.db"


def index_file() -> Path:
    """SQLite database of the user's indexed documents."""
    return home() / "index.db"


def heads_folder() -> Path:
    """The user's folder of drop-in heads."""
    return home() / "heads"


def head_states_file() -> Path:
    """JSON with what is remembered of heads: confirmed files, disabled names, last load."""
    return home() / "heads.json"


def keys_file() -> Path:
    """TOML with the keys that the user has bound anew."""
    return home() / "keys.toml"


def runs_folder() -> Path:
    """Folder of the training runs that were started from the chat."""
    return home() / "runs"
