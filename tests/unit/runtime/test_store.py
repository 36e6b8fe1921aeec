import contextlib
import functools
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatkit.errors import StorageError
from chatkit.runtime import database, index_tables, owner, schema
from chatkit.runtime.store import Store

ANY_TEXT = st.text(st.characters(min_codepoint=0, max_codepoint=0x10FFFF), max_size=200)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home" / "history.db"


@pytest.fixture
def store(path):
    store = Store(path)
    yield store
    store.close()


def talk(store, *texts, session=None):
    session = store.create_session() if session is None else session
    for text in texts:
        reply = store.start_reply(store.add_prompt(session, text), seed=7, lineage="f00d")
        store.set_answer(reply, "generation", {"type": "text", "text": f"re: {text}"}, text=f"re: {text}")
        store.finish(reply, "done", text=f"re: {text}", facts={"timing": {}}, lineage="f00d")
    return session


def said(store, session):
    return [message.text for message in store.messages(session) if message.text]


def test_a_conversation_comes_back(store, path):
    session = talk(store, "hello", "and then?")
    store.close()
    messages = Store(path).messages(session)
    assert [(m.speaker, m.text, m.state) for m in messages] == [
        ("user", "hello", "done"),
        ("assistant", "re: hello", "done"),
        ("user", "and then?", "done"),
        ("assistant", "re: and then?", "done"),
    ]
    assert [m.parent for m in messages] == [None, *[m.id for m in messages[:-1]]]
    assert messages[1].answers[0].data == {"type": "text", "text": "re: hello"}
    assert (messages[1].seed, messages[1].lineage) == (7, "f00d")


def test_the_file_is_private_and_so_is_what_lies_beside_it(store, path):
    talk(store, "secret")
    files = list(path.parent.iterdir())
    assert len(files) > 1  # the write-ahead log
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_file_that_others_can_read_is_found(path, monkeypatch):
    """The check above fails where the file is made as any other."""
    monkeypatch.setattr(database, "_create_private", lambda path: (path.parent.mkdir(parents=True), path.touch()))
    before = os.umask(0o022)
    Store(path).close()
    os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) != 0o600


@settings(max_examples=60, deadline=None)
@given(text=ANY_TEXT, reply=st.lists(ANY_TEXT, max_size=3))
def test_any_text_comes_back_unchanged(text, reply):
    store = Store(":memory:")
    session = store.create_session()
    message = store.start_reply(store.add_prompt(session, text))
    for piece in reply:
        store.append(message, "generation", piece)
    streamed = [answer.text for answer in store.messages(session)[-1].answers]
    assert streamed == (["".join(reply)] if reply else [])
    store.finish(message, "done", text="".join(reply))
    prompt, answer = store.messages(session)
    assert (prompt.text, answer.text) == (text, "".join(reply))
    store.rename_session(session, text)
    assert store.session(session).name == text
    store.close()


@pytest.mark.parametrize(
    ("words", "found"),
    [("recommend", 1), ("RECOMMEND rest", 1), ("天气", 1), ("今天天气", 1), ("ов", 1), ("nothing", 0), ('a"b', 1)],
)
def test_search_finds_words_of_any_script(store, words, found):
    texts = ["can you recommend a restaurant?", "我说今天天气很好", "Привет, готов?", 'odd a"b* OR text']
    session = talk(store, *texts)
    hits = [hit for hit in store.search(words) if hit.speaker == "user"]
    assert len(hits) == found
    for hit in hits:
        assert hit.session == session
        assert words.split()[0].lower() in hit.snippet.lower()


def test_a_deleted_session_leaves_no_word_in_the_file(store, path):
    talk(store, "keep this sentence")
    gone = talk(store, "the zqxjvk platypus")
    store.delete_session(gone)
    store.close()
    left = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"keep this sentence" in left
    for word in (b"platypus", b"zqx", b"qxj", b"xjv", b"jvk"):  # words, and the trigrams of the index
        assert word not in left


@pytest.mark.parametrize("fault", ["secure_delete", "optimize"])
def test_what_a_deletion_would_leave_is_found(path, monkeypatch, fault):
    """The check above fails where the promise is broken: with either safeguard taken away, words stay."""

    class Careless(sqlite3.Connection):
        def execute(self, query, *values):
            if fault in query:
                query = "PRAGMA secure_delete = OFF" if fault == "secure_delete" else "SELECT 1"
            return super().execute(query, *values)

    monkeypatch.setattr(sqlite3, "connect", functools.partial(sqlite3.connect, factory=Careless))
    store = Store(path)
    talk(store, "keep this sentence")
    gone = talk(store, "the zqxjvk platypus")
    store.delete_session(gone)
    store.close()
    left = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert any(word in left for word in (b"platypus", b"zqx", b"qxj", b"xjv", b"jvk"))


def test_sessions_are_listed_renamed_and_refused(store):
    first, second = talk(store, "one\n two"), talk(store, "three")
    store.create_session()  # empty ones are not listed
    assert [s.id for s in store.sessions()] == [second, first]
    assert store.session(first).title == "one two"
    store.rename_session(first, "name")
    assert store.session(first).title == "name"
    for act in (store.session, store.delete_session, lambda s: store.rename_session(s, "x")):
        with pytest.raises(StorageError, match="no session 99"):
            act(99)


def test_a_long_session_is_paged_upwards(store):
    session = talk(store, *map(str, range(30)))
    last = store.messages(session, limit=10)
    assert [m.text for m in last if m.speaker == "user"] == ["25", "26", "27", "28", "29"]
    above = store.messages(session, limit=10, before=last[0].id)
    assert [m.text for m in above if m.speaker == "user"] == ["20", "21", "22", "23", "24"]
    assert said(store, session)[0] == "5"  # 50 messages
    assert store.prompts(3) == ["27", "28", "29"]


def test_a_queued_prompt_is_safe_and_takes_its_place_in_turn(store):
    session = store.create_session()
    first, second = store.add_prompt(session, "a"), store.add_prompt(session, "b")
    reply = store.start_reply(first)
    store.finish(reply, "done", text="A")
    assert said(store, session) == ["a", "A"]
    store.start_reply(second)
    assert said(store, session) == ["a", "A", "b"]


CHILD = """
import os, sys, time
from chatkit.runtime.store import Store
store = Store(sys.argv[1])
session = store.create_session()
reply = store.start_reply(store.add_prompt(session, "asked"), seed=1)
store.add_prompt(session, "queued")
number = 0
while True:
    store.append(reply, "generation", f"{number} ")
    print(number, flush=True)
    number += 1
    time.sleep(0.002)
"""


def spawn(path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", textwrap.dedent(CHILD), str(path)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


@pytest.mark.parametrize("wait", [0.0, 0.02, 0.05, 0.11])
def test_kill_9_loses_nothing_that_was_committed(path, wait):
    child = spawn(path)
    last = child.stdout.readline()
    time.sleep(wait)
    child.send_signal(signal.SIGKILL)
    last = int((last + child.stdout.read()).split()[-1])
    child.wait()
    child.stdout.close()

    store = Store(path)
    prompt, reply, queued = store.messages(store.sessions()[0].id)
    assert (prompt.text, reply.state, queued.text, queued.state) == ("asked", "interrupted", "queued", "done")
    numbers = [int(number) for number in reply.text.split()]
    assert numbers == list(range(len(numbers)))
    assert last in (numbers[-1], numbers[-1] - 1)  # every printed number was committed
    assert reply.answers[0].state == "interrupted"
    assert store.search("asked")
    store.close()


def test_the_reply_of_a_living_app_is_left_alone(path):
    child = spawn(path)
    child.stdout.readline()
    try:
        store = Store(path)
        session = store.sessions()[0].id
        assert store.messages(session)[-1].state == "running"
        mine = talk(store, "meanwhile")
        assert said(store, mine) == ["meanwhile", "re: meanwhile"]
        store.close()
    finally:
        child.kill()
        child.communicate()
    assert Store(path).messages(session)[1].state == "interrupted"


def test_owners_are_told_apart():
    mine = owner.owner_of(os.getpid())
    assert owner.is_alive(mine, time.time())
    host, pid, start = mine.split("/")
    assert not owner.is_alive(f"{host}/{pid}/{int(start) - 1}", time.time())  # the number was given anew
    assert owner.is_alive(f"elsewhere/{pid}/{start}", time.time())
    assert not owner.is_alive(f"elsewhere/{pid}/{start}", time.time() - 2 * owner.FAR_OFF_SECONDS)


def test_a_newer_format_is_refused_with_the_way_out(store, path):
    store.close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    db.close()
    with pytest.raises(StorageError, match=r"format 2.*reads up to 1.*upgrade"):
        Store(path)


def test_what_is_no_history_is_left_as_it_is(tmp_path):
    text, other = tmp_path / "text.db", tmp_path / "other.db"
    text.write_text("this is no database, however long it may be" * 9)
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE x(y)")
    db.close()
    for path in (text, other):
        before = path.read_bytes()
        with pytest.raises(StorageError):
            Store(path)
        assert path.read_bytes() == before
    with pytest.raises(StorageError, match="permissions"):
        Store(text / "below" / "history.db")


def test_a_full_disk_is_one_clear_line_and_rolls_back(store):
    session = talk(store, "before")
    pages = store.rows("PRAGMA page_count")[0][0]
    store.rows(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageError, match=r"full.*make room on the disk"):
        store.add_prompt(session, "x" * 100_000)
    assert said(store, session) == ["before", "re: before"]
    copy = store.copy_of(session)
    assert not copy.saved
    talk(copy, "after", session=session)
    assert said(copy, session) == ["before", "re: before", "after", "re: after"]
    copy.close()


def test_many_apps_may_start_at_once(path):
    script = "import sys; from chatkit.runtime.store import Store; print(Store(sys.argv[1]).create_session())"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", script, str(path)]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(4)]
    assert sorted(int(child.communicate()[0]) for child in children) == [1, 2, 3, 4]


class _Between:
    """A connection on which another app makes its tables after so many statements."""

    def __init__(self, db, after, other):
        self.db, self.after, self.other = db, after, other

    def execute(self, *statement):
        rows = self.db.execute(*statement).fetchall()
        self.after -= 1
        if self.after == 0:
            self.other()
        return self.db.execute("SELECT 1") if not rows else _Rows(rows)

    def __getattr__(self, name):
        return getattr(self.db, name)


class _Rows(list):
    def fetchone(self):
        return self[0]


@pytest.mark.parametrize("tables", [schema, index_tables], ids=["history", "index"])
@pytest.mark.parametrize("after", [1, 2, 3])
def test_tables_that_another_app_makes_meanwhile_are_ours(tmp_path, tables, after):
    file = str(tmp_path / "some.db")

    def other():
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as db:
            tables.migrate(db, file)

    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as db:
        tables.migrate(_Between(db, after, other), file)
        assert db.execute("PRAGMA user_version").fetchone() == (tables.VERSION,)


def test_two_stores_write_side_by_side(path):
    one, two = Store(path), Store(path)
    first = one.create_session()
    second = two.create_session()
    for number in range(20):
        talk(one, f"one {number}", session=first)
        talk(two, f"two {number}", session=second)
    assert len(one.messages(second)) == len(two.messages(first)) == 40
    one.close()
    two.close()


@pytest.mark.parametrize("word", ["%", "_", "\\", "%_", "'", '"'])
def test_search_takes_short_words_as_they_stand(store, word):
    session = store.create_session()
    store.add_prompt(session, "nothing of the kind")
    wanted = store.add_prompt(session, f"here: {word}")
    assert [found.message for found in store.search(word)] == [wanted]
    assert [found.message for found in store.search(f"here: {word}")] == [wanted]
