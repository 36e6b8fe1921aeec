"""History of all chats in one SQLite file: no word that was typed or said is lost.

A prompt is committed when it is sent, before its reply starts; a reply is committed piece by piece while it
streams. A reply whose app was killed is found "interrupted" with its text at the next start. Several apps may
share the file.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chatkit import paths
from chatkit.errors import StorageError
from chatkit.runtime import owner, schema
from chatkit.runtime.database import TEXT, Database, as_bytes
from chatkit.runtime.records import AnswerRecord, Found, MessageRecord, SessionRecord

_SESSIONS = """SELECT id, name, created, changed,
    (SELECT count(*) FROM message WHERE session = s.id) AS messages,
    coalesce((SELECT substr(text, 1, 80) FROM message WHERE session = s.id ORDER BY id LIMIT 1), '') AS
    opening
    FROM session s"""
_BRANCH = """WITH RECURSIVE branch(id, depth) AS (
    SELECT leaf, 0 FROM session WHERE id = ?
    UNION ALL SELECT parent, depth + 1 FROM message JOIN branch USING (id) WHERE parent IS NOT NULL)"""


class Store(Database):
    """The history database.

    Args:
        path: The file; ``paths.history_file()`` by default, ``:memory:`` for a chat that is not saved.
    Raises:
        StorageError: If the file cannot be opened, is no history, or was written by a newer chatkit.
    """

    def __init__(self, path: Path | str | None = None) -> None:
        super().__init__(path if path is not None else paths.history_file(), schema.migrate, check=schema.version)
        try:
            self._recover()
        except BaseException:  # a damaged file: whoever opens it again must not find it held by us
            self.close()
            raise

    # Sessions

    def create_session(self, name: str = "") -> int:
        """Start an empty session; its id."""
        now = time.time()
        with self.writing():
            row = self._db.execute(
                f"INSERT INTO session(name, created, changed) VALUES ({TEXT}, ?, ?)",
                (as_bytes(name), now, now),
            )
        return int(row.lastrowid or 0)

    def sessions(self, limit: int = 1000) -> list[SessionRecord]:
        """Sessions that hold a message, latest change first."""
        query = f"{_SESSIONS} WHERE messages > 0 ORDER BY changed DESC, id DESC LIMIT ?"
        return [SessionRecord(**row) for row in self.rows(query, (limit,))]

    def session(self, session: int) -> SessionRecord:
        """One session.

        Raises:
            StorageError: If there is none of this id.
        """
        for row in self.rows(f"{_SESSIONS} WHERE id = ?", (session,)):
            return SessionRecord(**row)
        raise StorageError(f"there is no session {session}", hint="chatkit sessions list shows them")

    def rename_session(self, session: int, name: str) -> None:
        """Give a session a name.

        Raises:
            StorageError: If there is none of this id.
        """
        self.session(session)
        with self.writing():
            self._db.execute(f"UPDATE session SET name = {TEXT} WHERE id = ?", (as_bytes(name), session))

    def delete_session(self, session: int) -> None:
        """Delete a session with all its words: they are gone from the file, not only from the lists.

        Raises:
            StorageError: If there is none of this id.
        """
        self.session(session)
        with self.writing():
            self._db.execute("DELETE FROM session WHERE id = ?", (session,))
            # Deleted words stay in older segments of the index until these are merged.
            self._db.execute("INSERT INTO words(words) VALUES ('optimize')")
        with self.clear_errors():
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    # Messages

    def add_prompt(
        self, session: int, text: str, facts: dict[str, Any] | None = None, *, instead_of: int | None = None
    ) -> int:
        """Commit what the user sent as "queued" until ``start_reply``; its id.

        Args:
            session: Its session.
            text: What was sent.
            facts: What it asks for beyond its text.
            instead_of: The prompt that it is another version of: the shown branch ends just above that one, in the same
                transaction, so that a kill leaves either the old branch whole or the new one.
        """
        with self.writing():
            if instead_of is not None:
                self._db.execute(
                    "UPDATE session SET leaf = (SELECT parent FROM message WHERE id = ?) WHERE id = ?",
                    (instead_of, session),
                )
            prompt = self._insert_row(session, "user", text, "queued", None)
            self._db.execute("UPDATE message SET facts = ? WHERE id = ?", (json.dumps(facts or {}), prompt))
        return prompt

    def show_branch(self, session: int, leaf: int | None) -> None:
        """Show the branch that ends with this message; None for an empty one."""
        with self.writing():
            self._db.execute("UPDATE session SET leaf = ? WHERE id = ?", (leaf, session))

    def start_reply(self, prompt: int, *, seed: int | None = None, lineage: str = "") -> int:
        """Put the prompt at the end of its session's branch and open a reply below it; the reply's id."""
        with self.writing():
            session = self._place(prompt, "done")
            reply = self._insert_row(session, "assistant", "", "running", prompt)
            self._db.execute("UPDATE message SET seed = ?, lineage = ? WHERE id = ?", (seed, lineage, reply))
            self._db.execute("UPDATE session SET leaf = ? WHERE id = ?", (reply, session))
        return reply

    def append(self, reply: int, head: str, text: str) -> None:
        """Commit more text of a head that is streaming."""
        with self.writing():
            self._db.execute(
                f"""INSERT INTO answer(message, head, state, text) VALUES (?, {TEXT}, 'running', {TEXT})
                    ON CONFLICT(message, head) DO UPDATE SET text = text || excluded.text""",
                (reply, as_bytes(head), as_bytes(text)),
            )
            self._db.execute("UPDATE message SET changed = ? WHERE id = ?", (time.time(), reply))

    def set_answer(self, reply: int, head: str, data: dict[str, Any], *, state: str = "done", text: str = "") -> None:
        """Commit the whole answer of a head (``Answer.as_json``), or its failure (``message``, ``place``)."""
        with self.writing():
            self._db.execute(
                f"""INSERT INTO answer(message, head, state, text, data) VALUES (?, {TEXT}, ?, {TEXT}, ?)
                    ON CONFLICT(message, head) DO UPDATE SET state = excluded.state, data = excluded.data,
                        text = CASE WHEN excluded.state = 'failed' THEN text ELSE excluded.text END""",
                (reply, as_bytes(head), state, as_bytes(text), json.dumps(data)),
            )

    def finish(
        self,
        reply: int,
        state: str,
        *,
        text: str = "",
        facts: dict[str, Any] | None = None,
        lineage: str = "",
    ) -> None:
        """Close a reply.

        Args:
            reply: Its id.
            state: "done", "stopped" or "failed".
            text: What the assistant said, as later turns see it and search finds it.
            facts: Timing and familiarity of the turn.
            lineage: Fingerprint of the encoder and tokenizer that replied.
        """
        with self.writing():
            self._db.execute(
                f"""UPDATE message SET state = ?, text = {TEXT}, facts = ?, lineage = {TEXT}, owner = '',
                    changed = ? WHERE id = ?""",
                (state, as_bytes(text), json.dumps(facts or {}), as_bytes(lineage), time.time(), reply),
            )
            self._db.execute("UPDATE answer SET state = 'stopped' WHERE message = ? AND state = 'running'", (reply,))

    def messages(
        self, session: int, *, limit: int = 50, before: int | None = None, after: int | None = None
    ) -> list[MessageRecord]:
        """The last messages of the shown branch, oldest first; with ``after`` the first ones below that.

        Args:
            session: Its id.
            limit: At most so many.
            before: Only those above this message; the way to page upwards.
            after: Only those below this message; the way to page downwards.
        """
        order = "ASC" if after is None else "DESC"
        rows = self.rows(
            f"""{_BRANCH} SELECT m.* FROM branch JOIN message m USING (id)
                WHERE depth > coalesce((SELECT depth FROM branch WHERE id = ?), -1)
                AND (? IS NULL OR depth < (SELECT depth FROM branch WHERE id = ?)) ORDER BY depth {order} LIMIT ?""",
            (session, before, after, after, limit),
        )
        answers = self._answers([row["id"] for row in rows])
        ordered = rows if after is not None else rows[::-1]
        return [MessageRecord.of(row, answers.get(row["id"], [])) for row in ordered]

    def prompts(self, limit: int = 200) -> list[str]:
        """The last prompts of all sessions, oldest first."""
        rows = self.rows("SELECT text FROM message WHERE speaker = 'user' ORDER BY id DESC LIMIT ?", (limit,))
        return [row["text"] for row in reversed(rows)]

    def search(self, words: str, limit: int = 50) -> list[Found]:
        """Messages of all sessions that hold every word, in any script, latest first."""
        wanted = words.split()
        if not wanted:
            return []
        clauses, values, source, newest = [], [], "message m", "m.id"
        indexed = [word for word in wanted if len(word) >= 3]
        if indexed:  # the index is walked from the newest message on, and only until there are enough
            source, newest = "words CROSS JOIN message m ON m.id = words.rowid", "words.rowid"
            clauses.append(f"words MATCH {TEXT}")
            values.append(as_bytes(" AND ".join('"' + word.replace('"', '""') + '"' for word in indexed)))
        for word in (word for word in wanted if len(word) < 3):  # trigrams cannot find these
            clauses.append(f"m.text LIKE {TEXT} ESCAPE '\\'")
            values.append(as_bytes("%" + re.sub(r"([%_\\])", r"\\\1", word) + "%"))
        rows = self.rows(
            f"""SELECT m.id AS message, m.session, m.speaker, m.text, m.created, s.name AS session_name
                FROM {source} JOIN session s ON s.id = m.session
                WHERE {" AND ".join(clauses)} ORDER BY {newest} DESC LIMIT ?""",
            (*values, limit),
        )
        return [Found.of(row, wanted[0]) for row in rows]

    def copy_of(self, session: int) -> Store:
        """An unsaved store with this session under the same ids, for when the file cannot be written."""
        copy = Store(":memory:")
        for table, where in (("session", "id = ?"), ("message", "session = ?")):
            copy._take(table, self.rows(f"SELECT * FROM {table} WHERE {where}", (session,)))
        copy._take(
            "answer",
            self.rows("SELECT a.* FROM answer a JOIN message m ON m.id = a.message WHERE m.session = ?", (session,)),
        )
        return copy

    # Inside

    def _take(self, table: str, rows: Sequence[sqlite3.Row]) -> None:
        with self.writing():
            for row in rows:
                values = [as_bytes(value) if isinstance(value, str) else value for value in row]
                marks = ", ".join(TEXT if isinstance(value, str) else "?" for value in row)
                self._db.execute(f"INSERT INTO {table} VALUES ({marks})", values)

    def _insert_row(self, session: int, speaker: str, text: str, state: str, parent: int | None) -> int:
        now, writer = time.time(), owner.owner_of(os.getpid())
        row = self._db.execute(
            f"""INSERT INTO message(session, parent, speaker, text, state, owner, created, changed)
                VALUES (?, ?, ?, {TEXT}, ?, ?, ?, ?)""",
            (session, parent, speaker, as_bytes(text), state, writer, now, now),
        )
        self._db.execute("UPDATE session SET changed = ? WHERE id = ?", (now, session))
        return int(row.lastrowid or 0)

    def _place(self, prompt: int, state: str) -> int:
        """Hang a queued prompt below the leaf of its session; the session."""
        row = self._db.execute("SELECT session, state FROM message WHERE id = ?", (prompt,)).fetchone()
        if row is None:
            raise StorageError(f"there is no message {prompt}", hint="its session was deleted meanwhile")
        if row["state"] == "queued":
            self._db.execute(
                """UPDATE message SET state = ?, owner = '', parent = (SELECT leaf FROM session WHERE id = ?)
                   WHERE id = ?""",
                (state, row["session"], prompt),
            )
            self._db.execute("UPDATE session SET leaf = ? WHERE id = ?", (prompt, row["session"]))
        return int(row["session"])

    def _recover(self) -> None:
        """Tidy up after apps that were killed: their replies are "interrupted", their queued prompts kept."""
        left = self.rows("SELECT id, speaker, owner, changed FROM message WHERE state IN ('queued', 'running')", ())
        dead = [row for row in left if not owner.is_alive(row["owner"], row["changed"])]
        if not dead:
            return
        with self.writing():
            for row in dead:
                if row["speaker"] == "user":
                    self._place(row["id"], "done")
                    continue
                self._db.execute(
                    """UPDATE message SET state = 'interrupted', owner = '', text = coalesce((SELECT text
                       FROM answer WHERE message = ?1 AND text <> '' ORDER BY id LIMIT 1), '') WHERE id =
                       ?1""",
                    (row["id"],),
                )
                self._db.execute(
                    "UPDATE answer SET state = 'interrupted' WHERE message = ? AND state = 'running'",
                    (row["id"],),
                )

    def _answers(self, messages: Sequence[int]) -> dict[int, list[AnswerRecord]]:
        found: dict[int, list[AnswerRecord]] = {}
        marks = ", ".join("?" * len(messages))
        for row in self.rows(f"SELECT * FROM answer WHERE message IN ({marks}) ORDER BY id", tuple(messages)):
            record = AnswerRecord(row["head"], row["state"], row["text"], json.loads(row["data"]))
            found.setdefault(row["message"], []).append(record)
        return found
