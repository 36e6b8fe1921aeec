"""Whether a reply says only what was said: no name, number or day that nobody named, and of several the one asked for.

A small language model copies from the conversation, and now and then the wrong thing: the cat's name for the husband's,
a date that it was taught for the one at hand. What it copies can be looked up. A reply to a question for something told
is held against the clause of the user's messages that has most of the question's words; one that notes an order,
against the message that gives it. Where no reply holds, that clause, or that message, is quoted: a quotation is never
invented.

Sources: hallucination as what is not entailed by the source, Maynez, Narayan, Bohnet & McDonald 2020, "On faithfulness
and factuality in abstractive summarization"; checked by names and numbers, Nan et al. 2021, "Entity-level factual
consistency of abstractive text summarization". Departs from both in quoting where nothing is left. English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from chatkit_generation.content import (
    EMPTY,
    INSTEAD,
    MENDS,
    TIMES,
    WORD,
    Clause,
    clauses_of,
    names_any,
    numbered,
    specific,
    specifics,
    stems,
    without_genitive,
)
from chatkit_generation.focus import ASKING, focus_of, told_last
from chatkit_generation.names import own_name
from chatkit_generation.notes import is_request, may_change
from chatkit_generation.reflecting import exchanged, reflected
from chatkit_generation.relations import asked_name, loose_name, name_of_last, named
from chatkit_generation.wording import GRAVE, sentences

ENOUGH = 0.5  # share of a question's words from which on a clause that holds them is quoted
LONGEST = 160  # characters of a quotation
READ = 2000  # characters of a message that are looked at
MOST = 8  # texts that are quoted together
_CUT = 2  # words of a clause that may be left out where it is told again
MOST_OF = 0.7  # share of the words of what is to be noted that a reply must have
# Words that bring up no matter of their own.
_COMMON_WORDS = """
sorry happen happened nice good know hear day feel think glad great lovely fine right thing time long today hope
sound sounds interesting more else mean means help wish week night often made last first best hard bad better worry
matter way talk chat small see look thank thanks fun kind lot bring brought come came goes going find found begin
began believe sure idea care keep mind moment need pleased pity plan question rest seem speak understand wonder work
worth yourself nothing everything somebody someone anything little listen answer enjoy luck happy sad tired decide
speaks against done exactly always never enough other once start learn choose each both without least friend hello
good-bye goodbye bye welcome write read"""
_GLOOMY_WORDS = """
stress stressed stressful tired exhausted sad angry awful terrible horrible embarrassed embarrassing row quarrel
quarrelled argue arguing argument sick ill hate hated hates upset nervous worry worried worries bad worst cry cried
crying lonely alone scared afraid hurt hurts pain lost died dead broke broken suicidal shouted yelled fired failed
miss missed late rain raining rained knots fight fought debt debts overdraft guilty war leak leaky cancer lump
dementia stubborn knocked struggle struggling funeral hospital stolen robbed crash crashed accident divorce divorced
sprained bleeding burnt
dizzy dumped awful cheated cheating stuck cracked smashed mugged evicted bankrupt"""
_ECHOES = re.compile(
    r"\b(?:noted|note it|crossed|cancelled|list)\b|correct\?|is that right|anything to add", re.IGNORECASE
)
_CALLS_OFF = re.compile(r"\b(?:forgotten|crossed|cancelled)\b", re.IGNORECASE)
_CALLED_OFF = re.compile(
    r"\b(?:cancel|forget|scrap|never ?mind|drop|remove|delete|off|no|not|nothing)\b", re.IGNORECASE
)
# What a reply asks for, and what the message has said of it.
_ASKED_AGAIN = (
    (
        re.compile(r"\b(?:which|what) day\b", re.IGNORECASE),
        re.compile(r"\b(?:\w+day|today|tomorrow|tonight)\b", re.IGNORECASE),
    ),
    (
        re.compile(r"\bwhat time\b", re.IGNORECASE),
        re.compile(r"\b\d{1,2}(?:[:.]\d\d|\s?[ap]m)\b|\bnoon\b|\bo'clock\b", re.IGNORECASE),
    ),
)
_TAKES_NOTE = re.compile(
    r"^(?:all right|sure|of course|gladly|good|with pleasure|(?:for|on|at|and) (?:which|what|how)|which|how many"
    r"|what (?:size|time|day|else)|anything|cancelled|crossed|forgotten|done|okay|i cannot (?:book|order|place)"
    r"|thank you|you are welcome)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"^(?!.*\b(?:can|could|will|would) (?:you|i|we)\b)"  # a request says something, too
    r"(?:.*\?\s*$|\W*(?:(?:so|and|but|well|ok|now|oh|hey)\W+)*(?:what|who|where|when|which|why|how|do|does|did|is"
    r"|are)s?\b)",
    re.IGNORECASE | re.DOTALL,
)
_WANTS_NUMBER = re.compile(
    r"^\W*(?:(?:so|and|but|well|ok|now|oh|hey)\W+)*(?:(?:can|could|would) you (?:please )?(?:tell|remind) me (?:again"
    r" |please )*)?(?:when|at what|(?:what|which) (?:time|age|day|date|year|month)|how"
    r" (?:old|many|much|long))\b",
    re.IGNORECASE,
)
_OF_SOMEBODY = re.compile(r"\b(?:his|her|their|its|he|she|they)\b", re.IGNORECASE)
_ASKS_NAME = re.compile(
    r"\b(?:(?:what|what's|whats|say|know|remember|recall|tell me|repeat)\b.*\bmy (?:first |own )?name|who (?:am i"
    r"|i am)|what (?:am i|i am|i'm) called)\b"
    r"|(?:^|[.!,] ?)(?:and )?my name\?+\W*$",
    re.IGNORECASE,
)
_FAVOURITE = re.compile(r"\bmy favou?rite (\w+)", re.IGNORECASE)
_ASKS_OWN = re.compile(
    r"^\W*(?:(?:so|and|but|well|ok|now|oh|hey)\W+)*(?:what|which|where|who|when|how (?:old|many|much|long|tall))\b.*"
    r"\b(?:do|did|am|have|is|was|are) (?:i|my|our)\b(?!.*\b(?:do now|say|wear|cook|make|think|feel|(?:speaking"
    r"|talking|chatting) (?:to|with))\b)",
    re.IGNORECASE,
)
_WHAT_TIME = re.compile(r"\b(?:what|which) (?:day|time|date|hour)\b", re.IGNORECASE)
_ASKS_NAMES = re.compile(
    r"\bnames of (?:my|our)\b|\b(?:my|our) (?:[\w-]+ )?\w+s'? names\b|\bwhat are (?:my|our) [\w -]+ (?:called|named)\b"
    r"|\btheir names\?|\bwhat are they called\b|\bwho (?:are )?(?:my|our) \w+s(?: are)?\b",
    re.IGNORECASE,
)
_NAMES = re.compile(
    r"(?i:\bnames are|\b(?:are|were) (?:called|named)) ([^\W\d_][\w'-]*(?:(?:,? and |, )[^\W\d_][\w'-]*)+)"
)
_NAMES_ANY = re.compile(r"\b(?:called|named|names?)\b|(?<=\w )[A-Z]")
_SUMS_UP = re.compile(r"\bsum (?:it|that|everything) up\b|\bgot down for (?:me|us)\b|\bhave we got\b", re.IGNORECASE)
# Asked after an order, it is no question for what was ordered.
_OF_ELSE = re.compile(
    r"\b(?:how long|how much|ready|deliver\w*|cost|price|pay|weather|time is it|your|should|think|know|mean|why"
    r"|instead|told you|mentioned)\b"
    r"|^\W*(?:can|could|would|will|shall|may|do|does|did|am|are) ",
    re.IGNORECASE,
)
_ASKS_JOB = re.compile(
    r"\bwhat (?:job|work) (?:do )?i (?:do|have)\b|\bwhat(?:'?s| is) my (?:job|profession|work)\b|\bmy job\?"
    r"|\bwhat (?:do i|i) do for (?:a living|work|money)\b",
    re.IGNORECASE,
)
_TELLS_JOB = re.compile(
    r"\bi (?:work|drive an?|teach|nurse|cook in|clean|study)\b|\bmy job is\b"
    r"|\bi(?:'m| am) an? (?:[\w-]+ )?\w+(?:er|or|ist|ian|nurse|cook|chef|student|clerk|farmer|waitress|actress)\b",
    re.IGNORECASE,
)
_CAPITAL = re.compile(r"(?<=\w )[^\W\d_a-z][\w'-]*(?<!I'm)")  # within a sentence
_TWICE = re.compile(r"\b(\w{3,}),? (?:and|or|not|is) \1\b|\b((?:\w+ )?\w+ \w+), (?:and )?\2\b", re.IGNORECASE)
_ONESELF = re.compile(r"\b(?:i|i'm|i've|we|we're)\b", re.IGNORECASE)
_REMINDS = re.compile(
    r"\b(?:remind|tell) me (?:again)?,? ?(?:please)?,? ?(?:what|when|where|who|which|how)\b.*\b(?:i|my|we|our)\b",
    re.IGNORECASE,
)
_TELL_ME = re.compile(r"\b(?:remind|tell) me (?:again )?(?:what|when|where|who|which|how)\b", re.IGNORECASE)
_OWN = re.compile(r"\b(?:i|i'm|me|my|mine|we|our)\b", re.IGNORECASE)
_ASKED_BACK = re.compile(
    r"\b(?:what|which|read|repeat|say|tell|remind|show|did|have|give|summary|summari[sz]e|sum up|confirm)\b"
    r".*\b(?:(?:my|the|our) (?:[\w-]+ ){0,2}(?:orders?|bookings?|lists?|notes?|reservations?|appointments?)|ordered"
    r"|booked"
    r"|noted|agreed?"
    r"|(?:i|we) (?:order|book|reserve|note|want)(?:ed)?|(?:have|got|is it) so far)\b"
    r"|\b(?:everything|all) (?:that )?(?:you|i|you've|you have|i've) (?:have |had )?(?:noted|written"
    r"|told you to note)\b"
    r"|\bwhat(?:'s| is) (?:in|on) (?:my|the|your) notes\b",
    re.IGNORECASE | re.DOTALL,
)
_OF_NOTES = re.compile(r"\b(?:buy|get|order|book|need|bring|pick up|fetch|list|deliver|eat|drink)\b", re.IGNORECASE)
_SAD = re.compile(
    r"\bpass(?:ed|es|ing) away\b|\b(?:left|dumped|hit|beat|fired|sacked|robbed|hates?|bull(?:y|ies|ied)) (?:me|us)\b"
    r"|\blet go\b"
    r"|\bbr(?:oke|oken|eaking) (?:up|down|my|his|her|our)\b|\bclos(?:e|ing|ed) (?:down|the|our)\b|\bgave up\b"
    r"|\bin tears\b"
    r"|\b(?:died|dead|death|funeral|cancer|dementia|(?<!work )(?:in|into|to) (?:the )?hospital|divorced?"
    r"|fired|sacked|robbed|stolen|accident|lonely"
    r"|evicted|bankrupt"
    r"|heartbroken|miscarriage|sprained|mugged|fail(?:ed|ing)|flunked|rejected|cheat(?:ed|ing) on)\b",
    re.IGNORECASE,
)
_GRIEF = re.compile(
    r"\b(?:died|passed away|funeral|buried|my late (?:husband|wife|mother|father|mum"
    r"|dad))\b",
    re.IGNORECASE,
)
_CHEERFUL = re.compile(
    r"\bhappier note\b|\b(?:good|great) news\b|\bproud\b|\bluckily\b|\bthank god\b|\bno longer\b|\bnot any ?more\b"
    r"|\b(?:lol|lmao|haha)\b|\b(?:nobody|no one) (?:died|was hurt)\b|\bin the game\b|\bsurvived\b"
    r"|\b(?:phone|battery|laptop|computer|tablet|car|engine|wifi|watch|line)\b[^.!?]{0,20}\b(?:died|dead)\b"
    r"|\b(?:nearly|almost) died\b|\bdied (?:laughing|of laughter)\b|\bdead (?:tired|easy|serious|good|end)\b"
    r"|\bpassed (?:my|the|her|his|it)\b|[:;]-?[)D]",
    re.IGNORECASE,
)
_JOY = re.compile(
    r"\b(?:fun|lovely|how nice|sounds (?:nice|good|great|like a good)|enjoy|glad|wonderful|great"
    r"|congratulations|bravo|hooray|good (?:piece of )?news|well (?:done|earned)|made you smile)\b",
    re.IGNORECASE,
)
_ASKS_WHO = re.compile(
    r"\b(?:who are you|(?:what|how) is your name|and yours|what is yours|what's yours)\?$", re.IGNORECASE
)
_KIND = re.compile(
    r"\b(?:sorry|sad|hurts?|hard|miss|loss|lost|comfort|sympathy|condolence|with you|painful|heavy|weighs?|grief"
    r"|mourn|hug|tears"
    r"|bitter|blow|cruel|unfair|not fair|lonely|listening|oh no|ouch|poor|awful|terrible|dreadful|helpline|alone"
    r"|doctor|heal"
    r"|recover|better soon|kind to yourself|hope|rest|pity|stings?|worth|another chance|next time)\b",
    re.IGNORECASE,
)
# What it cannot do: nothing is sent, and nobody is called.
_CLAIMS = re.compile(
    r"\b(?:coffee bar|be ready|be delivered|is on its way|has been (?:placed|booked|sent)"
    r"|i (?:have|will) (?:booked|placed|sent?)\b)",
    re.IGNORECASE,
)
# What is asked of the other one, though it sounds much like what was told.
_OF_THE_OTHER = re.compile(
    r"\byour\b|(?<!tell )(?<!told )\byou\b(?! (?:know|remember|recall|tell|repeat|say|name|still|have)\b)",
    re.IGNORECASE,
)


class Said:
    """What a user said in a conversation.

    Args:
        messages: The user's, the latest last.
        reply: What the assistant said before the latest.
    """

    def __init__(self, messages: Sequence[str], reply: str = "") -> None:
        messages = [message[:READ] for message in messages]
        self.latest, self.reply = messages[-1] if messages else "", reply
        self._words = set[str]().union(*map(numbered, messages)) if messages else set[str]()
        self.question = asking_part(self.latest)
        own, names = numbered(self.latest), specific(self.latest)
        self._names = {name for message in messages for name in specific(message) if name.isalpha() and len(name) > 2}
        self._lately = own if names else own | numbered(reply)
        self._asked = stems(_WHAT_TIME.sub("when", self.question))
        self._heard = stems(reply)
        self._said = set[str]().union(*map(stems, messages)) if messages else set[str]()
        self._own_name = _own_name(messages[:-1])
        self._told, self._called = messages[:-1], named(messages[:-1])
        self._clauses = clauses_of(messages[:-1], _ASKS.search)

    def invents(self, reply: str) -> bool:
        """Whether a reply names something that the user did not, goes on with a name, or says one thing as two."""
        named = specifics(reply)
        if set(named) - self._words or len(set(named)) < len(named) or _TWICE.search(reply):
            return True
        words = numbered(reply) - self._words
        return any(word.startswith(name) and word != f"{name}s" for name in self._names for word in words)

    def strays(self, reply: str) -> bool:
        """Whether a reply names something, but nothing of what was said last."""
        named = specific(reply) | (numbered(reply) & self._names)
        return bool(named) and not named & self._lately

    def wanders(self, reply: str, forms: Sequence[str]) -> bool:
        """Whether a reply that owns up, much as one of some forms does, does so for something else than was asked."""
        return bool(stems(reply) - self._asked - set[str]().union(*map(stems, forms)))

    def misses(self, reply: str, *, strict: bool = False) -> bool:
        """Whether a reply to what is to be noted leaves out what it names or much of what it says, or notes nothing.

        Args:
            reply: The reply.
            strict: It must take up something that the message says; a question about it is not enough.
        """
        if _CALLS_OFF.search(reply) and not _CALLED_OFF.search(self.latest):
            return True
        if strict and not stems(reply) & self._asked:
            return True
        if any(asks.search(reply) and said.search(self.latest) for asks, said in _ASKED_AGAIN):
            return True
        if not specific(reply) and not _ECHOES.search(reply) and not stems(reply) & self._said:
            return not _TAKES_NOTE.search(reply)
        wanted = INSTEAD.sub(" ", self.latest)
        named = {word for word in WORD.findall(wanted.lower()) if word in TIMES or word[0].isdigit()}
        return bool(named - numbered(reply)) or not _holds(reply, [wanted])

    @property
    def names_any(self) -> bool:
        """Whether the latest message names a number, a day or a time."""
        return names_any(self.latest)

    @property
    def asks_the_other(self) -> bool:
        """Whether the latest message asks for something of the one who is asked."""
        return bool(_OF_THE_OTHER.search(self.question))

    @property
    def is_of_oneself(self) -> bool:
        """Whether the latest message speaks of the user."""
        return bool(_OWN.search(self.latest))

    @property
    def asks_of_told(self) -> bool:
        """Whether it is a question most of whose words stand in something told: two of them, or it is about oneself."""
        asks = _ASKS.search(self.question) or _TELL_ME.search(self.question)
        if not asks or self.share() < ENOUGH or not self._asks_any:
            return False
        return bool(_OWN.search(self.question)) or int(self._best()) > 1 or self._names_somebody

    @property
    def _names_somebody(self) -> bool:
        """Whether it is about somebody who was named, or said to be somebody of the user's."""
        words = {without_genitive(word) for word in WORD.findall(self.question)}
        return bool(words & self._names) or any(
            re.search(rf"\b(?:called|named|name's|name is|(?:my|our) \w+) {re.escape(word)}\b", text, re.IGNORECASE)
            or re.search(rf"\b{re.escape(word)}(?: is|'s) (?:now )?(?:my|our|his|her|their|\d)", text, re.IGNORECASE)
            for word in words - EMPTY
            for text in self._told
        )

    @property
    def wants_reminding(self) -> bool:
        """Whether it wants to be told again what it said."""
        return bool(_REMINDS.search(self.question))

    @property
    def requests(self) -> bool:
        """Whether the latest message orders or changes something for sure, and asks for nothing."""
        return is_request(self.latest)

    @property
    def wants_number(self) -> bool:
        """Whether it asks for a number, a day or a time."""
        return bool(_WANTS_NUMBER.search(self.question)) and self._asks_any

    @property
    def asks_of_notes(self) -> bool:
        """Whether it may ask for something of an order: a number, a day, a time, or what is to be got."""
        return self.wants_number or bool(_OF_NOTES.search(self.question))

    @property
    def asks_oneself(self) -> bool:
        """Whether it is a question about oneself."""
        return bool(_ASKS.search(self.question) and _OWN.search(self.question)) and self._asks_any

    @property
    def asks_own(self) -> bool:
        """Whether it asks for a thing of the user's that nobody else can know: "which band do I like best?"."""
        return bool(_ASKS_OWN.match(self.question)) and focus_of(self.question).act == "question"

    @property
    def _asks_any(self) -> bool:
        """Whether something is asked: "when I am happy I sing" only looks like it."""
        return "?" in self.question or focus_of(self.question).act in ASKING

    def says_back(self, reply: str) -> bool:
        """Whether a reply names something, and nothing but what was told before."""
        named = specific(reply)
        return bool(named) and not named - self._words

    def brings_up(self, reply: str) -> int:
        """How many matters a reply brings up of its own."""
        return len(stems(reply) - self._said - self._heard - _COMMON)

    @property
    def is_sad(self) -> bool:
        """Whether the latest message says sad words."""
        sad = _SAD.search(told_last(self.latest)) or _GRIEF.search(self.latest)
        return bool(sad) and not _CHEERFUL.search(self.latest)

    def jars(self, reply: str) -> bool:
        """Whether a reply is glad of what is sad, says that it did what it cannot do, or asks for a name it knows."""
        if self._own_name and _ASKS_WHO.search(reply):
            return True
        return claims(reply) or bool((self.is_sad or self._asked & _GLOOM) and _JOY.search(reply))

    def is_cold(self, reply: str) -> bool:
        """Whether a reply that was not written for it says nothing kind to what is sad."""
        return self.is_sad and not (_KIND.search(reply) or GRAVE.search(reply))

    @property
    def own_name(self) -> str:
        """The user's name, if that is what is asked for, and it was given; else ""."""
        return self._own_name if _ASKS_NAME.search(self.question) else ""

    @property
    def of_name(self) -> tuple[str, str]:
        """Of what of the user's the name is asked, "" where a pronoun asks, and the name, where it was given, or ""."""
        if _ASKS_NAMES.search(self.question):
            return "", next((each[1] for text in reversed(self._told) if (each := _NAMES.search(text))), "")
        if name := name_of_last(self.question, self._called or {"": loose_name(self._told)}):
            return "", name
        what = asked_name(self.question)
        name = self._called.get(what, "") or self._called.get(what.split(" ")[-1], "")
        name = name or ("" if self._called or not what else loose_name(self._told))
        return (what, name) if what and name else ("", "")

    @property
    def asks_unknown_name(self) -> bool:
        """Whether it asks for the name of somebody or something of the user's that was given none."""
        what = asked_name(self.question)
        known = self.of_name[1] or any(
            _NAMES_ANY.search(clause.text) for clause in self._clauses if what and stems(what) & clause.about
        )
        return bool(what) and not known

    @property
    def asks_of_order(self) -> bool:
        """Whether it is a question that may well be for what was just noted, if anything was."""
        if _SUMS_UP.search(self.question):
            return True
        asks = _ASKS.search(self.question) and focus_of(self.question).act not in ("advice", "opinion")
        return bool(asks) and not _OF_ELSE.search(self.question) and not self.asks_the_other

    @property
    def asks_job(self) -> bool:
        """Whether it asks what the user does for a living."""
        return bool(_ASKS_JOB.search(self.question))

    def job(self) -> str:
        """What the user said they do, if that is asked for, as it is told again or quoted; else ""."""
        if not self.asks_job:
            return ""
        told = [clause.text for clause in self._clauses if _TELLS_JOB.search(clause.text)][-1:]
        own = (exchanged(text) if _TELLS_JOB.match(text) else "" for text in told)
        return next((reflected(text) or said or quoted([text]) for text, said in zip(told, own, strict=True)), "")

    @property
    def asks_back(self) -> bool:
        """Whether the latest message asks for all that was to be noted, and for nothing of it by name."""
        clause = self.question.split(", ")[-1]
        return any(not stems(each) - _KINDS_OF_NOTES and _ASKED_BACK.search(each) for each in (self.question, clause))

    @property
    def changes(self) -> list[str]:
        """What of the latest message stands before its question and may change what was noted."""
        rest = self.latest.removesuffix(self.question).strip() if self.question != self.latest else ""
        return [rest] if rest and may_change(rest, named=names_any(rest)) else []

    def sums_up(self, reply: str, noted: Sequence[str]) -> bool:
        """Whether a reply says all that a message says that was to be noted, and names nothing else.

        Of several messages the later ones may have changed what the first ones say: none sums them up for sure.
        """
        return len(noted) == 1 and not self.invents(reply) and _holds(reply, noted, 1.0)

    def answers(self, reply: str) -> bool:
        """Whether a reply to a question for what was told repeats a clause that has as many of its words as any.

        True where no clause has one of them, for then it cannot be said; False where the reply repeats nothing, and
        where somebody is meant who is not named.
        """
        best = self._best()
        if not best:
            return not self.share()
        fitting = self._fitting()
        if (
            _WANTS_NUMBER.search(self.question)
            and not names_any(reply)
            and any(names_any(each.text) for each in fitting)
        ):
            return False
        told = stems(reply) - self._asked
        told &= set[str]().union(*(clause.says for clause in self._clauses))
        return any(told and told <= clause.says for clause in fitting)

    def share(self) -> float:
        """Share of the words of the latest message that one earlier clause has; 0 where it has none that tell.

        1 where it names nobody but somebody who was spoken of last ("and what is her name?").
        """
        if not self._asked:
            return float(bool(self._clauses) and bool(_OF_SOMEBODY.search(self.latest)))
        return int(self._best()) / len(self._asked)

    def quotation(self) -> str:
        """The clause that has most of the latest message's words, the last such; "" where none has one."""
        return quoted([clause.message if clause.is_a_part else clause.text for clause in self._quotable()])

    def retold(self) -> str:
        """The same in the second person, where it reads well and says all of it; else ""."""
        favourite = _FAVOURITE.search(self.question)
        for clause in self._quotable():
            if self.wants_number and not names_any(clause.text):
                return ""
            if favourite and not stems(favourite[1]) & clause.about:
                return ""
            if (told := reflected(clause.text)) and len(told.split()) + _CUT >= len(clause.text.split()):
                return told
        return ""

    def _quotable(self) -> list[Clause]:
        return (self._fitting() if self._best() else self._clauses if self.share() else [])[-1:]

    def tells_alone(self, messages: Sequence[str]) -> bool:
        """Whether all clauses that have most of the latest message's words stand in these messages."""
        fitting = self._fitting() if self._best() else []
        return bool(fitting) and all(clause.message in messages for clause in fitting)

    def tells(self, message: str) -> bool:
        """Whether a message holds a clause that has most of the latest message's words."""
        return any(clause.text in message for clause in (self._fitting() if self._best() else ()))

    def _shared(self, clause: Clause) -> float:
        """How many words of the latest message a clause is about; more where both speak of oneself, or it mends."""
        shared = len(self._asked & clause.about)
        alike = clause.mends or (_ONESELF.search(self.latest) and _ONESELF.search(clause.text))
        return shared + 0.5 * bool(shared and alike)

    def _fitting(self) -> list[Clause]:
        """Clauses with most of the latest message's words; with numbers where one is wanted; the last that mends."""
        best = self._best()
        found = [clause for clause in self._clauses if self._shared(clause) == best]
        if _WANTS_NUMBER.search(self.question):
            found = [clause for clause in found if names_any(clause.text)] or found
        return found[-1:] if found and found[-1].mends else found

    def _best(self) -> float:
        return max(map(self._shared, self._clauses), default=0)


def _own_name(messages: Sequence[str]) -> str:
    """The name that the user gave as their own last, put right by the message after it or not; "" where none is."""
    name, is_new = "", False
    for message in messages:
        if found := own_name(message):
            name, is_new = found, True
        elif is_new and MENDS.search(message):
            others = [match[0] for match in _CAPITAL.finditer(message) if match[0] not in (name, "I")]
            name = others[-1] if others else name
        else:
            is_new = False
    return name


def _holds(reply: str, texts: Sequence[str], least: float = MOST_OF) -> bool:
    """Whether a reply has so large a share of what tells of texts."""
    content = set[str]().union(*map(stems, texts)) if texts else set[str]()
    return len(content & stems(reply)) >= least * len(content)


def claims(reply: str) -> bool:
    """Whether a reply says that something was ordered or will be brought, which it cannot do."""
    return bool(_CLAIMS.search(reply))


def asking_part(text: str) -> str:
    """The last sentence of a message, if that asks and others stand before it; else all of it."""
    *before, last = sentences(text) or [""]
    asks = _ASKS.search(last) or _TELL_ME.search(last) or _ASKED_BACK.search(last)
    return last if before and asks else text


def quoted(texts: Sequence[str]) -> str:
    """The latest texts in quotation marks, each cut at its end where it is long."""
    shown = []
    for text in texts[-MOST:]:
        text = " ".join(text.split()).strip()
        shown.append(f'"{text}"' if len(text) <= LONGEST else f'"{text[:LONGEST].rsplit(" ", 1)[0]} ..."')
    return ", ".join(shown)


_KINDS_OF_NOTES = stems("shopping grocery groceries packing appointment appointments")
_COMMON, _GLOOM = stems(_COMMON_WORDS), stems(_GLOOMY_WORDS)
