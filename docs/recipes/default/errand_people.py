"""What ``errands.py --kept`` adds of persons: several at once, and what is told of one is not said of another."""

from __future__ import annotations

from dataclasses import dataclass, field

from errand_kept import KEPT
from errand_more import chain
from errand_speaker import WORDS, Speaker, Turns, capital

_UNTOLD = 0.12  # how often something of somebody is asked for that was not told


@dataclass(slots=True)
class _Person:
    """Somebody's kin to the user ("" for the user), name and facts by kind."""

    kin: str
    name: str
    facts: dict[str, str] = field(default_factory=dict)

    def told_as(self, s: Speaker) -> str:
        """What a sentence calls them when they are first spoken of."""
        if not self.name:
            return f"my {self.kin}"
        return s.say(f"my {self.kin} {self.name}", f"my {self.kin} {self.name}", f"{self.name}, my {self.kin},")

    def said_as(self, s: Speaker) -> str:
        """What a question calls them."""
        return s.say(f"my {self.kin}", f"my {self.kin}", self.name) if self.name else f"my {self.kin}"


def _fact(s: Speaker, kind: str) -> str:
    words = {"place": "cities", "job": "jobs", "likes": "hobbies"}
    return str(s.rng.randint(2, 90)) if kind == "age" else s.draw(WORDS[words[kind]])


def _sentence(s: Speaker, who: str, kind: str, what: str) -> str:
    ways = {
        "place": (
            "{0} lives in {1}",
            "{0} lives in {1}",
            "{0} is from {1}",
            "{0} moved to {1}",
            "{0} has a flat in {1}",
        ),
        "job": ("{0} is {1}", "{0} works as {1}", "{0} is {1} by trade", "{0} found work as {1}"),
        "age": ("{0} is {1}", "{0} is {1} years old", "{0} just turned {1}", "{0} will be {1} soon"),
        "likes": ("{0} likes {1}", "{0} loves {1}", "{0} is into {1}", "{0} spends the day with {1}"),
    }
    return s.rng.choice(ways[kind]).format(who, what)


def _own(s: Speaker, kind: str, what: str) -> str:
    ways = {
        "name": ("I am {0}", "my name is {0}", "I'm {0}", "they call me {0}"),
        "place": ("I live in {0}", "I am in {0} myself", "my home is {0}", "I'm from {0}"),
        "job": ("I am {0}", "I work as {0}", "I'm {0} myself"),
        "age": ("I am {0}", "I'm {0} years old", "I turned {0}"),
        "likes": ("I like {0}", "I love {0}", "I am into {0}"),
    }
    return s.rng.choice(ways[kind]).format(what)


def _ask(s: Speaker, person: _Person, kind: str, what: str) -> tuple[str, str]:
    """A question for one fact, and the answer."""
    who = person.said_as(s)
    yours = person.name if who == person.name else f"your {person.kin}"
    named = s.say(yours, person.name or yours)
    ways = {
        "place": (("where does {0} live?", "which city does {0} live in?", "where is {0}?",
                   "do you remember where {0} lives?"),
                  ("{1} lives in {2}.", "In {2}.", "In {2}, you said.", "{1} lives in {2}, you said.")),
        "job": (("what does {0} do?", "what is {0}'s job?", "what does {0} do for a living?", "what does {0} work as?"),
                ("{1} is {2}.", "{1} works as {2}.", "{1} is {2}, you said.")),
        "age": (("how old is {0}?", "what is {0}'s age?", "do you know how old {0} is?"),
                ("{1} is {2}.", "{1} is {2} years old.", "{2}, you said.")),
        "likes": (("what does {0} like?", "what is {0}'s hobby?", "what does {0} like to do?", "what is {0} into?"),
                  ("{1} likes {2}.", "{1} likes {2}, you said.")),
    }  # fmt: skip
    asked, said = ways[kind]
    return s.rng.choice(asked).format(who), capital(s.rng.choice(said).format(None, named, what))


def _ask_own(s: Speaker, kind: str, what: str) -> tuple[str, str]:
    ways = {
        "name": (("what is my name?", "who am I?", "what am I called?"), ("Your name is {0}.", "You are {0}.")),
        "place": (("where do I live?", "and where do I live?", "which city do I live in?"),
                  ("You live in {0}.", "In {0}, you said.")),
        "job": (("what is my job?", "what do I do?", "and what do I work as?"), ("You are {0}.", "You work as {0}.")),
        "age": (("how old am I?", "what is my age?"), ("You are {0}.", "You are {0} years old.")),
        "likes": (("what do I like?", "what is my hobby?"), ("You like {0}.", "You told me that you like {0}.")),
    }  # fmt: skip
    asked, said = ways[kind]
    return s.rng.choice(asked), s.rng.choice(said).format(what)


def _ask_who(s: Speaker, person: _Person, kind: str) -> tuple[str, str]:
    """A question for a name, or for who somebody is."""
    kin, who = person.kin, person.name
    if s.rng.random() < 0.65:
        asked = s.say(
            f"what is my {kin} called?",
            f"what's my {kin}'s name?",
            f"what is the name of my {kin}?",
            f"how is my {kin} called?",
            f"do you remember my {kin}'s name?",
            f"who is my {kin}?",
        )
        return asked, s.say(
            f"Your {kin} is called {who}.", f"{who}.", f"Your {kin}'s name is {who}.", f"{who}, you said."
        )
    if kind in ("place", "likes") and s.rng.random() < 0.5:
        asked = f"who lives in {person.facts[kind]}?" if kind == "place" else f"who likes {person.facts[kind]}?"
        return asked, s.say(f"Your {kin} {who}.", f"{who}, your {kin}.", f"{who} does.")
    return s.say(f"who is {who}?", f"and who is {who}?", f"who was {who} again?"), s.say(
        f"{who} is your {kin}.", f"Your {kin}.", f"{who} is your {kin}, you said."
    )


def _heard(s: Speaker, told: list[_Person]) -> str:
    """A reply to what was told of somebody."""
    names = [person.name or f"your {person.kin}" for person in told]
    one = s.rng.choice(names)
    some = [
        f"How nice. Do you see {one} often?",
        f"I see. Tell me more about {one}.",
        f"Do you get on well with {one}?",
        f"Good to know. What is {one} like?",
        f"Thanks for telling me about {one}.",
    ]
    if len(names) > 1:
        both = f"{names[0]} and {names[1]}"
        some += [
            f"{both}, I see. Do you see each other often?",
            f"What do {both} have in common?",
            f"Tell me about {both}.",
        ]
    places = [person for person in told if "place" in person.facts]
    if places:
        at = s.rng.choice(places)
        some += [f"{at.name or 'Your ' + at.kin} in {at.facts['place']}, I see. Do you visit?"]
    return capital(s.rng.choice(some))


def people(s: Speaker) -> Turns:
    """Two or three persons, at times the user too, told at once or one by one; then some of it is asked for."""
    kind = s.say("place", "place", "job", "age", "likes", "name")
    count = 2 if s.rng.random() < 0.8 else 3
    kins: list[str] = []
    pets = s.rng.random() < 0.3 and kind in ("age", "name")
    while len(kins) < count:
        kin = s.draw(WORDS["pets"] if pets and s.rng.random() < 0.6 else KEPT["kin"])
        kins += [kin] if not any(kin in other or other in kin for other in kins) else []
    named = kind == "name" or s.rng.random() < 0.75
    lists = [WORDS["pet_names" if kin in WORDS["pets"] else "names"] for kin in kins]
    everybody = [_Person(kin, s.draw(names) if named else "") for kin, names in zip(kins, lists, strict=True)]
    if len({person.name for person in everybody}) < len(everybody) and named:
        return people(s)
    told, asked = [], []
    for person in everybody:
        mixed = kind != "name" and not pets and s.rng.random() < 0.25
        this = s.say("place", "job", "age", "likes") if mixed else kind
        if this == "name":
            told.append(
                s.say(
                    f"my {person.kin} is called {person.name}",
                    f"my {person.kin}'s name is {person.name}",
                    f"{person.name} is my {person.kin}",
                    f"I have a {person.kin} called {person.name}",
                    f"my {person.kin} is {person.name}",
                )
            )
            asked.append(_ask_who(s, person, this))
            continue
        what = person.facts[this] = _fact(s, this)
        told.append(_sentence(s, person.told_as(s), this, what))
        asked.append(_ask(s, person, this, what))
        if named and s.rng.random() < 0.6:
            asked.append(_ask_who(s, person, this))
    if s.rng.random() < 0.4:
        mine = kind if s.rng.random() < 0.6 else s.say("name", "place", "job", "age")
        what = s.draw(WORDS["names"]) if mine == "name" else _fact(s, mine)
        place = s.rng.randint(0, len(told))
        told.insert(place, _own(s, mine, what))
        everybody.insert(place, _Person("", "", {mine: what}))
        asked.append(_ask_own(s, mine, what))
    others = [person for person in everybody if person.kin]
    if s.rng.random() < 0.6:
        turns: Turns = [(capital(_joined(s, told)) + s.say(".", ".", ""), _heard(s, others))]
    else:
        turns = []
        for person, text in zip(everybody, told, strict=True):
            heard = (
                _heard(s, [person]) if person.kin else s.say("I see.", "Good to know.", "Thanks, I keep that in mind.")
            )
            turns += [(capital(text) + ".", heard), *(s.small_talk(1, 1) if s.rng.random() < 0.15 else ())]
    turns += chain(s)[:1] if s.rng.random() < 0.3 else s.small_talk(0, 2)
    s.rng.shuffle(asked)
    turns += asked[: s.rng.randint(1, len(asked))]
    if s.rng.random() < _UNTOLD:
        person = s.rng.choice(others)
        missing = [kind for kind in ("place", "job", "age", "likes") if kind not in person.facts]
        question, _ = _ask(s, person, s.rng.choice(missing), "")
        turns.append((question, s.rng.choice(KEPT["untold"])))
    return turns


def brothers(s: Speaker) -> Turns:
    """Two of one kin by name: asked for together, or who one of them is."""
    kin = s.say("brother", "sister", "son", "daughter", "friend", "cousin", "aunt", "uncle", "dog", "cat", "neighbour")
    a, b = (s.draw(WORDS["pet_names"] if kin in ("dog", "cat") else WORDS["names"]) for _ in range(2))
    told = s.say(
        f"I have two {kin}s, {a} and {b}.",
        f"my {kin}s are called {a} and {b}.",
        f"my {kin}s are {a} and {b}.",
        f"{a} and {b} are my {kin}s.",
        f"we have two {kin}s: {a} and {b}.",
    )
    heard = s.say(
        f"{a} and {b}, good names. What are they like?", f"How nice. Who is older, {a} or {b}?", "Tell me about them."
    )
    ways = [
        (
            s.say(f"what are my {kin}s called?", f"who are my {kin}s?", f"what are the names of my {kin}s?"),
            s.say(f"{a} and {b}.", f"Your {kin}s are {a} and {b}.", f"They are called {a} and {b}."),
        ),
        (f"who is {a}?", f"{a} is your {kin}."),
        (f"who is {b}?", f"{b} is your {kin}."),
        (f"how many {kin}s do I have?", s.say(f"Two: {a} and {b}.", f"Two, {a} and {b}.")),
    ]
    return [(told, heard), *s.small_talk(0, 2), *s.rng.sample(ways, s.rng.randint(1, 2))]


def _joined(s: Speaker, told: list[str]) -> str:
    first, *rest = told
    for place, other in enumerate(rest):
        last = place == len(rest) - 1
        first += (
            s.say(" and ", " and ", ", and ", ". ", ", ", " but ", " while ") if last else s.say(", ", ". ")
        ) + other
    return first
