"""What ``errands.py --asked`` adds of memory: several things told in one breath, and what of them was never told."""

from __future__ import annotations

from collections.abc import Callable

from errand_more import age, allergy, appointment, journey, meal, relative
from errand_slips import Kind, not_told
from errand_speaker import WORDS, Speaker, Turns
from errand_told import favourite, hobby, home, job, name, pet

_TOLD: tuple[Kind, ...] = (name, name, name, home, home, job, job, pet, age, hobby, favourite, relative, allergy, meal)
_UNTOLD = (
    "You have not told me yet.",
    "I do not know, you have not told me.",
    "You have not told me that. Will you?",
    "That you have not said so far.",
    "I do not know that. Tell me?",
)


def several(s: Speaker, otherwise: Callable[[str], str]) -> Turns:
    """Two or three things in one message, and each of them, or another, asked for."""
    kinds = [*dict.fromkeys(s.rng.sample(_TOLD, 4))]
    count = 2 if s.rng.random() < 0.7 else 3
    told, heard, asked = [], [], []
    for kind in kinds[:count]:
        said, question = kind(s)
        text = otherwise(said[0][0])
        told.append(text.rstrip(".?!") if "?" not in text[:-1] else text.rstrip(".!"))
        heard.append(said[0][1])
        asked += question
    first, *rest = told
    text = first
    for place, other in enumerate(rest):
        last = place == len(rest) - 1
        text += (s.say(" and ", ", and ", ". ", ", ") if last else s.say(", ", ". ")) + other
    turns: Turns = [(text + s.say(".", ".", ""), s.rng.choice(heard)), *s.small_talk(0, 2)]
    s.rng.shuffle(asked)
    turns += asked[: s.rng.randint(1, len(asked))]
    if len(kinds) > count and s.rng.random() < 0.25:
        _, (unknown, *_) = kinds[count](s)
        if not unknown[0].startswith("who is"):
            turns.insert(s.rng.randint(1, len(turns)), (unknown[0], s.rng.choice(_UNTOLD)))
    return turns


def introduced(s: Speaker) -> Turns:
    """A person in one line: "I am Anna, a nurse from Leeds"."""
    who, city, what = s.draw(WORDS["names"]), s.draw(WORDS["cities"]), s.draw(WORDS["jobs"])
    years = s.rng.randint(15, 88)
    with_job, with_city, with_age = (s.rng.random() < 0.6 for _ in range(3))
    text = s.say(
        f"I am {who}", f"I'm {who}", f"hi, I'm {who}", f"hello, I am {who}", f"my name is {who}", f"{who} here"
    )
    text += f", {years}" if with_age else ""
    text += f", {what}" if with_job else ""
    text += s.say(f" from {city}", f", from {city}", f" from {city}", f" and I live in {city}") if with_city else ""
    heard = [f"Nice to meet you, {who}.", f"Hello {who}! How are you?", f"Hi {who}, nice to meet you."]
    facts: Turns = [
        (s.say("what is my name?", "who am I?", "what's my name?"), s.say(f"Your name is {who}.", f"You are {who}."))
    ]
    where = s.say("where do I live?", "where am I from?", "which city do I live in?")
    old, does = s.say("how old am I?", "what is my age?"), s.say("what is my job?", "what do I do for a living?")
    if with_city:
        heard += [f"Hello {who}! What is {city} like?", f"Nice to meet you, {who}. How do you like {city}?"]
        facts.append((where, s.say(f"You live in {city}.", f"In {city}, you said.")))
    if with_job:
        heard.append(f"Nice to meet you, {who}. How do you like being {what}?")
        facts.append((does, s.say(f"You are {what}.", f"You work as {what}.")))
    if with_age:
        facts.append((old, s.say(f"You are {years}.", f"You are {years} years old.")))
    missing = [q for q, there in ((where, with_city), (does, with_job), (old, with_age)) if not there]
    turns: Turns = [(text + s.say(".", "", "!"), s.rng.choice(heard)), *s.small_talk(0, 1)]
    asked = s.rng.sample(facts, s.rng.randint(1, len(facts)))
    if missing and s.rng.random() < 0.4:
        asked.insert(s.rng.randint(0, len(asked)), (s.rng.choice(missing), s.rng.choice(_UNTOLD)))
    return turns + asked


def unknown(s: Speaker) -> Turns:
    """Something is asked for of which nothing was said, or nearly nothing: that there is a dog, but not its name."""
    if s.rng.random() < 0.5:
        return not_told(s)
    if s.rng.random() < 0.4:
        kin = s.draw(WORDS["pets"])
        told = s.say(f"I have a {kin}.", f"we have a {kin}.", f"my {kin} is asleep.", f"I played with my {kin}.")
        heard = s.say(f"How nice. What is your {kin} like?", f"A {kin}! How old is it?", "Lovely. Tell me about it.")
        asked = s.say(f"what is my {kin} called?", f"what's my {kin}'s name?", f"what is the name of my {kin}?")
        called = s.draw(WORDS["pet_names"])
        turns: Turns = [(told, heard), *s.small_talk(0, 1), (asked, s.rng.choice(_UNTOLD))]
        if s.rng.random() < 0.5:
            turns += [
                (s.say(f"{called}.", f"it is {called}.", f"my {kin} is called {called}."), f"{called} is a nice name."),
                *s.small_talk(0, 1),
                (asked, s.say(f"Your {kin} is called {called}.", f"{called}.")),
            ]
        return turns
    _, asked = s.rng.choice((*_TOLD, appointment, journey))(s)
    if asked[0][0].startswith("who is"):
        return unknown(s)
    return [*s.small_talk(0, 3), (asked[0][0], s.rng.choice(_UNTOLD)), *s.small_talk(0, 1)]
