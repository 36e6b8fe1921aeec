"""The engine process over real pipes: one JSON object a line, whatever heads and callers do."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

NOISY = """
import os, sys
from chatkit.plugin_api import Answer, Head, Piece

print("at import")
os.write(1, b"bytes at import\\n")

class Noisy(Head):
    name = "noisy"
    examples = [{"text": "a"}, {"text": "b"}]

    def build(self, info, vocabulary, **options):
        print("in build")

    def stream(self, ask):
        if ask.text == "endless":
            while True:
                yield Piece("on ")
        if ask.text == "stdin":
            yield Piece(repr(sys.stdin.read()))
            return
        print('{"event": "answer", "turn": 1, "head": "noisy", "answer": {"type": "text", "text": "forged"}}')
        os.write(1, b"raw bytes on stdout\\n")
        os.system("echo from a child")
        sys.__stdout__.write("behind the back")
        sys.__stdout__.flush()
        yield Piece("quiet\\nline")
"""


class Process:
    """The engine with its pipes; every line that it writes must be an event."""

    def __init__(self, folder: Path) -> None:
        self.log = (folder / "stderr").open("w+b")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chatkit.runtime.engine"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            cwd=folder,
        )
        self._events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._events.put(json.loads(line))
        self._events.put(None)

    def send(self, *commands: Any) -> None:
        assert self.process.stdin is not None
        for command in commands:
            line = command if isinstance(command, bytes) else json.dumps(command).encode() + b"\n"
            self.process.stdin.write(line)
        self.process.stdin.flush()

    def next(self) -> dict[str, Any]:
        event = self._events.get(timeout=240)
        assert event is not None, "the engine ended"
        return event

    def until(self, kind: str) -> list[dict[str, Any]]:
        events = [self.next()]
        while events[-1]["event"] != kind:
            events.append(self.next())
        return events

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log.close()


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Process]]:
    made: list[Process] = []

    def begin() -> Process:
        made.append(Process(tmp_path_factory.mktemp("engine")))
        return made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHATKIT_HOME", str(tmp_path_factory.mktemp("engine-home")))
        yield begin
    for process in made:
        process.end()


@pytest.fixture(scope="module")
def engine(start: Callable[[], Process], trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Process:
    """An engine that has loaded the small assistant and a noisy head."""
    head = tmp_path_factory.mktemp("heads") / "noisy.py"
    head.write_text(NOISY)
    process = start()
    process.send({"do": "load", "model": str(trained), "heads": [str(head)]})
    events = process.until("ready")
    assert {e["head"] for e in events if e["event"] == "loading"} >= {"generation", "sentiment", "retrieval", "noisy"}
    ready = events[-1]
    assert ready["model"] == "small"
    states = {head["name"]: head["state"] for head in ready["heads"]}
    assert {states[name] for name in ("generation", "sentiment", "retrieval", "noisy")} == {"ok"}
    return process


def test_a_turn_over_the_pipe(engine: Process) -> None:
    asked = "how do I index my documents?"
    engine.send({"do": "ask", "turn": 1, "text": asked, "seed": 3, "history": [], "heads": None})
    events = engine.until("done")
    assert {e["turn"] for e in events} == {1}
    answers = {e["head"]: e["answer"] for e in events if e["event"] == "answer"}
    assert set(answers) == {"generation", "sentiment", "retrieval", "noisy"}
    assert answers["retrieval"]["items"]  # the shipped pages are searched
    assert events[-1]["seed"] == 3


def test_what_a_head_writes_to_stdout_is_no_event(engine: Process) -> None:
    engine.send({"do": "ask", "turn": 2, "text": "hello", "heads": ["noisy"]})
    events = engine.until("done")
    assert [e["event"] for e in events] == ["calling", "piece", "answer", "done"]
    assert events[2]["answer"]["text"] == "quiet\nline"
    log = Path(engine.log.name).read_text()
    for told in ("at import", "bytes at import", "in build", "raw bytes on stdout", "from a child", "behind the back"):
        assert told in log


def test_a_head_cannot_read_the_commands(engine: Process) -> None:
    engine.send({"do": "ask", "turn": 3, "text": "stdin", "heads": ["noisy"]})
    assert engine.until("done")[2]["answer"]["text"] == "''"


def test_a_turn_is_cancelled_while_it_runs_and_before_it_begins(engine: Process) -> None:
    engine.send({"do": "ask", "turn": 4, "text": "endless", "heads": ["noisy"]})
    engine.until("piece")
    engine.send({"do": "ask", "turn": 5, "text": "hello"}, {"do": "cancel", "turn": 5}, {"do": "cancel", "turn": 4})
    first, second = engine.until("done"), engine.until("done")
    assert first[-1]["turn"] == 4
    assert first[-1]["stopped"]
    assert [e["stopped"] for e in first if e["event"] == "answer"] == [True]
    assert [(e["event"], e["turn"], e["stopped"]) for e in second] == [("done", 5, True)]
    engine.send({"do": "ask", "turn": 6, "text": "hello", "heads": ["sentiment"]})
    assert not engine.until("done")[-1]["stopped"]


NONSENSE = {
    "garbage": (b"garbage\n", "a command is not valid JSON"),
    "a list": (b"[1, 2]\n", "a command must be a JSON object"),
    "no UTF-8": (b"\xff\xfe\x00\n", "not valid JSON"),
    "too deep": (b"[" * 100_000 + b"\n", "not valid JSON"),
    "unknown": (b'{"do": "dance", "turn": 7}\n', "no command 'dance'"),
    "no text": (b'{"do": "ask", "turn": 8}\n', "ask needs a text"),
    "history": (b'{"do": "ask", "turn": 9, "text": "x", "history": "all"}\n', "history must be a list of turns"),
    "turn": (b'{"do": "ask", "text": "x", "history": [{"speaker": "user"}]}\n', "needs speaker and text"),
    "seed": (b'{"do": "ask", "turn": 9, "text": "x", "seed": "many"}\n', "seed must be a whole number"),
    "options": (b'{"do": "ask", "turn": 9, "text": "x", "options": 5}\n', "options must be an object"),
    "number": (b'{"do": "ask", "turn": "how are you?", "text": "x"}\n', "turn must be a whole number"),
    "heads": (b'{"do": "ask", "turn": 9, "text": "x", "heads": 5}\n', "heads must be a list of names"),
}


@pytest.mark.parametrize(("line", "message"), NONSENSE.values(), ids=NONSENSE)
def test_a_command_that_makes_no_sense_is_an_error_event(engine: Process, line: bytes, message: str) -> None:
    engine.send(line)
    event = engine.next()
    assert event["event"] == "error"
    assert message in event["message"]
    assert "\n" not in event["message"]


def test_lone_surrogates_pass_the_pipe(engine: Process) -> None:
    engine.send(b'{"do": "ask", "turn": 10, "text": "a \\ud800 b", "heads": ["sentiment"]}\n')
    assert engine.until("done")[1]["event"] == "answer"


def test_heads_are_switched_off_and_on(engine: Process) -> None:
    engine.send({"do": "disable", "head": "noisy"})
    event = engine.next()
    assert {h["name"]: h["state"] for h in event["heads"]}["noisy"] == "disabled"
    engine.send({"do": "ask", "turn": 11, "text": "hi", "skip": ["generation"]})
    assert "noisy" not in {e.get("head") for e in engine.until("done")}
    engine.send({"do": "enable", "head": "noisy"})
    assert {h["name"]: h["state"] for h in engine.next()["heads"]}["noisy"] == "ok"


def test_a_model_that_cannot_be_loaded_is_an_error_and_the_old_one_stays(engine: Process, tmp_path: Path) -> None:
    engine.send({"do": "load", "model": str(tmp_path / "none")})
    event = engine.until("error")[-1]
    assert "no such model folder" in event["message"]
    engine.send({"do": "ask", "turn": 12, "text": "hi", "heads": ["sentiment"]})
    assert engine.until("done")[1]["event"] == "answer"


def test_quit_ends_the_process(engine: Process) -> None:
    """The last test that uses the loaded engine: it ends it, in the middle of an endless reply."""
    engine.send({"do": "ask", "turn": 13, "text": "endless", "heads": ["noisy"]})
    engine.until("piece")
    engine.send({"do": "quit"})
    assert engine.process.wait(timeout=60) == 0


def test_asking_before_loading_is_an_error_and_the_end_of_stdin_ends_it(start: Callable[[], Process]) -> None:
    process = start()
    process.send({"do": "ask", "turn": 1, "text": "hi"})
    event = process.next()
    assert (event["event"], event["turn"], event["message"]) == ("error", 1, "no assistant is loaded")
    assert process.process.stdin is not None
    process.process.stdin.close()
    assert process.process.wait(timeout=60) == 0
