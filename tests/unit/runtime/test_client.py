import asyncio
import json
import os
import signal
import sys
import warnings
from pathlib import Path

import pytest

from chatkit.runtime.client import EngineClient, Load, _Turn

FAKE = (sys.executable, str(Path(__file__).parents[2] / "tui" / "fake_engine.py"))
MOOD = {"bars": {"good": 1.0}}


@pytest.fixture
def engine(monkeypatch, tmp_path):
    """Start a client of a fake engine with a script; ended at the end, with no process left behind."""
    clients = []

    async def start(script=None, **options):
        monkeypatch.setenv("FAKE_ENGINE", json.dumps(script or {}))
        heard = []
        client = EngineClient(Load(), heard.append, command=FAKE, log=tmp_path / "engine.log", **options)
        client.heard = heard
        clients.append(client)
        await client.start()
        return client

    yield start
    for client in clients:
        assert client.pid is None, "the test must close its client"


async def ask(client, text="hi", **options):
    return [event async for event in client.ask(text, **options)]


async def listen(client, said):
    """Events of a turn; ``said`` is set by the first piece of a reply."""
    events = []
    async for event in client.ask("hi"):
        events.append(event)
        if event["event"] == "piece":
            said.set()
    return events


def kinds(events):
    return [(event["event"], event.get("head")) for event in events if event["event"] != "piece"]


async def killed(client):
    """Kill the engine, and wait until its client has seen it."""
    pid = client.pid
    os.kill(pid, signal.SIGKILL)
    async with asyncio.timeout(60):
        while client.pid == pid and client.state != "dead":
            await asyncio.sleep(0.01)


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def runs_in_group(group):
    """Processes of a group that are no zombies (an orphan's zombie is for init to reap)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(its_group) == group and state != "Z":
            found.append(stat)
    return found


async def test_a_turn_yields_its_events_in_order(engine):
    client = await engine()
    events = await ask(client, seed=17)
    assert kinds(events) == [
        ("calling", "generation"),
        ("answer", "generation"),
        ("calling", "sentiment"),
        ("answer", "sentiment"),
        ("calling", "retrieval"),
        ("answer", "retrieval"),
        ("done", None),
    ]
    assert events[-1]["seed"] == 17
    said = "".join(event["text"] for event in events if event["event"] == "piece")
    assert said == next(e for e in events if e["event"] == "answer")["answer"]["text"]
    assert (client.state, client.model, client.lineage) == ("ready", "fake", "f00d")
    await client.close()
    states = [event["state"] for event in client.heard if event["event"] == "state"]
    assert states == ["loading", "ready", "answering", "ready", "off"]


@pytest.mark.parametrize(
    ("how", "message"),
    [("segfault", "crashed the engine (signal 11)"), ("exit", "ended the engine (exit 3)")],
)
async def test_a_head_that_ends_the_engine_is_named_and_the_others_answer(engine, how, message):
    client = await engine({"heads": {"bad": {"say": "a b c", "crash": how, "at": 2}, "mood": MOOD}})
    first = client.pid
    for turn in (1, 2, 3):
        events = await ask(client)
        failed = next(event for event in events if event["event"] == "failed")
        assert (failed["head"], failed["message"], failed["disabled"]) == ("bad", message, turn == 3)
        assert kinds(events)[-3:] == [("calling", "mood"), ("answer", "mood"), ("done", None)]
        assert {event["turn"] for event in events} == {turn}
    assert ("failed", "bad") not in kinds(await ask(client))  # off by now
    assert {head["name"]: head["state"] for head in client.heads} == {"bad": "disabled", "mood": "ok"}
    assert not is_running(first)
    client.enable("bad")
    assert ("failed", "bad") in kinds(await ask(client))
    await client.close()


async def test_a_head_that_hangs_is_ended(engine):
    client = await engine({"heads": {"bad": {"crash": "hang"}, "mood": MOOD}}, silence=0.4)
    events = await ask(client)
    assert ("failed", "bad") in kinds(events)
    assert next(e for e in events if e["event"] == "failed")["message"] == "did not answer for 0.4 s"
    assert ("answer", "mood") in kinds(events)
    await client.close()


async def test_three_exceptions_disable_a_head(engine):
    client = await engine({"heads": {"bad": {"crash": "raise"}, "mood": MOOD}})
    disabled = [e["disabled"] for _ in range(4) for e in await ask(client) if e["event"] == "failed"]
    assert disabled == [False, False, True]
    await client.close()


async def test_cancel_keeps_what_was_said(engine):
    client = await engine({"heads": {"talk": {"say": "word " * 500, "pause": 0.01}}})
    events = []
    async for event in client.ask("hi"):
        events.append(event)
        if len(events) == 5:
            client.cancel()
    pieces = [event for event in events if event["event"] == "piece"]
    assert 3 <= len(pieces) <= 7
    assert events[-2]["stopped"]
    assert events[-2]["answer"]["text"] == "".join(piece["text"] for piece in pieces)
    assert events[-1]["stopped"]
    await client.close()


async def test_a_head_that_ignores_cancel_is_ended(engine):
    script = {"heads": {"talk": {"say": "word " * 20_000, "pause": 0.01}}, "ignore_cancel": True}
    client = await engine(script, grace=0.3)
    said = asyncio.Event()
    turn = asyncio.create_task(listen(client, said))
    await said.wait()
    client.cancel()
    events = await asyncio.wait_for(turn, 60)  # its reply would take minutes
    assert events[-2]["message"] == "did not stop within 0.3 s"
    assert events[-1]["stopped"]
    await client.close()


async def test_cancel_while_loading_ends_the_turn_at_once(engine):
    client = await engine({"load": 600})
    asyncio.get_running_loop().call_later(0.1, client.cancel)
    assert kinds(await asyncio.wait_for(ask(client), 60)) == [("done", None)]
    await client.close()


async def test_garbage_is_logged_and_goes_unnoticed(engine, tmp_path):
    client = await engine({"garbage": True, "heads": {"mood": MOOD}})
    assert kinds(await ask(client))[-2:] == [("answer", "mood"), ("done", None)]
    await client.close()
    log = (tmp_path / "engine.log").read_text()
    assert "not an event: b'not json'" in log
    assert "more than 10000000 bytes" in log


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ({"load_error": "no model in /x"}, "no model in /x"),
        ({"load_exit": 4}, "the engine ended (exit 4) while it loaded"),
    ],
)
async def test_an_engine_that_cannot_load_says_why_in_each_turn(engine, script, message):
    client = await engine(script)
    for _ in range(2):
        events = await ask(client)
        assert [event.get("message") for event in events] == [message, None]
        assert client.state == "dead"
    await client.close()


async def test_an_engine_that_cannot_be_started_says_so():
    client = EngineClient(Load(), command=["/no/such/program"])
    await client.start()
    events = await ask(client)
    assert "cannot be started" in events[0]["message"]
    await client.close()


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("segfault", "it crashed the engine (signal 11) while it was loaded"),
        ("hang", "it did not load within 0.4 s"),
    ],
)
async def test_a_head_that_ends_the_engine_while_it_is_loaded_is_left_out(engine, how, message):
    client = await engine({"heads": {"bad": {"load_crash": how}, "mood": MOOD}}, head_loading=0.4)
    assert kinds(await ask(client))[-2:] == [("answer", "mood"), ("done", None)]
    assert f"head bad is left out: {message}" in [e["message"] for e in client.heard if e["event"] == "error"]
    assert {head["name"]: head["state"] for head in client.heads} == {"bad": "disabled", "mood": "ok"}
    await client.close()


async def test_loading_has_a_limit(engine):
    client = await engine({"load": 30}, loading=0.3)
    assert "did not load within 0.3 s" in (await ask(client))[0]["message"]
    await client.close()


async def test_an_engine_killed_between_turns_comes_back(engine):
    client = await engine({"heads": {"mood": MOOD}})
    await ask(client)
    await killed(client)
    assert kinds(await ask(client))[-2:] == [("answer", "mood"), ("done", None)]
    await client.close()


async def test_an_engine_that_always_dies_is_given_up(engine):
    client = await engine({"heads": {"mood": MOOD}})
    for _ in range(4):
        await client.settled()
        await killed(client)
    assert client.state == "dead"
    assert "again and again" in client.trouble
    await client.close()


async def test_closing_in_the_middle_of_a_reply_is_quick_and_leaves_nothing(engine):
    script = {"heads": {"talk": {"say": "word " * 20_000, "pause": 0.01}}, "children": True}
    client = await engine(script)
    said = asyncio.Event()
    turn = asyncio.create_task(listen(client, said))
    await said.wait()
    pid = client.pid
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        await asyncio.wait_for(client.close(), 60)
    assert not is_running(pid)
    async with asyncio.timeout(60):
        while runs_in_group(pid):  # what its heads had spawned goes too
            await asyncio.sleep(0.01)
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # no zombie


async def test_a_second_turn_at_once_is_refused(engine):
    client = await engine({"heads": {"talk": {"say": "word " * 20_000, "pause": 0.01}}})
    said = asyncio.Event()
    turn = asyncio.create_task(listen(client, said))
    await said.wait()
    with pytest.raises(RuntimeError, match="running"):
        await ask(client)
    client.cancel()
    await turn
    await client.close()


@pytest.mark.parametrize("steps", range(5))
async def test_the_end_of_the_app_is_not_taken_for_an_event_that_comes_with_it(steps, tmp_path):
    """Python 3.11's ``wait_for`` swallowed it, and the app waited for the next prompt for ever."""
    client, turn = EngineClient(Load(), [].append, command=FAKE, log=tmp_path / "engine.log"), _Turn(1, {}, None)
    waiting = asyncio.create_task(client._next(turn))
    await asyncio.sleep(0)
    turn.inbox.put_nowait({"event": "piece"})
    for _ in range(steps):
        await asyncio.sleep(0)
    if waiting.done():
        assert waiting.result() == {"event": "piece"}
        return
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
