"""What a message does in a conversation, by its form: it tells, plans, agrees, asks for advice, wants something done.

What to say to a message that nothing like it is known of, this decides: to "should I call her?" other words fit than to
"I will call her", and they fit whoever "her" is. A small model's guess at more than that is mostly wrong.

Source: dialogue acts and their cue phrases, Stolcke et al. 2000, "Dialogue act modeling for automatic tagging and
recognition of conversational speech"; the acts here are those of theirs that ask for another reply. English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from chatkit_generation.choices import options_in
from chatkit_generation.names import names_in, own_name
from chatkit_generation.wording import bare

ACTS: Final = (
    "statement",  # tells something
    "answer",  # a few words, as they are said in answer to something
    "introduction",  # says the user's name
    "naming",  # says somebody's name
    "plan",  # what the user means to do
    "hope",  # what the user wishes for
    "agree",
    "reject",
    "laugh",
    "unsure",  # does not know
    "sound",  # "hmm", "oh"
    "leaving",
    "thanks",
    "choice",  # asks which of two things
    "advice",  # asks what to do
    "opinion",  # asks what the other one thinks
    "personal",  # asks about the other one
    "directive",  # wants something done
    "praise",  # says something good of the other one
    "complaint",  # says something bad of it
    "why",  # asks back, in a word
    "meaning",  # asks what the other one meant
    "question",
)
PLAIN: Final = ACTS[0]
MOODY: Final = (PLAIN, "answer", "plan")  # that are bad or good
TOLD_OPINION: Final = "opinion.told"  # asks what the other one thinks, and says what oneself does
KINDS: Final = (
    *ACTS,
    TOLD_OPINION,
    *(f"{act}.{mood}" for act in MOODY for mood in ("bad", "sad", "good")),
    *(f"{PLAIN}.{person}" for person in ("he", "she")),
)
BAD, GOOD = 0.7, 0.75  # from which probability on what is told is bad or good; chosen on dev
DENIED, CHEERED = 0.45, 0.4  # the same where something is denied, and where there is a mark of exclamation
READ = 1000  # characters of a message that are looked at
FEW = 4  # words of an answer
_AGREE_WORDS = """
yes yeah yep yup ya sure ok okay okey k kk right exactly true absolutely definitely indeed totally certainly agreed fair
alright fine good great cool nice perfect lovely deal understood correct maybe perhaps possibly probably i see me too so
do hope think guess suppose that makes sense sounds it is that's of course enough all then well oh and a bit kind lol
got will"""
_CORE_WORDS = """
yes yeah yep yup ya sure ok okay okey k kk right exactly true absolutely definitely indeed totally certainly agreed fair
alright fine good great cool nice perfect deal understood correct maybe perhaps possibly probably see sense hope
guess suppose course enough"""
_AGREES, _CORE = frozenset(_AGREE_WORDS.split()), frozenset(_CORE_WORDS.split())
_REJECTS = re.compile(
    r"(?:(?:well|oh|hm+|lol|um) )*(?:no|nope|nah|not really|not at all|never|neither|nothing|none|not yet)"
    r"(?: (?:thanks|thank you|way|sorry|lol|really|problem|worries|need|more|chance|never|nope))*$"
)
_LAUGHS = re.compile(
    r"(?:(?:(?:ha){2,}h?|(?:he){2,}h?|lol|lmao|rofl|xd|funny|hilarious|good one|so|oh|that is|that's|very)(?: |$))+$"
)
_MEANING = re.compile(
    r"\bwhat do you mean\b(?! to)|\b(?:don't|do not|can't|cannot) (?:quite |really )?(?:follow|understand"
    r"|get) (?:you|what you)\b"
    r"|\b(?:explains|means?|good|that) what(?: lol| haha)?$|\byou(?:'ve| have)? (?:have |got )?(?:muddled"
    r"|mixed) (?:me|that|it|this|us) up\b"
    r"|\bwhat are you (?:on about|talking about)\b|\bwhat has that got to do\b"
)
_UNSURE = re.compile(
    r"(?:(?:well|oh|hm+|um|honestly|i) )*(?:i do not know|i don't know|don't know|no idea|not sure|no clue)"
    r"(?: yet| really| honestly| tbh)?$"
)
_ASKS_BACK = re.compile(
    r"(?:(?:but|and|so|oh|hm+|lol|um) )*(?:why|why not|why so|why is that|why's that|how so|how come|really|seriously"
    r"|what|huh"
    r"|pardon|says who|what for|in what way)$"
)
_SOUNDS = re.compile(
    r"(?:(?:h+m+|u+h+|u+m+|a+h+|o+h+|wow|huh|u+gh+|meh|well|whoa|wo+w|hey|aw+|oof|phew|argh|eh|er|ehm|mhm|omg)(?: "
    r"|$))+$"
)
_LEAVES = re.compile(
    r"\b(?:i am|i'm|i will be|i'll be|we are|we're) (?:\w+ )?(?:(?:off(?: to bed)?|leaving)(?: now| then| soon)?$"
    r"|heading (?:off|out|home)\b|out of here\b)"
    r"|\bgot to go\b|\b(?:have|need|must|should) (?:to )?(?:go|leave|run|head off)(?: now| soon)?$"
    r"|\b(?:bye|goodbye|good night|see you|talk (?:to you )?later|take care|have a (?:nice|good|great) (?:day|evening"
    r"|one|night|weekend)"
    r"|night,? night|better (?:dash|be off|get going)|thanks? (?:you )?for (?:keeping me company|the (?:chat|talk"
    r"|company))|(?:nice|good|great) (?:chatting"
    r"|talking) (?:to|with) you)\b"
)
_THANKS = re.compile(r"\b(thanks|thank you|cheers|much appreciated)\b")
_BEGINS = r"(?:(?:so|and|but|well|ok|okay|now|oh|hey|hm+|um|yeah|yes|no|please|lol|anyway|also|then) )*"
_WH = re.compile(rf"{_BEGINS}(?:what|who|whom|whose|where|when|which|why|how)(?:'s|'re|'d)?\b(?! a \w+( \w+)?$)")
# "When I get home, I eat" asks nothing.
_SUBORDINATE = re.compile(
    rf"{_BEGINS}(?:when|where|what|how|who|whenever) (?:i|i'm|you|he|she|it|we|they|a|an|the|my|our|his|her|their|some"
    r"|people|someone|somebody|one)\b"
)
_INVERTED = re.compile(
    rf"{_BEGINS}(?:(?:is|are|am|was|were|does|did|can|could|will|would|should|shall|may|has|isn't|aren't|doesn't"
    r"|didn't|can't|couldn't|won't|wouldn't|shouldn't|hasn't)"
    r" (?:i|you|he|she|it|we|they|there|this|that|these|those|the|my|your|his|her|our|their|any|some|every|a|an)"
    r"|(?:do|have|don't|haven't) (?:i|you|we|they|people|these|those))\b"
)
_ADVICE = re.compile(
    r"\b(?:should|shall|ought) (?:i|we)\b|\b(?:what|where|which|who|when)\b.* (?:can|could) (?:i|we)\b"
    r"|\bhow (?:\w+ )?(?:can|could|do|would|to) (?:i|we|one)\b"
    r"(?! (?:feel|look|know i|like|think|do\b(?! (?:it|that|this)))\b)"
    r"|\bwhat (?:do|would) (?:i|we) do\b(?! (?:for|at|on) )|\bhow to\b"
    r"|\bany (?:\w+ )?(?:tips?|ideas?|advice|suggestions?|recommendations?)\b|\bwhat would you do\b"
    r"|\bwhat to (?:do|say|wear|cook|buy|give|write|make)\b|\b(?:can|could|may) (?:i|we)\b"
    r"|\bdo you think (?:i|we) should\b|\bwhat if i\b|\bis it (?:ok|okay|bad|wrong|normal|weird|rude|worth)\b"
    r"|\b(?:recommend|suggest)\b|\bhelp me\b|\bwhat(?:'s| is) (?:the best way|a good)\b"
)
_OPINION = re.compile(
    r"\b(?:do|don't|what|how) (?:do |would )?you (?:think|reckon|say|feel|mean)\b|\byour (?:opinion|view)\b"
)
_OTHER = re.compile(r"\b(?:you|your|yours|you're|yourself)\b")
_WONDERS = re.compile(
    rf"{_BEGINS}(?:i wonder|i'd like to know|i would like to know|i want to know|just curious|quick question"
    rf"|do you know"
    r"|can you tell me|could you tell me|tell me|any idea) (?:if|whether|what|who|where|when|which|why|how)\b"
)
_WISHES = re.compile(
    rf"{_BEGINS}(?:i'd|i would) (?:love|like) (?:to (?:hear|see|read) (?:a|an|one|some|another|your)|you to)\b"
    r"|\bi (?:want|need) you to\b"
    r"|^i need (?:a|an|some) (?:\w+ )?(?:script|program|recipe|translation|summary|poem|story|joke|essay|code)\b"
)
_ASKS_TO = re.compile(
    rf"{_BEGINS}(?:can|could|will|would|can't|won't) you (?!ever\b|like\b|be\b|rather\b|mind\b|do in\b|say\b)\w+"
)
_DIRECTIVE = re.compile(
    rf"{_BEGINS}(?:tell|give|show|write|make|play|open|send|call|find|explain|sing|draw|set|turn|translate|remind|read"
    rf"|search"
    r"|look|check|google|buy|pick|choose|guess|imagine|pretend|describe|list|name|spell|calculate|add|count|remember"
    r"|ask|say|repeat|stop|start|help|let us|let's|do|try|switch|delete|wake|text|mail|email|teach|compose|create)\b"
)
_PLANS = re.compile(
    r"\b(?:i|we)(?:'ll| will| shall|'m going to| am going to|'re going to| are going to| might| may| plan| hope to"
    r"|'d like to| would like to| want to|'m planning| am planning|'re planning| are planning|'m about to|'m off to"
    r"|'m thinking (?:of|about)| think i'll| could try)\b|^(?:maybe|perhaps|might|going to|gonna|planning"
    r"|thinking of)\b"
    r"|^(?:ok |okay |then |so |alright )*ill (?!in\b|and\b|with\b|from\b|for\b|since\b)"
)
_HOPES = re.compile(
    r"\b(?:i|we) (?:really |do |so )?(?:hope|wish)\b|^(?:hope|hopefully|wish me luck|fingers crossed)\b"
)
_DENIES = re.compile(r"\b(?:not|no|never|nothing|nobody|without|cannot)\b|n't\b")
_PERSON = re.compile(rf"{_BEGINS}(she|he)(?:'\w+)?\b")
_SUBJECT = re.compile(
    r"\b(?:my|our|nobody|everybody|everyone|somebody|someone|i|we|he|she|they|its|it|that|this|there|you)(?:'\w+)?\b"
    r"|\b(?:is|are|was|were|has|have|had)\b"
)
_RIGHT = re.compile(
    r"\b(?:you are|you're|u r) (?:probably |so |totally |absolutely |quite )?right\b|\b(?:good|fair) point\b"
)
_OF_OTHER = re.compile(rf"{_BEGINS}(?:you|you're|you've|your)\b")


def act_of(text: str) -> str:
    """The act of a message, one of ``ACTS``."""
    said = bare(text[:READ])
    words = said.split()
    if not words:
        return "answer"
    if len(words) <= FEW and _LAUGHS.fullmatch(said):
        return "laugh"
    if _ASKS_BACK.match(said):
        return "why"
    if _MEANING.search(said):
        return "meaning"
    if _UNSURE.match(said):
        return "unsure"
    if _SOUNDS.match(said):
        return "sound"
    asks = "?" in text or (is_asking(said) and not _SUBORDINATE.match(said))
    if not asks and len(words) <= FEW and set(words) & _CORE and set(words) <= _AGREES:
        return "agree"
    if not asks and _LEAVES.search(said):
        return "leaving"
    if not asks and _REJECTS.match(said):
        return "reject"
    if not asks and _THANKS.search(said) and len(words) <= 2 * FEW:
        return "thanks"
    if options_in(text[:READ]):
        return "choice"
    if _WISHES.search(said):
        return "directive"
    wonders = _WONDERS.match(said)
    asks = asks or bool(wonders)
    if not wonders and _ASKS_TO.match(said) and not _OPINION.search(said):
        return "directive"
    if not asks and own_name(text):
        return "introduction"
    if not asks and names_in(text):
        return "naming"
    if asks or _ADVICE.search(said):
        return _question(said[wonders.end() :] if wonders else said, asks=asks)
    if _DIRECTIVE.match(said):
        return "directive"
    if _RIGHT.search(said):
        return "agree"
    if _HOPES.search(said):
        return "hope"
    if _PLANS.search(said):
        return "plan"
    if _OF_OTHER.match(said):
        return "praise"
    return "answer" if len(words) <= FEW and not _SUBJECT.search(said) else "statement"


def is_asking(said: str) -> bool:
    """Whether a bare message has the form of a question."""
    return bool(_WH.match(said) or _INVERTED.match(said))


def _question(said: str, *, asks: bool) -> str:
    if _ADVICE.search(said):
        return "advice"
    if _OPINION.search(said):
        return "opinion"
    if _OTHER.search(said):
        return "personal"
    return "question" if asks else "statement"


def kind_of(text: str, mood: Mapping[str, float], *, sad: bool = False, act: str = "") -> str:
    """The act of a message, and what its mood adds where it has one for sure: one of ``KINDS``, "statement.bad".

    Args:
        text: The message.
        mood: Probabilities of "negative" and "positive"; none: its mood is not known.
        sad: Whether it says sad words: then it is sad unless its mood is good.
        act: Its act, where that is known.
    """
    act, bad, good = act or act_of(text), mood.get("negative", 0.0), mood.get("positive", 0.0)
    act = PLAIN if sad and act in ("naming", "introduction") else act
    is_good = good >= (CHEERED if "!" in text else GOOD)
    is_bad = bad >= (DENIED if act == PLAIN and _DENIES.search(bare(text)) else BAD)
    sad = sad and not is_good
    if act == "praise":
        return "praise" if is_good else "complaint" if is_bad else PLAIN
    if act not in MOODY:
        return act
    mooded = f"{act}.{'sad' if sad else 'bad' if is_bad else 'good'}" if sad or is_bad or is_good else act
    person = _PERSON.match(bare(text)) if act == PLAIN and not (sad or is_bad) else None
    return f"{act}.{person[1]}" if person else mooded


def act_alone(kind: str) -> str:
    """The act of what ``kind_of`` says."""
    return kind.partition(".")[0]
