import os
import signal
import subprocess
import sys
import time

import pytest
from textual import events

from chatkit.head.answer import Bars, Table, Text
from chatkit.runtime.store import Store
from chatkit.tui.screens.help import HelpScreen
from chatkit.tui.widgets.cards import RankingCard, cards_of
from chatkit.tui.widgets.prompt import FOLD_CHARACTERS
from chatkit.tui.widgets.transcript import Transcript

ENDLESS = {"heads": {"generation": {"say": "word " * 20_000, "pause": 0.01}, "mood": {"bars": {"good": 1.0}}}}
SLOW = {"heads": {"generation": {"say": "word " * 400, "pause": 0.01}, "mood": {"bars": {"good": 1.0}}}}


async def test_a_message_is_answered_by_every_head(drive, stored):
    async with drive() as chat:
        await chat.say("hello there")
        for part in ("hello there", "small place by the river", "positive", "86%", "heads.md:12", "Adding a head"):
            assert part in chat.text
        assert "ready" in chat.text
        assert "812 tokens/s" in chat.text
        prompt, reply = stored()
        assert (prompt.text, reply.state, reply.lineage) == ("hello there", "done", "f00d")
        assert [answer.head for answer in reply.answers] == ["generation", "sentiment", "retrieval"]


async def test_a_head_that_cannot_answer_is_told_of(drive):
    heads = {"mood": {"bars": {"good": 1.0}}, "generation": {"say": "", "state": "broken", "why": "weights do not fit"}}
    async with drive({"heads": heads}) as chat:
        await chat.sees("head generation is broken: weights do not fit")


async def test_the_empty_chat_teaches(drive):
    async with drive() as chat:
        await chat.sees("Three things to try")
        await chat.pilot.click("Suggestion")
        await chat.until(lambda: chat.prompt.text.startswith("hello, can you recommend"))
        await chat.until(lambda: chat.prompt.has_focus)
        await chat.key("enter")
        await chat.idle()
        assert "Three things to try" not in chat.text


async def test_what_is_sent_while_loading_waits_and_is_stored_at_once(drive, stored):
    async with drive({"load": 1.0}) as chat:
        await chat.enter("early")
        await chat.until(lambda: "early" in chat.text)
        assert "loading" in chat.text
        assert stored()[0].text == "early"
        await chat.idle()
        assert "small place" in chat.text


async def test_esc_stops_the_reply_and_keeps_its_text(drive, stored):
    async with drive(ENDLESS) as chat:
        await chat.enter("go on")
        await chat.until(lambda: "word word" in chat.text)
        await chat.key("escape")
        await chat.idle()  # waits for less long than the reply would take
        assert "stopped" in chat.text
        assert "word word" in chat.text
        reply = stored()[-1]
        assert reply.state == "stopped"
        assert 2 <= len(reply.text.split()) < 400


async def test_messages_are_queued_visibly_and_answered_in_order(drive, stored, tmp_path):
    gate = tmp_path / "go"
    async with drive({"heads": {"generation": {"say": "to {text}: {turns}", "once": str(gate)}}}) as chat:
        for text in ("one", "two", "three"):
            await chat.enter(text)
        await chat.until(lambda: "2 queued" in chat.text)
        gate.touch()
        await chat.idle()
        assert "queued" not in chat.text
        said = [message.text for message in stored()]
        assert said == ["one", "to one: 0", "two", "to two: 2", "three", "to three: 4"]


async def test_a_crash_is_a_card_and_the_next_message_works(drive):
    heads = {"bad": {"say": "x y", "crash": "segfault", "at": 1, "when": "boom"}, "mood": {"bars": {"good": 0.75}}}
    async with drive({"heads": heads}) as chat:
        await chat.say("boom")
        assert "✗ bad  crashed the engine (signal 11)" in chat.text
        assert "75%" in chat.text
        await chat.say("calm")
        assert chat.text.count("75%") == 2
        assert chat.text.count("crashed") == 1
        assert "ready" in chat.text


async def test_a_head_that_raises_names_its_line_and_is_switched_off_after_three(drive):
    heads = {"mood": {"crash": "raise"}, "generation": {"say": "fine"}}
    async with drive({"heads": heads}) as chat:
        for number in range(3):
            await chat.say(f"message {number}")
            assert "✗ mood  ZeroDivisionError: division by zero  mood.py:7" in chat.text
        assert "/heads on mood tries again" in chat.text
        assert "mood off" in chat.text


async def test_a_model_that_cannot_be_loaded_is_one_line(drive, stored):
    async with drive({"load_error": "no assistant in /x (give another --model)"}) as chat:
        await chat.until(lambda: "no assistant in /x" in chat.text)
        await chat.say("anyone?")
        assert "✗" in chat.text
        assert "not running" in chat.text
        assert stored()[0].text == "anyone?"


async def test_a_megabyte_is_pasted_sent_and_stored(drive, stored):
    pasted = "".join(f"line {number} of a long paste\n" for number in range(40_000))
    async with drive({"heads": {"mood": {"bars": {"good": 1.0}}}}) as chat:
        await chat.enter("warm up")
        await chat.idle()
        start = time.process_time()
        chat.prompt.post_message(events.Paste(pasted))
        await chat.until(lambda: "pasted text 1" in chat.prompt.text)
        await chat.key("x")
        assert time.process_time() - start < 1
        assert chat.prompt.full_text() == pasted + "x"
        await chat.key("enter")
        await chat.idle()
        assert "characters more" in chat.text
        assert stored()[2].text == pasted + "x"
        await chat.key("up")
        assert chat.prompt.full_text() == pasted + "x"
        assert len(chat.prompt.text) < FOLD_CHARACTERS


@pytest.mark.parametrize(
    "text", ["[bold]not bold[/bold]", "[/]", "[link=x]", "$accent [$x] \\[", "[@click=app.quit]x[/]", "[red", "<b>*_`"]
)
async def test_user_text_is_never_markup(drive, text):
    async with drive({"heads": {"generation": {"say": "ok", "type": "text"}, "mood": {"crash": "raise"}}}) as chat:
        await chat.say(text)
        assert text in chat.text


async def test_control_characters_never_reach_the_screen(drive):
    nasty = "a\x1b[31mb\x07c\x9bd\ud800e\x00f"
    items = [{"text": nasty, "score": 1.0, "source": nasty, "heading": nasty}]
    heads = {
        "generation": {"say": nasty},
        "rank\x1b": {"items": items},
        "bars": {"bars": {nasty: 1.0}},
        "table": {"table": {"header": [nasty], "rows": [[nasty]]}},
    }
    async with drive({"heads": heads}) as chat:
        await chat.say(nasty)
        await chat.enter("/heads")
        assert not set(chat.text) & {"\x1b", "\x07", "\x9b", "\ud800", "\x00"}
        chat.text.encode("utf-8")


async def test_the_reply_is_what_streams_and_stands_first(drive, stored):
    heads = {
        "mood": {"bars": {"good": 1.0}},
        "topic": {"text": "food, I think"},
        "generation": {"say": "Hello you"},
        "french": {"say": "Salut toi"},
    }

    def order(chat):
        lines = [line.split() for line in chat.text.splitlines()]
        return [line[0] for line in lines if line and line[0] in ("Hello", "mood", "topic", "french")]

    async with drive({"heads": heads}) as chat:
        await chat.say("hi")
        assert order(chat) == ["Hello", "mood", "topic", "french"]
        assert stored()[1].text == "Hello you"
    async with drive(resume=True) as chat:
        await chat.sees("french")
        assert order(chat) == ["Hello", "mood", "topic", "french"]


async def test_keys_keep_their_order(drive):
    async with drive({"heads": {"generation": {"say": "{text}"}}}) as chat:
        await chat.key("a", "ctrl+j", "b", "alt+enter", "c", "shift+enter", "d", "backspace", "e")
        assert chat.prompt.text == "a\nb\nc\ne"


async def test_up_and_down_bring_back_prompts(drive):
    async with drive({"heads": {"generation": {"say": "ok"}}}) as chat:
        await chat.say("first")
        await chat.say("second\nline")
        chat.prompt.fill("draft")
        await chat.key("up")
        assert chat.prompt.text == "second\nline"
        await chat.key("up")  # to its first line
        assert chat.prompt.text == "second\nline"
        await chat.key("up")
        assert chat.prompt.text == "first"
        await chat.key("down", "down", "down")
        assert chat.prompt.text == "draft"


async def test_prompts_of_earlier_sessions_come_back_too(drive):
    async with drive() as chat:
        await chat.say("from before")
    async with drive() as chat:
        await chat.until(lambda: chat.prompt.past)
        await chat.key("up")
        assert chat.prompt.text == "from before"


async def test_commands(drive):
    async with drive() as chat:
        await chat.ready()
        await chat.enter("/haeds")
        await chat.sees("There is no command /haeds; did you mean /heads?")
        await chat.enter("/heads off sentiment")
        await chat.sees("sentiment off")
        await chat.say("hello")
        assert "positive" not in chat.text
        await chat.enter("/heads")
        await chat.sees("retrieval   ok")
        await chat.enter("/clear")
        await chat.until(lambda: "hello" not in chat.text)
        await chat.say("/etc/hosts is a path")
        assert "/etc/hosts is a path" in chat.text
        await chat.enter("/new")
        await chat.sees("Three things to try")
        theme = chat.app.theme
        await chat.enter("/theme")
        await chat.until(lambda: chat.app.theme != theme)


async def test_help_lists_every_binding(drive):
    async with drive(size=(100, 160)) as chat:
        await chat.key("f1")
        await chat.until(lambda: isinstance(chat.app.screen, HelpScreen) and "Send" in chat.text)
        for part in ("Send", "New line", "^j", "Stop the reply", "Quit", "/heads [on|off NAME]"):
            await chat.sees(part)
        await chat.key("escape")
        await chat.enter("/help")
        await chat.until(lambda: isinstance(chat.app.screen, HelpScreen))


async def test_a_passage_unfolds_on_space(drive):
    async with drive() as chat:
        await chat.say("hello")
        card = chat.app.screen.query_one(RankingCard)
        card.focus()
        assert card.size.height == 3
        await chat.key("down", "space")
        await chat.until(lambda: card.size.height == 4)
        assert chat.text.count("proves a head sound") == 2
        await chat.key("space")
        await chat.until(lambda: card.size.height == 3)
        await chat.key("h")
        await chat.until(lambda: chat.prompt.has_focus)
        assert chat.prompt.text == "h"


async def test_a_session_is_resumed_with_all_its_cards(drive):
    async with drive() as chat:
        await chat.say("hello there")
        shown = [line for line in chat.text.splitlines() if line.strip()][:8]
    async with drive(resume=True) as chat:
        await chat.ready()
        await chat.until(lambda: "small place by" in chat.text)
        assert [line for line in chat.text.splitlines() if line.strip()][:8] == shown
        await chat.say("more")
        assert len(chat.turns) == 2
        assert len(chat.app.chat.store.messages(chat.app.chat.session)) == 4


async def test_a_long_session_opens_a_window_and_pages_up(drive, home):
    store = Store(home / "history.db")
    session = store.create_session()
    for number in range(100):
        reply = store.start_reply(store.add_prompt(session, f"prompt {number}"))
        store.set_answer(reply, "generation", {"type": "text", "text": f"reply {number}"}, text=f"reply {number}")
        store.finish(reply, "done", text=f"reply {number}")
    store.close()
    async with drive(session=session) as chat:
        await chat.until(lambda: "reply 99" in chat.text)
        assert len(chat.turns) == 20
        chat.app.screen.query_one(Transcript).scroll_home(animate=False)
        await chat.until(lambda: len(chat.turns) == 40)
        assert [turn.text for turn in chat.turns] == [f"prompt {number}" for number in range(60, 100)]
        await chat.until(lambda: "prompt 80" in chat.text)  # what the user looked at stayed in view


async def test_an_unwritable_history_is_said_and_the_chat_goes_on(drive, home):
    home.parent.mkdir(exist_ok=True)
    home.write_text("a file where a folder is meant")
    async with drive() as chat:
        await chat.say("hello")
        assert "not saved" in chat.text
        assert "small place" in chat.text
    assert home.read_text() == "a file where a folder is meant"


async def test_a_disk_that_fills_up_is_said_once_and_nothing_shown_is_lost(drive, stored):
    async with drive() as chat:
        await chat.say("before")
        store = chat.app.chat.store
        store.rows(f"PRAGMA max_page_count = {store.rows('PRAGMA page_count')[0][0]}")
        await chat.say("x" * 50_000)
        troubles = [str(note.content) for note in chat.app.screen.query(".trouble")]
        assert len(troubles) == 1
        assert "make room on the disk" in troubles[0]
        await chat.say("after")
        assert "not saved" in chat.text
        kept = chat.app.chat.store.messages(chat.app.chat.session)
        assert [message.text[:6] for message in kept if message.speaker == "user"] == ["before", "xxxxxx", "after"]
    assert stored()[0].text == "before"


@pytest.mark.parametrize("size", [(40, 12), (60, 18), (250, 70)])
async def test_every_size(drive, size):
    async with drive(size=size) as chat:
        await chat.ready()
        await chat.sees("ready")  # the frame comes after the state
        await chat.say("hello there, " * 8)
        lines = chat.text.splitlines()
        assert len(lines) == size[1]
        assert "heads.md" in chat.text or "s.md:12" in chat.text
        assert "86%" in chat.text
        await chat.pilot.resize_terminal(100, 30)
        await chat.pilot.pause(0.1)
        assert "hello there, hello there" in chat.text


async def test_resize_while_streaming(drive):
    async with drive(SLOW) as chat:
        await chat.enter("go")
        await chat.until(lambda: "word word" in chat.text)
        for size in ((40, 12), (120, 50), (60, 20)):
            await chat.pilot.resize_terminal(*size)
            await chat.pilot.pause(0.05)
        await chat.key("escape")
        await chat.idle()
        assert "word word" in chat.text


async def test_without_colour(drive, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with drive({"heads": {"mood": {"bars": {"good": 0.9, "bad": 0.1}}}}) as chat:
        await chat.say("hello")
        assert chat.app.no_color
        assert "90%" in chat.text


def test_neither_torch_nor_numpy_is_imported_by_the_app():
    script = """
import asyncio, sys
from chatkit.tui.app import ChatkitApp
from chatkit.tui.opening import Options
async def main():
    app = ChatkitApp(Options(command=[sys.executable, "-c", "pass"]))
    async with app.run_test() as pilot:
        await pilot.pause(0.3)
asyncio.run(main())
print([name for name in ("torch", "numpy", "sentencepiece", "bm25s") if name in sys.modules])
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, timeout=60)
    assert done.stdout == "[]\n", done.stderr


async def test_kill_9_of_the_engine_in_the_middle_of_a_reply(drive):
    async with drive(SLOW) as chat:
        await chat.enter("go")
        await chat.until(lambda: "word word" in chat.text)
        os.kill(chat.app.chat.client.pid, signal.SIGKILL)
        await chat.idle()
        assert "✗ generation  crashed the engine (signal 9)" in chat.text
        assert "word word" in chat.text
        assert "100%" in chat.text  # the other head answered


async def test_a_long_reply_costs_little(drive):
    script = {"heads": {"generation": {"say": "A sentence of several words, and *another*. " * 75, "pause": 0.004}}}
    async with drive(script) as chat:
        await chat.ready()
        start = time.process_time()
        await chat.say("go")
        assert time.process_time() - start < 4  # some 600 pieces


async def test_markdown_is_drawn_whole_at_the_end(drive):
    said = "# Title\n\n```python\ndef f():\n    return 1\n```\n\n- one\n- two\n\nline one\nline two ![x](y)"
    async with drive({"heads": {"generation": {"say": said}}}) as chat:
        await chat.say("go")
        lines = [line.strip() for line in chat.text.splitlines()]
        for line in ("Title", "def f():", "return 1", "• one", "line one", "line two !x"):
            assert line in lines
        assert "```" not in chat.text


async def test_a_head_that_knows_only_its_examples_says_so_on_its_card(drive):
    heads = {"generation": {"say": "Hello."}, "mood": {"bars": {"good": 1.0}, "why": "untrained: fitted to 2 examples"}}
    async with drive({"heads": heads}) as chat:
        await chat.say("hello there")
        assert "untrained: fitted to 2 examples" in chat.text


def test_an_answer_of_several_blocks_names_its_head_once():
    blocks = [Bars({"fr": 0.9, "en": 0.1}), Text("French"), Table(["a"], [["b"]])]
    for width in (40, 100):
        lines = [card._laid_out(width).plain for card in cards_of("tongue", blocks, "untrained: of 2 examples")]
        assert [line.count("tongue") for line in lines] == [1, 0, 0, 0]
        assert "untrained" in lines[-1]
    assert "tongue" in cards_of("tongue", [], "untrained")[0]._laid_out(100).plain
