"""Takes the pictures of the README: the app itself with the assistant that ships, in a home of its own.

    python docs/pictures.py [chat sessions search documents training] [--run DIR]

Without a terminal (Textual's own test driver); each picture is ``docs/NAME.svg``. Nothing in them is made up: the
replies are those of the assistant, the curves those of a run: a minute of the tutorial's, or one that there is.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from chatkit.runtime.training_job import TrainingJob
from chatkit.tui.app import ChatkitApp
from chatkit.tui.opening import Options
from chatkit.tui.screens.chat import ChatScreen
from chatkit.tui.screens.document import DocumentScreen
from chatkit.tui.screens.documents import DocumentsScreen
from chatkit.tui.screens.training import TrainingScreen
from chatkit.tui.widgets.cards import RankingCard
from chatkit.tui.widgets.listing import Listing
from chatkit.tui.widgets.prompt import Prompt
from chatkit.tui.widgets.status import StatusLine

HERE = Path(__file__).parent
SIZE, PATIENCE = (104, 34), 600.0
STEPS = 100  # after which the picture of a run is taken
Do = Callable[[ChatkitApp, Pilot[int]], Awaitable[Callable[[], Awaitable[None]] | None]]


async def until(condition: Callable[[], object]) -> None:
    """Wait for something to happen.

    Raises:
        TimeoutError: If it does not within ``PATIENCE`` seconds.
    """
    limit = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > limit:
            raise TimeoutError("it did not happen")
        await asyncio.sleep(0.05)


async def say(app: ChatkitApp, pilot: Pilot[int], *texts: str) -> None:
    """Say something, and wait for the answers."""
    screen, chat = app.screen_stack[0], app.chat
    assert isinstance(screen, ChatScreen)
    assert chat is not None
    for text in texts:
        before = len(chat.store.prompts(1000))
        screen.query_one(Prompt).fill(text)
        await pilot.press("enter")
        await pilot.pause(0.2)
        if not text.startswith("/"):
            await until(lambda before=before: len(chat.store.prompts(1000)) > before and not screen.window.running)


async def chat(app: ChatkitApp, pilot: Pilot[int]) -> None:
    """A conversation."""
    await say(
        app, pilot, "hello, I am Karin", "my dog is called Biscuit", "what is my dog called?", "how do I add a head?"
    )
    app.screen.query_one(Prompt).fill("I love this place, but the service was slow")
    await until(lambda: app.screen.query_one("#live").display)


async def sessions(app: ChatkitApp, pilot: Pilot[int]) -> None:
    """The list of all chats, searched."""
    await say(app, pilot, "hello, can you recommend a restaurant for tonight?", "/rename Dinner", "/new")
    await say(app, pilot, "my train was late again", "and then the bus broke down", "/new")
    await say(app, pilot, "how do I add a head?", "/new", "is there a train to the sea on Sunday?", "/sessions train")
    await until(lambda: len(app.screen_stack) == 2)
    await pilot.pause(1.0)


async def search(app: ChatkitApp, pilot: Pilot[int]) -> None:
    """Passages of the user's documents, and one of them opened at its place."""
    await index_handbook(app, pilot)
    await say(
        app, pilot, "/search differential privacy: what epsilon is spent on each record, by the accountant of opacus"
    )
    await until(lambda: app.screen.query(RankingCard) and not app.screen_stack[0].window.running)  # type: ignore[attr-defined]
    app.screen.query(RankingCard).last().focus()
    await pilot.press("enter")
    await until(lambda: isinstance(app.screen, DocumentScreen))
    await pilot.pause(1.0)


async def documents(app: ChatkitApp, pilot: Pilot[int]) -> None:
    """The list of what was read, one place changed since."""
    notes = await index_handbook(app, pilot)
    (notes / "shift.md").write_text((notes / "shift.md").read_text(encoding="utf-8") + "\nOne more line.\n", "utf-8")
    (notes / "dial.md").unlink()
    await pilot.press("f2")
    await until(lambda: isinstance(app.screen, DocumentsScreen))
    await until(lambda: app.screen.query_one(Listing).option_count)
    for entry in app.screen.query(Input):
        entry.cursor_blink = False
    await pilot.press("down")
    await pilot.pause(1.0)


async def index_handbook(app: ChatkitApp, pilot: Pilot[int]) -> Path:
    """Copies of chatkit's own pages, read into the index as documents of the user; the folder that can be changed."""
    home = Path(os.environ["CHATKIT_HOME"])
    screen = app.screen
    assert isinstance(screen, ChatScreen)
    for name in ("handbook", "letters"):
        (home / name).mkdir()
    for page in sorted(HERE.glob("*.md")):
        shutil.copy(page, home / "handbook")
    (home / "letters" / "june.txt").write_text("Dear Anna,\n\nthe train to the sea was late again.\n", "utf-8")
    for name in ("handbook", "letters"):
        await say(app, pilot, f"/index {home / name}")
        await until(lambda: not screen.indexer.running)
    return home / "handbook"


async def training(app: ChatkitApp, pilot: Pilot[int]) -> Callable[[], Awaitable[None]]:
    """A training run beside the chat; what is given back ends it."""
    await say(app, pilot, "/train" if _runs() else "/train corpora:english.toml")
    await until(lambda: isinstance(app.screen, TrainingScreen))
    screen = app.screen
    assert isinstance(screen, TrainingScreen)
    job: TrainingJob = screen.job
    await until(lambda: job.step >= STEPS or job.state != "running")
    await pilot.pause(1.0)

    async def end() -> None:
        if job.state == "running":
            job.stop()
        await until(lambda: (job.look(), job.state != "running")[1])

    return end


def _runs() -> list[Path]:
    return list(Path(os.environ["CHATKIT_HOME"]).glob("runs/*"))


def take_over(run: Path, home: Path) -> None:
    """Put a run that there is where the chat finds it."""
    folder = home / "runs" / run.name
    shutil.copytree(run / "run", folder / "run", ignore=shutil.ignore_patterns("*.pt", "*.safetensors"))
    for name in ("assistant.toml", "report.json"):
        if (run / name).is_file():
            shutil.copy(run / name, folder)
    if (run / "run" / "checkpoint.safetensors").is_file():  # by which the screen knows that it was stopped
        (folder / "run" / "checkpoint.safetensors").touch()
    note = {"config": f"{run.name}.toml", "pid": 0, "owner": "", "started": 0}
    (folder / "job.json").write_text(json.dumps(note), encoding="utf-8")


PICTURES: dict[str, Do] = {
    "chat": chat,
    "sessions": sessions,
    "search": search,
    "documents": documents,
    "training": training,
}


async def take(name: str, run: Path | None) -> None:
    """Take one picture."""
    with tempfile.TemporaryDirectory() as aside:
        home = str(Path(aside) / "me")  # which stands for the user's own folder, as pictures name it
        os.environ["CHATKIT_HOME"] = os.environ["HOME"] = home
        Path(home).mkdir()
        if run is not None:
            take_over(run, Path(home))
        app = ChatkitApp(Options())
        async with app.run_test(size=SIZE) as pilot:
            await until(lambda: app.chat is not None and app.chat.client.state == "ready")
            app.screen.query_one(Prompt).cursor_blink = False
            end = await PICTURES[name](app, pilot)
            for status in app.screen.query(StatusLine):
                status.speed = 0.0  # that of the machine which takes the picture says nothing
            await pilot.pause(0.5)
            (HERE / f"{name}.svg").write_text(app.export_screenshot(title="chatkit"), encoding="utf-8")
            if end is not None:
                await end()


def main() -> None:
    """Take the pictures that are asked for, all by default."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(PICTURES))
    parser.add_argument("--run", type=Path, help="the training screen shows this run")
    args = parser.parse_args()
    names = args.names
    if unknown := set(names) - set(PICTURES):
        parser.error(f"no picture is called {', '.join(unknown)}; there are: {', '.join(PICTURES)}")
    for name in names:
        asyncio.run(take(name, args.run))
        print(f"docs/{name}.svg")


if __name__ == "__main__":
    main()
