import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from driver import FAKE

from chatkit.head.answer import Bars
from chatkit.runtime.index import DocumentIndex
from chatkit.runtime.store import Store
from chatkit.tui import plain
from chatkit.tui.dial import UNWEIGHED

RUN = "import sys; from chatkit.tui.plain import run; sys.exit(run(command=sys.argv[1:]))"


@pytest.fixture
def chat(home):
    """Pipe lines through the line mode; what it printed."""

    def run(given, script=None, **environment):
        variables = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "FAKE_ENGINE": json.dumps(script or {}),
            **environment,
        }
        return subprocess.run(
            [sys.executable, "-c", RUN, *FAKE], input=given, capture_output=True, env=variables, timeout=60
        )

    return run


def test_lines_are_answered_in_words_until_the_input_ends(chat, home):
    done = chat(b" " * 5000 + b"hello\n\nwhat [bold]else[/bold]?  \n")  # blanks around it are no part of a message
    lines = done.stdout.decode().splitlines()
    assert lines[0] == "chatkit: Hello! I would try the **small place** by the river; it has a garden."
    assert lines[1] == "sentiment: positive, 86 percent; neutral 11, negative 3"
    assert lines[2].startswith("retrieval: 1. heads.md:12, Adding a head: One file")
    assert len(lines) == 10
    assert (done.returncode, done.stderr) == (0, b"")
    store = Store(home / "history.db")
    prompts = [m.text for m in store.messages(store.sessions()[0].id) if m.speaker == "user"]
    assert prompts == ["hello", "what [bold]else[/bold]?"]
    store.close()


def test_a_head_that_cannot_answer_is_told_of_once(chat):
    """A chat without replies once said nothing of it."""
    heads = {"mood": {"bars": {"good": 1.0}}, "generation": {"say": "", "state": "broken", "why": "weights do not fit"}}
    done = chat(b"hello\n/heads off mood\n", {"heads": heads})
    assert done.stderr.decode().splitlines() == ["chatkit: head generation is broken: weights do not fit"]


def test_the_dial_and_why_in_words(chat):
    from test_dial import SCRIPT

    done = chat(b"/dial\n/why\n/dial warmth=0.5\nhello\n/why\n/dial warm=1\n/dial off\n", SCRIPT)
    lines = [line.removeprefix("chatkit: ") for line in done.stdout.decode().splitlines()]
    assert lines[:3] == [
        "warmth 0 (-1 to 1): warmer words",
        "brevity 0 (-1 to 1): fewer pieces",
        "Nothing was chosen: the last reply is a quotation, or the first one drawn. /dial weighs.",
    ]
    assert lines[3:5] == ["warmth 0.5", "Lovely to see you! {'dial': {'warmth': 0.5}}"]
    assert lines[5].startswith("highest weighted sum of 3 replies")
    assert lines[6] == "said: Lovely to see you! (sum 1.00, fluency -2.00, warmth ×1 0.90)"
    assert lines[7].startswith("dominated: Hm.")
    assert lines[8].startswith("not dominated: Go away.")
    assert lines[9:] == ["There is no slider warm; did you mean warmth?", UNWEIGHED]
    assert done.stderr == b""


def test_commands_and_bytes_that_are_no_text(chat):
    done = chat(b"/heads\n/heads off generation\n/nope\n/help\n\xff\xfe\n/quit\nnever read\n")
    lines = done.stdout.decode().splitlines()
    assert lines[:3] == [
        "chatkit: generation: ok, fake",
        "chatkit: sentiment: ok, fake",
        "chatkit: retrieval: ok, fake",
    ]
    assert "chatkit: generation is off" in lines
    assert "chatkit: There is no command /nope; /help lists them." in lines
    assert not any("small place" in line for line in lines)
    assert done.returncode == 0


def test_a_failure_is_one_line_on_stderr(chat):
    script = {"heads": {"bad": {"crash": "segfault"}, "mood": {"bars": {"good": 1.0}}}}
    done = chat(b"hello\n", script)
    assert done.stdout == b"mood: good, 100 percent\n"
    assert done.stderr == b"chatkit: bad failed: crashed the engine (signal 11)\n"


def test_a_model_that_cannot_be_loaded_ends_with_2(chat):
    done = chat(b"hello\nagain\n", {"load_error": "no assistant in /x"})
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"chatkit: no assistant in /x\n"


def test_a_terminal_without_utf8(chat):
    done = chat(b"hello\n", {"heads": {"generation": {"say": "naïve — 天气"}}}, PYTHONIOENCODING="ascii")
    assert done.stdout == b"chatkit: na?ve ? ??\n"


def wait_for(home, condition):
    """Wait until the last message in the history is as wanted."""
    limit = time.monotonic() + 60
    while True:
        assert time.monotonic() < limit
        time.sleep(0.05)
        if (home / "history.db").exists():
            store = Store(home / "history.db")
            messages = [m for session in store.sessions() for m in store.messages(session.id)]
            store.close()
            if messages and condition(messages[-1]):
                return


def test_ctrl_c_stops_the_reply_and_then_ends_the_chat(home):
    script = {"heads": {"generation": {"say": "word " * 20_000, "pause": 0.01}}}
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "FAKE_ENGINE": json.dumps(script)}
    leader, follower = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", RUN, *FAKE],
        stdin=follower,
        stdout=subprocess.PIPE,
        env=variables,
        start_new_session=True,
    )
    os.close(follower)
    os.write(leader, b"go\n")
    wait_for(home, lambda reply: reply.state == "running" and reply.answers)
    child.send_signal(signal.SIGINT)
    wait_for(home, lambda reply: reply.state == "stopped")
    child.send_signal(signal.SIGINT)
    printed = child.communicate(timeout=60)[0].decode()
    os.close(leader)
    assert child.returncode == plain.INTERRUPTED
    assert printed.startswith("you: chatkit: word word")
    assert "(stopped)" in printed
    assert len(printed.split()) < 20_000


@pytest.mark.parametrize(
    ("bars", "words"),
    [
        (Bars({"a": 0.2, "b": 0.8}), "b, 80 percent; a 20"),
        (Bars({"a": 0.2, "b": 0.8}, label="a"), "a, 20 percent; b 80"),
        (Bars({"a": 1.0}), "a, 100 percent"),
        (Bars({}), "nothing"),
    ],
)
def test_probabilities_in_words(bars, words):
    assert plain.in_words(bars) == words


def test_line_mode_is_wanted_for_pipes():
    assert plain.wanted()  # pytest's standard streams are no terminals


def test_one_head_is_asked_directly(chat, home):
    done = chat(b"@sentiment this is fine\n/sentiment\n/search heads\n")
    lines = done.stdout.decode().splitlines()
    assert lines[0] == "sentiment: positive, 86 percent; neutral 11, negative 3"
    assert lines[1] == "chatkit: Say what about: /sentiment TEXT"
    assert lines[2].startswith("retrieval: 1. heads.md:12")
    store = Store(home / "history.db")
    assert store.messages(store.sessions()[0].id)[0].facts["aside"]
    store.close()


def test_a_head_that_knows_only_its_examples_is_told_once(chat):
    heads = {"mood": {"bars": {"good": 1.0}, "why": "untrained: fitted to its 2 examples only"}}
    done = chat(b"hello\nagain\n", {"heads": heads})
    assert done.stdout.count(b"mood: good") == 2
    assert done.stderr == b"chatkit: mood is untrained: fitted to its 2 examples only\n"


@pytest.fixture
def notes(tmp_path):
    folder = tmp_path / "my notes"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number:02}.md").write_text(
            "".join(f"# Sea {n}\n\nThe whale swims {number} miles.\n\n" for n in range(300))
        )
    return folder


INDEXING = (
    "import sys; from chatkit.runtime import index_job; from chatkit.tui.plain import run; "
    f"index_job.COMMAND = (sys.executable, {str(Path(__file__).with_name('fake_indexer.py'))!r}); "
    "sys.exit(run(command=sys.argv[1:]))"
)


def files_read(path):
    """How many files stand in the index."""
    if not path.exists():
        return 0
    index = DocumentIndex(path)
    try:
        return len(list(index.entries()))
    finally:
        index.close()


def test_documents_are_read_and_listed(home, notes):
    given = (
        f"/documents\n/index {notes.parent}/nothing\n/index /{'x' * 300}\n/index '{notes}'\n/index\nhello\n".encode()
    )
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "FAKE_ENGINE": "{}"}
    command = [sys.executable, "-c", INDEXING, *FAKE]
    done = subprocess.run(command, input=given, capture_output=True, env=variables, timeout=120)
    lines = [line.removeprefix("chatkit: ") for line in done.stdout.decode().splitlines()]
    assert lines[0] == "nothing is indexed yet; /index PATH reads a file or a folder"
    assert lines[1] == f"{notes.parent}/nothing: no such file or folder; /index PATH takes a file or a folder"
    assert "xxx: no such file or folder; " in lines[2]  # longer than a file system takes
    assert lines[3] == ("Indexed my notes: files 12 added, 0 updated, 0 unchanged, 0 removed; 3,600 new passages.")
    assert lines[4] == f"{notes}: 12 files, 3,600 passages"
    assert lines[5].startswith("Hello!")  # the chat goes on
    assert 2 <= done.stderr.count(b" of 12 files, ") < 12  # progress, but not a line a file
    assert done.returncode == 0


def test_ctrl_c_stops_indexing_and_the_chat_goes_on(home, notes, tmp_path):
    variables = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "FAKE_ENGINE": "{}",
        "FAKE_INDEXER": str(tmp_path / "gate"),
    }
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    child = subprocess.Popen([sys.executable, "-c", INDEXING, *FAKE], **pipes, env=variables, start_new_session=True)
    child.stdin.write(f"/index {notes}\n".encode())
    child.stdin.flush()
    limit = time.monotonic() + 60
    while not files_read(home / "index.db"):
        assert time.monotonic() < limit
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    printed, _ = child.communicate(b"hello\n", timeout=120)
    assert "Indexing my notes was stopped" in printed.decode()
    assert "Hello!" in printed.decode()
    assert child.returncode == 0


def test_chats_are_listed_searched_named_and_answered_again(chat, home):
    given = b"where do whales sleep?\n/rename Sea\n/retry\n/sessions\n/sessions whales\n/sessions horse\n/copy\n"
    done = chat(given, {"heads": {"generation": {"say": "seed {seed}"}}})
    lines = [line.removeprefix("chatkit: ") for line in done.stdout.decode().splitlines()]
    assert lines[0].startswith("seed ")
    assert lines[1] == "this session is called Sea"
    assert lines[2].startswith("seed ")
    assert lines[2] != lines[0]
    assert re.fullmatch(r"1, \d{4}-\d\d-\d\d: Sea", lines[3])
    assert lines[4] == "chatkit --session NUMBER goes on with one"
    assert re.fullmatch(r"1, \d{4}-\d\d-\d\d: where do \W?whales\W? sleep\?", lines[5])
    assert lines[7:] == ["no message holds all of these words", "/copy works in the full-screen chat only."]


def test_nothing_is_written_of_an_incognito_session(chat, home):
    done = chat(b"/retry\n/rename x\n/incognito\nmy secret word is heliotrope\n/new\n/sessions heliotrope\n")
    lines = done.stdout.decode().splitlines()
    assert lines[:2] == ["chatkit: Nothing was said in this session yet."] * 2
    assert lines[-1] == "chatkit: no message holds all of these words"
    assert not any(b"heliotrope" in file.read_bytes() for file in home.rglob("*") if file.is_file())
