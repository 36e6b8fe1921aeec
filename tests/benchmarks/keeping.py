"""Whether the assistant keeps what it is told of people, orders and bookings: 24 conversations each for dev and test.

A part of ``behaviour.py``. ``recalling.py`` asks for one thing that was told; here two things of a kind are told
together, or what was told is added to, changed or cancelled, so a reply that says whatever stood in the chat is not
enough. The last reply must match a pattern and must not match another: the wrong relative's town, what was taken off,
the hour before the change. It may name the old one as such ("no olives", "not nine"). Patterns are written by hand,
and all of it without sight of any training text.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from recalling import talk

from chatkit.runtime.conversation import Conversation


class Kept(NamedTuple):
    """Messages said one after the other, and what the last reply must match and must not."""

    texts: tuple[str, ...]
    must: str
    never: str = ""

    def holds(self, reply: str) -> bool:
        """Whether a reply keeps it."""
        if self.never and re.search(self.never, reply, re.IGNORECASE):
            return False
        return bool(re.search(self.must, reply, re.IGNORECASE))


def _all(*patterns: str) -> str:
    """Every one of them, in any order."""
    return r"\A" + "".join(rf"(?=[\s\S]*(?:{pattern}))" for pattern in patterns)


def _off(pattern: str) -> str:
    """It, unless it is named as what is no more."""
    before = "".join(rf"(?<!\b{words} )(?<!\b{words} the )" for words in _NO_MORE)
    return rf"{before}\b(?:{pattern})\b(?! (?:is |are )?(?:off|out|gone)\b)"


def _n(word: str, digits: int) -> str:
    """A number in words or digits, as an hour too: five, 5, 5pm, 5:30, 17:00."""
    return rf"\b(?:{word}|{digits}(?:[ap]m|[:.]\d\d)?|{digits + 12}[:.]\d\d)\b"


_NO_MORE = ("no", "not", "not at", "not on", "without", "minus", "instead of", "in place of", "rather than", "from")
_CANCELLED = (
    r"cancel|forgotten|forget (?:it|about|the|that)|drop|delet|remov|scrapp|\bgone\b|no longer|no more"
    r"|not (?:\w+ )?any ?more|\b(?:call|tak|cross|struck|strik)\w* (?:\w+ )?(?:off|out)\b"
    r"|(?:not|nothing|nothing is) (?:booked|noted)|\bno (?:table|train|booking|appointment)"
)
_REFUSED = r"(?:cannot|can't|can not|unable to) (?:cancel|forget|drop|remove|delete)"
_STANDS = _REFUSED + r"|\byes\b|\bstill booked"

KEEPING: dict[str, dict[str, tuple[Kept, ...]]] = {
    "dev": {
        "people": (
            Kept(
                (
                    "my sister Ingrid has moved to Turin, and my brother Walter is still in Leeds",
                    "which city is my sister in?",
                ),
                r"turin",
                _off("leeds"),
            ),
            Kept(
                ("I have two cats, Biscuit is nine and Pickle is three", "how old is Pickle?"),
                _n("three", 3),
                _off(_n("nine", 9)),
            ),
            Kept(
                (
                    "my uncle Bernard drives a bus",
                    "and my aunt Rosa bakes bread for a living",
                    "what's my uncle's job again?",
                ),
                r"\bbus\b|driv",
                _off(r"bak\w+|bread"),
            ),
            Kept(
                (
                    "I'm in Exeter, my parents are both up in Dundee",
                    "it has been raining since Sunday",
                    "so where's my home?",
                ),
                r"exeter",
                _off("dundee"),
            ),
            Kept(
                ("the twins are called Felix and Nora, and the baby is Jasper", "what's the baby's name?"),
                r"jasper",
                _off("felix|nora"),
            ),
            Kept(
                ("my best friend Olga turned 31 in May, her husband Marek is 36", "how old is Marek?"),
                _n("thirty[- ]six", 36),
                _off(_n("thirty[- ]one", 31)),
            ),
            Kept(
                (
                    "I work with Gareth and Simone, he does the accounts and she does the design",
                    "who does the design?",
                ),
                r"simone",
                _off("gareth"),
            ),
            Kept(
                (
                    "our dog Bruno is at my mum's this week",
                    "and the rabbit, Clover, stays here with me",
                    "what is our rabbit called?",
                ),
                r"clover",
                _off("bruno"),
            ),
        ),
        "orders": (
            Kept(
                ("a small pizza with mushrooms and peppers, please", "what did I order?"),
                _all("mushroom", "pepper(?!oni)"),
            ),
            Kept(("two teas and a cheese scone for me", "that's everything"), _all(r"\bteas?\b", "scone")),
            Kept(
                ("I'd like a burger with bacon and onions", "leave the onions out please", "so what's my order?"),
                _all("burger", "bacon"),
                _off("onions?"),
            ),
            Kept(
                ("one tomato soup and a green salad", "oh, and some bread with it", "what have I ordered so far?"),
                _all("soup", "salad", "bread"),
            ),
            Kept(
                (
                    "can you put eggs, flour and milk on my list",
                    "take the flour off, I have some",
                    "what's on the list?",
                ),
                _all(r"\beggs?\b", "milk"),
                _off("flour"),
            ),
            Kept(
                ("I'll have the fish with chips and peas", "rice in place of the chips", "read my order back to me"),
                _all("fish", r"\brice\b", r"\bpeas?\b"),
                _off("chips?"),
            ),
            Kept(
                ("a ham sandwich and an orange juice to take away", "add a muffin as well", "that will be all"),
                _all("sandwich", "juice", "muffin"),
            ),
            Kept(
                ("we need apples, butter and candles from the shop", "what was I going to buy?"),
                _all("apple", "butter", "candle"),
            ),
        ),
        "bookings": (
            Kept(
                (
                    "book me a table for three on Saturday at six",
                    "make that four people",
                    "how many is the table for?",
                ),
                _n("four", 4),
                _off(_n("three", 3)),
            ),
            Kept(
                (
                    "I need a taxi on Monday at nine, two of us",
                    "ten would be better than nine",
                    "when does the taxi come?",
                ),
                _n("ten", 10),
                _off(_n("nine", 9)),
            ),
            Kept(
                (
                    "a double room in Bath for two nights from the 12th please",
                    "actually three nights",
                    "how long am I staying?",
                ),
                _n("three", 3),
                _off(_n("two", 2)),
            ),
            Kept(
                (
                    "a dentist appointment on Tuesday at half past two please",
                    "can we say Thursday?",
                    "what day is my dentist appointment?",
                ),
                r"thursday",
                _off("tuesday"),
            ),
            Kept(
                ("please get me a train to York on Wednesday at eight", "no, forget the train, I'll drive"),
                _CANCELLED,
                _REFUSED,
            ),
            Kept(
                (
                    "reserve a table for six, Friday, eight o'clock",
                    "please cancel that table",
                    "is my table still booked?",
                ),
                _CANCELLED,
                _STANDS,
            ),
            Kept(
                (
                    "a taxi for four to the airport tomorrow at five in the morning",
                    "say the booking back to me",
                ),
                _all(_n("four", 4), "tomorrow", _n("five", 5)),
            ),
            Kept(
                (
                    "book a haircut for next Tuesday at eleven",
                    "three o'clock fits me better",
                    "so at what time is my haircut?",
                ),
                _n("three", 3),
                _off(_n("eleven", 11)),
            ),
        ),
    },
    "test": {
        "people": (
            Kept(
                (
                    "one of my daughters, Petra, studies in Vienna, the other one, Lena, is in Ghent",
                    "where does Lena study?",
                ),
                r"ghent",
                _off("vienna"),
            ),
            Kept(
                ("my grandfather is 88 and my grandmother is 84", "what age is my grandmother?"),
                _n("eighty[- ]four", 84),
                _off(_n("eighty[- ]eight", 88)),
            ),
            Kept(
                (
                    "my neighbour to the left is Mr Okafor, the one to the right is Mrs Lund",
                    "who lives to the right of me?",
                ),
                r"\blund\b",
                _off("okafor"),
            ),
            Kept(
                (
                    "my cousin Stefan teaches chemistry",
                    "my other cousin Amina is a vet",
                    "what does Amina do for work?",
                ),
                r"\bvet\b|veterinar|animal",
                _off(r"teach\w*|chemistry"),
            ),
            Kept(
                (
                    "I live in Norwich now, my ex stayed in Swansea",
                    "the boxes are nearly all unpacked",
                    "which town did I say I live in?",
                ),
                r"norwich",
                _off("swansea"),
            ),
            Kept(
                ("I've got a parrot called Kiwi and a tortoise called Sheldon", "remind me of the tortoise's name"),
                r"sheldon",
                _off("kiwi"),
            ),
            Kept(
                (
                    "my boss is Harriet and the colleague at the next desk is Dev",
                    "they both like gardening",
                    "what's my boss called?",
                ),
                r"harriet",
                _off("dev"),
            ),
            Kept(
                (
                    "my son Rory plays the drums, my daughter Isla plays the cello",
                    "which instrument does my son play?",
                ),
                r"\bdrum",
                _off("cello"),
            ),
        ),
        "orders": (
            Kept(
                ("three croissants and a black coffee please", "tell me what you've got down for me"),
                _all("croissant", "coffee"),
            ),
            Kept(
                ("I want a taco with chicken and beans", "hold the beans", "what am I getting?"),
                _all("taco", "chicken"),
                _off("beans?"),
            ),
            Kept(
                ("large curry with lamb and spinach", "I'd like a naan too", "please repeat my order"),
                _all("lamb", "spinach", "naan"),
            ),
            Kept(
                ("buy batteries, soap and tea bags", "the soap can wait", "what should I buy?"),
                _all("batter(?:y|ies)", r"\btea\b"),
                _off("soap"),
            ),
            Kept(
                ("a pot of mint tea and two slices of lemon cake", "that's it, thanks"),
                _all(r"\btea\b", "cake"),
            ),
            Kept(
                (
                    "noodles with tofu and broccoli for me",
                    "swap the tofu for prawns",
                    "what did I ask for in the end?",
                ),
                _all("noodle", "prawn", "broccoli"),
                _off("tofu"),
            ),
            Kept(
                ("one pint of cider and a bag of crisps", "and some peanuts, please", "so what do I get?"),
                _all("cider", "crisps", "peanut"),
            ),
            Kept(
                ("put pears, yoghurt and honey in the basket", "what's in the basket now?"),
                _all(r"\bpears?\b", "yog", "honey"),
            ),
        ),
        "bookings": (
            Kept(
                (
                    "table for two tomorrow at half past seven, please",
                    "we'll be five after all",
                    "how many people did you put down?",
                ),
                _n("five", 5),
                _off(_n("two", 2)),
            ),
            Kept(
                (
                    "could you order a cab for Thursday at four, just me",
                    "push it to six",
                    "what time is the cab?",
                ),
                _n("six", 6),
                _off(_n("four", 4)),
            ),
            Kept(
                (
                    "I want a single room in Cardiff from Monday, for three nights",
                    "start on Wednesday instead",
                    "on which day do I arrive?",
                ),
                r"wednesday",
                _off("monday"),
            ),
            Kept(
                ("train to Glasgow on Sunday at ten, two seats", "I only need one seat", "when does my train leave?"),
                rf"sunday|{_n('ten', 10)}",
            ),
            Kept(
                (
                    "an appointment with the doctor on Friday at quarter past nine",
                    "I feel fine again, cancel the appointment",
                ),
                _CANCELLED,
                _REFUSED,
            ),
            Kept(
                (
                    "save a table for eight at the Italian place on Sunday at one",
                    "call the whole thing off",
                    "do I have a table on Sunday?",
                ),
                _CANCELLED,
                _STANDS,
            ),
            Kept(
                ("book a badminton court for Wednesday at seven, four players", "read it back to me, please"),
                _all("wednesday", _n("seven", 7), _n("four", 4)),
            ),
            Kept(
                (
                    "put me down for a massage on Thursday at noon",
                    "better on Saturday",
                    "remind me, when is my massage?",
                ),
                r"saturday",
                _off("thursday"),
            ),
        ),
    },
}


def keeps(conversation: Conversation, seed: int, show: int, split: str) -> dict[str, int]:
    """Print how many conversations of each kind end in a right reply; the same as plain data."""
    found: dict[str, int] = {}
    asked = 0
    for kind, conversations in KEEPING[split].items():
        right = 0
        for i, kept in enumerate(conversations):
            holds = kept.holds(talk(conversation, kept.texts, seed + asked, shown=i < show))
            if i < show:
                print(f"        {'right' if holds else 'wrong'}")
            right, asked = right + holds, asked + 1
        print(f"{'keeps':10} {kind:8} {right} of {len(conversations)}")
        found[kind] = right
    return {**found, "conversations": asked}
