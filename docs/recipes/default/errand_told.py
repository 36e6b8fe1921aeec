"""What a person tells of themselves and asks for later, in the dialogues of ``errands.py``."""

from __future__ import annotations

from errand_speaker import WORDS, Speaker, Turns


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
