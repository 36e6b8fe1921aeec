"""Many messages through one engine: python tests/benchmarks/soak.py [--messages 10000] [--model DIR] [--json FILE]

The real app without its screen (``chatkit.runtime.session.Chat``): its engine process, a history on disk, indexed
documents; sessions of 20 messages, one in ten of 100. Somebody types them key by key, and between them stops replies,
asks for others, edits, turns the dial, switches a head off and on, searches, and goes incognito and back.

Printed are, over the run in ten parts: memory of engine and app, their open files, CPU of both for a message. Fails
where, after the first part, memory of either grew by more than 5 %, a file stayed open, CPU for a message in the last
part lies more than 10 % above that in the second, a message is missing, or SQLite finds a fault. Linux only: it reads
/proc.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from chatkit.runtime.client import EngineClient, Load
from chatkit.runtime.session import Chat, Update
from chatkit.runtime.store import Store

GROWTH, SLOWER, PARTS = 1.05, 1.10, 10
WORDS = (
    *("order", "table", "train", "letter", "garden", "river", "window", "music", "paper", "winter", "coffee", "bridge"),
    *(
        "number",
        "story",
        "market",
        "love",
        "hate",
        "good",
        "bad",
        "happy",
        "tired",
        "please",
        "cancel",
        "where",
        "when",
    ),
    *("why", "how", "is", "the", "a", "my", "your", "not", "very", "really", "today", "tomorrow"),
)
ODD = ("", "😀" * 3, "naïve façade", "今天天气很好", "\u202eabc", "a" * 300, "x\ny\nz", "?!", "مرحبا")
SECRET = b"nobody shall know"
TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclasses.dataclass
class Look:
    """How things stood after a part.

    Args:
        messages: Prompts answered so far.
        memory: Resident bytes of engine and app.
        files: Open file descriptors of both.
        cpu: CPU seconds of both for a message of this part.
        wall: Wall seconds for a message of this part.
    """

    messages: int
    memory: tuple[int, int]
    files: tuple[int, int]
    cpu: float
    wall: float


def resident(pid: int) -> int:
    """Resident bytes of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def open_files(pid: int) -> int:
    """Open file descriptors of a process."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def used(pid: int) -> float:
    """CPU seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


class Person:
    """Somebody at the keyboard, the same for the same seed.

    Args:
        chat: What is used.
        seed: Of the choices.
        tokens: Pieces of a reply at most.
    """

    def __init__(self, chat: Chat, seed: int, tokens: int) -> None:
        self.chat, self.rng, self.tokens = chat, random.Random(seed), tokens
        self.sent = self.keys = 0
        self.left = 1  # times 20 messages of this session

    async def message(self) -> None:
        """Type a message, send it, and wait for all answers; now and then something else around it."""
        chat, rng, at = self.chat, self.rng, self.sent
        text = " ".join(rng.choices(WORDS, k=rng.randint(1, 14)))
        if at % 50 == 7:
            text += rng.choice(ODD)
        if at % 400 == 33:
            text = " ".join(rng.choices(WORDS, k=600))  # a pasted page
        self._type(text)
        if at % 60 == 20:
            chat.dial = {"warmth": rng.choice((-1.0, 1.0))}
        elif at % 60 == 22:
            chat.dial = {}
        if at % 100 == 50:
            (chat.client.disable if at % 200 == 50 else chat.client.enable)("sentiment")
        chat.send(text, options={"max_tokens": self.tokens}, aside=at % 90 == 45)
        self.sent += 1
        if at % 40 == 11:
            await asyncio.sleep(0)
            chat.stop()
        await chat.drained()
        await self._around(at)

    def _type(self, text: str) -> None:
        for end in range(1, min(len(text), 60), 4):
            self.chat.client.glances.ask(text[:end])
        self.keys += len(text) + 1
        self.chat.client.glances.forget()

    async def _around(self, at: int) -> None:
        chat, session = self.chat, self.chat.session
        assert session is not None
        if at % 70 == 30:
            chat.regenerate(chat.store.messages(session, limit=1)[-1].id)
            await chat.drained()
        if at % 70 == 60:
            prompts = [m for m in chat.store.messages(session, limit=6) if m.speaker == "user"]
            chat.edit(prompts[0].id, "something else")
            self.sent += 1
            await chat.drained()
        if at % 100 == 80:
            chat.store.search("garden letter")
            chat.store.sessions()
        if at % 20 == 19:  # a new chat; of 20 messages here, and now and then a longer one
            self.left -= 1
            if self.left <= 0:
                chat.renew()
                self.left = 5 if self.rng.random() < 0.1 else 1
        if at % 500 == 250:  # another chat, of which nothing stays, and back
            chat.go_incognito()
            chat.send(SECRET.decode(), options={"max_tokens": self.tokens})
            await chat.drained()
            chat.renew(session)


def index(home: Path, model: str | None) -> None:
    """Index a few documents, made up here; in a process of its own, for the app has no torch in it."""
    rng, notes = random.Random(2), home / "notes"
    notes.mkdir()
    for number in range(40):
        lines = [" ".join(rng.choices(WORDS, k=40)) + "." for _ in range(20)]
        (notes / f"{number}.txt").write_text("\n\n".join(lines))
    add = [sys.executable, "-m", "chatkit", "index", "add", str(notes), *(("--model", model) if model else ())]
    subprocess.run(add, check=True, stdout=subprocess.DEVNULL)


async def soak(home: Path, messages: int, *, model: str | None, seed: int, tokens: int, show: bool) -> dict[str, Any]:
    """The whole run; plain data."""
    troubles: list[str] = []

    def listen(update: Update) -> None:
        event = update.event or {}
        if update.kind == "unsaved" or event.get("event") in ("failed", "error") or event.get("off"):
            troubles.append(f"{update.message or event}"[:300])

    client = EngineClient(Load(model), log=home / "engine.log", silence=600, loading=600, grace=600)
    chat = Chat(client, Store(home / "history.db"), listen, seed=seed)
    person, looks = Person(chat, seed, tokens), []
    task = asyncio.create_task(chat.run())
    try:
        await asyncio.sleep(0)
        await client.settled()
        first = client.pid
        for part in range(PARTS):
            assert client.pid is not None
            before, begun, sent = used(client.pid) + used(os.getpid()), time.monotonic(), person.sent
            while person.sent < messages * (part + 1) // PARTS:
                await person.message()
            pids = (client.pid, os.getpid())
            done = max(person.sent - sent, 1)
            cpu, wall = (sum(map(used, pids)) - before) / done, (time.monotonic() - begun) / done
            memory, files = (resident(pids[0]), resident(pids[1])), (open_files(pids[0]), open_files(pids[1]))
            looks.append(Look(person.sent, memory, files, cpu, wall))
            if show:
                print(row(looks[-1]), file=sys.stderr, flush=True)
        if client.pid != first:
            troubles.append("the engine was started anew")
    finally:
        task.cancel()
        await chat.close()
    found = judge(looks) + check(home, person)
    if troubles:
        found.append(f"{len(troubles)} troubles, the first: {troubles[0]}")
    return {"keys": person.keys, "looks": [dataclasses.asdict(look) for look in looks], "found": found}


def judge(looks: Sequence[Look]) -> list[str]:
    """What is not flat from the first part on."""
    found = []
    for i, who in enumerate(("engine", "app")):
        base, most = looks[0].memory[i], max(look.memory[i] for look in looks[1:])
        if most > GROWTH * base:
            found.append(f"{who}: memory grew by {most / base - 1:.1%}")
        if looks[-1].files[i] > looks[0].files[i]:
            found.append(f"{who}: {looks[-1].files[i] - looks[0].files[i]} more open files")
    if looks[-1].cpu > SLOWER * looks[1].cpu:
        found.append(
            f"a message costs {looks[-1].cpu / looks[1].cpu - 1:.1%} more CPU at the end than in the second part"
        )
    return found


def check(home: Path, person: Person) -> list[str]:
    """What is wrong with the files that were written."""
    found = []
    for path in sorted(home.glob("*.db")):
        try:
            found += [f"{path.name}: {fault}" for fault in _faults(path, person.sent)]
        except sqlite3.Error as error:
            found.append(f"{path.name}: {error}")
    files = [path for path in home.rglob("*") if path.is_file()]
    return found + [f"{path.name}: holds an incognito message" for path in files if SECRET in path.read_bytes()]


def _faults(path: Path, sent: int) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        found = [line for (line,) in database.execute("PRAGMA integrity_check").fetchall() if line != "ok"]
        if path.name == "history.db":
            database.execute("INSERT INTO words(words) VALUES ('integrity-check')")
            (prompts,) = database.execute("SELECT count(*) FROM message WHERE speaker = 'user'").fetchone()
            (left,) = database.execute("SELECT count(*) FROM message WHERE state IN ('queued', 'running')").fetchone()
            if prompts != sent or left:
                found.append(f"{prompts} prompts of {sent}, {left} unfinished")
        return found


def row(look: Look) -> str:
    """A line of the table."""
    engine, app = (size / 2**20 for size in look.memory)
    return (
        f"| {look.messages:,} | {engine:.1f} | {app:.1f} | {look.files[0]} + {look.files[1]} "
        f"| {look.cpu * 1000:.0f} | {look.wall * 1000:.0f} |"
    )


def main() -> None:
    """Print the table and what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--tokens", type=int, default=12, help="pieces of a reply at most")
    parser.add_argument("--model", help="folder of the assistant; the shipped one by default")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        os.environ["CHATKIT_HOME"] = folder
        index(home, given.model)
        out = asyncio.run(
            soak(home, given.messages, model=given.model, seed=given.seed, tokens=given.tokens, show=True)
        )
    print(
        "| messages | engine MB | app MB | open files | CPU ms a message | wall ms |\n|---:|---:|---:|---:|---:|---:|"
    )
    for look in out["looks"]:
        print(row(Look(**look)))
    print(f"{out['keys']:,} keys typed (8 hours at 200 a minute are 96,000)")
    print("\n".join(out["found"]) or "memory, CPU, files and databases as they should be")
    if given.json:
        given.json.write_text(json.dumps(out, indent=1))
    sys.exit(1 if out["found"] else 0)


if __name__ == "__main__":
    main()
