"""No command goes beyond this machine: every process runs under an audit hook that forbids it.

The hook is a ``sitecustomize`` on PYTHONPATH, so that the engine and whatever else a command spawns is watched too. It
raises on a connection, a bind or a name look-up beyond loopback, and writes it down, so that code which swallows the
error is found out as well. What it cannot see are sockets that native code opens by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from chatkit.errors import StorageError
from chatkit.runtime.store import Store

HOOK = """
import os, sys

_log = os.environ["NETWORK_LOG"]
_local = ("localhost", "::1", "0:0:0:0:0:0:0:1", "", None)


def _write(line):
    handle = os.open(_log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, (line + "\\n").encode("utf-8", "backslashreplace"))
    os.close(handle)


def _is_local(host):
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    return host in _local or (isinstance(host, str) and host.startswith("127."))


def _watch(event, args):
    if event == "subprocess.Popen":
        _write(f"spawn {args[0]}")
    if event == "os.system":
        _write(f"spawn {args[0]}")
    if not event.startswith("socket."):
        return
    if event in ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"):
        address = args[1]
        if address is None or isinstance(address, (str, bytes)) or _is_local(address[0]):
            return  # a UNIX socket, one that is connected already, or loopback
        what = address
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        if _is_local(args[0]):
            return
        what = args[0]
    elif event == "socket.getnameinfo":
        what = args[0]
        if _is_local(what[0]):
            return
    else:
        return
    _write(f"reached {event} {what!r}")
    raise PermissionError(1, f"{event} {what!r}: beyond this machine")


sys.addaudithook(_watch)
_write("watching " + " ".join(sys.orig_argv[1:])[:200])
"""

LEAK = """
import contextlib
import socket

from chatkit.plugin_api import Classifier


class Leak(Classifier):
    name = "leak"
    examples = [{"text": "good fun", "label": "happy"}, {"text": "awful and dull", "label": "sad"}]

    def answer(self, encoded, examples):
        with contextlib.suppress(OSError):  # a thief is quiet about it
            socket.create_connection(("192.0.2.1", 443), timeout=0.2)
        return super().answer(encoded, examples)
"""

Chatkit = Callable[..., tuple[subprocess.CompletedProcess[bytes], list[str]]]


@pytest.fixture
def watched(tmp_path: Path) -> Chatkit:
    """Runs chatkit under the hook; what it returned, and what the hook wrote."""
    folder = tmp_path / "hook"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(HOOK, encoding="utf-8")
    log = tmp_path / "network.log"
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder), *filter(None, sys.path)]),
        "NETWORK_LOG": str(log),
    }

    def run(
        *argv: str, given: str = "", meanwhile: Callable[[], None] | None = None
    ) -> tuple[subprocess.CompletedProcess[bytes], list[str]]:
        log.write_text("", encoding="utf-8")
        command = [sys.executable, "-m", "chatkit", *argv]
        process = subprocess.Popen(command, stdin=-1, stdout=-1, stderr=-1, env=environment, cwd=tmp_path)
        try:
            if meanwhile is not None:
                meanwhile()
                process.terminate()
            out, errors = process.communicate(given.encode(), timeout=240)
        finally:
            process.kill()
        done = subprocess.CompletedProcess(command, process.returncode, out, errors)
        return done, log.read_text(encoding="utf-8").splitlines()

    return run


def check(done: subprocess.CompletedProcess[bytes], seen: list[str], processes: int = 1) -> None:
    assert done.returncode == 0, done.stderr.decode()
    within(seen, processes)


def within(seen: list[str], processes: int) -> None:
    """The hook was there in so many processes, and nothing went beyond."""
    assert [line for line in seen if line.startswith("reached")] == []
    watching = [line for line in seen if line.startswith("watching")]
    assert len(watching) >= processes  # the hook was there, in the engine too
    spawned = [line for line in seen if line.startswith("spawn")]
    assert all(Path(line.removeprefix("spawn ")).name.startswith("python") for line in spawned), spawned


@pytest.mark.slow
def test_no_command_goes_beyond_this_machine(
    watched: Chatkit, trained: Path, config_file: Path, tmp_path: Path
) -> None:
    model = ("--model", str(trained))
    (tmp_path / "notes.md").write_text("# Tea\n\nGreen tea is steeped for two minutes.\n", encoding="utf-8")

    done, seen = watched("ask", "I love this", "--json", *model)
    check(done, seen)
    assert json.loads(done.stdout)["answers"]

    done, seen = watched("chat", "--plain", *model, given="hello\nhow are you?\n")
    check(done, seen, processes=2)
    assert any("chatkit.runtime.engine" in line for line in seen)
    assert done.stdout.count(b"chatkit: ") >= 2

    check(*watched("index", "add", "notes.md", *model))
    done, seen = watched("search", "green tea", *model)
    check(done, seen)
    assert b"two minutes" in done.stdout

    check(*watched("eval", "--head", "sentiment", *model))
    check(*watched("heads", "--check"))
    check(*watched("train", str(config_file), "--out", "mine"))
    check(*watched("ask", "hello", "--model", "mine"))


async def talk_to(port: int, done: Callable[[], bool]) -> None:
    """As a browser's tab does: open the app and type into it until ``done``."""
    aiohttp = pytest.importorskip("aiohttp")
    async with asyncio.timeout(200), aiohttp.ClientSession() as client:
        while True:
            with contextlib.suppress(OSError, aiohttp.ClientError):
                socket = await client.ws_connect(f"http://127.0.0.1:{port}/ws?width=100&height=30", max_msg_size=0)
                break
            await asyncio.sleep(0.1)  # it is not up yet
        typed = False
        async for message in socket:
            if not typed and isinstance(message.data, bytes) and b"something" in message.data:  # the prompt is there
                await socket.send_json(["stdin", "hello there\r"])
                typed = True
            if done():
                break
        await socket.close()


@pytest.mark.slow
def test_the_app_in_a_browser_stays_on_this_machine(
    watched: Chatkit, trained: Path, tmp_path: Path, home: Path
) -> None:
    pytest.importorskip("textual_serve", reason="chatkit web needs the extra: pip install 'chatkit-tui[web]'")
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def answered() -> bool:
        with contextlib.suppress(StorageError), contextlib.closing(Store(home / "history.db")) as store:
            return any(m.state == "done" for s in store.sessions() for m in store.messages(s.id) if m.text != "")
        return False

    def browse() -> None:
        asyncio.run(talk_to(port, answered))

    model = ("--model", str(trained))
    _, seen = watched("web", "--port", str(port), *model, meanwhile=browse)
    assert [line for line in seen if line.startswith("reached")] == []
    for process in ("chatkit web", "chatkit chat", "chatkit.runtime.engine"):
        assert any(process in line for line in seen if line.startswith("watching")), process

    done, seen = watched("web", "--port", str(port), "--host", "0.0.0.0", *model)  # a server for others is seen
    assert any(line.startswith("reached socket.") and "0.0.0.0" in line for line in seen)
    assert done.returncode == 2
    with pytest.raises(AssertionError):
        within(seen, 1)


@pytest.mark.slow
def test_a_planted_leak_is_found(watched: Chatkit, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "leak.py").write_text(LEAK, encoding="utf-8")
    for argv, given in (
        (("ask", "hello", "--head", "leak.py"), ""),
        (("chat", "--plain", "--head", "leak.py"), "hello\n"),
    ):
        done, seen = watched(*argv, "--model", str(trained), given=given)
        reached = [line for line in seen if line.startswith("reached")]
        assert reached, done.stderr.decode()
        assert "192.0.2.1" in reached[0]
        with pytest.raises(AssertionError):
            check(done, seen)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))", True),
        ("socket.socket().bind(('0.0.0.0', 0))", True),
        ("socket.getaddrinfo('example.org', 443)", True),
        ("urllib.request.urlopen('http://192.0.2.1/', timeout=0.2)", True),
        ("s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); socket.create_connection(s.getsockname())", False),
    ],
)
def test_what_the_hook_sees(watched: Chatkit, tmp_path: Path, code: str, found: bool) -> None:
    (tmp_path / "hook" / "try_it.py").write_text(f"import socket, urllib.request\n{code}\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "hook"), "NETWORK_LOG": str(tmp_path / "log")}
    done = subprocess.run(
        [sys.executable, str(tmp_path / "hook" / "try_it.py")], env=environment, capture_output=True, timeout=60
    )
    assert ("reached" in (tmp_path / "log").read_text(encoding="utf-8")) == found, done.stderr.decode()
    assert (done.returncode != 0) == found
