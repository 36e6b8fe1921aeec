"""Wishes for a poem, a joke, a riddle, a fact or a story, and a line of that kind: of the topic, or else any.

``matters.py`` finds what a message is about; a wish for a poem about drums is one for a poem first, and where there is
none about drums, another poem fits better than what is known of drums. That it is another one is said. English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import Final, NamedTuple

from chatkit_generation.amounts import singular
from chatkit_generation.matters import Matter, Matters
from chatkit_generation.wording import bare, sentences

LONGEST: Final = 400  # characters of a message that is looked at
_LEAST: Final = 3  # letters of a word that is looked for in lines
_OCCASIONS: Final = frozenset(f"poem_{name}" for name in ("birthday", "mother", "father", "love", "monday", "school"))
_FEW: Final = 9  # words of a wish that has no verb
_WHOLE: Final = 120  # characters of a story that does not go on with another one
WISHED: Final = "ask"  # key of the lines that are given
_THAT: Final = "that"  # a topic that takes a sentence to say
ANY: Final = "any"  # whatever entertains
_NAMES: Final = {  # kind -> how the matters are named that have some
    "poem": "poem_",
    "limerick": "limerick",
    "haiku": "haiku",
    "joke": "joke_",
    "fact": "fact_",
    "story": "story_",
    "riddle": "riddle",
}
_WORDS: Final = {
    "poem": r"poems?|verses?|rhymes?|poetry",
    "limerick": r"limericks?",
    "haiku": r"haikus?",
    "joke": r"jokes?|puns?|gags?|one liners?",
    "fact": r"facts?",
    "story": r"story|stories|tales?",
    "riddle": r"riddles?|brain ?teasers?",
}
_MOURNS = re.compile(
    r"\b(?:funerals?|died|dying|dead|death|eulogy|grie\w+|passed away|memorial|suicide|miscarriage)\b", re.IGNORECASE
)
_CLAUSES = re.compile(r"(?<=[.!?;:\n])\s+|,\s+(?=[a-z ]*\b(?:entertain|tell|give|write|make|say)\b)")
_KIND = "|".join(f"(?P<{kind}>{words})" for kind, words in _WORDS.items())
_GIVES = (
    r"give|find|tell|write|make|compose|recite|read|say|share|send|spin|invent|make up|come up with|hit|crack|got|have"
    r"|know|hear|get|want|need|like|love|use|how about|what about|do|show|ask|sing|try"
)
_NO_ADJECTIVE = (
    r"that|this|those|these|was|is|are|were|my|his|her|their|our|it|it's|you|i|we|he|she|they|about|with|and|or|to"
    r"|of|in"
    r"|on|for|what|not|no|any|some|me|us|him|a|an|the|if|how|why|who|like|be|as|but|so|from|at|by|into|out|enough"
    r"|your|own"
    r"|without|before|after|while|when|down|than|every|each|something|page|one|just|did|do|does|tell|has|had|lot"
    r"|let's|go"
)
_SAID_AS = rf"(?P<adjectives>(?: (?!(?:{_NO_ADJECTIVE})\b)[\w'-]+){{0,3}}?)"
_ONE = (
    r"(?: (?:a|an|one|some|any|another|few|your|your best|the best|the funniest|two|three|just|of your"
    r"|more|couple of))+"
)
_WISH = re.compile(
    rf"\b(?P<gives>{_GIVES})(?P<whom> me| us| him| her| them| my [a-z]+| the [a-z]+)?(?: with| up)?(?P<one>{_ONE})?"
    rf"{_SAID_AS} (?:{_KIND})\b"
)
_SHORT = re.compile(
    r"(?:(?:and|ok|okay|now|please|hey|so|then|yes|hi|hello) )*(?P<asks>(?:(?:a|an|any|some|another|one more|more"
    r"|one|next|one last) )*)"
    rf"(?P<adjectives>(?:(?!(?:{_NO_ADJECTIVE})\b)[\w'-]+ ){{0,2}}?)(?P<kind>{_KIND})"
    r"(?= (?:please|about|on|for|then|now|maybe|again)\b|$).{0,60}"
)
_FUNNY = re.compile(
    r"\b(?:tell|say|give|show|know|got|have you got)(?: me| us| him| her)? (?:something|anything) (?:really |a bit )?"
    r"(?P<how>funny|silly|daft|amusing|interesting|surprising)\b"
)
_LAUGH = re.compile(r"\b(?:make (?:me|us) (?:laugh|giggle|chuckle)|crack me up)\b")
_ENTERTAIN = re.compile(
    r"\b(?:entertain|amuse) (?:me|us)\b|\bkeep (?:me|us) (?:entertained|amused|company with something)\b"
)
_CHEER = re.compile(
    rf"\b(?:entertain|amuse|cheer) (?:me|us)(?: up)? with (?:a|an|some|your)(?: [a-z]+){{0,2}} (?:{_KIND})\b"
)
_DOES_NOT = re.compile(
    r"\b(?:don't|do not|didn't|doesn't|stop|no more|never|without|instead of|not|nobody|always|used to|if|that|it"
    r"|he|she"
    r"|they|who|which|cannot|can't|couldn't|will|would|i'll|we'll)(?: (?:even|ever|just|really))?$"
)
_OWN = re.compile(  # the user does it, or somebody else
    r"(?:\b(?:i|we|he|she|they|who|people|friends|kids|everyone|somebody|someone|ever)(?:'ve|'d|'ll|'m)?"
    r"(?: (?:can|could|will|would|have|just|once|always|often|might|may|do|did|should|had|really|also|only))*"
    r"|(?<!you )(?<!able )\bto|help me|let me|may i|can i|could i|shall i|should i|want me|i'm|i've|i'd|i'll|trying"
    r"|asked me)$"
)
_FOR_ME = re.compile(r"want|need|like|love|use")
_MINE = re.compile(
    r"(?:^|.*\b)(?:i|we|i'd|we'd|i would|we would|i could|i'd really|i really|i just|could|would)(?: really| just"
    r"| quite)?$"
)
_CAN_I = re.compile(r".*\b(?:can|could|may|let) (?:i|we|us|me|you)$|.*\blet's$|.*\blets$")
_ASKED_OF = re.compile(
    r".*\b(?:do you|you)$"
)  # "do you know", "you got"; "do you write poems" asks about the assistant
_ASKS = re.compile(  # what leads to it
    r"(?:\b(?:please|now|and|so|ok|okay|then|can you|could you|will you|would you"
    r"|you (?:must|should|have to|may|to"
    r"|could|can)|just|well|hey|maybe|go on|kindly|first|alright|yes|bored|want you to|me to|instead|quick|also|or"
    r"|anyway)"
    r"|[,;:.?!])$"
)
_TOPIC = re.compile(r" (?P<how>about|on|for|involving|featuring|with|of|to do with) (?P<topic>[^.,;:?!]+)")
_ENDS = re.compile(
    r"\b(?:who|that|which|nobody|nobody's|somebody|someone|because|please|pls|so|to|before|after|when|while|where|i"
    r"|i'm|you"
    r"|we|he|she|they|can|could|would|for|if|since|then|now|today|tomorrow|tonight|with|and|but|is|are|was|thanks"
    r"|in|at|on"
    r"|having|being|maybe|instead|or|it|it's|cos|as)\b.*"
)
_PLAIN_WORDS = """
good bad short little quick funny silly nice new clean dirty stupid terrible random fun interesting long small tiny
lovely sweet real proper decent different other best funniest cheesy corny daft lame rude single simple easy hard
tricky great cool weird useless amazing soft gentle happy sad cute original smart clever nonsense more really very
actually bit nicer shorter better longer free sort kind old classic favourite surprising strange true again first last
next second third bloody damn wee cheerful uplifting calm calming beautiful pretty"""
_PLAIN = frozenset(_PLAIN_WORDS.split())
_NO_TOPIC = re.compile(
    r"(?:me|us|him|her|it|this|that|them|the day|a change|once|fun|kids|children|a laugh|free|real|you|yourself"
    r"|something|anything)\b"
)
_OF_YOU = re.compile(r"(?: (?:about|on|of|from|involving) | )(?:you|your (?!funn|best|favourite)\w+|yourself)\b")
_HOW = re.compile(r" (?:about|on) (?:how|what|why|when|where|who|that|this|it)\b")
_NEAR: Final = {
    "spooky": ("ghost", "night"), "scary": ("ghost", "night"), "ghost": ("night",), "romantic": ("love",),
    "halloween": ("ghost", "night"), "christmas": ("winter",), "allotment": ("garden",), "moon": ("night",),
    "star": ("night",), "bee": ("insects",), "train": ("travel",), "car": ("travel",), "beach": ("sea",),
    "fishing": ("fish",), "boss": ("work",), "baby": ("family",), "kitten": ("cat",), "puppy": ("dog",),
}  # fmt: skip
_GOES_ON = re.compile(  # a line that follows others
    r"(?:And|Another|One more|An? couplet|One couplet|Two (?:lines|more)|Then there|For the|Next|Also|One detail|Or)\b"
)
_MORE = re.compile(
    r"(?:(?:ok|okay|lol|haha|ha|hah|and|please|yes|yeah|now|tell me|give me|good|nice|great|that was|funny|good one"
    r"|do you"
    r" have|have you|got|can you|do|let's have|let's hear|go on|i want|any|just) )*"
    r"(?:another|another one|one more|more|again|next|next one|a different one|a better one|a new one)(?: (?:one"
    r"|please|then|now|like that"
    r"|of those|for me))*"
)
_LEADS: Final = (
    "I have none about {topic}, but I have this one.",
    "None about {topic} in my small collection, but here is one.",
    "About {topic} I have none. This one I do have.",
)
_LEADS_OF: Final = (
    "I have no {topic} {kind}, but I have this one.",
    "No {topic} {kind} here, I'm afraid, but this one I do have.",
)
_ALL_SAID: Final = "That was all I have about {topic}. Here is another one."
_YOURS = {"my": "your", "our": "your", "me": "you", "myself": "yourself", "mine": "yours", "your": "my"}


class Wish(NamedTuple):
    """What is wished for.

    Args:
        kind: "poem", "joke"; ``ANY`` for whatever entertains.
        topic: What about, as it was said; "" for whatever.
        is_named: Whether the topic must be owned up to where there is none: "about drums" more than "for the road".
        is_kind_of: Whether it stands before the word: "a drum joke".
    """

    kind: str
    topic: str = ""
    is_named: bool = True
    is_kind_of: bool = False


def wanted_text(text: str) -> Wish | None:
    """What a message wishes for; None where it wishes for nothing of this sort, or for a funeral."""
    if len(text) > LONGEST or _MOURNS.search(text):
        return None
    wishes = (_wished(_clause(part)) for part in reversed(_CLAUSES.split(text)))
    return next((wish for wish in wishes if wish), None)


def _clause(text: str) -> str:
    """A clause as ``bare`` has it, with its marks as words of their own."""
    pieces = (piece if piece in ",;:.?!" else bare(piece) for piece in re.split(r"([,;:.?!])", text))
    return re.sub(r" +([.,;:?!])", r"\1", " ".join(pieces)).strip()


def _wished(said: str) -> Wish | None:
    for found in _WISH.finditer(said):
        if _is_wish(said, found):
            return _wish_of(found, said[found.end() :])
    return _short(re.sub(r"[.,;?!]+", "", said)) or _amusing(said)


def _short(words: str) -> Wish | None:
    """A wish without a verb: "another joke", "poem about cats please"."""
    found = _SHORT.fullmatch(words)
    if not found or len(words.split()) > _FEW:
        return None
    behind = words[found.end("kind") :]
    is_wish = found["asks"] or behind.strip() or found["kind"] == words
    if not is_wish or (found["story"] and not behind.strip()):  # "nice poem" and "a sad story" are none
        return None
    return _wish_of(found, behind)


def _amusing(said: str) -> Wish | None:
    """A wish for something funny, or whatever entertains."""
    if (named := _CHEER.search(said)) and not _not_asked(said[: named.start()].rstrip()):
        return Wish(next(kind for kind in _WORDS if named[kind]))
    for form in (_FUNNY, _LAUGH, _ENTERTAIN):
        found = form.search(said)
        if not found or _not_asked(said[: found.start()].rstrip()):
            continue
        behind = said[found.end() :]
        if form is _ENTERTAIN:
            return Wish(ANY)
        kind = "fact" if form is _FUNNY and found["how"] in ("interesting", "surprising") else "joke"
        return None if _OF_YOU.match(behind) else Wish(kind, *_topic(behind))
    return None


def _not_asked(before: str) -> bool:
    by_you = re.search(r"\byou$", before) and not re.search(r"\b(?:can|could|will|would|want|need) you$", before)
    return bool(_DOES_NOT.search(before) or _OWN.search(before) or by_you)


def _is_wish(said: str, found: re.Match[str]) -> bool:
    """Whether it is asked of the assistant: "I told a joke" and "I want to write a poem" do not."""
    before = said[: found.start()].rstrip(" ,").strip()
    gives, one = found["gives"], (found["one"] or "").strip()
    plural = any(found[kind] and found[kind].endswith("s") for kind in _WORDS)
    if _DOES_NOT.search(before) and not re.search(r"\b(?:would|will)$", before):
        return False
    if _FOR_ME.fullmatch(gives):
        return bool(one) and bool(_MINE.fullmatch(before))
    if gives in ("have", "hear", "get"):
        return bool(one) and bool(_CAN_I.fullmatch(before) or re.search(r"\bdo you$", before))
    if gives in ("got", "know"):
        return bool(one) and (
            not before or _ASKED_OF.fullmatch(before) is not None or before.split()[-1] in ("ok", "so", "please", "you")
        )
    if gives in ("how about", "what about"):
        return bool(one) and not before
    if gives in ("do", "try", "ask", "hit", "show", "make", "say", "read") and not (one or found["whom"]):
        return False
    if _OWN.search(before) or re.search(r"\b(?:do|did|have|was|were) you(?: just| ever| always| really)?$", before):
        return False
    if plural and not one and not found["whom"]:
        return False  # "can you tell jokes?"
    is_asked = not before or _ASKS.search(before) is not None
    return is_asked or (bool(found["whom"] in (" me", " us")) and len(before.split()) <= 6 and bool(one))


def _wish_of(found: re.Match[str], behind: str) -> Wish | None:
    kind = next(kind for kind in _WORDS if found[kind])
    if _OF_YOU.match(behind) and kind in ("story", "fact"):
        return None
    topic, is_named = _topic(behind)
    if topic:
        return Wish(kind, topic, is_named)
    before = [word for word in found["adjectives"].split() if word not in _PLAIN]
    return Wish(kind, " ".join(before[-2:]), True, bool(before))


def _topic(behind: str) -> tuple[str, bool]:
    """What something is to be about, and whether it must be."""
    if _HOW.match(behind):
        return _THAT, True
    found = _TOPIC.match(behind)
    if not found:
        return "", False
    topic = " ".join(_ENDS.sub("", found["topic"]).split()[:5])
    if found["how"] == "of" or (_NO_TOPIC.match(topic) and found["how"] != "about"):
        return "", False
    return topic, found["how"] in ("about", "involving", "featuring", "to do with")


def given(
    matters: Matters,
    text: str,
    said: Sequence[str],
    drawn: Callable[[int], int],
    unlike: Collection[str] = (),
) -> str:
    """A line of the kind that a message wishes for; "" where it wishes for none, or there is none.

    None that was said before while another one is left.

    Args:
        matters: The table.
        text: The message.
        said: What was said before it; the latest is the assistant's.
        drawn: A number from 0 to below one that is given.
        unlike: Replies that are not wanted.
    """
    before = "\n".join((*said, *unlike))
    wish = wanted_text(text)
    if wish is None:
        return _another(matters, text, said, before, drawn)
    kind = ("joke", "riddle", "fact")[drawn(3)] if wish.kind == ANY else wish.kind
    fitting = matters.named(_NAMES[kind])
    if wish.topic and (of_topic := _about(matters, fitting, kind, wish.topic)):
        if lines := _new(of_topic, before):
            named = _naming(lines, wish.topic) or lines
            return named[drawn(len(named))]
        lead = _ALL_SAID.format(topic=_shown(wish.topic, text))
    elif wish.topic and wish.is_named:
        leads = _LEADS_OF if wish.is_kind_of else _LEADS
        lead = leads[drawn(len(leads))].format(topic=_shown(wish.topic, text), kind=kind)
        near = (_under(matters, fitting, kind, word) for word in _NEAR.get(_head(wish.topic), ()))
        fitting = next((each for each in near if _new(each, before)), fitting)
    else:
        lead = ""
    lines = _new([each for each in fitting if each.name not in _OCCASIONS], before) or _new(fitting, before)
    return f"{lead} {lines[drawn(len(lines))]}".strip() if lines else ""


def _another(matters: Matters, text: str, said: Sequence[str], before: str, drawn: Callable[[int], int]) -> str:
    """Another line of the kind that was given just before."""
    if not said or not _MORE.fullmatch(bare(text)):
        return ""
    parts = sentences(said[-1])
    texts = (" ".join(parts[first:]) for first in range(len(parts)))
    at_hand = next((found for line in texts if (found := matters.of_reply(line)) is not None), None)
    name = "" if at_hand is None else next((name for name in _NAMES.values() if at_hand.name.startswith(name)), "")
    if at_hand is None or not name:
        return ""
    lines = _new([at_hand], before) or _new(matters.named(name), before)
    return lines[drawn(len(lines))] if lines else ""


def _about(matters: Matters, fitting: Sequence[Matter], kind: str, topic: str) -> list[Matter]:
    """Those of the kind that are about a topic: a matter of it, or else lines that name it."""
    if topic == _THAT:
        return []
    if under := _under(matters, fitting, kind, topic):
        return under
    lines = _naming([line for matter in fitting for line in matter.lines.get(WISHED, ())], topic)
    return [Matter(_NAMES[kind], {WISHED: lines})] if lines else []


def _naming(lines: Sequence[str], topic: str) -> list[str]:
    """The lines in which the last word of a topic stands."""
    head = re.escape(_head(topic))
    names = re.compile(rf"\b{head}(?:s|es)?\b", re.IGNORECASE)
    return [line for line in lines if len(head) >= _LEAST and names.search(line)]


def _under(matters: Matters, fitting: Sequence[Matter], kind: str, topic: str) -> list[Matter]:
    names = {matter.name for matter in fitting}
    found = [*matters.found(f"{kind} about {topic}"), *matters.found(f"{topic} {kind}")]
    return [each.matter for each in found if each.matter.name in names][:1]


def _head(topic: str) -> str:
    words = bare(topic).split()
    return singular(words[-1]) if words else ""


def _new(fitting: Sequence[Matter], before: str) -> list[str]:
    """Lines that were not said before; those that follow others only where nothing else is left."""
    lines = [line for matter in fitting for line in matter.lines.get(WISHED, ()) if line not in before]
    return [line for line in lines if not _goes_on(line, fitting)] or lines


def _goes_on(line: str, fitting: Sequence[Matter]) -> bool:
    """Whether a line goes on with others: "And one for the road: ...", or the end of a story."""
    is_story = bool(fitting) and fitting[0].name.startswith(_NAMES["story"])
    return _GOES_ON.match(line) is not None or (is_story and len(line) < _WHOLE)


def _shown(topic: str, text: str) -> str:
    """A topic as the assistant says it, with the capitals of the message: "my Rex" -> "your Rex"."""
    found = re.search(re.escape(topic), text, re.IGNORECASE)
    topic = found[0] if found else topic
    return " ".join(_YOURS.get(word, word) for word in topic.split())
