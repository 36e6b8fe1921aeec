"""What a message is about in its own words, for a reply that shows that it was read: "my leeks" as "your leeks".

Only what is sure to be a thing or somebody is taken: a word or two between "my", "the" or "a" and a word that belongs
to no noun, or the end. Which of several it is: one that was not spoken of before, the user's own before others, and the
first of these; what stands in the second half of a message is seldom what it is about (of graded replies that named it
half were bad, of the others a quarter), and so is what something only is, or is likened to ("in the bathtub", "like an
old bucket").

Source: what is given and what is new, Clark & Haviland 1977, "Comprehension and the given-new contract". English.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from chatkit_generation.wording import GRAVE, bare

READ = 600  # characters of a message that are looked at
_LONGEST = 24  # letters of a word
_OWN: Final = {"my": "your", "our": "your", "his": "his", "their": "their", "the": "the", "this": "the"}
_AN: Final = {"a": "the", "an": "the"}
_DETERMINERS = {**_OWN, **_AN}
# Words that end what stands behind a determiner: no noun goes on with them.
_STOP_WORDS = """
a an the my our his her their this that these those your its and or but so if because cos when while as than then
though although with without of in on at to from for by about into onto over under after before behind between
through during since until off up down out near inside outside around along across against is was were are am be
been being has have had do does did can could will would shall should may might must isn't wasn't aren't don't
didn't doesn't can't couldn't won't wouldn't hasn't haven't hadn't i'm it's he's she's that's there's i you he she
it we they me him them us who whom whose which what where why how there here again today tonight tomorrow yesterday
now soon later once twice too also already still yet just only even never always ever maybe perhaps really very
quite not no yes last next ago back away all both each every some any more most less monday tuesday wednesday
thursday friday saturday sunday got get gets getting went go goes going gone came come comes coming said says say
told tells made makes make took takes take gave gives give put puts keeps kept keep let lets left leaves broke
breaks lost won ran runs fell falls felt feels knows knew thinks thought wants wanted needs needed likes liked loves
loved hates hated died dies lives lived works worked plays played started stopped called calls asked rang turned
turns looks looked seems smells smelt tastes saw sees found finds bought sold paid costs cost ate eats drinks sat
sits stood stands slept sleeps woke wakes cried cries laughed laughs forgot moved moves hurts hurt burnt burst
spilled limps shouts shouted stinks barks barked screams screamed grows grew smiles smiled jumps jumped happened
finished ended begins began opened closed arrived"""
# What says nothing, or is no thing to speak of.
_EMPTY_WORDS = """
thing things bit lot lots time times way ways day days night nights morning evening afternoon week weeks weekend
month months year years hour hours minute minutes moment while end start beginning rest whole one ones first second
third other others same kind sort type point fact idea reason matter case place part side middle top bottom front
back half couple few number people person man woman guy bloke someone somebody everyone everybody anyone thought
feeling truth world life god hell fuck shit damn best worst least most only own new old big small little long short
good bad nice great right wrong past future present name word words question answer problem mind head heart hand
hands eyes eye face arm"""
# What stands behind these is a place, a time or a likeness, and not what is spoken of.
_BESIDE_WORDS = """
in on at of from under over like as by into onto through behind between near inside outside around along across
during since until before after than be become being was were"""
_FIRST: Final = ("my", "our")
_STOPS, _EMPTY, _BESIDE = (frozenset(text.split()) for text in (_STOP_WORDS, _EMPTY_WORDS, _BESIDE_WORDS))
_ADVERB = re.compile(r"\w{3,}ly$|\w+(?:'|’)\w+$")
_VERBAL = re.compile(r"\w{3,}ed$")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")


def echoed(text: str, before: str = "") -> str:
    """What a message speaks of, in the second person ("your leeks", "the water pipe"); "" where that is not sure.

    Args:
        text: The message.
        before: What was said before it: what stands there is not new.
    """
    if GRAVE.search(text):
        return ""
    text, known = text[:READ].strip(), frozenset(bare(before).split()) | frozenset(before.lower().split())
    found = _things(text, known)
    own = [thing for thing, is_own in found if is_own] or [thing for thing, _ in found]
    return own[0] if own else ""


def _things(text: str, known: Collection[str]) -> list[tuple[str, bool]]:
    """What the first half of a text speaks of that is new, in its order, and whether it is the user's own."""
    words = [(found[0].replace("’", "'"), found.start(), found.end()) for found in _WORD.finditer(text)]
    out = []
    for place, (word, begin, end) in enumerate(words):
        if begin > len(text) / 2:
            break
        if word.lower() not in _DETERMINERS or (place and words[place - 1][0].lower() in _BESIDE):
            continue
        taken, last, closed = [], end, False
        for following, start, stop in words[place + 1 :]:
            if text[last:start].strip():  # a mark stands between them
                closed = True
                break
            if following.lower() in _STOPS or _ADVERB.match(following.lower()):
                closed = True
                break
            taken.append(following)
            last = stop
        else:
            closed = True
        if closed and _is_thing(taken, known):
            out.append((f"{_DETERMINERS[word.lower()]} {' '.join(taken)}", word.lower() in _FIRST))
    return out


def _is_thing(words: Sequence[str], known: Collection[str]) -> bool:
    lower = [word.lower() for word in words]
    if not 1 <= len(words) <= 2 or lower[-1] in _EMPTY or lower[-1] in known or _VERBAL.match(lower[-1]):
        return False
    if any(len(word) > _LONGEST for word in words) or len(lower[-1]) < 3:
        return False
    return not lower[-1].isdigit()
