"""Dialogues of our own: what is told is recalled, orders and bookings go over several turns, what is not known is said.

    python docs/recipes/default/errands.py OUT [--dialogues 10000] [--plain]

Writes OUT/dialogue and OUT/mood, each train, dev and test. No word that fills a place (a name, a city, a topping) in
dev or test fills one in train, so that recalling is not learned by heart. OUT/mood holds what people say on errands as
neutral text: "large, with mushrooms" is no complaint, which the labelled sets, all of them opinions, do not tell. An
order ends with the assistant saying that it only takes notes, which is the truth. An LSTM of this size learned the form
of recalling in an hour, not the thing: it said wrong names. With --plain replies repeat nothing, and say so when asked.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

SEED = 20261129
PARTS = {"train": range(2, 10), "dev": range(1), "test": range(1, 2)}  # every tenth word, by its place in the list
OF_TRAIN = {"train": 1.0, "dev": 0.05, "test": 0.05}
MOODY = ("love", "thank", "great", "i like", "favo", "fun")  # none of it is written as neutral
Turns = list[tuple[str, str]]


def _words() -> dict[str, Any]:
    """Each list of the file beside this one."""
    lists = tomllib.loads((Path(__file__).parent / "errand_words.toml").read_text(encoding="utf-8"))
    return {
        name: re.split(r", ", " ".join(text.split())) if isinstance(text, str) else text for name, text in lists.items()
    }


WORDS = _words()


class Speaker:
    """Draws words of one part, and says things in the ways that people type."""

    def __init__(self, part: str, rng: random.Random) -> None:
        self.part, self.rng = part, rng
        self.drawn: list[str] = []

    def draw(self, kind: Sequence[str]) -> str:
        """A word of this part; of a list of fewer than ten any word."""
        mine = [word for i, word in enumerate(kind) if i % 10 in PARTS[self.part]]
        self.drawn.append(self.rng.choice(mine if len(kind) >= 10 else list(kind)))
        return self.drawn[-1]

    def say(self, *ways: str) -> str:
        """One of the ways."""
        return self.rng.choice(ways)

    def typed(self, text: str) -> str:
        """As people type: at times without capitals, without the last mark, with two."""
        kind = self.rng.random()
        if kind < 0.3:
            text = text.lower()
        if kind < 0.4 and text[-1] in ".?!":
            text = text[:-1]
        elif kind > 0.95 and text[-1] in "?!":
            text += text[-1]
        return text

    def small_talk(self, least: int, most: int) -> Turns:
        """Turns about nothing."""
        return [(said, reply) for said, reply in self.rng.sample(WORDS["small_talk"], self.rng.randint(least, most))]


def name(s: Speaker) -> tuple[Turns, Turns]:
    """The user's name, told and asked for."""
    who = s.draw(WORDS["names"])
    told = s.say(
        f"my name is {who}.",
        f"I'm {who}.",
        f"hi, I am {who}.",
        f"hello, my name is {who}.",
        f"call me {who}.",
        f"I am called {who}.",
        f"hey, {who} here.",
        f"hi! my name's {who}.",
        f"you can call me {who}.",
    )
    heard = s.say(
        f"Nice to meet you, {who}.",
        f"Hello {who}! How are you?",
        f"Hi {who}, nice to meet you.",
        f"Pleased to meet you, {who}. What can I do for you?",
        f"Good to meet you, {who}.",
    )
    asked = s.say(
        "what is my name?",
        "what's my name?",
        "do you remember my name?",
        "who am I?",
        "do you know my name?",
        "can you tell me my name?",
        "so what is my name?",
        "what was my name again?",
        "how am I called?",
    )
    known = s.say(f"Your name is {who}.", f"You are {who}.", f"You told me that your name is {who}.", f"It is {who}.")
    return [(told, heard)], [(asked, known)]


def home(s: Speaker) -> tuple[Turns, Turns]:
    """Where the user lives."""
    city = s.draw(WORDS["cities"])
    told = s.say(f"I live in {city}.", f"I am from {city}.", f"I moved to {city} last year.", f"my home is {city}.")
    heard = s.say(
        f"How do you like {city}?", f"{city}! What is it like there?", f"I have never seen {city}. Tell me about it."
    )
    asked = s.say("where do I live?", "which city do I live in?", "do you remember where I live?", "where is my home?")
    return [(told, heard)], [(asked, s.say(f"You live in {city}.", f"In {city}, you said."))]


def job(s: Speaker) -> tuple[Turns, Turns]:
    """What the user does."""
    what = s.draw(WORDS["jobs"])
    told = s.say(f"I am {what}.", f"I work as {what}.", f"my job? I'm {what}.", f"I am {what} by trade.")
    heard = s.say(
        f"How do you like being {what}?",
        "That sounds interesting. Do you like your work?",
        f"So you are {what}. What is a day like?",
    )
    asked = s.say(
        "what is my job?", "what do I do for a living?", "do you remember what my job is?", "what do I work as?"
    )
    return [(told, heard)], [
        (asked, s.say(f"You are {what}.", f"You work as {what}.", f"You told me that you are {what}."))
    ]


def favourite(s: Speaker) -> tuple[Turns, Turns]:
    """A colour or a dish."""
    kind, what = s.rng.choice(
        [("colour", s.draw(WORDS["colours"])), ("color", s.draw(WORDS["colours"])), ("food", s.draw(WORDS["foods"]))]
    )
    told = s.say(f"my favourite {kind} is {what}.", f"I like {what} best.", f"my favorite {kind} is {what}.")
    heard = s.say(f"{what.capitalize()} is a good choice.", f"I will remember that you like {what}.", f"Why {what}?")
    asked = s.say(f"what is my favourite {kind}?", f"what's my favorite {kind}?", f"which {kind} do I like best?")
    return [(told, heard)], [
        (asked, s.say(f"Your favourite is {what}.", f"You like {what} best.", f"{what.capitalize()}, you said."))
    ]


def hobby(s: Speaker) -> tuple[Turns, Turns]:
    """What the user likes to do."""
    what = s.draw(WORDS["hobbies"])
    told = s.say(f"I like {what}.", f"my hobby is {what}.", f"I love {what}.", f"in my free time there is {what}.")
    heard = s.say("How long have you done that?", f"What do you like about {what}?", "That sounds like fun.")
    asked = s.say("what do I like?", "what is my hobby?", "what do I do in my free time?", "do you remember my hobby?")
    return [(told, heard)], [
        (asked, s.say(f"You like {what}.", f"Your hobby is {what}.", f"You told me that you like {what}."))
    ]


def pet(s: Speaker) -> tuple[Turns, Turns]:
    """A pet and its name."""
    kind, called = s.draw(WORDS["pets"]), s.draw(WORDS["pet_names"])
    told = s.say(f"my {kind} is called {called}.", f"I have a {kind} named {called}.", f"my {kind}'s name is {called}.")
    heard = s.say(f"{called} is a nice name for a {kind}.", f"How old is {called}?", f"Tell me about {called}.")
    asked = s.say(f"what is my {kind} called?", f"what is the name of my {kind}?", f"what's my {kind}'s name?")
    return [(told, heard)], [
        (asked, s.say(f"Your {kind} is called {called}.", f"{called}.", f"It is called {called}."))
    ]


NOT_TOLD = (
    "what is my name?",
    "what's my name?",
    "do you know my name?",
    "where do I live?",
    "what is my job?",
    "how old am I?",
    "what is my favourite colour?",
    "what is my dog called?",
    "do you remember my name?",
    "what do I like?",
)
TOLD = (name, name, name, home, job, favourite, hobby, pet)


def recalled(s: Speaker) -> Turns:
    """One to three things told, some small talk, and the things asked for; at times something that was never told."""
    both = [kind(s) for kind in dict.fromkeys(s.rng.choices(TOLD, k=s.rng.randint(1, 3)))]
    turns: Turns = []
    if s.rng.random() < 0.12:
        return [
            *s.small_talk(0, 2),
            (s.rng.choice(NOT_TOLD), s.say("You have not told me yet.", "I do not know, you have not told me.")),
        ]
    for told, _ in both:
        turns += told + s.small_talk(0, 1)
    turns += s.small_talk(0, 2)
    for _, asked in s.rng.sample(both, len(both)):
        turns += asked
    return turns


def please(s: Speaker, what: str) -> str:
    """A wish in one of many forms."""
    return s.say(
        f"I want {what}.",
        f"I'd like {what}.",
        f"I would like {what}, please.",
        f"can I have {what}?",
        f"can you get me {what}?",
        f"I want to order {what}.",
        f"{what}, please.",
        f"I'd like to order {what}.",
        f"could I get {what}?",
        f"can you order {what}?",
        f"please order {what} for me.",
        f"let me have {what}.",
    )


def end(s: Speaker, what: str) -> Turns:
    """What was ordered, said back, and the truth about it."""
    summary = s.say(
        f"So that is {what}. I have noted it; I cannot send orders myself.",
        f"Noted: {what}. I only take notes, so please place the order yourself.",
        f"All right, {what}. I keep it as a note, since I have no line to any shop.",
        f"Got it: {what}. I cannot place real orders, but here is your list.",
    )
    last = [(s.say("no, that is all.", "that's all.", "no thanks.", "nothing else.", "no, that's it."), summary)]
    if s.rng.random() < 0.5:
        last.append(
            (
                s.say("thanks!", "thank you.", "great, thanks.", "ok, thank you!"),
                s.say("You are welcome.", "Enjoy!", "My pleasure."),
            )
        )
    return last


def pizza(s: Speaker) -> Turns:
    """Size and toppings."""
    size, first, second = s.draw(WORDS["sizes"]), s.draw(WORDS["pizza"]), s.draw(WORDS["pizza"])
    tops = first if first == second or s.rng.random() < 0.5 else f"{first} and {second}"
    turns: Turns = []
    kind = s.rng.random()
    if kind < 0.4:
        turns = [
            (
                please(s, s.say("a pizza", "pizza", "one pizza")),
                s.say("Sure. What size, and with what on it?", "Of course. What size and which toppings?"),
            ),
            (
                s.say(f"{size}, with {tops}.", f"a {size} one with {tops}.", f"{size} with {tops} please."),
                s.say(f"A {size} pizza with {tops}. Anything else?", f"Good, {size} with {tops}. Anything to drink?"),
            ),
        ]
    elif kind < 0.75:
        turns = [
            (
                please(s, s.say("a pizza", "pizza", "some pizza")),
                s.say("Sure. What size would you like?", "Of course. Small, medium or large?"),
            ),
            (
                s.say(f"{size}.", f"{size} please.", f"a {size} one."),
                s.say("And what would you like on it?", f"A {size} pizza. Which toppings?"),
            ),
            (
                s.say(f"{tops}.", f"{tops} please.", f"with {tops}.", f"just {tops}."),
                s.say(f"A {size} pizza with {tops}. Anything else?", f"{tops.capitalize()}, good. Anything else?"),
            ),
        ]
    else:
        turns = [
            (
                please(s, f"a {size} pizza with {tops}"),
                s.say(f"A {size} pizza with {tops}. Anything else?", f"Sure, a {size} one with {tops}. Is that all?"),
            )
        ]
    return turns + end(s, f"a {size} pizza with {tops}")


def drink(s: Speaker) -> Turns:
    """A drink with something in it."""
    what, size, extra = s.draw(WORDS["drinks"]), s.draw(WORDS["sizes"]), s.draw(WORDS["milks"])
    article = "an" if what[0] in "aeio" else "a"
    turns = [
        (
            please(s, f"{article} {what}"),
            s.say(
                "Sure. What size?", "Of course. Small, medium or large?", f"{article.capitalize()} {what}. Which size?"
            ),
        ),
        (
            s.say(f"{size}.", f"{size} please.", f"a {size} one."),
            s.say("Anything in it?", "With milk or sugar?", "Would you like anything in it?"),
        ),
        (
            s.say(f"with {extra}.", f"{extra} please.", f"yes, {extra}."),
            s.say(f"A {size} {what} with {extra}. Anything else?", f"Good, with {extra}. Is that all?"),
        ),
    ]
    return turns + end(s, f"a {size} {what} with {extra}")


def dish(s: Speaker) -> Turns:
    """A dish and a side."""
    what, side = s.draw(WORDS["dishes"]), s.draw(WORDS["sides"])
    article = "an" if what[0] in "aeio" else "a"
    turns = [
        (
            please(s, f"{article} {what}"),
            s.say("Sure. Anything with it?", f"{article.capitalize()} {what}, good. What would you like with it?"),
        ),
        (
            s.say(f"with {side}.", f"{side} please.", f"{side}.", f"yes, {side}."),
            s.say(f"{article.capitalize()} {what} with {side}. Anything else?", "All right. Is that all?"),
        ),
    ]
    return turns + end(s, f"{article} {what} with {side}")


def flowers(s: Speaker) -> Turns:
    """Flowers for somebody."""
    what, why, many = s.draw(WORDS["flowers"]), s.draw(WORDS["occasions"]), s.draw(WORDS["numbers"])
    turns = [
        (please(s, "flowers"), s.say("Lovely. Which ones?", "Sure. What kind of flowers?")),
        (
            s.say(f"{what}.", f"{what} please.", f"some {what}."),
            s.say("How many?", f"{what.capitalize()} are beautiful. How many would you like?"),
        ),
        (
            s.say(f"{many}.", f"{many} please.", f"{many}, for {why}."),
            s.say(f"{many.capitalize()} {what}. Anything else?", "Good. Is that all?"),
        ),
    ]
    return turns + end(s, f"{many} {what}")


def booking(s: Speaker) -> Turns:
    """A table, tickets, a room, a taxi or an appointment: when, and for how many."""
    day, hour, many = s.draw(WORDS["days"]), s.draw(WORDS["times"]), s.draw(WORDS["numbers"][:6])
    kitchen, film, place, city = (
        s.draw(WORDS["kitchens"]),
        s.draw(WORDS["films"]),
        s.draw(WORDS["places"]),
        s.draw(WORDS["cities"]),
    )
    what, ask = s.rng.choice(
        [
            (
                f"a table at an {kitchen} restaurant" if kitchen[0] in "I" else f"a table at a {kitchen} restaurant",
                "For how many people?",
            ),
            ("a table", "For how many people?"),
            (f"tickets for a {film}", "How many tickets?"),
            ("movie tickets", "How many tickets?"),
            (f"a hotel room in {city}", "For how many nights?"),
            (f"a taxi to {place}", "How many people?"),
            (f"an appointment with the {s.draw(WORDS['topics'])}", ""),
            (f"a train to {city}", "How many seats?"),
        ]
    )
    wish = s.say(
        f"I want to book {what}.",
        f"can you book {what}?",
        f"I need {what}.",
        f"book {what} please.",
        f"I'd like to reserve {what}.",
        f"could you get me {what}?",
        f"I would like {what}.",
    )
    turns: Turns = [
        (wish, s.say("Sure. For when?", "Of course. Which day and what time?", "Gladly. When would you like it?"))
    ]
    if s.rng.random() < 0.5:
        turns.append(
            (
                s.say(f"{day} {hour}.", f"{day}, {hour}.", f"{hour} {day}."),
                ask or "Good. Anything else that I should note?",
            )
        )
    else:
        turns += [
            (s.say(f"{day}.", f"{day} please."), s.say("At what time?", "And what time?")),
            (s.say(f"{hour}.", f"{hour} please.", f"maybe {hour}."), ask or "Good. Anything else that I should note?"),
        ]
    if ask:
        turns.append(
            (
                s.say(f"{many}.", f"for {many}.", f"{many} please."),
                s.say(
                    f"{what[0].upper()}{what[1:]}, {day} {hour}, for {many}. Is that right?",
                    f"So {day} {hour}, for {many}. Is that right?",
                ),
            )
        )
        summary = f"{what}, {day} {hour}, for {many}"
    else:
        summary = f"{what}, {day} {hour}"
    last = s.say(
        f"Noted: {summary}. I cannot book it myself, so please call them.",
        f"I have noted {summary}. The booking itself is up to you, I have no telephone.",
        f"All right: {summary}. I only take notes, so please make the booking yourself.",
    )
    turns.append(
        (s.say("yes.", "yes, that is right.", "correct.", "yes please.", "right.") if ask else "no, that is all.", last)
    )
    if s.rng.random() < 0.4:
        turns.append(
            (
                s.say("thanks!", "thank you.", "great, thanks."),
                s.say("You are welcome.", "My pleasure.", "Have a good time!"),
            )
        )
    return turns


def fact(s: Speaker) -> str:
    """A question about the world."""
    country, thing, person = s.draw(WORDS["countries"]), s.draw(WORDS["things"]), s.draw(WORDS["people"])
    city, work, high = s.draw(WORDS["cities"]), s.draw(WORDS["works"]), s.draw(WORDS["heights"])
    return s.say(
        f"what is the capital of {country}?",
        f"what's the capital of {country}?",
        f"who is the president of {country}?",
        f"how many people live in {country}?",
        f"where is {city}?",
        f"how big is {city}?",
        f"who wrote {work}?",
        f"who made {work}?",
        f"when was {person} born?",
        f"when did {person} die?",
        f"who was {person}?",
        f"how high is {high}?",
        f"how tall is {high}?",
        f"what is {thing}?",
        f"explain {thing} to me.",
        f"how does {thing} work?",
        f"do you know what {thing} is?",
        f"which language do they speak in {country}?",
        f"who won the world cup in {s.rng.randint(1950, 2022)}?",
        f"what happened in {s.rng.randint(1500, 2020)}?",
        f"how is the weather in {city}?",
        f"what is the population of {city}?",
        f"how far is it to {city}?",
    )


def facts(s: Speaker) -> Turns:
    """Questions that a model of this size cannot answer, and one that asks for a sum."""
    turns: Turns = []
    for _ in range(s.rng.randint(1, 2)):
        if s.rng.random() < 0.15:
            a, b, sign = s.rng.randint(1, 99), s.rng.randint(1, 99), s.say("+", "-", "*", "plus", "times", "minus")
            turns.append(
                (
                    s.say(f"what is {a} {sign} {b}?", f"what's {a} {sign} {b}?", f"how much is {a} {sign} {b}?"),
                    s.say(
                        "I am no good at sums. A calculator will serve you better.",
                        "I cannot calculate, sorry. Try a calculator.",
                    ),
                )
            )
        else:
            turns.append(
                (
                    fact(s),
                    s.say(
                        "I do not know that. If it stands in a document of yours, /index it and ask me again.",
                        "Sorry, I know few facts. I can look it up in your documents if you add some with /index.",
                        "I am not sure, and I would rather not guess. Do you have a document about it?",
                        "That I do not know. I am small and know only what is in your documents.",
                    ),
                )
            )
    return s.small_talk(0, 1) + turns + s.small_talk(0, 1)


def without_copies(s: Speaker, turns: Turns) -> Turns:
    """The same dialogue with replies that repeat nothing of what was told, and that say so where they are asked to."""
    told = [re.compile(rf"\b{re.escape(re.sub('^an? ', '', word))}\b", re.IGNORECASE) for word in s.drawn]
    asked = [re.compile(pattern, re.IGNORECASE) for pattern in WORDS["asks_for_what_was_told"]]
    out: Turns = []
    for said, reply in turns:
        if any(pattern.search(said) for pattern in asked):
            out.append((said, s.rng.choice(WORDS["cannot_recall"])))
            continue
        parts = [part for part in re.split(r"(?<=[.!?])\s+", reply) if not any(word.search(part) for word in told)]
        left = " ".join(parts).replace(", but here is your list", "").replace("Is that right?", "Is that all?")
        met = re.search(r"\b(meet you|hello|hi)\b", reply, re.IGNORECASE)
        out.append((said, left or s.rng.choice(WORDS["meets" if met else "listens"])))
    return out


KINDS: tuple[tuple[Callable[[Speaker], Turns], float], ...] = (
    (recalled, 0.4),
    (pizza, 0.1),
    (drink, 0.06),
    (dish, 0.06),
    (flowers, 0.04),
    (booking, 0.18),
    (facts, 0.16),
)


def dialogues(part: str, count: int, *, plain: bool = False) -> list[Turns]:
    """As many different ones of one part."""
    rng = random.Random(f"{SEED}-{part}")
    speaker, found = Speaker(part, rng), {}
    kinds, weights = zip(*KINDS, strict=True)
    while len(found) < count:
        speaker.drawn.clear()
        turns = rng.choices(kinds, weights)[0](speaker)
        turns = [(speaker.typed(user), reply) for user, reply in (without_copies(speaker, turns) if plain else turns)]
        if rng.random() < 0.15:
            turns.insert(
                0,
                (
                    speaker.say("hi", "hello", "hey", "Hi!", "good morning"),
                    speaker.say("Hello! How are you?", "Hi there.", "Hello!"),
                ),
            )
        found[json.dumps(turns)] = turns
    return list(found.values())


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("out", type=Path)
    parser.add_argument("--dialogues", type=int, default=10000)
    parser.add_argument("--plain", action="store_true", help="replies repeat nothing of what was told")
    args = parser.parse_args()
    opinions = {user.lower() for user, _ in WORDS["small_talk"]}
    for part, share in OF_TRAIN.items():
        found = dialogues(part, round(args.dialogues * share), plain=args.plain)
        rows = [
            {
                "turns": [
                    {"speaker": who, "text": text}
                    for turn in turns
                    for who, text in zip(("user", "assistant"), turn, strict=True)
                ]
            }
            for turns in found
        ]
        _write(args.out / "dialogue" / f"{part}.jsonl", rows)
        said = dict.fromkeys(user for turns in found for user, _ in turns)
        plain = [text for text in said if text.lower().rstrip(".?!") not in {each.rstrip(".?!") for each in opinions}]
        plain = [text for text in plain if not any(mood in text.lower() for mood in MOODY)]
        random.Random(SEED).shuffle(plain)
        _write(
            args.out / "mood" / f"{part}.jsonl",
            [{"text": text, "label": "neutral"} for text in plain[: round(4000 * share)]],
        )


def _write(path: Path, rows: Sequence[object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    print(f"{path}: {len(rows)}")


if __name__ == "__main__":
    main()
