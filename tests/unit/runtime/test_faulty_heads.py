"""Nothing a head does can hurt the chat: the real engine with heads that fail in every way."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from chatkit.runtime.client import EngineClient, Load

HEAD = """
from chatkit.plugin_api import Classifier
{top}
class Faulty(Classifier):
    name = "faulty"
    examples = [{{"text": "good fun", "label": "happy"}}, {{"text": "awful and dull", "label": "sad"}}]
    {body}
"""

AT_IMPORT = {
    "raises": ("1 / 0", "ZeroDivisionError", "faulty.py:3"),
    "exits": ("raise SystemExit(3)", "SystemExit", "faulty.py:3"),
    "dies": ("import os; os._exit(3)", "exit 3", "faulty.py:3"),
    "crashes": ("import ctypes; ctypes.string_at(0)", "signal 11", "faulty.py:3"),
    "hangs": ("while True: pass", "did not load within", "faulty.py:3"),
}
IN_ANSWER = {
    "raises": ("return 1 / 0", "ZeroDivisionError"),
    "exits": ("raise SystemExit(3)", "SystemExit"),
    "no list": ("return None", "list with one Answer"),
    "wrong count": ("return super().answer(e, x) * 2", "list of 2"),
    "not a number": (
        "from chatkit.plugin_api import Answer, Bars; return [Answer(Bars({'a': float('nan')}))]",
        "finite",
    ),
    "eats memory": ("y = [bytearray(2**26) for _ in range(200)]; return y", "MemoryError"),
    "dies": ("import os; os._exit(3)", "exit 3"),
    "crashes": ("import ctypes; ctypes.string_at(0)", "signal 11"),
    "hangs": ("while True: pass", "did not answer"),
}


async def converse(
    model: Path, head: Path, *, hangs: bool = False
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], EngineClient]:
    """Events of one turn, and what the listener heard; only a head that hangs is waited for less than usual."""
    heard: list[dict[str, Any]] = []
    load = Load(str(model), (str(head),), memory=3 * 2**30)
    patience = {"silence": 12.0, "head_loading": 15.0} if hangs else {}
    client = EngineClient(load, heard.append, **patience)
    await client.start()
    try:
        await client.settled()
        events = [event async for event in client.ask("hello, how are you?")]
    finally:
        await client.close()
    return events, heard, client


def answered(events: list[dict[str, Any]]) -> set[str]:
    """Heads that answered."""
    return {event["head"] for event in events if event["event"] == "answer"}


@pytest.mark.slow
@pytest.mark.parametrize("fault", AT_IMPORT)
def test_a_head_that_fails_at_import_is_named_and_the_others_answer(trained: Path, tmp_path: Path, fault: str) -> None:
    top, what, place = AT_IMPORT[fault]
    file = tmp_path / "faulty.py"
    file.write_text(HEAD.format(top=top, body="pass"))
    events, heard, client = asyncio.run(converse(trained, file, hangs=fault == "hangs"))
    assert answered(events) == {"generation", "retrieval", "sentiment"}
    said = [head["why"] for head in client.heads if head["name"] == "faulty"]
    said += [event["message"] for event in heard if event["event"] == "error"]
    assert any(what in line and place in line for line in said), said


@pytest.mark.slow
@pytest.mark.parametrize("fault", IN_ANSWER)
def test_a_head_that_fails_in_a_turn_gives_one_card_and_the_others_answer(
    trained: Path, tmp_path: Path, fault: str
) -> None:
    body, what = IN_ANSWER[fault]
    file = tmp_path / "faulty.py"
    file.write_text(HEAD.format(top="", body=f"def answer(self, e, x):\n        {body}"))
    events, _, _ = asyncio.run(converse(trained, file, hangs=fault == "hangs"))
    failures = [event for event in events if event["event"] == "failed"]
    assert answered(events) == {"generation", "retrieval", "sentiment"}
    assert [event["head"] for event in failures] == ["faulty"]
    assert what in failures[0]["message"]
    assert failures[0]["place"] in ("faulty.py:7", "faulty.py:8")
    assert events[-1]["event"] == "done"


@pytest.mark.slow
def test_saving_a_heads_file_reloads_it_and_a_broken_one_leaves_the_old(trained: Path, tmp_path: Path) -> None:
    file = tmp_path / "faulty.py"
    good = HEAD.format(top="", body="pass")
    file.write_text(good)

    async def session() -> None:
        news: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        client = EngineClient(Load(str(trained), (str(file),)), news.put_nowait)
        await client.start()
        await client.settled()

        async def reloaded() -> dict[str, Any]:
            while True:
                event = await asyncio.wait_for(news.get(), 60)
                if event["event"] == "reloaded":
                    return event

        async def labels() -> set[str]:
            events = [event async for event in client.ask("good fun", heads=["faulty"])]
            return {label for e in events if e["event"] == "answer" for label in e["answer"]["probabilities"]}

        try:
            assert await labels() == {"happy", "sad"}
            file.write_text(good.replace("happy", "joyful"))
            assert (await reloaded())["ok"]
            assert await labels() == {"joyful", "sad"}
            file.write_text(good + "\n    def answer(self, e, x):\n        return 1 / 0\n")
            event = await reloaded()
            assert not event["ok"]
            assert "ZeroDivisionError" in event["message"]
            assert event["place"].startswith("faulty.py:")
            assert await labels() == {"joyful", "sad"}
        finally:
            await client.close()

    asyncio.run(session())


TOGETHER = {
    "at_build": ("def build(self, info, vocabulary, **o):\n        raise KeyError('w')", "broken", "at_build.py:8"),
    "at_loss": ("def loss(self, e, x):\n        raise RuntimeError('no')", "broken", "at_loss.py:8"),
    "mid_stream": ("def stream(self, ask):\n        yield Piece('so far'); 1 / 0", "failed", "mid_stream.py:8"),
    "mid_type": ("def stream(self, ask):\n        yield 7", "failed", "mid_type.py:7"),
    "leaves": ("def answer(self, e, x):\n        raise GeneratorExit", "failed", "leaves.py:8"),
    "prints": ("def answer(self, e, x):\n        print('x' * 9999); return super().answer(e, x)", "answer", ""),
    "dies_mid_stream": (
        "def stream(self, ask):\n        yield Piece('so far'); import os; os._exit(5)",
        "failed",
        "dies_mid_stream.py:8",
    ),
}


@pytest.mark.slow
def test_many_faulty_heads_in_one_session_and_three_failures_switch_off(trained: Path, tmp_path: Path) -> None:
    for name, (body, _, _) in TOGETHER.items():
        source = HEAD.format(top="from chatkit.plugin_api import Piece", body=body)
        (tmp_path / f"{name}.py").write_text(source.replace('"faulty"', f'"{name}"'))

    async def session() -> tuple[list[list[dict[str, Any]]], list[dict[str, Any]]]:
        client = EngineClient(Load(str(trained), tuple(str(tmp_path / f"{name}.py") for name in TOGETHER)))
        await client.start()
        try:
            await client.settled()
            turns = [[event async for event in client.ask("hello", options={"max_tokens": 4})] for _ in range(4)]
            return turns, client.heads
        finally:
            await client.close()

    turns, heads = asyncio.run(session())
    listed = {head["name"]: head for head in heads}
    failing = {name for name, (_, kind, _) in TOGETHER.items() if kind == "failed"}
    for turn in turns:
        assert {"generation", "retrieval", "sentiment", "prints"} == answered(turn)
    for turn in turns[:3]:
        assert {event["head"]: event["place"] for event in turn if event["event"] == "failed"} == {
            name: TOGETHER[name][2] for name in failing
        }
    assert all(event["disabled"] for event in turns[2] if event["event"] == "failed")
    assert not [event for event in turns[3] if event["event"] == "failed"]
    for name, (_, kind, place) in TOGETHER.items():
        if kind == "broken":
            assert listed[name]["state"] == "broken"
            assert place in listed[name]["why"]
        elif kind == "failed":
            assert listed[name]["state"] == "disabled"
            assert "three times" in listed[name]["why"]
            assert f"/heads on {name}" in listed[name]["why"]


@pytest.mark.slow
def test_a_save_that_hangs_is_left_out_and_a_mended_one_comes_back(trained: Path, tmp_path: Path) -> None:
    """While nobody asks anything; the app is not restarted, only its engine."""
    file = tmp_path / "faulty.py"
    good = HEAD.format(top="", body="pass")
    file.write_text(good)

    async def session() -> None:
        news: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        client = EngineClient(Load(str(trained), (str(file),)), news.put_nowait, head_loading=10.0)
        await client.start()
        await client.settled()

        async def heard(kind: str) -> dict[str, Any]:
            while True:
                event = await asyncio.wait_for(news.get(), 120)
                if event["event"] == kind:
                    return event

        try:
            file.write_text(good + "\nwhile True: pass\n")
            event = await heard("error")
            assert event["message"] == "head faulty is left out: it did not load within 10 s at faulty.py:9"
            await client.settled()
            assert answered([event async for event in client.ask("hi")]) == {"generation", "retrieval", "sentiment"}
            file.write_text(good)
            assert (await heard("reloaded"))["ok"]
            assert "faulty" in answered([event async for event in client.ask("hi")])
        finally:
            await client.close()

    asyncio.run(session())
