"""An encrypted history: what is on the disk, who can read it, and that no word is lost on the way."""

import os
import stat
import subprocess
import sys

import pytest

from chatkit import paths, sealed
from chatkit.cli import run
from chatkit.data.history import history_rows
from chatkit.data.records import Problems, Report
from chatkit.errors import StorageError
from chatkit.runtime import database, sealing
from chatkit.runtime.store import Store
from chatkit.tui.opening import Options, open_chat

cipher = pytest.importorskip("sqlcipher3.dbapi2", reason="encryption needs: pip install 'chatkit-tui[encrypted]'")

PASSPHRASE = "four words o'clock now"
WORDS = ("platypus", "天气很好", "Привет", "zqxjvk")
TEXTS = ("the platypus zqxjvk", "我说今天天气很好", "Привет, готов?", "odd \udc80 a\0b")


@pytest.fixture(autouse=True)
def _nobody_knows(monkeypatch):
    monkeypatch.setattr(sealed, "_known", {})
    monkeypatch.setattr(sealed, "_given", "")
    monkeypatch.setattr(sealed, "ask", None)


@pytest.fixture
def path(home):
    return paths.history_file()


def talk(path):
    store = Store(path)
    session = store.create_session("name of it")
    for text in TEXTS:
        reply = store.start_reply(store.add_prompt(session, text), seed=7)
        store.set_answer(reply, "generation", {"type": "text", "text": f"re: {text!a}"}, text=f"re: {text}")
        store.finish(reply, "done", text=f"re: {text}")
    store.close()
    return session


def words_on_disk(folder):
    """Which of the words stand in any file; as they are and as UTF-16. None so short that chance would put it there."""
    left = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    wanted = [*WORDS, "name of it"]
    return [word for word in wanted if word.encode() in left or word.encode("utf-16-le") in left]


def said(path):
    store = Store(path)
    out = [(m.speaker, m.text, m.parent, m.seed) for s in store.sessions() for m in store.messages(s.id)]
    store.close()
    return out


def test_the_check_of_the_disk_finds_words_where_nothing_is_encrypted(path):
    talk(path)
    assert words_on_disk(path.parent) == [*WORDS, "name of it"]


def test_no_word_is_on_the_disk_and_none_is_lost(path):
    talk(path)
    before = said(path)
    sealing.seal(path, PASSPHRASE)
    assert words_on_disk(path.parent) == []
    assert sealed.is_encrypted(path)
    assert said(path) == before
    assert [file.name for file in path.parent.iterdir()] == ["history.db"]
    sealing.seal(path, "")
    assert said(path) == before
    assert not sealed.is_encrypted(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_said_and_deleted_afterwards_is_encrypted_too(path):
    sealing.seal(path, PASSPHRASE)  # there was no history yet
    session = talk(path)
    store = Store(path)
    store.append(store.start_reply(store.add_prompt(session, "platypus")), "generation", "zqxjvk")
    files = list(path.parent.iterdir())
    assert len(files) > 1  # the write-ahead log
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert words_on_disk(path.parent) == []
    for word in (*WORDS, "Пр"):
        assert store.search(word), word
    store.delete_session(session)
    assert not store.search("platypus")
    assert store.rows("PRAGMA integrity_check")[0][0] == "ok"
    store.close()


def test_the_bytes_that_were_not_encrypted_are_overwritten(path):
    if os.name != "posix":
        pytest.skip("a file that is open cannot be replaced here")
    talk(path)
    store, log = Store(path), path.with_name("history.db-wal")
    store.rename_session(1, "zqxjvk platypus")
    as_it_stood = path.read_bytes(), log.read_bytes()
    store.close()
    path.write_bytes(as_it_stood[0])
    log.write_bytes(as_it_stood[1])  # as if the app had been killed: the write-ahead log stays
    with open(path, "rb") as old, open(log, "rb") as old_log:
        assert b"zqxjvk platypus" in old_log.read()
        sealing.seal(path, PASSPHRASE)
        for file, before in zip((old, old_log), as_it_stood, strict=True):
            file.seek(0)
            left = file.read()
            assert len(left) >= len(before)
            assert not any(left)
    assert Store(path).session(1).name == "zqxjvk platypus"


def test_a_wrong_passphrase_is_one_clear_line(path):
    talk(path)
    sealing.seal(path, PASSPHRASE)
    sealed._known.clear()
    sealed.ask = lambda path: "not the right one"
    with pytest.raises(StorageError, match="this passphrase does not open it"):
        Store(path)
    sealed.ask = lambda path: PASSPHRASE
    Store(path).close()
    sealed.ask = None  # it is asked for once
    Store(path).close()
    sealed._known.clear()
    with pytest.raises(StorageError, match=r"is encrypted.*CHATKIT_PASSPHRASE_FILE"):
        Store(path)


def test_without_the_extra_the_way_out_is_named(path, monkeypatch):
    talk(path)
    sealing.seal(path, PASSPHRASE)
    monkeypatch.setitem(sys.modules, "sqlcipher3.dbapi2", None)
    with pytest.raises(StorageError, match=r"sqlcipher3.*pip install 'chatkit-tui\[encrypted\]'"):
        Store(path)
    with pytest.raises(StorageError, match="pip install"):
        sealing.seal(path, "")


HOLD = "import sys; from chatkit.runtime.store import Store; s = Store(); print(s.sessions(), flush=True); input()"


@pytest.mark.parametrize("passphrase", ["", PASSPHRASE])
def test_it_is_not_written_anew_under_an_open_chat(path, monkeypatch, passphrase):
    """The chat is in a process of its own, as it really is: locks are of processes."""
    talk(path)
    if passphrase:
        sealing.seal(path, passphrase)
    environment = {**os.environ, sealed.VARIABLE: passphrase}
    command = [sys.executable, "-c", HOLD]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as chat:
        assert chat.stdin is not None
        assert chat.stdout is not None
        assert b"name of it" in chat.stdout.readline()
        before = path.read_bytes()
        monkeypatch.setattr(sealing, "BUSY_SECONDS", 0.1)
        with pytest.raises(StorageError, match="in use"):
            sealing.seal(path, "another passphrase")
        assert path.read_bytes() == before
        assert not list(path.parent.glob(".history.db.*"))
        chat.stdin.close()
    sealing.seal(path, "another passphrase")


@pytest.mark.parametrize("fault", ["replace", "copy"])
def test_a_failure_leaves_the_history_as_it_was(path, monkeypatch, fault):
    talk(path)
    before = said(path)

    def full(*ignored):
        raise OSError(28, "No space left on device")

    class Careless(cipher.Connection):
        def execute(self, query, *values):
            if "sqlcipher_export" in query:  # a copy that is not whole
                super().execute(query, *values).fetchall()
                query = "DELETE FROM aside.message WHERE id = 1"
            return super().execute(query, *values)

    with monkeypatch.context() as patch:
        if fault == "replace":
            patch.setattr(sealing.os, "replace", full)
        else:
            patch.setattr(cipher, "connect", lambda *a, **k: Careless(*a, **k))
        with pytest.raises(StorageError, match="as it was"):
            sealing.seal(path, PASSPHRASE)
    assert said(path) == before
    assert [file.name for file in path.parent.iterdir()] == ["history.db"]


def test_an_app_that_waited_opens_what_was_written_meanwhile(path, monkeypatch):
    talk(path)
    before = said(path)
    opening, done = database.Database._open, []

    def late(self, *steps):
        opening(self, *steps)
        if not done:  # between its look at the file and its first lock, somebody else was faster
            done.append(True)
            self._db.close()
            sealing.seal(path, PASSPHRASE)
            self._db = cipher.connect(":memory:")

    monkeypatch.setattr(database.Database, "_open", late)
    assert said(path) == before


def test_its_chats_can_be_trained_on(path):
    talk(path)
    sealing.seal(path, PASSPHRASE)
    ((_, record),) = history_rows(path, Report(str(path), "skip", Problems()))
    assert record["turns"][0]["text"] == TEXTS[0]


def test_the_chat_opens_it(path):
    talk(path)
    sealing.seal(path, PASSPHRASE)
    chat, trouble = open_chat(Options(resume=True, command=("true",)), lambda update: None)
    assert (trouble, chat.session) == ("", 1)
    assert chat.store.search("platypus")
    chat.store.close()


def test_only_processes_that_need_it_are_given_the_passphrase(path, monkeypatch):
    monkeypatch.setenv(sealed.VARIABLE, PASSPHRASE)
    sealed.take_environment()
    assert sealed.VARIABLE not in os.environ  # which is what the engine, and the heads in it, inherit
    assert sealed.environment(path).get(sealed.VARIABLE) is None
    sealing.seal(path, PASSPHRASE)
    assert sealed.environment(path)[sealed.VARIABLE] == PASSPHRASE


def command(*arguments, **environment):
    done = subprocess.run(
        [sys.executable, "-m", "chatkit", *arguments],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        start_new_session=True,  # no terminal to ask on
    )
    return done.returncode, done.stdout, done.stderr


def test_the_commands_of_the_shell(path, tmp_path):
    talk(path)
    key = tmp_path / "key"
    key.write_text(PASSPHRASE + "\n", encoding="utf-8")
    key.chmod(0o600)
    known = {sealed.FILE_VARIABLE: str(key)}
    code, _, why = command("sessions", "encrypt")
    assert (code, "no terminal" in why, why.count("\n")) == (2, True, 1)
    code, out, _ = command("sessions", "encrypt", **known)
    assert (code, out) == (0, f"{path} is encrypted\n")
    assert words_on_disk(path.parent) == []
    code, out, _ = command("sessions", "search", "platypus", **{sealed.VARIABLE: PASSPHRASE})
    assert (code, out.count("\n")) == (0, 2)
    for wrong, line in (
        ({}, "no terminal"),
        ({sealed.VARIABLE: "not the right one"}, "does not open it"),
        ({sealed.FILE_VARIABLE: str(tmp_path / "none")}, "cannot be read"),
    ):
        code, out, why = command("sessions", "list", **wrong)
        assert (code, out, why.count("\n")) == (2, "", 1)
        assert line in why
    if os.name == "posix":
        key.chmod(0o644)
        code, _, why = command("sessions", "list", **known)
        assert (code, "read by others" in why) == (2, True)
        key.chmod(0o600)
    assert command("sessions", "decrypt", **known)[:2] == (0, f"{path} is not encrypted any more\n")
    assert command("sessions", "decrypt", **known)[0] == 2


def test_it_is_asked_for_on_the_terminal(path, monkeypatch, capsys):
    talk(path)
    answers, asked = [PASSPHRASE, "a typing error"], []

    def getpass(prompt, stream=None):
        asked.append(prompt)
        return answers.pop(0)

    monkeypatch.setattr("getpass.getpass", getpass)
    monkeypatch.setattr("chatkit.cli.passphrase._somebody_there", lambda: True)
    assert run(["sessions", "encrypt"]) == 2
    assert "differ" in capsys.readouterr().err
    answers[:] = ["short", "short"]
    assert run(["sessions", "encrypt"]) == 2
    answers[:] = [PASSPHRASE] * 2
    assert run(["sessions", "encrypt"]) == 0
    sealed._known.clear()
    answers[:], asked[:] = [PASSPHRASE], []
    assert run(["sessions", "list"]) == 0
    assert asked == [f"Passphrase of {path}: "]
    assert "name of it" in capsys.readouterr().out
    sealed._known.clear()
    answers[:] = [PASSPHRASE, "another passphrase", "another passphrase"]
    assert run(["sessions", "encrypt"]) == 0
    sealed._known.clear()
    answers[:] = [PASSPHRASE]
    assert run(["sessions", "list"]) == 2
    answers[:] = ["another passphrase"]
    assert run(["sessions", "list"]) == 0


def test_a_doctor_says_that_it_is_encrypted(path, trained, capsys):
    talk(path)
    sealing.seal(path, PASSPHRASE)
    sealed._known.clear()
    assert run(["doctor", "--model", str(trained)]) == 0
    assert "encrypted: not looked into" in capsys.readouterr().out


def test_each_tab_of_the_browser_is_given_it(path, monkeypatch):
    sealing.seal(path, PASSPHRASE)
    monkeypatch.setattr("chatkit.tui.web.serve", lambda *a: None)
    monkeypatch.setenv(sealed.VARIABLE, "")  # put back afterwards
    assert run(["web"]) == 0
    assert os.environ[sealed.VARIABLE] == PASSPHRASE


@pytest.mark.slow
def test_a_conversation_from_end_to_end(path, trained):
    """The line mode with its engine: what was said is there when it is opened again, and nowhere on the disk."""
    sealing.seal(path, PASSPHRASE)
    done = subprocess.run(
        [sys.executable, "-m", "chatkit", "--plain", "--model", str(trained)],
        env={**os.environ, sealed.VARIABLE: PASSPHRASE},
        input="the platypus zqxjvk\n",
        capture_output=True,
        text=True,
        timeout=240,
        start_new_session=True,
    )
    assert done.returncode == 0, done.stderr
    assert "not saved" not in done.stdout + done.stderr
    assert words_on_disk(path.parent) == []
    assert said(path)[0][1] == "the platypus zqxjvk"
