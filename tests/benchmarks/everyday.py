"""Whether what the assistant says to everyday messages fits them: 64 of them, in words that no corpus puts that way.

A part of ``behaviour.py``. Each message has a pattern that a fitting reply matches: that it has no window where the
weather is asked for, that it is sorry where somebody is ill. The patterns are written by hand and wide; a reply that
matches may still be odd, and one that does not may still fit. Each is said alone, and again after two turns of
something else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from recalling import said

from chatkit.runtime.conversation import Conversation

_SORRY = (
    r"sorry|oh no|hard|hurt|miss|not fair|not easy|what happened|annoying|pity|what went wrong|listening|talk about it"
    r"|sympathy|weigh|comfort|some days|be kind to yourself|sad\b|goodbye"
)
_GLAD = r"nice|glad|congrat|great|lovely|good|well done|enjoy|wonderful|exciting|fun\b|pleased|bravo|cheer|curious"
_UNKNOWN = r"do(n't| not) know|not sure|few facts|rather not guess|too small"
_CANNOT = (
    r"cannot|can't|too small|not well|beyond me|no (network|hands|clock|voice)|only (chat|read|write|a )|do not know"
    r"|am no |nothing is wired|can set nothing|just text|long road"
)
_TELLS = r"\?|tell me"
EVERYDAY: tuple[tuple[str, str], ...] = (
    ("could you tell me something that makes me giggle?", r"\?.+\.|joke|laugh"),
    ("I'd love to hear one of your jokes", r"\?.+\.|joke|laugh"),
    ("would you sing me a little tune?", r"voice|\bsing|song|tune|la la"),
    (
        "I wonder if you can write poetry",
        r"poem|rhyme|verse|cursor|little program|the rain|the snail|the page|cup of tea",
    ),
    ("how about a little story before I go to sleep?", r"once|there was|story"),
    ("are there clouds in the sky?", r"window|outside|weather|see"),
    ("is it snowing where you are?", r"window|outside|weather|see|terminal|here"),
    ("could you tell me how late it is now?", r"clock|computer|time"),
    ("which month do we have?", r"clock|computer|calendar|know"),
    ("anything new on the news today?", r"news|network|heard"),
    ("I need a bash script that renames files", _CANNOT + r"|code"),
    ("please write my term paper for me", _CANNOT + r"|text|about"),
    ("could you wake me tomorrow at six?", _CANNOT + r"|alarm"),
    ("switch off the lamp in the living room", _CANNOT),
    ("how much is nine and fourteen?", _CANNOT + r"|sums|calculator"),
    ("what would that be in Spanish?", r"/translate|translat"),
    ("in what way can I give you my notes?", r"/index|document"),
    ("where do I find a list of what you understand?", r"F1|help|command|/"),
    ("will strangers see what I type?", r"machine|network|nobody|private"),
    ("do you pass on what I say to a company?", r"machine|network|nobody|stay|no\b"),
    ("you must be ChatGPT, right?", r"chatkit"),
    ("tell me, are you flesh and blood?", r"program|machine|bot|person|body"),
    ("who do I have here?", r"chatkit|program|assistant"),
    ("are you in a bad mood today?", r"feeling|program|fine|you\?|well"),
    ("and what have you done all day long?", r"wait|folder|message|day|much|chat"),
    ("will you still know me next week?", r"this chat|new chat|F3|forget|remember|memory|know you|begin"),
    ("do you own a pet?", r"program|no\b|never|pet\b|cat\b|snail"),
    ("which dish do you like most?", r"eat|text|soup|electric|yours|dish"),
    ("tell me your favourite novel", r"novel|read|book"),
    ("do you think we live on after death?", r"think|question|believe|know"),
    ("which party gets your vote?", r"opinion|politics|keep out|know|think"),
    ("in what year did Columbus sail?", _UNKNOWN + r"|document"),
    ("name the largest city of Brazil", _UNKNOWN + r"|document"),
    ("how does a fridge work?", _UNKNOWN + r"|document"),
    ("I am looking for a good novel", r"read|book|like|novel|which|kind"),
    ("what could I prepare for supper?", r"how about|perhaps|home|eat|what|cook"),
    ("my mum turns sixty, what could I give her?", r"something|like|meal|book|how nice|present|birthday"),
    ("I have trouble falling asleep", r"tir|mind|rest|room|doctor|early|sorry|night"),
    ("I can't make up my mind about it", r"decide|advise|speaks|sleep on|what|think|tell"),
    ("today was one of those awful days", _SORRY),
    ("guess what, today was brilliant", _GLAD),
    ("our old dog passed away this morning", _SORRY),
    ("my grandma died last night", _SORRY),
    ("he left me for somebody else", _SORRY),
    ("they fired me this morning", _SORRY),
    ("I was promoted today!", _GLAD),
    ("we will marry in june", _GLAD),
    ("my sister gave birth to a girl", _GLAD),
    ("I sprained my ankle", _SORRY + r"|ouch|doctor|looked at|get well|sore"),
    ("I could fall asleep on the spot", r"rest|sleep|tired|day|bed|night"),
    ("my stomach is growling", r"eat|feel like|about|hungry|food|cook|doctor"),
    ("I am mad about chocolate", r"chocolate|like|good|you|why"),
    ("nothing to do all afternoon", r"talk|walk|book|day\b|do\b|pass the time|boredom|room"),
    ("I've taken up the violin", r"\?|nice|play|long"),
    ("our team beat them three to one", _GLAD + r"|close|game|winning|nail-biter|moment"),
    ("algebra gives me headaches", r"\?|hard|no help|sorry|sums|rest"),
    ("ugh, tomorrow it is monday again", r"monday|\?|over|hard|work"),
    ("two more hours and it is weekend", _GLAD + r"|plan|do\b"),
    ("I'm scrubbing the kitchen floor", r"\?|work|rest|done|good"),
    ("my neighbour is getting on my nerves", r"\?|sorry|hard|frustrat"),
    ("you really are no use at all", r"sorry|small|wrong|again|better"),
    ("many thanks for that", r"welcome|pleasure|any time|glad"),
    ("alright, I'm heading off", r"bye|see you|take care|good night|nice to|well"),
    ("evening! how's life?", r"fine|good|well|you\?|thank"),
)
BEFORE = (("I went for a walk by the river", "and then I made some tea"), ("hello", "I am just sitting around"))


def fits(reply: str, pattern: str) -> bool:
    """Whether a reply matches."""
    return bool(re.search(pattern, reply, re.IGNORECASE))


def everyday(
    conversation: Conversation, seed: int, show: int, asked: Sequence[tuple[str, str]] = EVERYDAY
) -> dict[str, int]:
    """Print how many replies fit; the same as data."""
    fit = {"alone": 0, "later": 0}
    missed: list[str] = []
    for place, (text, pattern) in enumerate(asked):
        history: list[dict[str, str]] = []
        for before in BEFORE[place % 2]:
            reply = said(conversation, before, seed + place, history)
            history += [{"speaker": "user", "text": before}, {"speaker": "assistant", "text": reply}]
        for when, turns in (("alone", []), ("later", history)):
            reply = said(conversation, text, seed + place, turns)
            good = fits(reply, pattern)
            fit[when] += good
            if not good:
                missed.append(f"{when} {text!r} -> {reply!r}")
    print(f"everyday   {fit['alone']} and {fit['later']} of {len(asked)} replies fit, said alone and after two turns")
    for line in missed[:show]:
        print(f"    {line}")
    return {"everyday": len(asked), "fit": fit["alone"], "fit_later": fit["later"]}
