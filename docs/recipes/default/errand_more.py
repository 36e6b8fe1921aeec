"""What ``errands.py --more`` adds: talk about a day, orders given bit by bit, and more that is told and asked for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from errand_orders import please
from errand_speaker import WORDS, Speaker, Turns, capital

Chain = Sequence[Sequence[Sequence[str]]]  # pairs of what is said, in many forms, and of replies to it
_SLOT = re.compile(r"\{(\w+)\}")


def words_of(text: str) -> list[str]:
    """The words of a list in the files."""
    return re.split(r",\s+", text.strip())


_CHAT: dict[str, Any] = tomllib.loads((Path(__file__).parent / "errand_chat.toml").read_text(encoding="utf-8"))
LISTS: dict[str, Any] = {**WORDS, **{name: words_of(_CHAT[name]) for name in ("relatives", "streets")}}


CHAINS = _CHAT["chains"]


def chain(s: Speaker) -> Turns:
    """A pair or more of the file: what is said of a day, and a reply to it."""
    return filled_in(s, s.rng.choice(CHAINS), LISTS)


def filled_in(s: Speaker, pairs: Chain, lists: Mapping[str, Sequence[str]]) -> Turns:
    """A chain, at times not to its end: one form and one reply of each pair, with words of the lists."""
    turns: Turns = []
    drawn: dict[str, str] = {}

    def filled(text: str) -> str:
        for slot in _SLOT.findall(text):
            drawn.setdefault(slot, s.draw(lists[slot]))
        text = _SLOT.sub(lambda slot: drawn[slot[1]], text)
        return text[:1].upper() + text[1:]

    for said, replies in pairs:
        turns.append((filled(s.rng.choice(said)), filled(s.rng.choice(replies))))
        if s.rng.random() < 0.15:
            break
    return turns


def chat(s: Speaker) -> Turns:
    """Two to four chains one after the other."""
    return [turn for _ in range(s.rng.randint(2, 4)) for turn in chain(s)]


def pizza_by_bits(s: Speaker) -> Turns:
    """Size, toppings and where to, each when it comes to mind; and what was ordered is asked for."""
    size, first, second = s.draw(WORDS["sizes"]), s.draw(WORDS["pizza"]), s.draw(WORDS["pizza"])
    tops = first if first == second or s.rng.random() < 0.5 else f"{first} and {second}"
    turns: Turns = [
        (
            please(s, s.say("a pizza", "pizza", "some pizza", f"a {size} pizza")),
            s.say("Sure. What size, and with what on it?", "Of course. What size and which toppings?"),
        )
    ]
    if size not in turns[0][0]:
        turns.append(
            (
                s.say(f"{size} please.", f"{size}.", f"a {size} one.", f"make it {size}."),
                s.say(f"A {size} pizza. And what would you like on it?", f"Good, {size}. With which toppings?"),
            )
        )
    else:
        turns[0] = (turns[0][0], s.say(f"A {size} pizza. With which toppings?", "Sure. And what would you like on it?"))
    pizza = f"a {size} pizza with {tops}"
    turns.append(
        (
            s.say(f"with {tops}.", f"{tops}.", f"{tops} please.", f"put {tops} on it."),
            s.say(f"{capital(pizza)}. Anything else?", f"{capital(pizza)}. To take away, or delivered?"),
        )
    )
    place = ""
    if s.rng.random() < 0.5:
        number, street = s.rng.randint(1, 150), s.draw(LISTS["streets"])
        place = f"{number} {street} {s.say('Street', 'Road', 'Lane')}"
        turns += [
            (
                s.say("delivery please.", "deliver it please.", "please deliver it.", "to my home."),
                s.say("I note that. Which address?", "All right. What is the address?"),
            ),
            (s.say(f"{place}.", f"it is {place}.", f"I live at {place}."), s.say(f"{place}. Is that right?")),
        ]
    said = s.say("yes that's right.", "yes.", "that is right.", "correct.") if place else s.say("no.", "that is all.")
    turns.append((said, _noted(s, f"{pizza}, to {place}" if place else pizza)))
    return turns + _asked_for(s, pizza)


def _noted(s: Speaker, what: str) -> str:
    return s.say(
        f"Noted: {what}. I only take notes, so please place the order yourself.",
        f"So that is {what}. I have noted it; I cannot send orders myself.",
        f"All right, {what}. I keep it as a note, since I have no line to any shop.",
    )


def _asked_for(s: Speaker, what: str) -> Turns:
    """At times, what was ordered is asked for, after a word or two of something else."""
    if s.rng.random() < 0.4:
        return []
    asked = s.say("what did I order?", "what was my order?", "what did I want?", "can you repeat my order?")
    between = chain(s)[:1] if s.rng.random() < 0.3 else []
    return [*between, (asked, s.say(f"{capital(what)}.", f"You wanted {what}.", f"{capital(what)}, I noted."))]


def something(s: Speaker) -> Turns:
    """One wish with all that belongs to it, noted, and asked for."""
    drink, dish, flowers = s.draw(WORDS["drinks"]), s.draw(WORDS["dishes"]), s.draw(WORDS["flowers"])
    many = s.draw(WORDS["numbers"])
    what = s.rng.choice(
        [
            f"a {s.draw(WORDS['sizes'])} {drink} with {s.draw(WORDS['milks'])}",
            f"{many} {drink}s" if not drink.endswith("e") else f"a {drink}",
            f"a {dish} with {s.draw(WORDS['sides'])}",
            f"{many} {flowers}",
        ]
    )
    turns: Turns = [
        (please(s, what), s.say(f"{capital(what)}. Is that all?", f"{capital(what)}, good. Anything else?")),
        (s.say("that is all.", "no, thanks.", "yes, that's it.", "nothing else."), _noted(s, what)),
    ]
    return turns + _asked_for(s, what)


def children(s: Speaker) -> tuple[Turns, Turns]:
    """Two children by name, at once or in the answer to a question."""
    a, b = s.draw(WORDS["names"]), s.draw(WORDS["names"])
    lovely = s.say(f"{a} and {b} are lovely names. How old are they?", f"How nice. What are {a} and {b} like?")
    if s.rng.random() < 0.5:
        told = [(s.say(f"I have two children, {a} and {b}.", f"my children are {a} and {b}."), lovely)]
    else:
        how = s.say("I have two children.", "I am a mother of two.", "I am a father of two.")
        told = [(how, s.say("How nice. What are their names?", "Lovely. What are they called?"))]
        told.append((s.say(f"{a} and {b}.", f"they are {a} and {b}."), lovely))
    asked = s.say("what are my children called?", "what are the names of my children?", "how are my children called?")
    return told, [(asked, s.say(f"{a} and {b}.", f"They are called {a} and {b}.", f"Your children are {a} and {b}."))]


def relative(s: Speaker) -> tuple[Turns, Turns]:
    """Somebody near, by name."""
    kin, who = s.draw(LISTS["relatives"]), s.draw(WORDS["names"])
    told = s.say(f"my {kin} is called {who}.", f"my {kin}'s name is {who}.", f"{who} is my {kin}.")
    heard = s.say(f"Do you see {who} often?", f"{who}, a nice name. Do you get on well with your {kin}?")
    forms = [
        (f"what is my {kin} called?", f"Your {kin} is called {who}."),
        (f"what's my {kin}'s name?", f"It is {who}."),
        (f"who is {who}?", f"{who} is your {kin}, you said."),
    ]
    return [(told, heard)], [s.rng.choice(forms)]


def age(s: Speaker) -> tuple[Turns, Turns]:
    """The user's age."""
    years = s.rng.randint(12, 90)
    told = s.say(f"I am {years} years old.", f"I'm {years}.", f"I turned {years} this year.")
    heard = s.say(f"{years}, a good age. How do you feel?", "Then you have seen a thing or two. I am much younger.")
    asked = s.say("how old am I?", "what is my age?", "do you remember how old I am?")
    return [(told, heard)], [(asked, s.say(f"You are {years}.", f"You are {years} years old.", f"{years}, you said."))]


def appointment(s: Speaker) -> tuple[Turns, Turns]:
    """When the user has to be where."""
    day, hour, whom = s.draw(WORDS["days"]), s.draw(WORDS["times"]), s.draw(WORDS["topics"])
    told = s.say(
        f"I have an appointment with the {whom} {day} {hour}.",
        f"I must see the {whom} {day} {hour}.",
        f"remind me: {whom}, {day} {hour}.",
    )
    heard = s.say(
        f"The {whom}, {day} {hour}. I keep it in this chat, but I cannot remind you.",
        f"{capital(day)} {hour}, the {whom}. I hope that it goes well.",
    )
    asked = s.say(f"when do I see the {whom}?", "when is my appointment?", f"when is the {whom}?")
    return [(told, heard)], [(asked, s.say(f"{capital(day)} {hour}.", f"{capital(day)} {hour}, you said."))]


def allergy(s: Speaker) -> tuple[Turns, Turns]:
    """What the user cannot eat."""
    what = s.draw(WORDS["foods"])
    told = s.say(f"I am allergic to {what}.", f"I can't eat {what}.", f"I must not eat {what}.", f"I hate {what}.")
    heard = s.say(f"No {what}, then. What do you eat instead?", f"I see, no {what} for you.")
    asked = s.say("what can I not eat?", "what must I not eat?", "which food is not for me?")
    return [(told, heard)], [(asked, s.say(f"{capital(what)}.", f"No {what}, you said.", f"You do not eat {what}."))]


def meal(s: Speaker) -> tuple[Turns, Turns]:
    """What the user had to eat."""
    what, when = s.draw(WORDS["foods"]), s.say("lunch", "dinner", "breakfast")
    told = s.say(f"I had {what} for {when}.", f"{what} for {when} today.", f"I made {what} for {when}.")
    heard = s.say(f"Was the {what} good?", f"{capital(what)} for {when}, that sounds good.")
    asked = s.say(f"what did I have for {when}?", f"what did I eat for {when}?", f"what was for {when}?")
    return [(told, heard)], [(asked, s.say(f"{capital(what)}.", f"You had {what}.", f"{capital(what)}, you said."))]


def journey(s: Speaker) -> tuple[Turns, Turns]:
    """Where the user goes."""
    city = s.draw(WORDS["cities"])
    told = s.say(f"I am going to {city} next week.", f"tomorrow I fly to {city}.", f"we will travel to {city}.")
    heard = s.say(f"How nice. What will you do in {city}?", f"{city}! Have you been there before?")
    asked = s.say("where am I going?", "where will I go?", "which city do I travel to?")
    return [(told, heard)], [(asked, s.say(f"To {city}.", f"You are going to {city}.", f"To {city}, you said."))]


_TOLD = (children, relative, relative, age, appointment, allergy, meal, journey)


def recalled_more(s: Speaker) -> Turns:
    """One to three of these told, talk of other things between, and asked for."""
    both = [kind(s) for kind in dict.fromkeys(s.rng.choices(_TOLD, k=s.rng.randint(1, 3)))]
    turns: Turns = []
    for told, _ in both:
        turns += told + (chain(s)[:1] if s.rng.random() < 0.4 else [])
    turns += chain(s)[:1] if s.rng.random() < 0.5 else []
    for _, asked in s.rng.sample(both, len(both)):
        turns += asked
    return turns
