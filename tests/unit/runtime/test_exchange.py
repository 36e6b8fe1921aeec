"""A session leaves as a file and comes back the same; a file from elsewhere is checked; a reply can be made again."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatkit.errors import DataError, StorageError
from chatkit.head.answer import Answer, Ranking
from chatkit.runtime.client import EngineClient, Load
from chatkit.runtime.exchange import branch, export_json, export_markdown, import_session, read_session
from chatkit.runtime.replay import replies
from chatkit.runtime.session import Chat
from chatkit.runtime.store import Store

ANY_TEXT = st.text(st.characters(min_codepoint=0, max_codepoint=0x10FFFF), max_size=80)


def talk(store: Store, *texts: str) -> int:
    session = store.create_session("a name")
    for text in texts:
        reply = store.start_reply(store.add_prompt(session, text), seed=7, lineage="f00d")
        store.set_answer(reply, "mood", {"type": "bars", "label": "good", "probabilities": {"good": 1.0}})
        store.set_answer(reply, "generation", {"type": "text", "text": f"re: {text}"}, text=f"re: {text}")
        store.finish(reply, "done", text=f"re: {text}", facts={"timing": {"total": 0.5}}, lineage="f00d")
    return session


def forked(store: Store) -> int:
    """A session with two replies to its first prompt; the second is shown."""
    session = talk(store, "first")
    prompt = store.messages(session)[0].id
    store.rows("UPDATE session SET leaf = ? WHERE id = ?", (prompt, session))
    reply = store.start_reply(prompt, seed=8, lineage="f00d")
    store.finish(reply, "stopped", text="another", lineage="f00d")
    return session


def same(data: dict[str, Any]) -> Any:
    """All of an export but the numbers of its messages, which each database gives anew."""
    order = {message["id"]: i for i, message in enumerate(data["messages"])}
    messages = [{**m, "id": order[m["id"]], "parent": order.get(m["parent"])} for m in data["messages"]]
    return {**data, "leaf": order.get(data["leaf"]), "messages": messages}


@settings(max_examples=30, deadline=None)
@given(st.lists(ANY_TEXT, max_size=4))
def test_every_text_comes_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    file = tmp_path_factory.mktemp("exchange") / "chat.json"
    store, other = Store(":memory:"), Store(":memory:")
    talk(other, "it has a session already")
    data = export_json(store, talk(store, *texts))
    file.write_text(json.dumps(data))
    back = export_json(other, import_session(other, read_session(file)))
    assert same(back) == same(data)


def test_all_branches_come_back_and_the_shown_one_is_shown(tmp_path: Path) -> None:
    store, other, file = Store(":memory:"), Store(":memory:"), tmp_path / "chat.json"
    data = export_json(store, forked(store))
    assert [message["text"] for message in data["messages"]] == ["first", "re: first", "another"]
    assert [message["text"] for message in branch(data)] == ["first", "another"]
    file.write_text(json.dumps(data))
    session = import_session(other, read_session(file))
    assert [m.text for m in other.messages(session)] == ["first", "another"]
    assert [found.message for found in other.search("re: first")]


def test_what_was_being_written_is_interrupted_in_the_copy(tmp_path: Path) -> None:
    store, file = Store(":memory:"), tmp_path / "chat.json"
    session = store.create_session()
    store.start_reply(store.add_prompt(session, "hello"))
    file.write_text(json.dumps(export_json(store, session)))
    copy = Store(":memory:")
    assert [m.state for m in copy.messages(import_session(copy, read_session(file)))] == ["done", "interrupted"]


@pytest.mark.parametrize(
    ("text", "heads", "says"),
    [("what a day", None, False), ("where is the key?", None, True), ("the key", ["retrieval"], True)],
)
def test_markdown_has_no_empty_ranking_beside_small_talk(text: str, heads: list[str] | None, says: bool) -> None:
    store = Store(":memory:")
    session = store.create_session()
    reply = store.start_reply(store.add_prompt(session, text, {"heads": heads}))
    store.set_answer(reply, "retrieval", Answer(Ranking(())).as_json())
    store.finish(reply, "done", text="well")
    assert ("no passage found" in export_markdown(store, session)) is says


def test_markdown_tells_who_said_what(tmp_path: Path) -> None:
    store = Store(":memory:")
    text = export_markdown(store, talk(store, "hello *there*"))
    assert text.startswith("# a name\n")
    assert "**You**\n\nhello *there*\n" in text
    assert "**chatkit**\n\nre: hello *there*\n" in text
    assert "> mood: good" in text
    with pytest.raises(StorageError, match="no session 99"):
        export_markdown(store, 99)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda d: d.update(kind="other"), "no session of chatkit's"),
        (lambda d: d.update(format=99), "format 99"),
        (lambda d: d.update(messages=3), "lacks its name or its messages"),
        (lambda d: d.update(created=float("inf")), "created and changed"),
        (lambda d: d.update(changed=1e15), "created and changed"),
        (lambda d: d.update(created=-5), "created and changed"),
        (lambda d: d.update(leaf=12345), "leaf names no message"),
        (lambda d: d.pop("leaf"), "lacks its leaf"),
        (lambda d: d.update(leaf=True), "lacks its leaf"),
        (lambda d: d["messages"][1].pop("parent"), "message 2: lacks parent or seed"),
        (lambda d: d["messages"][1].pop("seed"), "message 2: lacks parent or seed"),
        (lambda d: d["messages"][0].update(parent=[]), "message 1: follows a message"),
        (lambda d: d["messages"][0].update(parent=d["messages"][1]["id"]), "message 1: follows a message"),
        (lambda d: d["messages"][1].update(id=d["messages"][0]["id"]), "message 2: has no number of its own"),
        (lambda d: d["messages"][1].update(speaker="system"), "message 2: lacks speaker"),
        (lambda d: d["messages"][1].update(text=None), "message 2: lacks speaker, text"),
        (lambda d: d["messages"][1].update(seed=2**70), "message 2: seed"),
        (lambda d: d["messages"][1].update(facts=[]), "message 2: lacks facts"),
        (lambda d: d["messages"][1]["answers"][0].update(data="x"), "message 2: an answer lacks"),
        (lambda d: d["messages"][1]["answers"].append(d["messages"][1]["answers"][0]), "two answers of mood"),
    ],
)
def test_a_file_that_is_none_changes_nothing_and_says_why(tmp_path: Path, change: Any, what: str) -> None:
    store, file = Store(":memory:"), tmp_path / "chat.json"
    data = export_json(store, talk(store, "hello"))
    change(data)
    file.write_text(json.dumps(data))
    with pytest.raises(DataError, match=what):
        read_session(file)


@pytest.mark.parametrize("content", ["", "{", "[1]", "[" * 100_000, "\ud800", "null"])
def test_a_file_of_anything_is_one_clear_error(tmp_path: Path, content: str) -> None:
    file = tmp_path / "chat.json"
    file.write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(DataError, match=r"chat\.json"):
        read_session(file)
    with pytest.raises(DataError, match="cannot be read"):
        read_session(tmp_path)


def test_a_replay_chooses_as_was_chosen_then_whatever_the_head_does_today() -> None:
    store = Store(":memory:")
    data = export_json(store, talk(store, "a", "b", "c"))
    asked = [message for message in data["messages"] if message["speaker"] == "assistant"]
    weighed = {"objectives": {"fluency": {"weight": 0.5}, "warmth": {"weight": 0.0}}}
    asked[0]["facts"] = {}
    asked[1]["facts"] = {"choices": {"generation": weighed}}
    asked[2]["facts"] = {"options": {"dial": {"warmth": 1.0}}, "choices": {"generation": weighed}}
    options = [dict(reply.options) for reply in replies(data)]
    prompts = [message["created"] for message in data["messages"] if message["speaker"] == "user"]
    assert [each.pop("now") for each in options] == prompts  # what the clock says is said again
    assert options == [
        {"candidates": 1},
        {"dial": {"fluency": 0.5, "warmth": 0.0}},
        {"dial": {"fluency": 0.5, "warmth": 1.0}},
    ]


def test_replies_stand_behind_what_the_engine_was_sent() -> None:
    store = Store(":memory:")
    first, second, third = replies(export_json(store, talk(store, "a", "b", "c")))
    assert (first.text, first.history, first.reply, first.seed) == ("a", [], "re: a", 7)
    assert [turn["text"] for turn in second.history] == ["a", "re: a"]
    assert [turn["text"] for turn in third.history] == ["a", "re: a", "b", "re: b"]
    assert first.equals("re: a")
    assert not first.equals("re: ab")
    with pytest.raises(DataError, match="nothing to replay"):
        replies(export_json(store, store.create_session()))


def test_a_prompt_that_was_queued_stands_behind_the_reply_it_follows(tmp_path: Path) -> None:
    store, file = Store(":memory:"), tmp_path / "chat.json"
    session = store.create_session()
    first, queued = store.add_prompt(session, "first"), store.add_prompt(session, "second")
    for prompt in (first, queued):
        store.finish(store.start_reply(prompt, seed=1), "done", text=f"to {prompt}")
    file.write_text(json.dumps(export_json(store, session)))
    copy = Store(":memory:")
    shown = [m.text for m in copy.messages(import_session(copy, read_session(file)))]
    assert shown == [m.text for m in store.messages(session)] == ["first", f"to {first}", "second", f"to {queued}"]


@pytest.mark.slow
def test_a_chat_through_the_engine_is_made_again_word_for_word(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from chatkit.cli import run

    file = tmp_path / "chat.json"

    async def chat() -> None:
        store = Store(":memory:")
        talking = Chat(EngineClient(Load(str(trained))), store, lambda update: None)
        runner = asyncio.create_task(talking.run())
        for text in ("hello, how are you?", "what should I cook tonight?", "and then?"):
            talking.send(text)
        await talking.drained()
        assert talking.session is not None
        file.write_text(json.dumps(export_json(store, talking.session)))
        runner.cancel()
        await talking.close()

    asyncio.run(chat())
    assert run(["ask", "--replay", str(file), "--model", str(trained), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["replies"]
    assert [row["same"] for row in rows] == [True] * 3
    assert all(row["again"] == row["said"] != "" for row in rows)
    data = json.loads(file.read_text())
    data["messages"][1]["seed"] += 1
    data["messages"][1]["text"] = data["messages"][1]["answers"][0]["text"] = "something else"
    file.write_text(json.dumps(data))
    assert run(["ask", "--replay", str(file), "--model", str(trained)]) == 1
    data["messages"][1]["lineage"] = "0" * 16
    file.write_text(json.dumps(data))
    assert run(["ask", "--replay", str(file), "--model", str(trained)]) == 2
    assert "another assistant" in capsys.readouterr().err
