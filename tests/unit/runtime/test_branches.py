import pytest

from chatkit.errors import StorageError
from chatkit.runtime import branches
from chatkit.runtime.store import Store


@pytest.fixture
def store():
    store = Store(":memory:")
    yield store
    store.close()


def turn(store, session, text, said, facts=None, **options):
    prompt = store.add_prompt(session, text, facts, **options)
    reply = store.start_reply(prompt)
    store.finish(reply, "done", text=said)
    return prompt, reply


def shown(store, session):
    return [message.text for message in store.messages(session)]


def test_a_second_reply_and_an_edited_prompt_keep_the_first_ones(store):
    session = store.create_session()
    first, reply = turn(store, session, "one", "reply one")
    second, _ = turn(store, session, "two", "reply two")
    branches.choose(store, second)
    other = store.start_reply(second)
    store.finish(other, "done", text="another reply two")
    assert shown(store, session) == ["one", "reply one", "two", "another reply two"]

    edited, _ = turn(store, session, "two, edited", "reply to the edited", instead_of=second)
    assert shown(store, session) == ["one", "reply one", "two, edited", "reply to the edited"]
    messages = store.messages(session)
    assert branches.versions(store, messages) == {edited: [second, edited]}

    branches.choose(store, second)
    assert shown(store, session) == ["one", "reply one", "two", "another reply two"]
    found = branches.versions(store, store.messages(session))
    assert found[other] == sorted(found[other])
    assert len(found[other]) == 2
    assert branches.is_shown(store, other)
    assert not branches.is_shown(store, edited)
    assert branches.session_of(store, edited) == session
    assert first < reply < second


def test_the_first_prompt_can_be_edited_too(store):
    session = store.create_session()
    first, _ = turn(store, session, "one", "reply")
    turn(store, session, "uno", "risposta", instead_of=first)
    assert shown(store, session) == ["uno", "risposta"]
    assert len(branches.versions(store, store.messages(session))) == 1


def test_the_context_of_a_prompt_leaves_out_what_was_asked_beside_the_conversation(store):
    session = store.create_session()
    turn(store, session, "one", "reply one")
    turn(store, session, "beside", "said beside", {"aside": True, "heads": ["translation"], "options": {}})
    last, _ = turn(store, session, "two", "reply two")
    said, seen = branches.context(store, branches.parent_of(store, last))
    assert said == [{"speaker": "user", "text": "one"}, {"speaker": "assistant", "text": "reply one"}]
    assert seen == 4
    said, _ = branches.context(store, branches.leaf_of(store, session))
    assert [turn["text"] for turn in said] == ["one", "reply one", "two", "reply two"]
    assert branches.context(store, branches.leaf_of(store, None)) == ([], 0)


def test_the_prompt_of_a_reply(store):
    session = store.create_session()
    prompt, reply = turn(store, session, "one", "reply", {"heads": ["mood"]})
    assert branches.prompt_of(store, reply) == branches.prompt_of(store, prompt) == (prompt, "one", {"heads": ["mood"]})
    for ask in (branches.prompt_of, branches.session_of, branches.choose):
        with pytest.raises(StorageError, match="there is no message 999"):
            ask(store, 999)


def test_a_queued_prompt_is_no_version(store):
    session = store.create_session()
    turn(store, session, "one", "reply")
    store.add_prompt(session, "waiting")
    assert branches.versions(store, store.messages(session)) == {}
