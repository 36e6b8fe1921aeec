"""A short soak of the small assistant in CI, and faults that a soak must find."""

from __future__ import annotations

import asyncio
import dataclasses
import os
from pathlib import Path

import pytest
import soak

MB = 2**20
FLAT = soak.Look(100, (400 * MB, 50 * MB), (11, 14), 0.05, 0.06)

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="reads /proc")


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_some_hundred_messages_leave_no_trace(home: Path, trained: Path) -> None:
    soak.index(home, str(trained))
    out = asyncio.run(soak.soak(home, 300, model=str(trained), seed=1, tokens=6, show=False))
    looks = [soak.Look(**look) for look in out["looks"]]
    flat = [fault for fault in out["found"] if "CPU" not in fault and "memory" not in fault]
    assert flat == []
    for who in (0, 1):  # 30 messages are no time to be warm
        assert looks[-1].memory[who] < 1.08 * looks[3].memory[who]
    assert out["keys"] > 5000


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, ""),
        ({"memory": (430 * MB, 50 * MB)}, "engine: memory grew by 7.5%"),
        ({"memory": (400 * MB, 60 * MB)}, "app: memory grew by 20.0%"),
        ({"files": (12, 14)}, "engine: 1 more open files"),
        ({"cpu": 0.08}, "more CPU at the end"),
    ],
)
def test_what_is_not_flat_is_found(change: dict[str, object], found: str) -> None:
    faults = soak.judge([FLAT, FLAT, dataclasses.replace(FLAT, **change)])
    assert (found in faults[0]) if found else faults == []


def test_a_spoilt_database_and_a_written_secret_are_found(home: Path) -> None:
    store = soak.Store(home / "history.db")
    session = store.create_session()
    for _ in range(50):
        store.finish(store.start_reply(store.add_prompt(session, "some words " * 40)), "done", text="nobody shall know")
    store.close()

    class Someone:
        sent = 50

    assert soak.check(home, Someone()) == ["history.db: holds an incognito message"]  # type: ignore[arg-type]
    data = bytearray((home / "history.db").read_bytes())
    data[-4096:] = os.urandom(4096)
    (home / "history.db").write_bytes(bytes(data))
    Someone.sent = 51
    found = soak.check(home, Someone())  # type: ignore[arg-type]
    assert any("history.db: " in fault and "incognito" not in fault for fault in found)
