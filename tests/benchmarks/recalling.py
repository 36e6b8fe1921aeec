"""What the assistant knows of what it was told: after two turns, when it was put right, and when it was not told.

A part of ``behaviour.py``: short conversations in words that no corpus puts that way, with names that the training
texts of ``errands.py`` do not hold.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from chatkit.runtime.conversation import Conversation

ELSEWHERE = ("it is windy today", "I had soup for lunch", "what a long week", "tell me something nice")
TOLD = (
    ("hey there, it's {}!", "so what am I called?", ("Gloria", "Albert", "Daniela", "Hugo", "Heidi", "Bryan")),
    ("good evening, my name happens to be {}", "can you still say my name?", ("Edith", "Derek", "Isabella")),
    ("by the way, I am {}", "and what was my name?", ("Colin", "Beatrice", "Eric")),
    ("these days I live in {}", "in which town do I live?", ("Lisbon", "Bristol", "Montreal", "Salzburg")),
    ("I earn my money as {}", "so what do I do for money?", ("a mechanic", "a chemist", "a lawyer")),
    ("our cat is called {}", "what is the name of our cat?", ("Fluffy", "Peanut", "Lucky")),
    ("the food that I like most is {}", "which food do I like most?", ("paella", "cheese")),
)
CORRECTED = (  # told, put right, asked
    ("my name is {}", "oh wait, I mean {}", "so what am I called?", (("Daniela", "Hugo"), ("Heidi", "Bryan"))),
    ("hi, I'm {}", "no, not {0}! it is {1}", "can you still say my name?", (("Edith", "Derek"), ("Albert", "Gloria"))),
    (
        "I live in {}",
        "scratch that, {} it is",
        "in which town do I live?",
        (("Lisbon", "Bristol"), ("Montreal", "Salzburg")),
    ),
    (
        "our cat is called {}",
        "no no, her name is {}",
        "what is the name of our cat?",
        (("Fluffy", "Peanut"), ("Lucky", "Fluffy")),
    ),
    (
        "I work as {}",
        "I said that wrong, I am {}",
        "so what do I do for money?",
        (("a mechanic", "a chemist"), ("a lawyer", "a mechanic")),
    ),
    (
        "my favourite food is {}",
        "hm, no, it is {} really",
        "which food do I like most?",
        (("paella", "cheese"), ("cheese", "paella")),
    ),
)
UNTOLD = (  # told, what it was not told
    ("my brother is called {}", "and how is my sister called?", ("Hugo", "Derek", "Bryan")),
    ("these days I live in {}", "so what do I do for money?", ("Lisbon", "Bristol", "Montreal")),
    ("hey there, it's {}!", "and what would my age be?", ("Gloria", "Albert", "Heidi")),
    ("our cat is called {}", "what is our dog called?", ("Fluffy", "Peanut", "Lucky")),
)
_FORGETS = re.compile(r"\b(remember|memory|in mind|not told|not said|do(n't| not) know|tell me)\b", re.IGNORECASE)


def said(conversation: Conversation, text: str, seed: int, history: Sequence[dict[str, str]] = ()) -> str:
    """The reply to one message."""
    events = conversation.turn(text, history=history, heads=["generation"], seed=seed)
    return "".join(event["text"] for event in events if event["event"] == "piece")


def talk(conversation: Conversation, texts: Sequence[str], seed: int, *, shown: bool) -> str:
    """The reply to the last of some messages said one after the other."""
    history: list[dict[str, str]] = []
    for text in texts:
        reply = said(conversation, text, seed, history)
        history += [{"speaker": "user", "text": text}, {"speaker": "assistant", "text": reply}]
    if shown:
        print(f"    {' | '.join(turn['text'] for turn in history)}")
    return reply.lower()


def recalls(conversation: Conversation, seed: int, show: int) -> dict[str, int]:
    """Print how much of what was told is known, put right or not, and what it says of the rest; the same as data."""
    known = asked = admitted = 0
    for told, question, words in TOLD:
        for word in words:
            texts = (told.format(word), ELSEWHERE[asked % len(ELSEWHERE)], question)
            reply = talk(conversation, texts, seed + asked, shown=asked < show)
            known, asked = known + (_last(word) in reply), asked + 1
            admitted += bool(_FORGETS.search(reply))
    print(f"recalls    {known} of {asked} things that were told two turns before; of {admitted} it says that it cannot")
    right = wrong = corrected = 0
    for told, mended, question, pairs in CORRECTED:
        for pair in pairs:
            other = mended.format(*pair) if "{0}" in mended else mended.format(pair[1])
            reply = talk(
                conversation, (told.format(pair[0]), other, question), seed + corrected, shown=corrected < show
            )
            right, wrong = right + (_last(pair[1]) in reply), wrong + (_last(pair[0]) in reply)
            corrected += 1
    print(f"           {right} of {corrected} that were put right a turn later; of {wrong} it says the wrong one")
    honest = untold = 0
    for told, question, words in UNTOLD:
        for word in words:
            reply = talk(conversation, (told.format(word), question), seed + untold, shown=untold < show)
            honest, untold = honest + bool(_FORGETS.search(reply)), untold + 1
    print(f"           of {honest} of {untold} that it was never told it says so")
    return {
        **{"recalled": known, "told": asked, "admitted": admitted},
        **{"right": right, "wrong": wrong, "corrected": corrected, "honest": honest, "untold": untold},
    }


def _last(words: str) -> str:
    return words.split()[-1].lower()
