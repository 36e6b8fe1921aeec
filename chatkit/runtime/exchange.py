"""A session as a file: out as JSON or Markdown, in again from that JSON, with all its branches.

The JSON holds what a reply was made from (the turns before it, its seed, the fingerprint of the model), so that
``chatkit.runtime.replay`` can make it again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chatkit.errors import DataError
from chatkit.head.answer import Answer
from chatkit.runtime import clock
from chatkit.runtime.database import TEXT, as_bytes
from chatkit.runtime.records import AnswerRecord, MessageRecord
from chatkit.runtime.showing import worth_showing
from chatkit.runtime.store import Store

KIND, FORMAT = "chatkit-session", 1
MOST_BYTES = 512 * 2**20
YEAR_9999 = 253_370_764_800  # seconds; later ones cannot be shown as a date
_SPEAKERS = ("user", "assistant")
_ENDED = ("done", "stopped", "failed", "interrupted")


def export_json(store: Store, session: int) -> dict[str, Any]:
    """A session with all its branches as plain data.

    Raises:
        StorageError: If there is no such session.
    """
    record = store.session(session)
    rows = store.rows("SELECT * FROM message WHERE session = ? ORDER BY id", (session,))
    messages = _parents_first([MessageRecord.of(row, ()) for row in rows])
    said = _answers(store, session)
    (leaf,) = store.rows("SELECT leaf FROM session WHERE id = ?", (session,))[0]
    return {
        "kind": KIND,
        "format": FORMAT,
        "name": record.name,
        "created": record.created,
        "changed": record.changed,
        "leaf": leaf,
        "messages": [_message(message, said.get(message.id, [])) for message in messages],
    }


def export_markdown(store: Store, session: int) -> str:
    """The shown branch of a session as Markdown: who said what, and what each head said of it."""
    data = export_json(store, session)
    started = clock.shown(data["created"])
    lines = [f"# {store.session(session).title}", "", f"Session {session}, {started}", ""]
    prompt: dict[str, Any] = {}
    for message in branch(data):
        prompt = message if message["speaker"] == "user" else prompt
        lines += [f"**{'You' if message['speaker'] == 'user' else 'chatkit'}**", "", message["text"], ""]
        if message["state"] in ("stopped", "interrupted"):
            lines += [f"*({message['state']})*", ""]
        for answer in message["answers"]:
            plain = _plain(answer, prompt)
            if plain and plain.strip() != message["text"].strip():
                lines += [f"> {answer['head']}: " + plain.replace("\n", "\n> "), ""]
    return "\n".join(lines)


def branch(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Messages of the shown branch of an exported session, oldest first."""
    by_id = {message["id"]: message for message in data["messages"]}
    out, at = [], data["leaf"]
    while at in by_id:
        out.append(by_id[at])
        at = by_id[at]["parent"]
    return out[::-1]


def read_session(path: Path) -> dict[str, Any]:
    """An exported session from a file, checked.

    Raises:
        DataError: If it cannot be read or is none; the message names the file and what is wrong.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(f"{path}: larger than {MOST_BYTES >> 20} MB: no session of chatkit's")
        data = json.loads(path.read_bytes().decode("utf-8", "surrogatepass"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}", hint="name a file of sessions export") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not valid JSON: {error}", hint="was it exported with --format json?") from None
    problem = _problem(data)
    if problem:
        raise DataError(f"{path}: {problem}", hint="was it exported with: chatkit sessions export ID --format json?")
    return dict(data)


def import_session(store: Store, data: Mapping[str, Any]) -> int:
    """Add a session that ``read_session`` gave, in one transaction; its new number."""
    ids: dict[Any, int] = {}
    with store.writing():
        [row] = store.rows(
            f"INSERT INTO session(name, created, changed) VALUES ({TEXT}, ?, ?) RETURNING id",
            (as_bytes(data["name"]), data["created"], data["changed"]),
        )
        session = int(row["id"])
        for message in data["messages"]:
            ids[message["id"]] = _insert(store, session, ids.get(message["parent"]), message)
        store.rows("UPDATE session SET leaf = ? WHERE id = ?", (ids.get(data["leaf"]), session))
    return session


def _answers(store: Store, session: int) -> dict[int, list[AnswerRecord]]:
    found: dict[int, list[AnswerRecord]] = {}
    query = "SELECT a.* FROM answer a JOIN message m ON m.id = a.message WHERE m.session = ? ORDER BY a.id"
    for row in store.rows(query, (session,)):
        record = AnswerRecord(row["head"], row["state"], row["text"], json.loads(row["data"]))
        found.setdefault(row["message"], []).append(record)
    return found


def _parents_first(messages: Sequence[MessageRecord]) -> list[MessageRecord]:
    """Each message behind the one it follows: a prompt that was queued has a lower number than the reply before it."""
    known = {message.id for message in messages}
    below: dict[int | None, list[MessageRecord]] = {}
    for message in messages:
        below.setdefault(message.parent if message.parent in known else None, []).append(message)
    out, waiting = [], below.get(None, [])[::-1]
    while waiting:
        message = waiting.pop()
        out.append(message)
        waiting += below.get(message.id, [])[::-1]
    return out


def _message(message: MessageRecord, said: Sequence[AnswerRecord]) -> dict[str, Any]:
    keys = ("id", "parent", "speaker", "text", "state", "seed", "lineage", "facts", "created")
    out = {key: getattr(message, key) for key in keys}
    answers = [{"head": a.head, "state": a.state, "text": a.text, "data": _without_paths(a.data)} for a in said]
    return {**out, "answers": answers}


def _without_paths(data: Mapping[str, Any]) -> dict[str, Any]:
    """An answer without the folders of this machine: an export is made to be passed on."""
    out = dict(data)
    if isinstance(items := out.get("items"), list):
        out["items"] = [{k: v for k, v in i.items() if k != "path"} if isinstance(i, dict) else i for i in items]
    if isinstance(blocks := out.get("blocks"), list):
        out["blocks"] = [_without_paths(block) if isinstance(block, dict) else block for block in blocks]
    return out


def _insert(store: Store, session: int, parent: int | None, message: Mapping[str, Any]) -> int:
    [row] = store.rows(
        f"""INSERT INTO message(session, parent, speaker, text, state, seed, lineage, facts, created, changed)
            VALUES (?, ?, ?, {TEXT}, ?, ?, {TEXT}, {TEXT}, ?, ?) RETURNING id""",
        (
            session,
            parent,
            message["speaker"],
            as_bytes(message["text"]),
            _ended(message["state"]),
            message["seed"],
            as_bytes(message["lineage"]),
            as_bytes(json.dumps(message["facts"])),
            message["created"],
            message["created"],
        ),
    )
    for answer in message["answers"]:
        store.rows(
            f"INSERT INTO answer(message, head, state, text, data) VALUES (?, {TEXT}, ?, {TEXT}, {TEXT})",
            (
                row["id"],
                as_bytes(answer["head"]),
                _ended(answer["state"]),
                as_bytes(answer["text"]),
                as_bytes(json.dumps(answer["data"])),
            ),
        )
    return int(row["id"])


def _ended(state: str) -> str:
    """Nothing that is imported is still being written."""
    return state if state in _ENDED else "interrupted"


def _plain(answer: Mapping[str, Any], prompt: Mapping[str, Any]) -> str:
    """What the chat shows of an answer to a prompt, as text."""
    if answer["state"] == "failed":
        return f"failed: {answer['data'].get('message', '')}"
    try:
        blocks, by_name = Answer.from_json(answer["data"]).blocks, bool(prompt["facts"].get("heads"))
        return Answer(*worth_showing(blocks, prompt["text"], by_name=by_name)).plain
    except (ValueError, TypeError, KeyError, AttributeError):
        return str(answer["text"])


def _problem(data: Any) -> str:
    """What is wrong with plain data that should be an exported session; "" if nothing is."""
    if not isinstance(data, Mapping) or data.get("kind") != KIND:
        return "no session of chatkit's"
    if not isinstance(data.get("format"), int) or data["format"] > FORMAT:
        return f"format {data.get('format')!r}, this chatkit reads up to {FORMAT}"
    if not isinstance(data.get("name"), str) or not isinstance(data.get("messages"), list):
        return "lacks its name or its messages"
    if not all(_is_time(data.get(key)) for key in ("created", "changed")):
        return "created and changed must be seconds since 1970"
    seen: set[Any] = set()
    for number, message in enumerate(data["messages"], start=1):
        problem = _message_problem(message, seen)
        if problem:
            return f"message {number}: {problem}"
        seen.add(message["id"])
    if "leaf" not in data or not (data["leaf"] is None or type(data["leaf"]) is int):
        return "lacks its leaf"
    return "" if data["leaf"] in seen | {None} else "leaf names no message"


def _message_problem(message: Any, seen: set[Any]) -> str:
    if not isinstance(message, Mapping) or type(message.get("id")) is not int or message["id"] in seen:
        return "has no number of its own"
    if "parent" not in message or "seed" not in message:
        return "lacks parent or seed"
    if message["parent"] is not None and (type(message["parent"]) is not int or message["parent"] not in seen):
        return "follows a message that does not stand before it"
    texts = (message.get("text"), message.get("state"), message.get("lineage"))
    if message.get("speaker") not in _SPEAKERS or not all(isinstance(text, str) for text in texts):
        return "lacks speaker, text, state or lineage"
    seed = message["seed"]
    if not (seed is None or (type(seed) is int and 0 <= seed < 2**63)) or not _is_time(message.get("created")):
        return "seed must be a whole number, created seconds"
    if not isinstance(message.get("facts"), Mapping) or not isinstance(message.get("answers"), list):
        return "lacks facts or answers"
    heads: set[str] = set()
    for answer in message["answers"]:
        plain = isinstance(answer, Mapping) and isinstance(answer.get("data"), Mapping)
        if not plain or not all(isinstance(answer.get(key), str) for key in ("head", "state", "text")):
            return "an answer lacks head, state, text or data"
        if answer["head"] in heads:
            return f"two answers of {answer['head']}"
        heads.add(answer["head"])
    return ""


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < YEAR_9999
