"""Orders, bookings and questions about the world, in the dialogues of ``errands.py``."""

from __future__ import annotations

from errand_speaker import WORDS, Speaker, Turns


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
