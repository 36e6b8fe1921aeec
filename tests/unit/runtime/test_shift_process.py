from __future__ import annotations

import asyncio
import sys

from chatkit.runtime.shift_process import session_shift


def stand_in(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


async def test_the_report_comes_back() -> None:
    code = "import sys; print('report of', *sys.argv[1:])"
    assert await session_shift(7, "mine", command=stand_in(code)) == (True, "report of shift --session 7 --model mine")


async def test_what_is_wrong_is_one_line() -> None:
    code = "import sys; print('progress\\nchatkit: there is no session 7', file=sys.stderr); sys.exit(2)"
    assert await session_shift(7, None, command=stand_in(code)) == (False, "there is no session 7")
    made, why = await session_shift(7, None, command=stand_in("raise SystemExit(3)"))
    assert not made
    assert "ended with 3" in why


async def test_cancelling_ends_the_process() -> None:
    task = asyncio.create_task(session_shift(7, None, command=stand_in("import time; time.sleep(600)")))
    await asyncio.sleep(0.2)
    task.cancel()
    result = await asyncio.gather(task, return_exceptions=True)
    assert isinstance(result[0], asyncio.CancelledError)
