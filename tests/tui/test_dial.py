import pytest
from textual.widgets import Static

from chatkit.tui import dial
from chatkit.tui.widgets.dial_panel import DialPanel
from chatkit.tui.widgets.slider import NAME_CELLS, Slider

SLIDERS = [
    {"name": "warmth", "kind": "reply", "low": -1.0, "high": 1.0, "default": 0.0, "what": "warmer words"},
    {"name": "brevity", "kind": "reply", "low": -1.0, "high": 1.0, "default": 0.0, "what": "fewer pieces"},
]
CHOICE = {
    "objectives": {"fluency": {"weight": 0.0}, "warmth": {"weight": 1.0}},
    "candidates": [
        {"text": "Go away.", "values": {"fluency": -1.1, "warmth": -0.8}, "score": 0.0, "non_dominated": True},
        {"text": "Lovely to see you!", "values": {"fluency": -2.0, "warmth": 0.9}, "score": 1.0, "non_dominated": True},
        {"text": "Hm.", "values": {"fluency": -3.0, "warmth": 0.0}, "score": 0.47, "non_dominated": False},
    ],
    "picked": 1,
    "why": "highest weighted sum of 3 replies: warmth 0.90 (1 of 3); for that, fluency -2.00 (2 of 3)",
}
SCRIPT = {
    "sliders": SLIDERS,
    "heads": {"generation": {"say": "Lovely to see you!", "choice": CHOICE, "echo": True}},
}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("warmth=0.7", {"warmth": 0.7, "brevity": -0.5}),
        ("warmth = -1 brevity=0", {"warmth": -1.0}),
        ("off", {}),
        ("warmt=1", "There is no slider warmt; did you mean warmth?"),
        ("x=1", "There is no slider x; there are: warmth, brevity."),
        ("warmth=2", "warmth goes from -1 to 1."),
        ("warmth=nan", "warmth goes from -1 to 1."),
        ("warmth=hot", f"hot is no number. {dial.HOW}"),
        ("warmth", dial.HOW),
    ],
)
def test_what_a_command_makes_of_the_dial(arguments, expected):
    assert dial.changed(arguments, SLIDERS, {"brevity": -0.5}) == expected


async def test_sliders_move_by_keyboard_and_mouse_and_the_next_reply_is_asked_for_by_them(drive):
    async with drive(SCRIPT) as chat:
        await chat.ready()
        await chat.key("f4")
        await chat.until(lambda: chat.app.screen.query(Slider))
        sliders = list(chat.app.screen.query(Slider))
        await chat.until(lambda: sliders[0].has_focus)
        await chat.key("right", "right", "right", "shift+left", "down", "home")
        await chat.until(lambda: chat.app.chat.dial == {"warmth": 0.29, "brevity": -1.0})
        await chat.sees("warmth 0.29, brevity -1")  # the status line
        await chat.key("0")
        await chat.until(lambda: chat.app.chat.dial == {"warmth": 0.29})
        track = sliders[1]._track_cells(sliders[1].content_region.width)
        await chat.pilot.click(sliders[1], offset=(NAME_CELLS + track - 1, 0))
        await chat.until(lambda: chat.app.chat.dial == {"warmth": 0.29, "brevity": 1.0})
        await chat.key("escape")
        await chat.until(lambda: chat.prompt.has_focus)
        await chat.say("hello")
        assert "warmth 0.29" in chat.words
        assert "'brevity': 1.0" in chat.words  # the engine was asked for it
        await chat.key("f4")
        await chat.until(lambda: not chat.app.screen.query(DialPanel))


async def test_commands_move_an_open_panel(drive):
    async with drive(SCRIPT) as chat:
        await chat.ready()
        await chat.enter("/dial")
        await chat.until(lambda: chat.app.screen.query(Slider))
        await chat.until(lambda: isinstance(chat.app.focused, Slider))
        chat.app.screen.set_focus(chat.prompt)
        await chat.enter("/dial warmth=-0.4")
        await chat.sees("Replies are chosen by warmth -0.4.", "-0.40")
        assert next(iter(chat.app.screen.query(Slider))).value == -0.4
        await chat.enter("/dial off")
        await chat.sees("You weigh nothing")
        assert chat.app.chat.dial == {}


async def test_why_shows_the_candidates_also_of_an_earlier_session(drive):
    async with drive(SCRIPT) as chat:
        await chat.ready()
        await chat.enter("/why")
        await chat.sees("Nothing was chosen")
        await chat.enter("/dial warmth=1")
        await chat.say("hello")
        await chat.enter("/why")
        await chat.sees("highest weighted sum of 3", "warmth ×1", "Go away.", "▸  1.00")
    async with drive(SCRIPT, resume=True) as chat:
        await chat.ready()
        await chat.enter("/why")
        await chat.sees("Go away.", "•  0.00")


async def test_a_narrow_terminal_shows_it_all(drive):
    async with drive(SCRIPT, size=(44, 40)) as chat:
        await chat.ready()
        await chat.enter("/dial")
        await chat.until(lambda: isinstance(chat.app.screen.focused, Slider))  # which the panel sees to
        chat.prompt.focus()
        await chat.until(lambda: chat.prompt.has_focus)
        await chat.enter("/dial warmth=1")
        await chat.say("hello")
        await chat.enter("/why")
        await chat.sees("Lovely to see you!", "Go away.", "Hm.")
        assert all(len(line) <= 44 for line in chat.text.splitlines())


async def test_an_engine_without_sliders_says_so(drive):
    async with drive({}) as chat:
        await chat.ready()
        await chat.key("f4")
        await chat.sees("Nothing to weigh")
        assert chat.app.screen.query(Static)


FRONT = {
    "objectives": ["generation", "sentiment"],
    "shown": {"generation": "word_perplexity", "sentiment": "macro_f1"},
    "better": {"generation": "lower", "sentiment": "higher"},
    "grid": [
        {
            "at": {"generation": i / 10, "sentiment": 1 - i / 10},
            "figures": {"generation": {"word_perplexity": 200.0 - 5 * i}, "sentiment": {"macro_f1": 0.7 - i / 100}},
        }
        for i in range(11)
    ],
}
SHARES = [
    {"name": name, "kind": "weights", "low": 0.0, "high": 1.0, "default": 0.5, "what": "better"}
    for name in FRONT["objectives"]
]


def test_shares_make_room_for_each_other():
    assert dial.changed("sentiment=0.8", SHARES, {}) == {"generation": 0.2, "sentiment": 0.8}
    assert dial.changed("sentiment=0.5", SHARES, {"generation": 0.2, "sentiment": 0.8}) == {}
    three = [{**SHARES[0], "name": name, "default": 0.3333} for name in "abc"]
    assert dial.changed("a=1", three, {}) == {"a": 1.0, "b": 0.0, "c": 0.0}
    assert dial.changed("a=0.5", three, {"a": 1.0, "b": 0.0, "c": 0.0}) == {"a": 0.5, "b": 0.25, "c": 0.25}


def test_the_dial_stands_on_the_measured_front():
    told = dial.figures(FRONT, SHARES, {"generation": 0.21, "sentiment": 0.79})
    assert told == "perplexity 190 (+15), macro-F1 0.680 (+0.030)"
    assert dial.figures(FRONT, SLIDERS, {"warmth": 1.0}) == ""


async def test_moving_the_weights_shows_what_it_costs_and_prepares_the_engine(drive):
    script = {**SCRIPT, "sliders": [*SHARES, *SLIDERS], "front": FRONT}
    async with drive(script, size=(130, 40)) as chat:
        await chat.ready()
        await chat.key("f4")
        await chat.until(lambda: chat.app.screen.query(Slider))
        sliders = {slider.name: slider for slider in chat.app.screen.query(Slider)}
        await chat.until(lambda: isinstance(chat.app.screen.focused, Slider))
        sliders["sentiment"].focus()
        await chat.until(lambda: sliders["sentiment"].has_focus)
        await chat.key("right", "right", "right")
        await chat.until(lambda: sliders["generation"].value == 0.2)
        await chat.sees("measured nearby: perplexity 190 (+15), macro-F1 0.680 (+0.030)", "prepared for")
        await chat.key("0")
        await chat.until(lambda: chat.app.chat.dial == {})
        await chat.until(lambda: "measured nearby" not in chat.text)
