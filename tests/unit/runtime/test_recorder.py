"""What the engine says goes into turn and history: at once enough, and nothing after the user's stop."""

import asyncio

import pytest

from chatkit.runtime import branches
from chatkit.runtime.recorder import Recorder
from chatkit.runtime.store import Store
from chatkit.runtime.turn import Turn


@pytest.fixture
def store():
    store = Store(":memory:")
    yield store
    store.close()


def begin(store):
    prompt = store.add_prompt(store.create_session(), "hello")
    turn = Turn(prompt, "hello")
    turn.reply = store.start_reply(prompt, seed=1)
    return Recorder(lambda write: write(store) or 0, lambda: "f00d"), turn


def piece(text):
    return {"event": "piece", "head": "generation", "text": text}


def kept(store, reply):
    return [row["text"] for row in store.rows("SELECT text FROM answer WHERE message = ?", (reply,))]


async def test_the_last_pieces_before_a_head_falls_silent_are_committed_too(store):
    recorder, turn = begin(store)
    for word in ("one ", "two ", "three "):
        recorder.keep(turn, piece(word))
    while kept(store, turn.reply) != ["one two three "]:  # no further piece comes
        await asyncio.sleep(0.01)


async def test_what_comes_after_the_stop_is_dropped_from_turn_history_and_answer(store):
    recorder, turn = begin(store)
    assert recorder.keep(turn, piece("one "))
    turn.stopping = True
    assert not any(recorder.keep(turn, piece(word)) for word in ("two ", "three "))
    answer = {"event": "answer", "head": "generation", "stopped": True}
    answer["answer"] = {"type": "markdown", "text": "one two three "}
    assert recorder.keep(turn, answer)
    assert answer["answer"]["text"] == "one "
    recorder.keep(turn, {"event": "done", "stopped": True, "timing": {}})
    assert (turn.state, turn.reply_text, kept(store, turn.reply)) == ("stopped", "one ", ["one "])
    (row,) = store.rows("SELECT text, state FROM message WHERE id = ?", (turn.reply,))
    assert tuple(row) == ("one ", "stopped")


async def test_an_answer_that_was_whole_at_the_stop_stays_whole(store):
    recorder, turn = begin(store)
    recorder.keep(turn, piece("one "))
    turn.stopping = True
    answer = {"event": "answer", "head": "generation", "stopped": False, "answer": {"type": "text", "text": "one two"}}
    recorder.keep(turn, answer)
    assert turn.reply_text == "one two"


def test_an_edit_is_one_transaction(store, monkeypatch):
    """What a kill between rewinding and adding would leave: the branch as it was, not a shorter one."""
    session = store.create_session()
    prompts = []
    for text in ("one", "two", "three"):
        prompts.append(store.add_prompt(session, text))
        store.finish(store.start_reply(prompts[-1]), "done", text=f"to {text}")
    before = branches.leaf_of(store, session)

    def killed(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "_insert_row", killed)
    with pytest.raises(KeyboardInterrupt):
        store.add_prompt(session, "another two", instead_of=prompts[1])
    assert branches.leaf_of(store, session) == before
    monkeypatch.undo()
    edited = store.add_prompt(session, "another two", instead_of=prompts[1])
    store.start_reply(edited)
    assert [message.text for message in store.messages(session)] == ["one", "to one", "another two", ""]
