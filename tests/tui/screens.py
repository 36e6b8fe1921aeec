"""Every screen of the app in a state worth looking at, for pictures, contrast and sizes."""

import dataclasses
import json
import os
from collections.abc import Awaitable, Callable
from typing import Any

import more_screens as more
import pytest
from test_dial import SCRIPT as CHOSEN

from chatkit.runtime import owner
from chatkit.runtime.store import Store

CARDS = {
    "generation": {
        "say": "# Places\n\nThe *small* one, or `the_other`:\n\n```python\nbook(table=2)\n```\n\n- cheap\n- **good**"
    },
    "mood": {"crash": "raise"},
    "emotion": {
        "bars": {"joy": 0.4, "love": 0.2, "surprise": 0.1, "anger": 0.1, "fear": 0.1, "sadness": 0.05, "disgust": 0.05}
    },
    "topics": {"table": {"header": ["topic", "share"], "rows": [["food", "0.7"], ["travel", "0.2"]]}},
    "french": {"text": "Essayez le petit, ou l'autre."},
}
SLIDERS = [
    {"name": "warmth", "kind": "decoding", "low": -1, "high": 1, "default": 0, "head": "generation", "what": "kind"},
    {
        "name": "brevity",
        "kind": "decoding",
        "low": -1,
        "high": 1,
        "default": 0,
        "head": "generation",
        "what": "shorter",
    },
]


TROUBLE = {
    "heads": {"generation": {"say": "Hello."}, "mood": {"crash": "raise"}},
    "familiarity": 0.31,
    "trust": {"why": "unlike the training text: words that it never met", "warning": True},
}
ENDLESS = {"heads": {"generation": {"say": "word " * 60, "crash": "hang", "at": 40}}}


@dataclasses.dataclass(frozen=True)
class Show:
    """A screen.

    Args:
        do: Brings it about in a running app.
        script: Of the fake engine.
        options: Of the app.
        prepare: Puts into the home what has to be there before, and holds still what depends on the machine.
        words: What has to be there in a terminal of any size.
    """

    do: Callable[[Any], Awaitable[None]]
    script: dict = dataclasses.field(default_factory=dict)
    options: dict = dataclasses.field(default_factory=dict)
    prepare: Callable[[Any, Any], None] = lambda home, monkeypatch: None
    words: tuple[str, ...] = ()


async def _empty(chat):
    await chat.sees("ready")


async def _conversation(chat):
    await chat.say("hello, can you recommend a restaurant for tonight?")
    await chat.say("how do I add a head?\nin [one] line")
    await chat.enter("/heeds")


async def _cards(chat):
    await chat.say("show everything")


async def _completion(chat):
    await chat.say("hello")
    chat.prompt.fill("/s")
    await chat.sees("/sessions", "/sentiment")


async def _live(chat):
    chat.prompt.fill("the coffee was cold and nobody")
    await chat.sees("positive")


async def _turn_bar(chat):
    await chat.say("hello")
    await chat.enter("/retry")
    await chat.until(lambda: "2 of 2" in chat.text)
    await chat.idle()
    await chat.key("ctrl+up")
    await chat.sees("2 of 2")


async def _incognito(chat):
    await chat.enter("/incognito")
    await chat.sees("not saved")
    await chat.say("between us")


async def _sessions(chat):
    await chat.enter("/sessions")
    await chat.sees("a table for two", "Sea", "Enter opens")


async def _found(chat):
    await chat.enter("/sessions whale")
    await chat.sees("where do whales sleep?", "Enter opens")


async def _training(chat):
    await chat.enter("/train")
    await chat.sees("running", "generation: loss")


async def _dial(chat):
    await chat.key("f4")
    await chat.sees("warmth", "brevity")


async def _help(chat):
    await chat.key("f1")
    await chat.sees("Send")


async def _palette(chat):
    await chat.key("ctrl+p")
    await chat.until(lambda: "Command" in type(chat.app.screen).__name__)
    await chat.sees("/clear")


async def _trouble(chat):
    await chat.say("boom")
    await chat.enter("/translate")
    await chat.sees("Say what about")
    chat.app.screen.query_one("#status").saved = False
    await chat.sees("not saved")


async def _queued(chat):
    await chat.enter("first")
    await chat.until(lambda: chat.turns and len(chat.turns[0].reply_text.split()) == 40)
    await chat.enter("second")
    await chat.sees("1 queued")
    await chat.key("ctrl+up", "ctrl+up")


def chats(home, monkeypatch):
    """Two chats in the history, of a day that does not change."""
    store = Store(home / "history.db")
    for name, pairs in (
        ("Sea", [("where do whales sleep?", "A whale sleeps near the surface.")]),
        ("", [("a table for two", "At seven?"), ("yes", "Done.")]),
    ):
        session = store.create_session(name)
        for said, reply in pairs:
            message = store.start_reply(store.add_prompt(session, said), seed=1)
            store.set_answer(message, "generation", {"type": "text", "text": reply}, text=reply)
            store.finish(message, "done", text=reply)
    with store.writing():
        store._db.execute("UPDATE session SET changed = 1700049600 + id, created = 1700049600")
        store._db.execute("UPDATE message SET created = 1700049600, changed = 1700049600")
    store.close()


def run(home, monkeypatch, steps=60):
    """A training run that goes on."""
    folder = home / "runs" / "mine" / "run"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.json").write_text(json.dumps({"train": {"steps": 100}}))
    rows = [f"{n},{n / 2:.2f},0.001,1.0,{5 / n**0.5:.4f},{2 / n**0.5:.4f}" for n in range(1, steps + 1)]
    (folder / "log.csv").write_text("\n".join(["step,seconds,rate,gradient_norm,generation,sentiment", *rows]) + "\n")
    (folder / "objectives.csv").write_text(
        "step,weight.generation,weight.sentiment,cosine.generation/sentiment\n10,1,0.5,-0.25\n"
    )
    note = {"config": "mine.toml", "pid": os.getpid(), "owner": owner.owner_of(os.getpid()), "started": 0}
    (folder.parent / "job.json").write_text(json.dumps(note))


SCREENS = {
    "empty": Show(_empty, words=("chatkit", "ready", "F1 help")),
    "conversation": Show(_conversation, words=("/heeds", "ready")),
    "cards": Show(_cards, {"heads": CARDS}, words=("Essayez le petit", "ready")),
    "completion": Show(_completion, words=("/sessions", "/s")),
    "live": Show(_live, words=("positive", "the coffee was cold")),
    "turn-bar": Show(_turn_bar, words=("edit", "reply ‹ 2 of 2 ›")),
    "incognito": Show(_incognito, words=("not saved",)),
    "sessions": Show(_sessions, prepare=chats, words=("Search all chats", "a table for two", "Enter opens", "closes")),
    "found": Show(_found, prepare=chats, words=("whale", "Enter opens", "Esc closes")),
    "training": Show(
        _training, prepare=run, words=("step 60 of 100", "stop and save", "sentiment", "back to the chat")
    ),
    "dial": Show(_dial, {"sliders": SLIDERS}, words=("warmth", "brevity", "ready")),
    "help": Show(_help, words=("Send", "Prompt")),
    "palette": Show(_palette, words=("/adapt",)),  # the first one: in the smallest terminal no other has room
    "trouble": Show(_trouble, TROUBLE, words=("Say what about", "not saved")),
    "queued": Show(_queued, ENDLESS, words=("second",)),
    "document": Show(more.document, more.READS, prepare=more.sea, words=("sea.md", "Paragraph 30:", "Esc back")),
    "document-search": Show(more.searched, more.READS, prepare=more.sea, words=("spring", " of ")),
    "documents": Show(more.listed, prepare=more.places, words=("/home/me/notes", "Esc closes")),
    "files": Show(more.files, prepare=more.places, words=("b.md", "c.md", "gone")),
    "no-documents": Show(more.no_documents, words=("Nothing is indexed yet",)),
    "indexing": Show(more.indexing, prepare=more.reading, words=("my notes", "1 of 3 files")),
    "adapting": Show(more.adapting, prepare=more.adapted, words=("finished", "load it", "back to the chat")),
    "tradeoff": Show(more.tradeoff, prepare=more.gave_up, words=("ready",)),
    "why": Show(more.why, CHOSEN, words=("Lovely to see you!", "ready")),
    "meter": Show(more.meter, more.UNFAMILIAR, words=("31%", "that it never met")),
    "edit": Show(more.edit, more.QUIET, words=("hello", "ready")),
    "prompts": Show(more.prompts, more.QUIET, words=("whale again", "do whales swim")),
    "renaming": Show(more.renaming, prepare=chats, words=("gives the chat this name",)),
    "heads": Show(more.heads, words=("disabled", "ready")),
}

OFTEN = {"cards", "trouble", "turn-bar", "training"}  # looked at in the fast tests too; the others in the slow ones
NAMES = [name if name in OFTEN else pytest.param(name, marks=pytest.mark.slow) for name in SCREENS]
