"""``chatkit shift`` on a session, in a process of its own: it loads the assistant, which the app never does."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from chatkit import paths, sealed

COMMAND = (sys.executable, "-m", "chatkit")
_MOST = 20_000  # characters of a report that are shown


async def session_shift(session: int, model: str | None, *, command: Sequence[str] = COMMAND) -> tuple[bool, str]:
    """Whether a report could be made of what the user said in a session, and the report, or what is wrong.

    Args:
        session: Its number; its messages must be committed.
        model: Model folder; None for the shipped assistant.
        command: Program and arguments that stand for ``chatkit``.
    """
    arguments = ["shift", "--session", str(session), *(["--model", model] if model else [])]
    process = await asyncio.create_subprocess_exec(
        *command,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=sealed.environment(paths.history_file()),
    )
    try:
        out, complaint = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    text, why = (part.decode("utf-8", "replace").strip()[:_MOST] for part in (out, complaint))
    if process.returncode == 0 and text:
        return True, text
    last = why.splitlines()[-1] if why else f"chatkit shift ended with {process.returncode}"
    return False, last.removeprefix("chatkit: ")
