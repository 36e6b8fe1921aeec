"""Bodies of text for a shift report that are no files: what the user said, and what a model was trained on."""

from __future__ import annotations

import dataclasses

from chatkit import paths
from chatkit.assistant import Assistant
from chatkit.errors import ChatkitError, DataError
from chatkit.generalisation.bodies import Body, Message, make_body, read_body
from chatkit.runtime.store import Store
from chatkit.training.past import data_of


def history_body(session: int | None) -> Body:
    """What the user said in a session; in all of them if it is None.

    Raises:
        StorageError: If there is no such session.
        DataError: If nothing was said yet.
    """
    store = Store()
    try:
        if session is not None:
            store.session(session)
        records = [store.session(session)] if session is not None else store.sessions()
        messages = [
            Message(message.text, f"session {record.id}")
            for record in records
            for message in store.messages(record.id, limit=100_000)
            if message.speaker == "user" and message.text.strip()
        ]
    finally:
        store.close()
    name = f"session {session}" if session is not None else "your history"
    if not messages:
        raise DataError(f"{name} holds no message yet", hint="say something first: chatkit")
    if session is not None:  # one conversation: its messages are what can be drawn
        messages = [dataclasses.replace(message, document="") for message in messages]
    return make_body(name, messages, read=f"{len(records)} session{'s' if len(records) != 1 else ''}")


def reference_body(model: str | None, assistant: Assistant) -> Body:
    """Held-out text of what a model was trained on, as its folder remembers it; else chatkit's own corpora.

    Raises:
        DataError: If none of it can be read.
    """
    folder = paths.user_path(model) if model else paths.shipped_model()
    sets = dict.fromkeys(path for head in assistant.heads.values() for path in data_of(folder, type(head)))
    bodies = []
    for path in sets:
        try:
            bodies.append(read_body(path, most=400))
        except ChatkitError:
            continue
    if not bodies:
        raise DataError("the data that the model was trained on cannot be read", hint="name some: --reference PATH")
    messages = [message for body in bodies for message in body.messages]
    return make_body("its training data", messages, read=", ".join(body.name for body in bodies))
