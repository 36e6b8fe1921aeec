"""The engine process: loads an assistant, answers turns, says what it does in JSON lines. Started by the client.

Commands come on stdin, events go to what was stdout at the start; whatever a head prints goes to stderr. A thread reads
the commands, so that a turn can be cancelled while it runs; the end of stdin ends the process.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from collections.abc import Mapping
from typing import IO, Any

from chatkit.errors import ChatkitError
from chatkit.runtime import events
from chatkit.runtime.black_box import record
from chatkit.runtime.process_memory import few_primitives, forget_sources, give_back_freed, limit_memory, stay_small

DEFAULT_MEMORY = 4 * 2**30
_LOOK_SECONDS = 0.25  # between looks at the files of heads


class Engine:
    """Answers commands one by one.

    Args:
        out: Where events go, a line each.
    """

    def __init__(self, out: IO[str]) -> None:
        self._out = out
        self._conversation: Any = None
        self._library: Any = None
        self._heads: list[dict[str, Any]] = []
        self._cancelled: set[int] = set()
        self._loaded: Any = None
        self._watch: Any = None
        self._typing: Any = None
        self._typed: Mapping[str, Any] | None = None  # the latest text of an unfinished message

    def cancel(self, turn: int) -> None:
        """Note that a turn is to stop; called from the reading thread."""
        self._cancelled.add(turn)

    def typed(self, command: Mapping[str, Any]) -> None:
        """Note the latest text of a message that is being typed; called from the reading thread."""
        self._typed = command

    def send(self, event: Mapping[str, Any]) -> None:
        """Write one event."""
        try:
            self._out.write(json.dumps(event, ensure_ascii=True) + "\n")
            self._out.flush()
        except (BrokenPipeError, ValueError):  # the app is gone
            os._exit(0)

    def handle(self, command: Mapping[str, Any]) -> None:
        """Carry out one command; whatever goes wrong becomes an ``error`` event."""
        turn = command.get("turn") if isinstance(command.get("turn"), int) else None
        try:
            do = command.get("do")
            if do == "load":
                self._load(command)
            elif do == "ask":
                self._ask(command)
            elif do == "typed":
                self._glance()
            elif do == "dial":
                self._dial(command)
            elif do in ("enable", "disable"):
                self._switch(str(command.get("head", "")), on=do == "enable")
            else:
                self.send(events.error(f"no command {do!r}", turn))
        except ChatkitError as error:
            self.send(events.error(str(error), turn))
        except MemoryError:
            self.send(events.error("the engine's memory limit is reached", turn))
        except Exception as error:  # a defect of ours: the app must hear of it and go on
            self.send(events.error(f"{type(error).__name__}: {error}", turn))

    def _load(self, command: Mapping[str, Any]) -> None:
        import torch

        from chatkit.runtime.as_you_type import AsYouType
        from chatkit.runtime.conversation import Conversation, remark_on
        from chatkit.runtime.library import Library
        from chatkit.runtime.loading import load
        from chatkit.runtime.reload import Watch

        forget_sources()
        torch.set_num_threads(1)  # one-token steps: a second thread costs more than it brings
        limit_memory(_whole(command, "memory") or DEFAULT_MEMORY)
        loaded = load(
            command.get("model"),
            _names(command, "heads"),
            safe=bool(command.get("safe")),
            skip=_names(command, "skip"),
            calling=lambda name: self.send({"event": "loading", "head": name}),
        )
        self.send({"event": "loading", "head": ""})  # no head's code runs from here on
        assistant = loaded.assistant
        self._loaded, self._watch = loaded, Watch({h.name: h.path for h in loaded.heads if h.path is not None})
        self._library = Library(assistant, command.get("index"))
        self._conversation = Conversation(assistant, self._library.search)
        self._typing = AsYouType(self._conversation)
        self._heads = [
            {
                "name": h.name,
                "state": h.state,
                "origin": h.origin,
                "why": h.why or (remark_on(assistant.heads[h.name]) if h.name in assistant.heads else ""),
                "labels": list(assistant.setups[h.name].labels) if h.name in assistant.setups else [],
            }
            for h in loaded.heads
        ]
        tuned = self._conversation.tuned
        self.send(events.ready(assistant.name, assistant.lineage, self._heads, tuned.sliders(), tuned.front))
        try:
            self._library.warm()
        except ChatkitError as error:
            self.send(events.error(str(error)))
        give_back_freed()

    def _ask(self, command: Mapping[str, Any]) -> None:
        if self._conversation is None:
            raise ChatkitError("no assistant is loaded")
        self.look_at_files()  # what was saved before it was asked answers
        number, text = _whole(command, "turn"), command.get("text")
        if not isinstance(text, str):
            raise ChatkitError("ask needs a text")
        options = command.get("options") or {}
        if not isinstance(options, dict):
            raise ChatkitError("options must be an object")
        for event in self._conversation.turn(
            text,
            number=number,
            history=_history(command.get("history")),
            heads=None if command.get("heads") is None else _names(command, "heads"),
            skip=_names(command, "skip"),
            options=dict(options),
            seed=None if command.get("seed") is None else _whole(command, "seed"),
            cancelled=lambda: number in self._cancelled,
        ):
            self.send(event)
            if event["event"] == "piece":
                self._glance()
        self._cancelled.discard(number)

    def _glance(self) -> None:
        """Say what the quick heads make of the latest text that is being typed; older ones are forgotten."""
        command, self._typed = self._typed, None
        if command is None or self._typing is None or not isinstance(command.get("text"), str):
            return
        answers = [{"head": name, "answer": answer.as_json()} for name, answer in self._typing.answers(command["text"])]
        self.send(events.glance(_whole(command, "number"), answers))

    def look_at_files(self) -> None:
        """Reload heads whose file was saved."""
        for name in self._watch.changed() if self._watch is not None else ():
            self._reload(name)

    def _reload(self, name: str) -> None:
        from chatkit.runtime.reload import reload_head

        path = next(h.path for h in self._loaded.heads if h.name == name)
        self.send({"event": "loading", "head": name})
        event: dict[str, Any] = {"event": "reloaded", "head": name, "ok": True, "place": ""}
        new: dict[str, Any] = {}
        assistant = self._loaded.assistant
        try:
            event["message"] = reload_head(assistant, self._loaded.registry, name, path, self._loaded.folder)
            self._conversation.enable(name)
            new = {"state": "ok", "why": self._remark(name), "labels": list(assistant.setups[name].labels)}
        except ChatkitError as error:
            event |= {"ok": False, "message": error.message, "place": getattr(error, "place", "")}
            if name not in assistant.heads:
                new = {"state": "broken", "why": str(error)}
        for entry in self._heads:
            if entry["name"] == name:
                entry |= new
        self.send(event)
        self.send({"event": "heads", "heads": self._heads})

    def _remark(self, name: str) -> str:
        """What a listing says of a head that was loaded anew."""
        from chatkit.runtime.loading import untrained

        assistant = self._loaded.assistant
        head, trained = assistant.heads[name], assistant.setups[name].trained
        return "reloaded" if trained or not list(head.parameters()) else untrained(head)

    def _dial(self, command: Mapping[str, Any]) -> None:
        """Set the weights before the next message, so that its reply does not wait for it."""
        if self._conversation is None:
            raise ChatkitError("no assistant is loaded")
        self._conversation.tuned.turn(dict(command.get("dial") or {}), _history(command.get("history")))

    def _switch(self, head: str, *, on: bool) -> None:
        if self._conversation is None:
            raise ChatkitError("no assistant is loaded")
        if on:
            self._conversation.enable(head)
            if head not in self._conversation.assistant.heads and any(entry["name"] == head for entry in self._heads):
                self._reload(head)  # it was left out when the engine was started again
                return
        else:
            self._conversation.disabled.add(head)
        for entry in self._heads:
            if entry["name"] == head:
                entry["state"] = "ok" if on else "disabled"
        self.send({"event": "heads", "heads": self._heads})


def _whole(command: Mapping[str, Any], key: str) -> int:
    """A whole number of a command; 0 where there is none."""
    value = command.get(key) or 0
    if not isinstance(value, int):
        raise ChatkitError(f"{key} must be a whole number")
    return value


def _names(command: Mapping[str, Any], key: str) -> list[str]:
    """A list of names of a command; none where there is none."""
    value = command.get(key) or []
    if not isinstance(value, list):
        raise ChatkitError(f"{key} must be a list of names")
    return [str(name) for name in value]


def _history(turns: Any) -> list[dict[str, str]]:
    if turns is None:
        return []
    if not isinstance(turns, list):
        raise ChatkitError("history must be a list of turns")
    out = []
    for turn in turns:
        if not isinstance(turn, dict) or not isinstance(turn.get("text"), str):
            raise ChatkitError("a turn of the history needs speaker and text")
        out.append({"speaker": "user" if turn.get("speaker") == "user" else "assistant", "text": turn["text"]})
    return out


def _read(source: IO[str], commands: queue.Queue[dict[str, Any] | None], engine: Engine) -> None:
    for line in source:
        try:
            command = json.loads(line)
        except (ValueError, RecursionError):
            engine.send(events.error("a command is not valid JSON"))
            continue
        if not isinstance(command, dict):
            engine.send(events.error("a command must be a JSON object"))
        elif command.get("do") == "cancel":
            if isinstance(command.get("turn"), int):
                engine.cancel(command["turn"])
        elif command.get("do") == "quit":
            break
        elif command.get("do") == "typed":
            engine.typed(command)
            commands.put({"do": "typed"})
        else:
            commands.put(command)
    commands.put(None)
    # The main thread may be deep in a head that never returns: the app is gone, so do not wait for it.
    threading.Timer(0.5, os._exit, (0,)).start()


def main() -> None:
    """Run the engine on this process's pipes."""
    stay_small()
    few_primitives()
    record()
    private = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # even a native library cannot write into the events
    out = os.fdopen(private, "w", encoding="ascii", newline="\n")
    source = os.fdopen(os.dup(sys.stdin.fileno()), "r", encoding="utf-8", errors="replace", newline="\n")
    with open(os.devnull, "rb") as nothing:  # a head that asks for input gets none, and no command
        os.dup2(nothing.fileno(), sys.stdin.fileno())
    engine = Engine(out)
    commands: queue.Queue[dict[str, Any] | None] = queue.Queue()
    threading.Thread(target=_read, args=(source, commands, engine), daemon=True).start()
    busy = False
    while True:
        try:
            command = commands.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            if busy:  # nobody waits now
                give_back_freed()
                busy = False
            engine.look_at_files()
            continue
        if command is None:
            break
        engine.handle(command)
        busy = True
    os._exit(0)


if __name__ == "__main__":
    main()
