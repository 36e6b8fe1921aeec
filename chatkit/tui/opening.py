"""What a chat starts with, and how it is opened; shared by the full-screen app and the line mode."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from chatkit.errors import StorageError

if TYPE_CHECKING:  # imported when a chat is opened: after the first frame
    from chatkit.runtime.session import Chat, Update
    from chatkit.runtime.store import Store


@dataclasses.dataclass(frozen=True)
class Options:
    """What a chat starts with.

    Args:
        model: Folder of the assistant; None for the shipped one.
        heads: Further heads, by file or name.
        safe: First-party heads only.
        session: Go on with this session.
        resume: Go on with the latest session.
        index: Database of the indexed documents; None for the user's own.
        command: Program and arguments of the engine; None for chatkit's.
        incognito: Write nothing of the first session.
    """

    model: str | None = None
    heads: Sequence[str] = ()
    safe: bool = False
    session: int | None = None
    resume: bool = False
    index: str | None = None
    command: Sequence[str] | None = None
    incognito: bool = False


def open_chat(options: Options, listener: Callable[[Update], None]) -> tuple[Chat, str]:
    """The chat that the options ask for, its engine not yet started.

    Returns:
        The chat; and why it is not saved, or "".
    Raises:
        StorageError: If the session that was asked for does not exist.
    """
    from chatkit.runtime.client import EngineClient, Load
    from chatkit.runtime.process import COMMAND, default_log
    from chatkit.runtime.session import Chat
    from chatkit.runtime.store import Store

    trouble = ""
    try:
        store = Store()
    except StorageError as error:
        store, trouble = Store(":memory:"), f"{error}; the chat is not saved"
    load = Load(options.model, tuple(options.heads), options.safe, options.index)
    client = EngineClient(load, command=options.command or COMMAND, log=default_log())
    chat = Chat(client, store, listener, session=session_of(store, options))
    if options.incognito:
        chat.go_incognito()
    return chat, trouble


def session_of(store: Store, options: Options) -> int | None:
    """The session to go on with, None for a new one.

    Raises:
        StorageError: If the one that was asked for does not exist.
    """
    if options.session is not None:
        return store.session(options.session).id
    if options.resume:
        return next((record.id for record in store.sessions(1)), None)
    return None
