"""``chatkit web``: the app in a real browser, nothing from other hosts, nobody else's page."""

import asyncio
import base64
import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from chatkit.tui.standard_input import input_is_gone
from chatkit.tui.web import is_loopback

pytest.importorskip("textual_serve", reason="chatkit web needs the extra: pip install 'chatkit-tui[web]'")
PROCESSES: dict[str, subprocess.Popen[str]] = {}
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture
def server_process(server):
    """The process that serves."""
    return PROCESSES[server]


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Address of a running ``chatkit web``."""
    monkeypatch.setenv("CHATKIT_HOME", str(tmp_path / "home"))
    port = _free_port()
    command = [sys.executable, "-m", "chatkit", "web", "--port", str(port), "--incognito"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert "127.0.0.1" in process.stderr.readline()
    _wait_for(port, process)  # it is said just before the port is open
    address = f"127.0.0.1:{port}"
    PROCESSES[address] = process
    yield address
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    process.wait(timeout=60)


def _free_port():
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _wait_for(port, process):
    with contextlib.closing(socket.socket()) as probe:
        while process.poll() is None and probe.connect_ex(("127.0.0.1", port)):
            select.select([], [], [], 0.05)


def get(server, path="/", **headers):
    request = urllib.request.Request(f"http://{server}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers


@pytest.mark.slow
def test_the_page_loads_nothing_from_other_hosts_and_nobody_else_gets_in(server):
    closed_to_others(server)


def closed_to_others(server):
    status, page, headers = get(server)
    assert status == 200
    assert "googleapis" not in page
    assert "css/xterm.css" in page
    assert f"ws://{server}/ws" in page
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    upgrade["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    assert get(server, "/ws", Origin="http://elsewhere.example", **upgrade)[0] == 403
    assert get(server, "/", Host="elsewhere.example")[0] == 403
    with contextlib.closing(socket.socket()) as other:  # another address of this machine is refused
        other.settimeout(5)
        assert other.connect_ex((_own_address(), int(server.split(":")[1]))) != 0


@pytest.mark.slow
def test_a_server_without_our_guard_is_found(tmp_path):
    """The check above fails on textual-serve as it is: its page names another host, and any page may drive the app."""
    port = _free_port()
    code = f"from textual_serve.server import Server; Server('true', host='127.0.0.1', port={port}).serve()"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, cwd=tmp_path) as process:
        try:
            _wait_for(port, process)
            with pytest.raises(AssertionError):
                closed_to_others(f"127.0.0.1:{port}")
            assert "googleapis" in get(f"127.0.0.1:{port}")[1]
            assert get(f"127.0.0.1:{port}", "/", Host="elsewhere.example")[0] == 200
        finally:
            process.terminate()


@pytest.mark.slow
async def test_no_app_outlives_a_server_that_was_killed(server_process, server):
    import aiohttp

    async with aiohttp.ClientSession() as client, asyncio.timeout(120):
        page = await client.ws_connect(f"ws://{server}/ws?width=80&height=24", max_msg_size=0)
        async for message in page:
            if isinstance(message.data, bytes) and b"something" in message.data:  # the prompt is there
                break
        os.kill(server_process.pid, signal.SIGKILL)
        server_process.wait()
        with contextlib.suppress(ProcessLookupError):
            while True:  # the shell and the app of the tab are of its group
                os.killpg(server_process.pid, 0)
                await asyncio.sleep(0.2)


def test_a_pipe_without_a_writer_is_gone():
    reader, writer = os.pipe()
    assert not input_is_gone(reader)
    os.close(writer)
    assert input_is_gone(reader)
    os.close(reader)


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine: apt-get install chromium")
async def test_the_app_is_drawn_and_typed_into_in_a_browser(server, tmp_path):
    async with browser(tmp_path) as page:
        await page.call("Network.enable")
        await page.call("Page.enable")
        await page.call("Page.navigate", url=f"http://{server}/")
        await page.until("document.body && document.body.className.includes('-first-byte')")
        blank = await page.picture()
        await page.until("document.querySelector('.xterm canvas, .xterm-rows') !== null")
        for letter in "hello":
            await page.call("Input.dispatchKeyEvent", type="char", text=letter)
        picture = blank
        while picture == blank:
            picture = await page.picture()
        (tmp_path / "chat.png").write_bytes(picture)
        assert len(picture) > 8_000  # more than a blank page
        asked = [url for url in page.asked if not url.startswith(("data:", "blob:"))]
        assert any(url.endswith("xterm.css") for url in asked)
        assert {urllib.parse.urlsplit(url).netloc for url in asked} == {server}


class Page:
    """A tab of a headless Chromium, driven by its DevTools protocol."""

    def __init__(self, socket):
        self.socket, self.number, self.asked = socket, 0, []

    async def call(self, method, **parameters):
        self.number += 1
        await self.socket.send_json({"id": self.number, "method": method, "params": parameters})
        while True:
            message = await asyncio.wait_for(self.socket.receive_json(), 120)
            if message.get("method") == "Network.requestWillBeSent":
                self.asked.append(message["params"]["request"]["url"])
            elif message.get("method") == "Network.webSocketCreated":
                self.asked.append(message["params"]["url"])
            elif message.get("id") == self.number:
                return message["result"]

    async def until(self, condition):
        limit = time.monotonic() + 120
        while not (await self.call("Runtime.evaluate", expression=condition))["result"].get("value"):
            assert time.monotonic() < limit, condition
            await asyncio.sleep(0.1)

    async def picture(self):
        return base64.b64decode((await self.call("Page.captureScreenshot"))["data"])


@contextlib.asynccontextmanager
async def browser(tmp_path):
    import aiohttp

    profile = tmp_path / "profile"
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    flags += [f"--user-data-dir={profile}", "--remote-debugging-port=0", "--window-size=1000,700", "about:blank"]
    process = subprocess.Popen([BROWSER, *flags], stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        limit = time.monotonic() + 120
        while not (port := profile / "DevToolsActivePort").exists() or "\n" not in port.read_text():
            assert process.poll() is None
            assert time.monotonic() < limit
            await asyncio.sleep(0.05)
        at = f"http://127.0.0.1:{port.read_text().splitlines()[0]}"
        async with aiohttp.ClientSession() as session, session.get(f"{at}/json") as tabs:
            tab = next(tab for tab in await tabs.json() if tab["type"] == "page")
            async with session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                yield Page(socket)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _own_address():
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return "127.0.0.2"
        return probe.getsockname()[0]


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("example.org", False), ("", False)],
)
def test_which_addresses_are_this_machine(host, own):
    assert is_loopback(host) is own
