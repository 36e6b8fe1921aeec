"""Of which kind a thing is that a question seeks, and whether a clause tells a thing of that kind.

A day answers "when", a place "where": a clause that shares a word with the question and tells nothing of the kind is
no answer to it. Words for the same, or for what is a kind of another, are one: "the animal" is a dog that was told of.

Source: expected answer types, Li & Roth 2002, "Learning question classifiers". English.
"""

from __future__ import annotations

import re
from typing import Final

from chatkit_generation.content import stems
from chatkit_generation.living import asks_job, tells_job, tells_own_job
from chatkit_generation.wording import bare

JOB, AGE, TIME, PLACE, NUMBER, NAME = "job", "age", "time", "place", "number", "name"
_SEEKS: Final = {
    AGE: r"\bhow old\b|\b(?:what|which) age\b|\bmy age\b|\b(?:his|her|its) age\b",
    TIME: r"\bwhen\b(?!ever)|\b(?:what|which) (?:\w+ )?(?:day|date|time|hour|month|year|season|weekday)\b"
    r"|\bhow late\b",
    PLACE: r"\bwhere\b|\b(?:what|which) (?:\w+ )?(?:city|town|village|country|street|place|island|region|state)\b"
    r"|\bmy (?:home ?town|address|street|city|town|village|country)\b|\bfrom what place\b",
    NUMBER: r"\bhow (?:many|much|long|often|far|tall|big|high|heavy|fast)\b"
    r"|\bmy (?:\w+ )?number\b|\bsince when\b|\b(?:what|which) number\b",
    NAME: r"\bnamed?\b|\bcalled\b|\bnames\b|^(?:and |so |but )*(?:who|what did i call)\b",
}
_FORMS = {kind: re.compile(form) for kind, form in _SEEKS.items()}
_NUMBERS = (
    r"(?:\d+(?:[.:,]\d+)?|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen|nineteen|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ -]\w+)?|a hundred"
    r"|hundreds?|a thousand|thousands?|half an?|a dozen|dozens|twice|once|a few|several|a couple)"
)
_MONTHS = "january|february|march|april|june|july|august|september|october|november|december|in may|may \\d"
_TIMES = re.compile(
    rf"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|today|tonight|tomorrow|yesterday|{_MONTHS}|noon|midnight"
    r"|morning|afternoon|evening|weekend|christmas|easter|new year'?s?|summer|autumn|winter|in (?:the )?spring"
    r"|last spring"
    r"|(?:next|last|this|every) (?:week|month|year|night|spring|fall)|\d{1,2}(?:st|nd|rd|th)|o'?clock"
    rf"|half past|half {_NUMBERS}|quarter (?:past|to)|at {_NUMBERS}|\d{{1,2}} ?[ap]m|(?:19|20)\d\d|{_NUMBERS} (?:days?"
    r"|weeks?|months?|years?|hours?) ago|in (?:a|an|\w+) (?:days?|weeks?|months?|years?|hours?))\b|\b\d{1,2}[:.]\d\d\b"
)
_NUMBERED = re.compile(rf"\b{_NUMBERS}\b")
_AGES = re.compile(
    rf"\b{_NUMBERS} ?(?:years?|yrs?|months?|weeks?|days?)[ -]?old\b|\bturn(?:ed|s|ing)?(?: just)? {_NUMBERS}\b"
    rf"|\b(?:i'm|i am|im|hes|shes|he is|he's|she is|she's|it is|it's|they are|who is|is|are|was|am) "
    rf"(?:(?:just|now|only|almost|nearly|already|about|turning) )*{_NUMBERS}\b"
    r""
    r"(?! (?:hours?|minutes?|of|euros?|pounds?|dollars?|kilos?|months? into|to|metres?|miles?|km"
    r"|years? (?:in|at|with|since|married|together)|weeks? (?:in|pregnant)))"
    rf"|\b(?:he|she|it|i) (?:has|have) {_NUMBERS} years\b|\bwill be {_NUMBERS}\b(?! (?:hours?|minutes?|of us|people))"
    rf"|\baged? {_NUMBERS}\b|\bmy age\b|\b{_NUMBERS} last birthday\b"
)
_AT_TIME = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|today|tonight|tomorrow|yesterday|the (?:morning|afternoon|evening|end"
    r"|moment|week\w*|day|night|meantime|past|future|beginning)|(?:last|next|this|all|first|least|most|about|once|time)"
    rf"|night|spring|summer|autumn|winter|{_MONTHS}|christmas|easter|weird|bed|love|general|fact|case|{_NUMBERS}|weekends?"
    r"|nights?|noon|me|him|her|them|us|you|it|that|this|an? (?:bit|while|lot|row|week|month|year|hour|hurry|few)|then"
    r"|what|which|now|be|do|get|see|buy|have|make|go|eat|sleep|say|tell|take|find|work|help|years?|weeks?|months?|be"
)
_PLACES = re.compile(
    rf"\b(?:in|at|from|near|into|outside|around|behind|on|by|under) (?!(?:{_AT_TIME})\b)"
    r"(?:the |an? |my |our )?[^\W\d]\w+"
)
_WAYS = re.compile(
    r"\b[Tt]o (?=[A-Z]|the\b|an?\b|my\b|our\b)|\b(?i:mov\w+|fl(?:y|ies|ew|ying|ight|ights)|driv\w+|drove|trips?"
    r"|travel\w*|trains?|bus|relocated|emigrat\w+)(?: \w+){0,2} to \w"
)
# Behind these a town is named, and no shop.
_TOWNS = re.compile(
    rf"\b(?:in|from|near|into|outside|around|at) (?!(?:the|a|an|my|our|his|her|their|{_AT_TIME})\b)[^\W\d]\w+"
)
_OF_TOWNS = re.compile(r"\b(?:city|town|village|country|home ?town)\b")
_NAMES = re.compile(r"\b(?i:called|named?|name's|names)\b|(?<=[\w,] )[A-Z][^\W\d_]+")
# Words for one thing, and behind a colon for kinds of it.
_SAME_WORDS = """
animal pet: cat dog puppy kitten pup rabbit bunny hamster parrot budgie horse pony tortoise turtle snake goldfish fish
animal pet: hen chicken cow goat sheep donkey bird lizard ferret canary
girl: daughter
boy: son
kid child children: daughter son baby toddler twins
mum mom mother mama:
dad father papa:
grandma grandmother nan gran granny:
grandpa grandfather granddad:
spouse partner: wife husband girlfriend boyfriend
sibling: brother sister
relative family: brother sister mum dad mother father aunt uncle cousin niece nephew grandma grandpa
flat apartment home house:
car vehicle: van
instrument: piano violin guitar bass drums flute trumpet accordion cello saxophone clarinet harp ukulele organ
sport: football tennis rugby cricket swimming hockey basketball volleyball judo boxing climbing handball badminton golf
language: spanish english german french italian dutch greek polish russian arabic chinese japanese portuguese turkish
subject: chemistry physics maths mathematics history geography biology law medicine economics
appointment meeting: dentist doctor vet haircut physio checkup interview
illness disease: flu cold asthma diabetes migraine
meal dish food: pizza pasta soup curry burger stew rice
drink: tea coffee beer wine juice water
herb spice: coriander basil parsley thyme mint dill pepper ginger cinnamon
colour color: red blue green yellow black white brown grey gray pink purple orange
dislike hate: stand
allergic allergy:
married marry wedding:"""
_KIN_WORDS = """
wife husband girlfriend boyfriend fiance fiancee son daughter brother sister mum mom mother dad father grandma
grandmother nan gran granny grandpa grandfather granddad uncle aunt niece nephew cousin baby twins friend flatmate
roommate neighbour neighbor boss colleague teacher partner child kid kids children girl boy animal pet cat dog puppy
kitten rabbit hamster parrot budgie horse pony tortoise snake goldfish laws parents spouse sibling"""
# What a question says of the kind of thing that it seeks, or of its being asked, and not of what the thing is about.
_KIND_WORDS = """
old age aged year years day date time hour month week city town village country street number job work trade profession
occupation living career kind sort type exactly earlier before remember know say said tell told mention mentioned talk
actual use used long often far minute season answer question did does done quick quickly conversation forgot forgotten
memory else own current currently first last moment hear listen curious wonder wondering check weekday part one ones
gonna come supposed meant whole ago right correct recall remind reminded kindly bit exact since till until from today
mine happen guess try both here give given stop stopped"""


# Past -> present, where the beginnings of the words differ.
_IRREGULAR = """
met meet, went go, bought buy, ate eat, broke break, drove drive, gave give, grew grow, lost lose, left leave, made
make, paid pay, ran run, saw see, sold sell, slept sleep, spent spend, spoke speak, stole steal, swam swim, taught
teach, took take, threw throw, told tell, won win, wrote write, flew fly, fell fall, felt feel, forgot forget, found
find, kept keep, rode ride, sang sing, sat sit, sent send, stood stand, wore wear, built build, brought bring, caught
catch, chose choose, drank drink, began begin, fought fight, held hold, knew know, lent lend, rang ring, came come,
relocated move, lives stay, reside live"""
# Verbs that tell little, and tell apart what is asked where nothing else does: "what do I take?".
_LIGHT_VERBS = frozenset(
    [
        "take",
        "took",
        "takes",
        "taking",
        "want",
        "wants",
        "wanted",
        "like",
        "likes",
        "liked",
        "make",
        "made",
        "bring",
        "put",
        "give",
        "gave",
    ]
)
_SHORT = 3  # letters of a word that is no beginning of others
_LIGHT = re.compile(r"[a-z]+")


def words_of(text: str) -> set[str]:
    """Beginnings of the words of a text that say what it is about, verbs of few words to say among them."""
    words = {f"{word[:-1]}y" if word[-1] == "i" and len(word) > _SHORT else word for word in stems(text)}
    return words | {word for word in _LIGHT.findall(text.lower()) if word in _LIGHT_VERBS}


def _alike() -> dict[str, frozenset[str]]:
    """Beginning of a word -> beginnings of those that may be meant by it."""
    found: dict[str, set[str]] = {}
    for line in _SAME_WORDS.strip().splitlines():
        names, kinds = map(stems, line.split(":"))
        for name in names:
            found.setdefault(name, set()).update(names | kinds)
        for kind in kinds:
            found.setdefault(kind, set()).update(names)
    for past, verb in (pair.split() for pair in _IRREGULAR.split(",")):
        for word, other in ((past, verb), (verb, past)):
            for stem in words_of(word):
                found.setdefault(stem, set()).update(words_of(other))
    return {stem: frozenset(others) for stem, others in found.items()}


_ALIKE: Final = _alike()
_AT_WORK = stems("work worked living live number")
_OF_KINDS, KIN = stems(_KIND_WORDS), stems(_KIN_WORDS)


def kinds_of(question: str) -> frozenset[str]:
    """The kinds of things that a question seeks; none where its form does not say."""
    said = bare(question)
    found = {kind for kind, form in _FORMS.items() if form.search(said)}
    if asks_job(question):
        return frozenset({JOB})
    return frozenset(found - {NAME} if len(found) > 1 and "called" not in said else found)


def is_of_town(question: str) -> bool:
    """Whether a question seeks a town or a country."""
    return bool(_OF_TOWNS.search(bare(question)))


def content_of(question: str) -> set[str]:
    """Beginnings of the words of a question that say what it is about, without those of the kind that it seeks."""
    words = words_of(question)
    return words - _OF_KINDS if asks_job(question) else words - (_OF_KINDS - _AT_WORK)


def tells_kind(kinds: frozenset[str], text: str, *, own: bool, town: bool = False) -> bool:
    """Whether a clause tells a thing of one of these kinds.

    Args:
        kinds: See ``kinds_of``.
        text: The clause.
        own: Whether it is sought of the user.
        town: Whether a town or a country is sought.
    """
    said = bare(text)
    tells = {
        JOB: lambda: tells_own_job(text) if own else tells_job(text),
        AGE: lambda: bool(_AGES.search(said)),
        TIME: lambda: bool(_TIMES.search(text.lower())),
        PLACE: lambda: bool((_TOWNS if town else _PLACES).search(said) or _WAYS.search(text)),
        NUMBER: lambda: bool(_NUMBERED.search(said) or re.search(r"\d", text)),
        NAME: lambda: bool(_NAMES.search(text)),
    }
    return any(tells[kind]() for kind in kinds)


def meant(asked: set[str], told: set[str]) -> set[str]:
    """Of the words of a question those that a clause has, or of which it has a kind."""
    alike = {word for word in asked if word in told or _ALIKE.get(word, frozenset()) & told}
    return alike | {word for word in asked - alike if any(_begins(word, other) for other in told)}


def _begins(word: str, other: str) -> bool:
    """Whether one word is how the other begins: "paint" of "painter"."""
    return min(len(word), len(other)) > _SHORT and (word.startswith(other) or other.startswith(word))


def kin(words: set[str]) -> set[str]:
    """Of words those for somebody, or an animal, of the user's."""
    return words & KIN
