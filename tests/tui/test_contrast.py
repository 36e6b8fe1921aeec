"""Text can be read: WCAG contrast of every character that the app draws, in both themes, and what NO_COLOR leaves."""

import json

import pytest
from driver import FAKE, Driver
from screens import NAMES, SCREENS

from chatkit.tui.app import ChatkitApp
from chatkit.tui.opening import Options
from chatkit.tui.themes import DARK, LIGHT, THEMES

LEAST = 4.5  # of text, WCAG 2.2, 1.4.3 (AA)
DRAWN = frozenset("·‹›─│╭╮╰╯▌▐█▁▂▃▄▅▆▇▔▕▏▎▍▋▊▉━╸╺┃┏┓┗┛┌┐└┘├┤┬┴┼╌╎░▒▓ \xa0")  # frames, bars, what parts and what is off


def luminance(colour):
    """Relative luminance of an sRGB colour (WCAG 2.2)."""
    parts = [part / 255 for part in colour]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def low(app):
    """What is drawn with too little contrast: the text, its colours and the ratio."""
    found = {}
    for strip in app.screen._compositor.render_strips(app.screen.size):
        for segment in strip:
            letters = "".join(c for c in segment.text if c not in DRAWN and not 0x2800 <= ord(c) <= 0x28FF)
            if not letters or segment.style is None:
                continue
            fore, back = segment.style.color, segment.style.bgcolor
            assert fore is not None, segment
            assert back is not None, segment
            pair = (tuple(fore.get_truecolor()), tuple(back.get_truecolor()))
            if segment.style.reverse:
                pair = pair[::-1]
            if segment.style.dim:
                found[letters] = ("dim", *pair)
            elif (ratio := contrast(*pair)) < LEAST:
                found[letters] = (round(ratio, 2), *pair)
    return found


def test_the_measure_itself():
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", NAMES)
async def test_text_is_readable_on_its_background(name, monkeypatch, home):
    show = SCREENS[name]
    monkeypatch.setenv("FAKE_ENGINE", json.dumps(show.script))
    show.prepare(home, monkeypatch)
    app = ChatkitApp(Options(command=FAKE, **show.options))
    async with app.run_test(size=(110, 40)) as pilot:
        chat = Driver(app, pilot)
        await chat.ready()
        await show.do(chat)
        for theme in THEMES:
            app.theme = theme.name
            await pilot.pause()
            assert len("".join(chat.text.split())) > 100  # so that something was looked at
            assert low(app) == {}, theme.name


async def test_it_would_be_seen_if_a_colour_were_too_faint(drive, monkeypatch):
    monkeypatch.setitem(DARK.variables, "quiet", "#555555")
    async with drive() as chat:
        chat.app.theme = LIGHT.name
        chat.app.theme = DARK.name
        chat.app.refresh_css()
        await chat.ready()
        await chat.until(lambda: low(chat.app))


async def test_without_colour_everything_is_still_told_in_words(monkeypatch, drive):
    """NO_COLOR: greys only, no text lost, and what colour marks is said in words or by a sign too."""
    monkeypatch.setenv("NO_COLOR", "1")
    async with drive({"heads": {"generation": {"say": "Hello."}, "mood": {"crash": "raise"}}}) as chat:
        await chat.ready()
        await chat.say("hello")
        await chat.sees("mood", "division by zero", "ready")
        colours = set()
        for strip in chat.app.screen._compositor.render_strips(chat.app.screen.size):
            for filter_ in chat.app._filters:
                strip = strip.apply_filter(filter_, chat.app.screen.background_colors[1])
            for segment in strip:
                for colour in (segment.style.color, segment.style.bgcolor) if segment.style else ():
                    if colour is not None:
                        colours.add(tuple(colour.get_truecolor()))
        assert colours
        assert all(len(set(colour)) == 1 for colour in colours), colours
