"""The window of the conversation that a reply sees: in strides, and the same in the chat and in a replay."""

from hypothesis import given
from hypothesis import strategies as st

from chatkit.runtime import branches, context
from chatkit.runtime.exchange import export_json
from chatkit.runtime.replay import replies
from chatkit.runtime.store import Store


def test_the_window_stays_until_it_is_full_and_then_keeps_its_newer_half():
    held = [context.seen([1] * n) for n in range(200)]
    assert held[:51] == list(range(51))
    assert held[51:77] == list(range(25, 51))
    begins = [n - seen for n, seen in enumerate(held)]
    assert len(set(begins)) == 7  # it moved six times in 200 messages, not 150 times


def test_a_message_is_encoded_about_twice_however_long_the_conversation_is():
    """What a running state encodes: all of a window that begins elsewhere, else what is new in it."""
    encoded, begin, known = 0, 0, 0
    for n in range(1, 1001):
        seen = context.seen([1] * n)
        encoded += n - known if n - seen == begin else seen
        begin, known = n - seen, n
    assert encoded < 2.1 * 1000


@given(st.lists(st.integers(0, 60), max_size=80), st.integers(2, 12), st.integers(10, 100))
def test_a_window_is_never_over_its_limits_and_ends_with_the_last_message(sizes, most, most_bytes):
    seen = context.seen(sizes, most, most_bytes)
    assert 0 <= seen <= min(len(sizes), most)
    assert sum(sizes[len(sizes) - seen :]) <= most_bytes
    if sizes and sizes[-1] <= most_bytes:
        assert seen >= 1


def test_one_message_that_is_too_long_is_not_seen_but_what_follows_is():
    assert context.seen([5, 101, 5, 5], most_bytes=100) == 2
    assert context.seen([5, 101], most_bytes=100) == 0
    assert context.seen([40, 40, 60], most_bytes=100) == 1


def talk(store, turns, *, keep_seen):
    session = store.create_session()
    sent = []
    for number in range(turns):
        prompt = store.add_prompt(session, f"prompt {number} é\ud800")
        reply = store.start_reply(prompt, seed=number)
        history, seen = branches.context(store, branches.parent_of(store, prompt))
        sent.append(history)
        said = f"reply {number}"
        store.set_answer(reply, "generation", {"type": "text", "text": said}, text=said)
        store.finish(reply, "done", text=said, facts={"seen": seen} if keep_seen else {})
    return session, sent


def test_a_replay_sees_what_the_reply_saw():
    for keep_seen in (True, False):
        store = Store(":memory:")
        session, sent = talk(store, 70, keep_seen=keep_seen)
        assert max(map(len, sent)) == 50
        assert [said.history for said in replies(export_json(store, session))] == sent


def test_a_replay_believes_what_the_reply_kept():
    store = Store(":memory:")
    session, _ = talk(store, 3, keep_seen=True)
    data = export_json(store, session)
    data["messages"][-1]["facts"]["seen"] = 1
    assert [turn["text"] for turn in replies(data)[-1].history] == ["reply 1"]
