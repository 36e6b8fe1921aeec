"""What ``errands.py --slips`` adds: what was told is put right, and things are asked for that were never told."""

from __future__ import annotations

from collections.abc import Callable

from errand_more import LISTS, allergy, appointment, children, journey, meal, relative
from errand_speaker import WORDS, Speaker, Turns, capital
from errand_told import favourite, hobby, home, job, name, pet

Kind = Callable[[Speaker], tuple[Turns, Turns]]
# What can be put right by another word of the same list.
_LISTS: tuple[tuple[Kind, str], ...] = (
    (name, "names"),
    (name, "names"),
    (relative, "names"),
    (pet, "pet_names"),
    (home, "cities"),
    (journey, "cities"),
    (job, "jobs"),
    (hobby, "hobbies"),
    (allergy, "foods"),
    (meal, "foods"),
)
# Of those in one row only one is told: a question for one could as well be for the other.
_ALIKE: tuple[tuple[Kind, ...], ...] = (
    (name,),
    (relative, children),
    (pet,),
    (home, journey),
    (job,),
    (favourite, hobby, allergy, meal),
    (appointment,),
)


def corrected(s: Speaker) -> Turns:
    """A thing told, put right at once or a little later, and asked for."""
    kind, words = s.rng.choice(_LISTS)
    s.drawn.clear()
    told, asked = kind(s)
    wrong = next(word for word in reversed(s.drawn) if word.lower() in asked[0][1].lower() or word in asked[0][0])
    right = wrong
    while right == wrong:
        right = s.draw(WORDS[words])

    def mended(text: str) -> str:
        return text.replace(wrong, right).replace(capital(wrong), capital(right))

    lead = s.say("no, ", "sorry, ", "actually, ", "wait, ", "that was wrong: ", "let me correct that: ", "")
    again = lead + mended(told[0][0])
    turns = list(told)
    if s.rng.random() < 0.6:  # at once: a word may do
        short = s.say(
            f"no, {right}.",
            f"sorry, I meant {right}.",
            f"{right}, not {wrong}.",
            f"not {wrong}, {right}.",
            f"it's {right}, actually.",
            f"I mean {right}.",
            f"oh, I wrote {wrong}. I meant {right}.",
        )
        again = s.say(short, short, again)
    else:
        turns += s.small_talk(1, 1)
    heard = s.say(
        f"{capital(right)}, then. Thank you.",
        f"I see, {right}.",
        f"Sorry, {right}. I have it now.",
        f"{capital(right)}, not {wrong}. All right.",
        f"Ah, {right}. Thanks for telling me.",
    )
    turns += [(again, heard), *s.small_talk(0, 2)]
    return turns + [(mended(question), mended(answer)) for question, answer in asked]


def not_told(s: Speaker) -> Turns:
    """None to two things told, and another one asked for; at times it is told then, and known the next time."""
    rows = s.rng.sample(_ALIKE, s.rng.randint(1, 3))
    (told_later, asked_later), *known = [s.rng.choice(row)(s) for row in rows]
    if len(rows) > 1 and s.rng.random() < 0.4:  # the name of the cat is told, that of the dog asked for
        near = s.rng.choice((pet, relative))
        known, (told_later, asked_later) = [near(s)], near(s)
        if asked_later[0][0] == known[0][1][0][0] or _who(asked_later) or _of(asked_later) == _of(known[0][1]):
            return not_told(s)
    question = asked_later[0][0]
    if _who(asked_later):
        return not_told(s)
    turns: Turns = []
    for told, _ in known:
        turns += told + s.small_talk(0, 1)
    turns += s.small_talk(0, 1)
    turns.append(
        (
            question,
            s.say(
                "You have not told me yet.",
                "I do not know, you have not told me.",
                "You have not told me that. Will you?",
                "That you have not said so far.",
                "I do not know that. Tell me?",
            ),
        )
    )
    for _, asked in known:
        if s.rng.random() < 0.6:
            turns += asked
    if s.rng.random() < 0.5:
        turns += told_later + s.small_talk(0, 1) + asked_later
    return turns


def _who(asked: Turns) -> bool:
    """Whether the question itself names somebody."""
    return asked[0][0].startswith("who is")


def _of(asked: Turns) -> set[str]:
    """Whose name is asked for."""
    return set(asked[0][0].replace("'s", "").rstrip("?").split()) & {*WORDS["pets"], *LISTS["relatives"]}
