"""Who or what of the user's is called how, by what was said: "my cat's called Biscuit", "our son Daniel".

Rules, for they are sure where they apply; what they do not find is looked up in clauses (``faithful.py``).

Source: relations between named entities by patterns, Hearst 1992, "Automatic acquisition of hyponyms from large text
corpora". English.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from chatkit_generation.wording import sentences

READ = 1000  # characters of a message that are looked at
_MALE_WORDS = "husband boyfriend fiance son boy brother dad father grandpa grandfather granddad uncle nephew"
_FEMALE_WORDS = """
wife girlfriend fiancee daughter girl sister mum mom mother grandma grandmother nan gran granny aunt niece"""
_OTHER_WORDS = """
partner child cousin friend mate flatmate roommate housemate neighbour neighbor colleague workmate boss manager teacher
doctor dentist baby"""
_PET_WORDS = "cat dog puppy kitten rabbit hamster parrot budgie horse pony tortoise snake goldfish"
_MALE, _FEMALE, _PETS = set(_MALE_WORDS.split()), set(_FEMALE_WORDS.split()), _PET_WORDS.split()
_PEOPLE = {*_MALE, *_FEMALE, *_OTHER_WORDS.split()}
_KIN = frozenset([*_PEOPLE, *_PETS, "car", "boat", "bike"])
_NOT_OF = {"his": _FEMALE, "he": _FEMALE, "her": _MALE, "she": _MALE, "its": _PEOPLE, "it": _PEOPLE}
_WHICH = r"(?:(?:best|older|younger|little|big|new|old|twin|eldest|youngest) |(?:ex|step)[ -])?"
_WHAT = rf"(?P<what>(?i:{_WHICH}(?!(?:is|was|are)\b)[^\W\d_]+))"
_NEAR = rf"(?P<what>(?i:{_WHICH}(?:{'|'.join(sorted([*_PEOPLE, *_PETS], key=len, reverse=True))})))"
_BIG = r"(?>[A-Z\u00c0-\u00d6\u00d8-\u00de][\w'-]*)"
_CAPITAL = rf"(?P<name>(?>{_BIG}(?: {_BIG}){{0,2}}))(?! (?:or|of|for)\b)"
# In small letters a name is one where hardly anything stands behind it.
_ENDS = r"(?=\s*(?:[.,!?;:)]|$|(?:and|but|by the way|btw|too|lol|haha|because|cos|who|she|he|it)\b))"
_NAME = rf"(?:{_CAPITAL}|(?P<small>(?>[^\W\d_][\w'-]*)){_ENDS})"
_IS, _OF = r"(?i:'s|(?<!s)s| is)", r"(?:'?s|')"
_TOLD = tuple(
    re.compile(form)
    for form in (
        rf"\b(?i:my|our) {_WHAT}{_IS} (?i:called|named) {_NAME}",
        rf"\b(?i:my|our) (?:{_WHAT} (?i:was called|was named|named)|(?P<pet>(?i:"
        rf"{'|'.join(_PETS)})) called) {_CAPITAL}(?=\s*(?:[.,!;]|$|\b(?:is|has|but)\b))",
        rf"\b(?i:my|our) {_WHAT}{_OF} (?i:name(?:'s| is| was)) {_NAME}",
        rf"\b(?i:the name of (?:my|our)) {_WHAT} (?i:is) {_NAME}",
        rf"\b(?i:(?:we|i) named (?:my|our|the)) {_WHAT} {_NAME}",
        rf"\b(?i:(?:we|i) called (?:my|our|the) (?P<what>{'|'.join(_PETS)}|baby|son|daughter|boat|car)) {_CAPITAL}",
        r"\b(?i:i|we)(?i:'ve| have| just| also)* ?\b(?i:have|got|adopted|bought|'ve)(?:(?!\b(?:who|he"
        rf"|she|they)\b)[^.?!]){{0,60}}?\b(?i:an?) {_NEAR} (?i:called|named|whose name is) {_NAME}",
        rf"(?i:\band an? ){_NEAR} (?i:called|named) {_CAPITAL}",
        rf"\b(?i:my|our) {_NEAR} (?![A-Z\W\d]+\b){_CAPITAL}",
        rf"\b(?i:my|our) {_NEAR}, {_CAPITAL}(?=,|[.!]?$)",
        rf"(?<!\bmy )(?<!\bour )(?<!\bthe )(?<!\ba )\b(?P<name>[^\W\d_][\w'-]+),? (?i:she's|he's|it's|she is"
        rf"|he is) (?i:my|our) {_NEAR}\b(?!['-])",
        rf"\b(?i:my|our) {_NEAR} is {_CAPITAL}(?=\s*(?:[.,!;]|$|\band\b))",
    )
)
_OF_LAST = re.compile(
    r"\b(?i:(?P<whose>his|her|its|their) name(?:'s| is)|(?P<who>he|she|it)(?:'s| is) (?:called"
    rf"|named)) {_NAME}"
)
_SPOKEN_OF = re.compile(
    rf"(?i)\b(?:my|our|an?|an? new) {_NEAR}\b(?P<of>['-]|s'| in law)?|\b(?P<whose>his|her|their|your|the"
    rf"|\w+'s) {_NEAR.replace('what', 'no')}\b"
)
_THE_PET = re.compile(rf"(?i)the (?:{'|'.join(_PETS)})$")
_OTHER_THING = re.compile(r"(?i)\b(?:an?|the|some)\s")
_UNSURE = re.compile(
    r"(?i)\b(?:if|whether|imagine|pretend|suppose|wish|maybe|should|could|is|was|isn't|wasn't|who|not|never)\b[^,;]*$"
)
_PUTS_RIGHT = re.compile(
    r"(?i:\W*(?:(?:oh|hm+|ah|um|well|ok)\W+)*(?:no|wait|sorry|oops|actually|correction|scratch that|i mean(?:t)?)\b)"
    r"(?P<rest>.*)"
)
_RIGHT = re.compile(
    r"(?i:\W*(?:(?:no|wait|sorry|actually|(?P<sure>i mean(?:t)?|it'?s|it is|(?:she|he)'s|called"
    rf"|(?:his|her|its|the) name is)|not \w+)\b\W*)*)(?:(?P<name>{_BIG})"
    r"|(?P<small>[^\W\d_][\w'-]*))(?i:,? not [\w'-]+)?\W*"
)
_DOUBTS = re.compile(r"(?i)\b(?:name|called|spel(?:led|t)|isn'?t|not|wrong|meant)\b")
_MY, _LAST = (
    rf"(?:my|our|the(?= (?:animal|pet|{'|'.join(_PETS)})\b)) {_WHAT}",
    r"(?=\s*(?:[?.!,]|$|(?:again|please|pls|then|now)\b))",
)
_ASKS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"\bwhat(?:'?s| is| was) {_MY}(?:{_OF} name| called| named){_LAST}",
        r"\b(?:what(?:'?s| is| was)|say|know|remember|recall|tell me|remind me of"
        rf"|repeat) (?:the )?name of {_MY}{_LAST}",
        rf"\b(?:say|know|remember|recall|tell me|repeat) (?:(?:what|how) )?{_MY}(?:{_OF} name|{_IS} called"
        r"| was called)\b",
        rf"\bhow (?:is|was) {_MY} called{_LAST}|^\W*(?:the )?name of (?:my|our) (?P<of>[^\W\d_]+){_LAST}",
        rf"(?:^|[.!,] ?)(?:and|what about) {_MY}\?+\W*$",
        rf"\bwhat did (?:i|we) (?:call|name) {_MY}{_LAST}|^\W*(?:and )?(?:my|our) (?P<of>[^\W\d_]+?){_OF} name\W*$",
    )
)
_ASKS_OF_LAST = re.compile(
    r"\b(?:what(?:'?s| is| was)|know|remember|recall|tell me|say) (?:the )?(?P<whose>his|her|its) name\b"
    r"|\bwhat(?:'?s| is| was) (?P<who>he|she|it) called\b",
    re.IGNORECASE,
)
_SMALL = """
it that this what not the a an is was so very after and or but by him her them my our on in at for to of with from me
you i he she i'm we they how who when where why too now then also still just really something someone always never
over up off out away home back again last once twice three two one yesterday today tomorrow tonight monday tuesday
wednesday thursday friday saturday sunday christmas easter names important unusual secret unknown undecided long
short funny weird strange nice pretty cute beautiful silly easy hard difficult common rare old new spelled pronounced
private perfect lovely stupid boring similar different dumb lazy fat crazy sick sorry thanks thank yes no ok okay lol
omg bye hi hello stop wait dr mr mrs ms miss prof can cannot may must should would could does did has had sometimes
often maybe english german french spanish italian chinese dutch greek polish russian indian irish scottish welsh
british american persian siamese latin mad good bad great sure right wrong"""
_NO_NAME = frozenset(_SMALL.split())


def named(messages: Sequence[str]) -> dict[str, str]:
    """What of the user's is called how, as it was said last: "cat" -> "Biscuit"."""
    found: dict[str, str] = {}
    last, since, is_new = "", "", False
    for message in (message[:READ].replace("\u2019", "'") for message in messages):
        was_new, is_new = is_new, False
        for text in sentences(message.lower() if message.isupper() else message):
            told = sorted(each for form in _TOLD for match in form.finditer(text) if all(each := _told(match, text)))
            for _, what, name in told:
                found[what], last, is_new = name, what, True
            since = "" if told else since + text
            for match in () if told else _SPOKEN_OF.finditer(text):
                is_own = (not match["of"] or match["what"] in _PETS) and (
                    not match["whose"] or _THE_PET.match(match[0])
                )
                last = _one(match["what"] or match["no"]) if is_own else ""
                since = text[match.end() :]
            for match in _OF_LAST.finditer(text):
                whose, name = (match["whose"] or match["who"]).lower(), _written(match["name"] or match["small"])
                before = since[: -len(text) + match.start()] if since.endswith(text) else since
                is_other = _OTHER_THING.search(before) or (match["small"] and whose == "it")
                if last and name and not is_other and last.split(" ")[-1] not in _NOT_OF.get(whose, ()):
                    found[last], is_new = name, True
            if was_new and not is_new and last and (right := _PUTS_RIGHT.match(text)):
                name = _put_right(text)
                if name or _DOUBTS.search(right["rest"]):
                    found[last] = name
    short = Counter(
        what.split(" ")[-1] for what, name in found.items() if name and what[:2] != "ex" and what[:4] != "step"
    )
    found = {**{what.split(" ")[-1]: name for what, name in found.items() if short[what.split(" ")[-1]] == 1}, **found}
    return {what: name for what, name in found.items() if name}


def loose_name(messages: Sequence[str]) -> str:
    """The last name that was said to be "hers" or "his", whoever that is; "" where none was."""
    found = [match for message in messages for match in _OF_LAST.finditer(message[:READ].replace("\u2019", "'"))]
    return next((name for match in reversed(found) if match["name"] and (name := _written(match["name"]))), "")


def name_of_last(question: str, names: Mapping[str, str]) -> str:
    """The name that a question asks for by "her" or "its", of the last who may be meant; "" where it asks for none."""
    found = _ASKS_OF_LAST.search(question[:READ].replace("\u2019", "'"))
    whose = (found["whose"] or found["who"]).lower() if found else ""
    meant = (name for what, name in reversed(list(names.items())) if what.split(" ")[-1] not in _NOT_OF.get(whose, ()))
    return next(meant, "") if found else ""


def asked_name(question: str) -> str:
    """Of what a question asks the name: "cat"; "" where it asks for none."""
    for form in _ASKS:
        if match := form.search(question[:READ].replace("\u2019", "'")):
            return _one(match["what"] or match["of"])
    return ""


def _told(match: re.Match[str], text: str) -> tuple[int, str, str]:
    """Where what is called how; no name where that is not sure."""
    parts = match.groupdict()
    what, small = _one(parts["what"] or parts["pet"]), parts.get("small") or ""
    is_sure = not _UNSURE.search(text[: match.start()]) and not (small and what.split(" ")[-1] not in _KIN)
    return match.start() + 1, what, _written(parts["name"] or small) if is_sure else ""


def _one(what: str) -> str:
    """Of what there is one: "cats" as it is typed for "cat's", too."""
    what = re.sub(r"^new ", "", what.lower())
    last = what.split(" ")[-1]
    return what[:-1] if last.endswith("s") and last[:-1] in _KIN else what


def _put_right(text: str) -> str:
    right = _RIGHT.fullmatch(text)
    return _written(right["name"] or (right["small"] if right["sure"] else "")) if right else ""


def _written(name: str) -> str:
    """A name as it is written, without what is none of it; "" where nothing is left."""
    words = re.sub(r"'s$", "", name).split(" ")
    ends = next((place for place, word in enumerate(words) if place and word.lower() in _NO_NAME), len(words))
    is_none = words[0].lower() in _NO_NAME and (len(words) == 1 or words[0] not in ("Dr", "Mr", "Mrs", "Ms", "Miss"))
    return "" if is_none or not name else f"{words[0][0].upper()}{' '.join(words[:ends])[1:]}"
