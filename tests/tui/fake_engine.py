"""An engine that speaks the protocol without a model: its heads are scripted by ``FAKE_ENGINE`` (JSON).

    {"heads": {"generation": {"say": "Hello.", "pause": 0.01, "crash": HOW, "at": 3, "when": "boom"},
               "sentiment": {"bars": {...}}, "retrieval": {"items": [...]}},
     "log": FILE, "load": 0.1, "load_error": "...", "garbage": true, "ignore_cancel": true, "children": true}

HOW is segfault, exit, raise or hang.

``once`` names a file: the head answers nothing before it exists.
A head crashes after ``at`` pieces, each time it is called, or only on texts that hold ``when``.
"""

import ctypes
import json
import os
import queue
import subprocess
import sys
import threading
import time

DEFAULT = {
    "generation": {"say": "Hello! I would try the **small place** by the river; it has a garden."},
    "sentiment": {"bars": {"positive": 0.86, "neutral": 0.11, "negative": 0.03}},
    "retrieval": {
        "items": [
            {"text": "One file of under 20 lines is a head; it appears in the chat at the next start.",
             "score": 0.91, "source": "heads.md:12", "heading": "Adding a head"},
            {"text": "chatkit check NAME proves a head sound: it trains, saves and reloads it.",
             "score": 0.55, "source": "heads.md:40", "heading": "Checking a head"},
            {"text": "An index of your own documents is built by chatkit index add PATH.",
             "score": 0.31, "source": "search.md:3", "heading": ""},
        ]
    },
}  # fmt: skip


class Engine:
    def __init__(self, script):
        self.script = script
        self.heads = script.get("heads", DEFAULT)
        self.disabled = set()
        self.commands = queue.Queue()
        self.cancelled = set()
        self.asked = 0
        self.note(pid=os.getpid())
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in sys.stdin:
            command = json.loads(line)
            if command["do"] == "cancel":
                self.cancelled.add(command["turn"])
            elif command["do"] == "quit":
                break
            else:
                self.commands.put(command)
        os._exit(0)

    def send(self, event, **fields):
        sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
        sys.stdout.flush()

    def note(self, **what):
        """Write down what is said, and when, for who wants to know what a kill has cost."""
        if "log" in self.script:
            with open(self.script["log"], "a") as file:
                file.write(json.dumps({**what, "at": time.time()}) + "\n")

    def serve(self):
        while True:
            command = self.commands.get()
            getattr(self, command.pop("do"))(**command)

    def load(self, model, heads, safe, index, skip, memory):
        if self.script.get("children"):
            subprocess.Popen(["sleep", "60"])
        time.sleep(self.script.get("load", 0))
        if self.script.get("load_exit") is not None:
            os._exit(self.script["load_exit"])
        if self.script.get("garbage"):
            sys.stdout.write('not json\n[1, 2]\n{"event": 7}\n')
            sys.stdout.write("x" * 10_500_000 + "\n")
        if self.script.get("load_error"):
            self.send("error", turn=None, message=self.script["load_error"])
            return
        self.disabled |= set(skip)
        for name, head in self.heads.items():
            self.send("loading", head=name)
            if "load_crash" in head and name not in skip:
                self.crash(head["load_crash"])
        self.send("loading", head="")
        self.ready()

    def listed(self):
        return [
            {
                "name": name,
                "state": "disabled" if name in self.disabled else head.get("state", "ok"),
                "origin": "fake",
                "why": head.get("why", ""),
            }
            for name, head in self.heads.items()
        ]

    def ready(self):
        self.send("ready", model="fake", lineage="f00d", heads=self.listed(),
                  sliders=self.script.get("sliders", []), front=self.script.get("front", {}))  # fmt: skip

    def dial(self, dial, history):
        self.send("error", turn=None, message=f"prepared for {dial}")

    def enable(self, head):
        self.disabled.discard(head)
        self.send("heads", heads=self.listed())

    def disable(self, head):
        self.disabled.add(head)
        self.send("heads", heads=self.listed())

    def typed(self, number, text):
        for head in self.heads.values():
            if head.get("crash") and head.get("typed", "") and head["typed"] in text:
                self.crash(head["crash"])
        answers = [
            {"head": name, "answer": {"type": "bars", "label": max(head["bars"], key=head["bars"].get),
                                      "probabilities": head["bars"]}}
            for name, head in self.heads.items() if "bars" in head
        ] + [
            {"head": name, "answer": {"type": "ranking", "items": head["items"]}}
            for name, head in self.heads.items() if "items" in head
        ]  # fmt: skip
        self.send("glance", number=number, answers=answers)

    def ask(self, turn, text, history, options, seed, skip, heads=None):
        tokens = 0
        self.note(ask=text)
        self.asked += 1
        for name in heads or self.heads:
            if name in skip or name in self.disabled or self.stops(turn):
                continue
            self.send("calling", turn=turn, head=name)
            head = self.heads[name]
            if head.get("choice") and options.get("dial"):
                self.send("choice", turn=turn, head=name, choice=head["choice"])
            if head.get("echo") and options:
                head = {**head, "say": f"{head['say']} {options}"}
            tokens += self.call(turn, name, head, text, history, seed)
        timing = {"encode": 0.004, "total": 0.4, "tokens": tokens, "tokens_per_second": 812.0}
        self.send("done", turn=turn, seed=seed, stopped=self.stops(turn), timing=timing,
                  familiarity=self.script.get("familiarity"), trust=self.script.get("trust", {}))  # fmt: skip

    def stops(self, turn):
        return turn in self.cancelled and not self.script.get("ignore_cancel")

    def call(self, turn, name, head, text, history, seed):
        while head.get("once") and not os.path.exists(head["once"]):
            time.sleep(0.01)
        crash = head.get("crash") if head.get("when", "") in text else None
        if crash == "raise":
            self.send("failed", turn=turn, head=name, message="ZeroDivisionError: division by zero",
                      place=f"{name}.py:7", disabled=False)  # fmt: skip
            return 0
        if crash and "at" not in head:
            self.crash(crash)
        if "bars" in head:
            bars = head["bars"]
            answer = {"type": "bars", "label": max(bars, key=bars.get), "probabilities": bars}
        elif "items" in head:
            answer = {"type": "ranking", "items": head["items"]}
        elif "text" in head:
            answer = {"type": "text", "text": head["text"]}
        elif "table" in head:
            answer = {"type": "table", **head["table"]}
        else:
            said = head.get("say", "")
            said = said.replace("{text}", text).replace("{turns}", str(len(history))).replace("{seed}", str(seed))
            answer = self.stream(turn, name, head, said, crash)
        self.send("answer", turn=turn, head=name, answer=answer, stopped=self.stops(turn))
        return len(answer.get("text", "").split())

    def stream(self, turn, name, head, said, crash):
        pieces, sent = said.split(" "), []
        for number, piece in enumerate(pieces):
            if self.stops(turn):
                break
            if crash and number == head.get("at"):
                self.crash(crash)
            piece = piece if number == 0 else " " + piece
            sent.append(piece)
            self.note(piece=piece, turn=self.asked - 1)
            self.send("piece", turn=turn, head=name, text=piece)
            time.sleep(head.get("pause", 0))
        return {"type": head.get("type", "markdown"), "text": "".join(sent)}

    def crash(self, how):
        if how == "segfault":
            ctypes.string_at(0)
        elif how == "exit":
            os._exit(3)
        while True:
            time.sleep(1)


if __name__ == "__main__":
    Engine(json.loads(os.environ.get("FAKE_ENGINE", "{}"))).serve()
