"""Serves the app to a browser through textual-serve (the extra ``web``), for this machine alone unless told otherwise.

textual-serve's own page loads a font of another host, and its socket takes connections from any page that the browser
shows. So each answer forbids other hosts by its Content-Security-Policy, the font's link is taken out, and a request is
refused whose Host or Origin is not this server: a page elsewhere can neither drive the chat nor read it.
"""

from __future__ import annotations

import ipaddress
import re
import shlex
import sys
from collections.abc import Sequence
from typing import Any

from chatkit.errors import ChatkitError

POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_LINK = re.compile(r'<link[^>]*href="https?://([^"/]*)[^"]*"[^>]*>')


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server bound to this name or address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def command(arguments: Sequence[str]) -> str:
    """The shell command of one browser tab's app."""
    return shlex.join([sys.executable, "-m", "chatkit", "chat", *arguments])


def serve(host: str, port: int, arguments: Sequence[str]) -> None:
    """Serve until Ctrl-C.

    Args:
        host: Address to bind to.
        port: Port to bind to.
        arguments: Of ``chatkit chat``.
    Raises:
        ChatkitError: If the extra is not installed, or the port is taken.
    """
    try:
        from aiohttp import web
        from textual_serve.server import Server
    except ImportError:
        raise ChatkitError("chatkit web needs textual-serve", hint="pip install 'chatkit-tui[web]'") from None

    class LocalServer(Server):  # type: ignore[misc, unused-ignore]
        """textual-serve that serves nobody else's page, and whose page loads nothing from elsewhere."""

        async def _make_app(self) -> Any:
            @web.middleware
            async def guard(request: Any, handler: Any) -> Any:
                return await self._guard(request, handler)

            app = await super()._make_app()
            app.middlewares.append(guard)
            app.on_response_prepare.append(self._forbid_other_hosts)
            return app

        async def _guard(self, request: Any, handler: Any) -> Any:
            origin = request.headers.get("Origin", "")
            named = request.host.rsplit(":", 1)[0].strip("[]")
            foreign = is_loopback(host) and not is_loopback(named)  # a name that was made to point here
            if foreign or (origin and origin != f"http://{request.host}"):
                raise web.HTTPForbidden(text="chatkit serves its own page only")
            response = await handler(request)
            if isinstance(response, web.Response) and response.content_type == "text/html" and response.text:
                own = response.text.replace(self.public_url.split("//", 1)[1], request.host)
                response.text = _LINK.sub(lambda link: link[0] if link[1] == request.host else "", own)
            return response

        async def _forbid_other_hosts(self, request: Any, response: Any) -> None:
            response.headers["Content-Security-Policy"] = POLICY.format(host=request.host)
            response.headers["Referrer-Policy"] = "no-referrer"

        async def on_startup(self, app: Any) -> None:
            print(f"chatkit is at {self.public_url}; Ctrl-C ends it", file=sys.stderr, flush=True)

        def initialize_logging(self) -> None:
            """Say nothing of each request."""

    address = f"[{host}]" if ":" in host else host
    try:
        LocalServer(command(arguments), host, port, "chatkit", f"http://{address}:{port}").serve()
    except OSError as error:
        raise ChatkitError(f"cannot serve at {host}:{port}: {error.strerror}", hint="choose another --port") from None
