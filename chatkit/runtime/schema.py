"""Tables of the history database, and how an older one becomes the newest.

A session is a tree of messages: each knows its parent, and the session knows its leaf, the end of the branch
that is shown. So an edited prompt or a second reply is one more child of the same parent, and the first one
stays. ``answer`` holds what each head said of a message, one row a head, filled while it streams.
"""

from __future__ import annotations

import sqlite3

from chatkit.errors import StorageError

APPLICATION_ID = 0x63686B74  # "chkt": tells our files from any other SQLite database
FIRST = (
    """CREATE TABLE session (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL DEFAULT '',
        created REAL NOT NULL,
        changed REAL NOT NULL,
        leaf INTEGER
    )""",
    """CREATE TABLE message (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        session INTEGER NOT NULL REFERENCES session(id) ON DELETE CASCADE,
        parent INTEGER,
        speaker TEXT NOT NULL CHECK (speaker IN ('user', 'assistant')),
        text TEXT NOT NULL,
        state TEXT NOT NULL
            CHECK (state IN ('queued', 'running', 'done', 'stopped', 'failed', 'interrupted')),
        seed INTEGER,
        lineage TEXT NOT NULL DEFAULT '',
        facts TEXT NOT NULL DEFAULT '{}',
        owner TEXT NOT NULL DEFAULT '',
        created REAL NOT NULL,
        changed REAL NOT NULL
    )""",
    "CREATE INDEX message_session ON message(session, id)",
    "CREATE INDEX message_open ON message(state) WHERE state IN ('queued', 'running')",
    "CREATE INDEX message_prompts ON message(id) WHERE speaker = 'user'",
    """CREATE TABLE answer (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        message INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
        head TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('running', 'done', 'stopped', 'failed', 'interrupted')),
        text TEXT NOT NULL DEFAULT '',
        data TEXT NOT NULL DEFAULT '{}',
        UNIQUE (message, head)
    )""",
    "CREATE VIRTUAL TABLE words USING fts5(text, content='message', content_rowid='id', tokenize='trigram')",
    """CREATE TRIGGER message_added AFTER INSERT ON message BEGIN
        INSERT INTO words(rowid, text) VALUES (new.id, new.text);
    END""",
    """CREATE TRIGGER message_removed AFTER DELETE ON message BEGIN
        INSERT INTO words(words, rowid, text) VALUES ('delete', old.id, old.text);
    END""",
    """CREATE TRIGGER message_changed AFTER UPDATE OF text ON message BEGIN
        INSERT INTO words(words, rowid, text) VALUES ('delete', old.id, old.text);
        INSERT INTO words(rowid, text) VALUES (new.id, new.text);
    END""",
)
MIGRATIONS = (FIRST,)  # MIGRATIONS[n] leads from version n to n + 1
VERSION = len(MIGRATIONS)


def migrate(db: sqlite3.Connection, name: str) -> None:
    """Bring the database to the newest version, in one transaction.

    Args:
        db: An open connection in autocommit mode.
        name: How errors call the database.
    Raises:
        StorageError: If a newer chatkit wrote it, or it is not a history at all.
    """
    if version(db, name) == VERSION:
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        # Read again: another app may have migrated while this one waited for the lock.
        for script in MIGRATIONS[version(db, name) :]:
            for statement in script:
                db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def version(db: sqlite3.Connection, name: str) -> int:
    """Version of the tables, 0 for an empty file.

    Raises:
        StorageError: If a newer chatkit wrote them, or they are no history at all.
    """
    # Whether it is empty comes first: another app may make the tables between two of these statements, and whoever has
    # seen tables must then see whose they are.
    empty = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    application = int(db.execute("PRAGMA application_id").fetchone()[0])
    found = int(db.execute("PRAGMA user_version").fetchone()[0])
    if not empty and application != APPLICATION_ID:
        raise StorageError(f"{name} is not a chatkit history", hint="move the file away, or set CHATKIT_HOME")
    if found > VERSION:
        raise StorageError(
            f"{name} has format {found}, this chatkit reads up to {VERSION}",
            hint="a newer chatkit wrote it: upgrade chatkit, or set CHATKIT_HOME to another folder",
        )
    return found
