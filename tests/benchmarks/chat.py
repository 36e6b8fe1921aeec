"""What the chat costs: keys, long sessions, streaming, stopping, quitting, reading along.

    python tests/benchmarks/chat.py [--runs 3] [--json FILE]

The screen is measured in this process without a terminal (Textual's own test driver), in CPU seconds; the model takes
no part in it: a scripted engine answers, in a process of its own. Reading along is measured on the shipped assistant,
with an index of 10,000 passages made up here. For the first frame see ``start.py``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

FAKE = (sys.executable, str(Path(__file__).parents[1] / "tui" / "fake_engine.py"))
WORDS = [
    "order",
    "table",
    "train",
    "letter",
    "garden",
    "river",
    "window",
    "music",
    "paper",
    "winter",
    "coffee",
    "bridge",
    "number",
    "story",
    "market",
]
TARGETS = {
    "key at 500 messages, CPU ms": 10,
    "opening 5,000 messages, CPU s": 0.5,
    "opening 5,000 messages, MB more": 100,
    "streaming 600 pieces, CPU s": 1.5,
    "key at rest, p99 ms": 50,  # what the machine does to a key, beside which the next one is to be read
    "key while streaming, p99 ms": 50,
    "key while streaming, p99 CPU ms": 50,  # what the app itself does before it answers
    "stop, pieces after": 1,
    "quit in a reply, wall s": 1,
    "typed: sentiment, p95 ms": 30,
    "typed: and ranking of 10,000, p95 ms": 60,
}


def history(home: Path, messages: int) -> int:
    """A session of so many messages in the history; its number."""
    from chatkit.runtime.store import Store

    store, rng = Store(home / "history.db"), random.Random(1)
    session = store.create_session()
    for number in range(messages // 2):
        said = " ".join(rng.choices(WORDS, k=20))
        reply = store.start_reply(store.add_prompt(session, f"prompt {number} {said}"))
        store.set_answer(reply, "generation", {"type": "text", "text": said}, text=said)
        bars = {"type": "bars", "label": "neutral", "probabilities": {"positive": 0.2, "neutral": 0.7, "negative": 0.1}}
        store.set_answer(reply, "sentiment", bars)
        store.finish(reply, "done", text=said)
    store.close()
    return session


async def with_app(script: dict[str, object], session: int | None, do: Callable[..., Awaitable[None]]) -> None:
    """Run the app on a scripted engine."""
    from chatkit.tui.app import ChatkitApp
    from chatkit.tui.opening import Options

    os.environ["FAKE_ENGINE"] = json.dumps(script)
    app = ChatkitApp(Options(command=FAKE, session=session))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.chat is not None and app.chat.client.state == "ready")
        await pilot.pause()
        await do(app, pilot)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something to happen, a minute at most."""
    limit = time.monotonic() + 60
    while not condition():
        if time.monotonic() > limit:
            raise TimeoutError("it did not happen within a minute")
        await asyncio.sleep(0.002)


async def keys(figures: dict[str, list[float]], home: Path) -> None:
    """CPU of a key press in a session of 500 messages."""
    from textual import events

    async def do(app: object, pilot: object) -> None:
        prompt = app.screen.query_one("#prompt")  # type: ignore[attr-defined]
        await app.screen.typing.switch(False)  # type: ignore[attr-defined]
        start = time.process_time()
        for number in range(50):
            app.post_message(events.Key("a", "a"))  # type: ignore[attr-defined]
            await until(lambda number=number: len(prompt.text) > number)  # type: ignore[misc]
            drawn = asyncio.Event()  # the pilot's pause would call every widget, which costs more than the key
            app.screen.call_after_refresh(drawn.set)  # type: ignore[attr-defined]
            await drawn.wait()
        figures["key at 500 messages, CPU ms"].append((time.process_time() - start) / 50 * 1000)

    await with_app({}, history(home, 500), do)


async def opening(figures: dict[str, list[float]], home: Path) -> None:
    """CPU and memory of opening a session of 5,000 messages."""
    session = history(home, 5000)

    async def do(app: object, pilot: object) -> None:
        before, start = memory(), time.process_time()
        app.chat.renew(session)  # type: ignore[attr-defined]
        await app.screen.window.show()  # type: ignore[attr-defined]
        await pilot.pause()  # type: ignore[attr-defined]
        figures["opening 5,000 messages, CPU s"].append(time.process_time() - start)
        figures["opening 5,000 messages, MB more"].append(memory() - before)

    await with_app({}, None, do)


async def streaming(figures: dict[str, list[float]]) -> None:
    """CPU of a reply of 600 pieces; how long a key takes meanwhile; what comes after a stop; quitting."""
    from textual import events

    said = "A sentence of several words, and *another*. " * 86
    script = {"heads": {"generation": {"say": said, "pause": 0.005}}}

    async def stream(app: object, pilot: object) -> None:
        prompt = app.screen.query_one("#prompt")  # type: ignore[attr-defined]
        prompt.fill("go")
        start = time.process_time()
        app.post_message(events.Key("enter", None))  # type: ignore[attr-defined]
        await until(lambda: bool(app.screen.window.running))  # type: ignore[attr-defined]
        await until(lambda: not app.screen.window.running)  # type: ignore[attr-defined]
        figures["streaming 600 pieces, CPU s"].append(time.process_time() - start)

    async def hundred(app: object, figure: str) -> None:
        prompt, waits, used = app.screen.query_one("#prompt"), [], []  # type: ignore[attr-defined]
        for number in range(100):
            start, cpu = time.perf_counter(), time.process_time()
            app.post_message(events.Key("a", "a"))  # type: ignore[attr-defined]
            await until(lambda number=number: len(prompt.text) > number)  # type: ignore[misc]
            waits.append((time.perf_counter() - start) * 1000)
            used.append((time.process_time() - cpu) * 1000)
        figures[figure].append(statistics.quantiles(waits, n=100)[98])
        if (cpu_figure := figure.replace("p99 ms", "p99 CPU ms")) in figures:
            figures[cpu_figure].append(statistics.quantiles(used, n=100)[98])

    async def press(app: object, pilot: object) -> None:
        await hundred(app, "key at rest, p99 ms")
        app.screen.query_one("#prompt").fill("go")  # type: ignore[attr-defined]
        app.post_message(events.Key("enter", None))  # type: ignore[attr-defined]
        await until(lambda: app.chat.current is not None)  # type: ignore[attr-defined]
        await hundred(app, "key while streaming, p99 ms")
        turn = app.chat.current  # type: ignore[attr-defined]
        app.chat.stop()  # type: ignore[attr-defined]
        seen = len(turn.said["generation"].split())
        await until(lambda: app.chat.current is None)  # type: ignore[attr-defined]
        figures["stop, pieces after"].append(len(turn.said["generation"].split()) - seen)

    async def leave(app: object, pilot: object) -> None:
        app.screen.query_one("#prompt").fill("go")  # type: ignore[attr-defined]
        app.post_message(events.Key("enter", None))  # type: ignore[attr-defined]
        await until(lambda: app.chat.current is not None)  # type: ignore[attr-defined]
        app.exit()  # type: ignore[attr-defined]

    await with_app(script, None, stream)
    await with_app(script, None, press)
    start = 0.0

    async def timed(app: object, pilot: object) -> None:
        nonlocal start
        await leave(app, pilot)
        start = time.perf_counter()

    await with_app(script, None, timed)
    figures["quit in a reply, wall s"].append(time.perf_counter() - start)


def memory() -> float:
    """Memory of this process now, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def typed(figures: dict[str, list[float]], home: Path) -> None:
    """Time of one look at a text that grows by a key, in the engine."""
    import torch

    from chatkit.runtime.as_you_type import AsYouType
    from chatkit.runtime.conversation import Conversation
    from chatkit.runtime.index import DocumentIndex
    from chatkit.runtime.library import Library
    from chatkit.runtime.loading import load

    torch.set_num_threads(1)
    assistant, rng = load(None, [], safe=True).assistant, random.Random(2)
    folder = home / "documents"
    folder.mkdir()
    for number in range(10):
        rows = [json.dumps({"text": " ".join(rng.choices(WORDS, k=40)) + f" {number} {n}"}) for n in range(1000)]
        (folder / f"{number}.jsonl").write_text("\n".join(rows))
    library = Library(assistant, str(home / "index.db"))
    DocumentIndex(home / "index.db").add([folder], library.encode, lineage=library.lineage)
    text = "I ordered a table by the window, but the coffee was cold and nobody brought us the letter. " * 2
    for name, search in (
        ("typed: sentiment, p95 ms", None),
        ("typed: and ranking of 10,000, p95 ms", library.search),
    ):
        conversation = Conversation(assistant, search) if search else Conversation(assistant)
        if search is None:
            conversation.disabled.add("retrieval")
        typing, waits = AsYouType(conversation), []
        list(typing.answers("warm up"))
        for end in range(2, len(text)):
            start = time.perf_counter()
            list(typing.answers(text[:end]))
            waits.append((time.perf_counter() - start) * 1000)
        figures[name].append(statistics.quantiles(waits, n=20)[18])


def main() -> None:
    """Print median, least and most of each figure beside its target."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    figures: dict[str, list[float]] = {name: [] for name in TARGETS}
    for _ in range(args.runs):
        with tempfile.TemporaryDirectory() as home:
            os.environ["CHATKIT_HOME"] = home
            asyncio.run(keys(figures, Path(home)))
            asyncio.run(opening(figures, Path(home)))
            asyncio.run(streaming(figures))
    with tempfile.TemporaryDirectory() as home:
        os.environ["CHATKIT_HOME"] = home
        typed(figures, Path(home))
    for name, values in figures.items():
        middle = statistics.median(values)
        verdict = "met" if middle <= TARGETS[name] else "missed"
        print(f"{name:38} {middle:8.2f}   {min(values):.2f} to {max(values):.2f}   target {TARGETS[name]:g}: {verdict}")
    if args.json:
        args.json.write_text(json.dumps(figures))


if __name__ == "__main__":
    main()
