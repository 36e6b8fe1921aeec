"""Kills the app, its engine or both with SIGKILL at random moments of a conversation, and looks at what is left.

The app runs in a pseudo-terminal as it does for a user; its engine is ``fake_engine.py``, which writes down each piece
of text with the time at which it said it. What it said before the kill and the history does not hold is lost.
"""

import contextlib
import dataclasses
import fcntl
import json
import os
import pty
import random
import select
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

from chatkit.runtime.store import Store

APP = Path(__file__).with_name("killed_app.py")
SCRIPT = {"heads": {"generation": {"say": " ".join(f"w{i}" for i in range(120)), "pause": 0.02}}}
PATIENCE = 120.0  # seconds for what takes one on an idle machine
MOMENTS = 4.0  # the kill comes within so many seconds of the first prompt: in a reply, between two, while loading


@dataclasses.dataclass
class Killed:
    """One run.

    Args:
        victim: "app", "engine" or "both".
        after: When it was killed, seconds after the first prompt was typed.
        said: Pieces that the engine had said by then.
        lost: Seconds of text, up to the kill, that the history does not hold.
        problems: What is wrong with the history; [] if nothing is.
    """

    victim: str
    after: float
    said: int = 0
    lost: float = 0.0
    problems: list = dataclasses.field(default_factory=list)


class Terminal:
    """The app in a pseudo-terminal."""

    def __init__(self, home, log, session):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        environment = {**os.environ, "CHATKIT_HOME": str(home), "TERM": "xterm-256color"}
        environment |= {"FAKE_ENGINE": json.dumps({**SCRIPT, "log": str(log)})}
        self.process = subprocess.Popen(
            [sys.executable, str(APP), str(session or "new")],
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env=environment,
        )  # fmt: skip
        os.close(slave)
        self.seen = b""

    def read(self, seconds):
        """Show what the app writes for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.master], [], [], left)[0]:
                return
            try:
                self.seen += os.read(self.master, 65536)
            except OSError:  # the app is gone
                return

    def until(self, condition, what):
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"never came: {what}; the terminal shows {self.seen[-2000:]!r}"
            assert self.process.poll() is None, f"the app ended: {self.seen[-2000:]!r}"
            self.read(0.02)

    def type(self, text):
        os.write(self.master, text.encode() + b"\r")

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.master)


def run(home, number, rng, session=None):
    """Talk, kill, look.

    Args:
        home: CHATKIT_HOME; one for many runs.
        number: Of this run; its prompts hold it.
        rng: Chooses victim and moment.
        session: Go on with this session.
    """
    log = home / f"said-{number}.jsonl"
    log.touch()
    killed = Killed(rng.choice(["app", "engine", "both"]), rng.uniform(0.0, MOMENTS))
    terminal = Terminal(home, log, session)
    try:
        terminal.until(lambda: b"Say" in terminal.seen, "the first frame")
        if killed.victim != "app":  # there must be one to kill
            terminal.until(lambda: _said(log), "the engine")
        typed, letters = time.monotonic(), list("bcdefg")
        terminal.type(f"prompt {number} a")
        while (left := killed.after - (time.monotonic() - typed)) > 0:
            terminal.read(min(left, 0.5))
            if left > 1.0 and rng.random() < 0.2 and letters:
                terminal.type(f"prompt {number} {letters.pop(0)}")
        moment = _kill(terminal, killed.victim, log)
        if killed.victim == "engine":
            _settle(terminal, home, log, moment)
    finally:
        terminal.close()
    _look(home, number, log, moment, killed)
    log.unlink()
    return killed


def many(home, runs, seed, progress=lambda killed: None):
    """So many runs on one database: each goes on with the session before, every fifth begins a new one.

    Returns:
        The runs; messages of earlier runs that changed or vanished count as problems of the run after which they did.
    """
    rng, done, before = random.Random(seed), [], {}
    for number in range(runs):
        session = max((session for session, _ in before.values()), default=None) if number % 5 else None
        killed = run(home, number, rng, session)
        after = _messages(home)
        changed = [i for i, message in before.items() if after.get(i) != message]
        if changed:
            killed.problems.append(f"messages {changed} of earlier runs changed")
        before = after
        done.append(killed)
        progress(killed)
    return done


def _kill(terminal, victim, log):
    """Kill; the time of it."""
    pids = {"app": terminal.process.pid}
    if victim != "app":
        pids["engine"] = [entry["pid"] for entry in _said(log) if "pid" in entry][-1]
    moment = time.time()
    for name in ("engine", "app"):
        if victim in (name, "both"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pids[name], signal.SIGKILL)
    return moment


def _settle(terminal, home, log, moment):
    """Let an app whose engine was killed tidy up: until nothing that was asked before the kill is open."""
    asked = sum("ask" in entry and entry["at"] < moment for entry in _said(log))

    def settled():
        with contextlib.closing(sqlite3.connect(home / "history.db", timeout=30)) as db:
            (running,) = db.execute("SELECT count(*) FROM message WHERE state = 'running'").fetchone()
        again = sum("ask" in entry for entry in _said(log)) > asked
        return not running or again

    terminal.until(settled, "the end of the reply")


def _look(home, number, log, moment, killed):
    entries = [entry for entry in _said(log) if entry["at"] <= moment]
    pieces = [entry for entry in entries if "piece" in entry]
    killed.said = len(pieces)
    store = Store(home / "history.db")  # recovers what the killed left
    try:
        for check in ("PRAGMA integrity_check", "PRAGMA foreign_key_check"):
            if (found := [tuple(row) for row in store.rows(check)]) not in ([], [("ok",)]):
                killed.problems.append(f"{check}: {found}")
        store.rows("INSERT INTO words(words) VALUES ('integrity-check')")  # raises where index and messages differ
        if store.rows("SELECT id FROM message WHERE state IN ('queued', 'running')"):
            killed.problems.append("a message of a dead app is still open")
        asked = [entry["ask"] for entry in entries if "ask" in entry]
        query = "SELECT text FROM message WHERE speaker = 'user' AND text LIKE ? ORDER BY id"
        kept = [row["text"] for row in store.rows(query, (f"prompt {number} %",))]
        if kept[: len(asked)] != asked:
            killed.problems.append(f"prompts {asked} were asked, {kept} are kept")
        for turn, prompt in enumerate(asked):
            _compare(store, prompt, [piece for piece in pieces if piece["turn"] == turn], moment, killed)
    finally:
        store.close()


def _compare(store, prompt, pieces, moment, killed):
    """What was said in one turn, and what of it is kept."""
    rows = store.rows(
        """SELECT a.text FROM message p JOIN message r ON r.parent = p.id JOIN answer a ON a.message = r.id
           WHERE p.text = ? AND a.head = 'generation'""",
        (prompt,),
    )
    kept, said, whole = rows[0]["text"] if rows else "", "", "".join(piece["piece"] for piece in pieces)
    if not (kept.startswith(whole) or whole.startswith(kept)):
        killed.problems.append(f"kept {kept[-60:]!r}, said {whole[-60:]!r}")
    for piece in pieces:
        said += piece["piece"]
        if len(said) > len(kept):  # the first piece that is not kept
            killed.lost = max(killed.lost, moment - piece["at"])
            return


def _messages(home):
    store = Store(home / "history.db")
    try:
        rows = store.rows("SELECT id, session, text FROM message")
        return {row["id"]: (row["session"], row["text"]) for row in rows}
    finally:
        store.close()


def _said(log):
    """What the engine wrote down; a last line that a kill cut short is left out."""
    return [json.loads(line) for line in log.read_text().splitlines(keepends=True) if line.endswith("\n")]
