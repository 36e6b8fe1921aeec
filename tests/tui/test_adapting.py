"""/adapt: figures before and after, the adapted assistant on a key, and the way back."""

import asyncio
import json

from chatkit.tui.screens.adapting import AdaptingScreen


def finished(home, before):
    folder = home / "runs" / "adapt-notes"
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "assistant.toml").write_text("")
    row = {"before": 2.5, "after": 2.2, "change": -0.12}
    (folder / "adapt.json").write_text(json.dumps({"language_model": {"target": row, "old": row}}))
    (folder / "adapt.log").write_text("before: 2.500\nafter: 2.200\n")
    (folder / "job.json").write_text(json.dumps({"on": "notes", "before": before, "pid": 0, "owner": ""}))
    return folder


async def test_the_adapted_assistant_is_loaded_on_a_key_and_left_on_another(drive, home):
    before = home / "mine"
    before.mkdir(parents=True)
    (before / "assistant.toml").write_text("")
    folder = finished(home, str(before))
    async with drive() as chat:
        await chat.ready()
        for key, model in (("l", folder / "model"), ("u", before)):
            await chat.enter("/adapt")
            await chat.until(lambda: isinstance(chat.app.screen, AdaptingScreen))
            await chat.sees("finished", "after: 2.200", "2.500 -> 2.200 bits per byte (-12.0%)", "load it")
            await chat.key(key)
            await chat.until(lambda model=model: chat.app.chat.client.folder == model)
            await chat.ready()
        await chat.say("still here")


async def test_what_cannot_be_read_is_said(drive):
    async with drive() as chat:
        await chat.ready()
        await chat.enter("/adapt session")
        await chat.sees("There is no written session to read")
        await chat.enter("/adapt /nowhere/at/all")
        await chat.sees("no such file or folder")


async def test_alone_it_starts_nothing_and_shows_no_failure_of_another_day(drive, home):
    async with drive() as chat:
        await chat.enter("/adapt")
        await chat.sees("Nothing was adapted yet: /adapt session reads this session")
        folder = home / "runs" / "adapt-session-1"
        folder.mkdir(parents=True)
        (folder / "job.json").write_text(json.dumps({"on": "session 1", "before": str(home)}))
        (folder / "adapt.log").write_text("only 4 texts\n")
        await chat.enter("/adapt")
        await asyncio.sleep(0.2)
        assert not isinstance(chat.app.screen, AdaptingScreen)
        assert not list((home / "runs").glob("adapt-session-1-*"))
