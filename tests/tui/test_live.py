"""Reading along while something is typed."""

from chatkit.tui.widgets.live import Live


def lines(chat):
    live = chat.app.screen.query_one(Live)
    return live.size.height if live.display else 0


async def test_the_quick_heads_read_along(drive):
    async with drive() as chat:
        await chat.ready()
        await chat.key(*"hel")
        await chat.until(lambda: lines(chat) == 3)
        await chat.sees("86%", "heads.md:12", "heads.md:40")
        assert "search.md:3" not in chat.text
        await chat.key("enter")
        await chat.until(lambda: lines(chat) == 0)
        await chat.idle()
        await chat.key("/", "h", "e")
        await chat.sees("show the keys")
        assert lines(chat) == 0


async def test_it_can_be_switched_off(drive):
    async with drive() as chat:
        await chat.ready()
        await chat.enter("/live off")
        await chat.sees("read when you send it")
        await chat.key(*"hello")
        await chat.pilot.pause(0.2)
        assert lines(chat) == 0
        chat.prompt.fill("")
        await chat.enter("/live")
        await chat.sees("What you type is read along.")
        await chat.key(*"hello")
        await chat.until(lambda: lines(chat) == 3)


async def test_a_head_that_crashes_over_it_ends_it_and_nothing_else(drive):
    heads = {"mood": {"bars": {"good": 1.0}, "crash": "segfault", "typed": "boom", "when": "never"}}
    async with drive({"heads": heads}) as chat:
        await chat.ready()
        await chat.key(*"boom")
        await chat.sees("What is typed is no longer read along: the engine crashed over it.")
        await chat.ready()
        await chat.key("enter")
        await chat.idle()
        assert "100%" in chat.text
        await chat.enter("/live on")
        await chat.sees("What you type is read along.")


async def test_small_terminals_show_one_line(drive):
    async with drive(size=(44, 14)) as chat:
        await chat.ready()
        await chat.key(*"hello")
        await chat.until(lambda: lines(chat) == 1)
        assert "86%" in chat.text
