"""What ``errands.py --kept`` adds of orders: several things at once, lists, all of it changed and called off.

What is kept is said back after each change as it then stands, so that it stands near when it is asked for.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from errand_more import chain, words_of
from errand_speaker import WORDS, Speaker, Turns, capital

_FILE: dict[str, Any] = tomllib.loads((Path(__file__).parent / "errand_kept.toml").read_text(encoding="utf-8"))
KEPT: dict[str, list[str]] = {
    name: words_of(" ".join(words.split())) if isinstance(words, str) else words for name, words in _FILE.items()
}
_COUNTS = ("two", "three", "four", "five", "six")
_PLURALS = {"sandwich": "sandwiches", "curry": "curries"}


def joined(things: Sequence[str]) -> str:
    """Things as a sentence has them: "a, b and c"."""
    return things[0] if len(things) == 1 else f"{', '.join(things[:-1])} and {things[-1]}"


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeio" else f"a {noun}"


def _item(s: Speaker) -> tuple[str, str]:
    """A thing as it is ordered, and its bare name."""
    noun = s.draw(WORDS["drinks"] if s.rng.random() < 0.5 else WORDS["dishes"])
    if s.rng.random() < 0.3:
        return f"{s.rng.choice(_COUNTS)} {_PLURALS.get(noun, noun + 's')}", _PLURALS.get(noun, noun + "s")
    if noun in WORDS["dishes"] and s.rng.random() < 0.25:
        return f"{_article(noun)} with {s.draw(WORDS['sides'])}", noun
    size = s.draw(WORDS["sizes"]) + " " if s.rng.random() < 0.15 else ""
    return (f"a {size}{noun}" if size else _article(noun)), noun


def _wish(s: Speaker, what: str) -> str:
    return s.say(
        f"{what} please.",
        f"{what}, please.",
        f"{what}.",
        f"I'd like {what}.",
        f"I would like {what} please.",
        f"I'd like to order {what}.",
        f"can I get {what}?",
        f"could I have {what}?",
        f"I'll have {what}.",
        f"I'll take {what}.",
        f"order {what}.",
        f"can you order {what} for me?",
        f"get me {what}.",
        f"I want {what}.",
        f"we would like {what}.",
        f"let's order {what}.",
    )


def _heard(s: Speaker, what: str) -> str:
    return capital(
        s.say(
            f"{what}. Anything else?",
            f"{what}, good. Anything else?",
            f"{what}. Is that all?",
            f"so {what}. What else?",
            f"good, {what}. Anything to add?",
        )
    )


def _noted(s: Speaker, what: str) -> str:
    return s.say(
        f"Noted: {what}. I only take notes, so please place the order yourself.",
        f"So that is {what}. I have noted it; I cannot send orders myself.",
        f"All right, {what}. I keep it as a note, since I have no line to any shop.",
        f"Got it: {what}. I cannot place real orders, but here is your list.",
    )


def _asked(s: Speaker, what: str) -> tuple[str, str]:
    return s.rng.choice(KEPT["again"]), s.say(
        f"{capital(what)}.", f"You wanted {what}.", f"{capital(what)}, I noted.", f"You ordered {what}."
    )


def _ended(s: Speaker, what: str) -> Turns:
    """Enough, called off, or asked for; what then is left."""
    turns: Turns = []
    if s.rng.random() < 0.35:
        turns.append(_asked(s, what))
    if s.rng.random() < 0.2:
        how = s.say("for pickup please.", "to take away.", "I'll collect it.", "pick up please.", "takeaway.")
        turns.append((how, s.say(f"To take away: {what}. Is that all?", f"You will collect {what}. Anything else?")))
    if s.rng.random() < 0.22:
        turns.append((s.rng.choice(KEPT["off"]), s.rng.choice(KEPT["off_heard"])))
        if s.rng.random() < 0.6:
            turns.append((s.rng.choice(KEPT["again"]), s.rng.choice(KEPT["off_known"])))
        return turns
    turns.append((s.rng.choice(KEPT["enough"]), _noted(s, what)))
    if s.rng.random() < 0.4:
        turns += [*(chain(s)[:1] if s.rng.random() < 0.3 else s.small_talk(0, 1)), _asked(s, what)]
    if s.rng.random() < 0.2:
        turns.append(
            (s.say("thanks!", "thank you.", "great, thanks."), s.say("You are welcome.", "Enjoy!", "My pleasure."))
        )
    return turns


def _taken_off(s: Speaker, what: str) -> str:
    return s.say(
        f"no {what} after all.",
        f"without the {what}.",
        f"take the {what} off.",
        f"leave out the {what}.",
        f"no {what}, please.",
        f"skip the {what}.",
        f"hold the {what}.",
        f"sorry, not the {what}.",
        f"actually, no {what}.",
        f"drop the {what}.",
    )


def _swapped(s: Speaker, old: str, new: str) -> str:
    return s.say(
        f"{new} instead of the {old}.",
        f"{new} in place of the {old}.",
        f"{new} rather than {old}.",
        f"swap the {old} for {new}.",
        f"not {old}, {new}.",
        f"change the {old} to {new}.",
        f"can I have {new} instead of {old}?",
    )


def _added(s: Speaker, what: str) -> str:
    return s.say(
        f"and {what}.",
        f"and {what} please.",
        f"add {what}.",
        f"also {what}.",
        f"{what} too.",
        f"oh, and {what}.",
        f"yes, {what}.",
        f"and {what} as well.",
        f"can you add {what}?",
        f"I'd also like {what}.",
    )


def pizzas(s: Speaker) -> Turns:
    """A pizza with several things on it, which change."""
    size = s.draw(WORDS["sizes"])
    tops = list(dict.fromkeys(s.draw(WORDS["pizza"]) for _ in range(s.rng.randint(1, 3))))
    noun = s.say("pizza", "pizza", "pizza", "one")
    extra: list[str] = []

    def all_of_it() -> str:
        pizza = f"a {size} pizza" + (f" with {joined(tops)}" if tops else "")
        return joined([pizza, *extra])

    if s.rng.random() < 0.5:
        turns: Turns = [(_wish(s, f"a {size} pizza with {joined(tops)}"), _heard(s, all_of_it()))]
    else:
        with_tops = s.say(
            f"{size}, with {joined(tops)}.",
            f"a {size} {noun} with {joined(tops)}.",
            f"{size}, {joined(tops)}.",
            f"{size} with {joined(tops)} please.",
        )
        asked = s.say("Sure. What size, and with what on it?", "Of course. What size and which toppings?")
        turns = [(_wish(s, s.say("a pizza", "pizza")), asked), (with_tops, _heard(s, all_of_it()))]
    for _ in range(s.rng.choice((0, 1, 1, 2))):
        kind = s.rng.random()
        if kind < 0.3:
            more = s.draw(WORDS["pizza"])
            if more in tops:
                continue
            tops.append(more)
            said = s.say(_added(s, more), f"and {more} on it.", f"with {more}.", f"put {more} on it too.")
        elif kind < 0.6 and len(tops) > 1:
            less = s.rng.choice(tops)
            tops.remove(less)
            said = _taken_off(s, less)
        elif kind < 0.7 and tops:
            new, place = s.draw(WORDS["pizza"]), s.rng.randrange(len(tops))
            if new in tops:
                continue
            said, tops[place] = _swapped(s, tops[place], new), new
        elif kind < 0.85:
            other = s.draw(WORDS["sizes"])
            if other == size:
                continue
            said = s.say(f"make it {other}.", f"{other} rather.", f"{other} instead.", f"not {size}, {other}.")
            size = other
        else:
            extra.append(_item(s)[0])
            said = _added(s, extra[-1])
        turns.append((said, _heard(s, all_of_it())))
    return turns + _ended(s, all_of_it())


def several_things(s: Speaker) -> Turns:
    """Two or three dishes and drinks at once; some are added and taken off."""
    items = dict(_item(s) for _ in range(s.rng.randint(1, 3)))
    turns: Turns = [(_wish(s, joined([*items])), _heard(s, joined([*items])))]
    for _ in range(s.rng.choice((0, 1, 1, 2))):
        what, noun = _item(s)
        kind, less = s.rng.random(), s.rng.choice([*items])
        if kind < 0.7 and (noun in items.values() or what in items):
            continue
        if kind < 0.5:
            items[what] = noun
            said = _added(s, what)
        elif kind < 0.7:
            said = _swapped(s, items[less], what)
            items = {**{key: each for key, each in items.items() if key != less}, what: noun}
        elif len(items) > 1:
            said = _taken_off(s, items.pop(less))
        else:
            continue
        turns.append((said, _heard(s, joined([*items]))))
    return turns + _ended(s, joined([*items]))


def listed(s: Speaker) -> Turns:
    """A list of what is to be bought or done, longer and shorter as it goes, and told back."""
    buying = s.rng.random() < 0.65
    words, name = (KEPT["groceries"], "shopping list") if buying else (KEPT["todo"], "list")
    things = list(dict.fromkeys(s.draw(words) for _ in range(s.rng.randint(1, 4))))

    def all_of_it() -> str:
        return joined(things)

    opening = [
        f"put {all_of_it()} on my {name}.",
        f"my {name}: {', '.join(things)}.",
        f"add {all_of_it()} to my {name}.",
        f"please note: {all_of_it()}.",
        f"I have to {'buy ' if buying else ''}{all_of_it()}.",
        f"I need to {'buy ' if buying else ''}{all_of_it()}.",
        f"make a {name} with {all_of_it()}.",
        f"write down {all_of_it()}.",
        f"remind me to {'buy ' if buying else ''}{all_of_it()}.",
    ]
    heard = (
        "On your list: {0}. What else?",
        "Noted: {0}. Anything else?",
        "{0}. I keep it in this chat.",
        "Your list: {0}.",
        "I have noted {0}. Is that all?",
    )
    turns: Turns = [(s.rng.choice(opening), capital(s.rng.choice(heard).format(all_of_it())))]
    for _ in range(s.rng.choice((0, 1, 1, 2))):
        if s.rng.random() < 0.6 or len(things) < 2:
            more = s.draw(words)
            if more in things:
                continue
            things.append(more)
            said = _added(s, more)
        else:
            less = s.rng.choice(things)
            things.remove(less)
            said = s.say(
                _taken_off(s, less),
                f"take {less} off the list.",
                f"I have {less} already.",
                f"{less} is done, take it off.",
            )
        turns.append((said, capital(s.rng.choice(heard).format(all_of_it()))))
    turns += s.small_talk(0, 1)
    asked = s.say(
        f"what is on my {name}?",
        f"what's on my {name}?",
        f"read me my {name}.",
        "what do I have to buy?" if buying else "what do I have to do?",
        f"tell me my {name}.",
        f"what was on the {name}?",
        "what did I want to buy?" if buying else "what did I want to do?",
    )
    return [
        *turns,
        (asked, s.say(f"{capital(all_of_it())}.", f"On your list: {all_of_it()}.", f"You noted {all_of_it()}.")),
    ]
