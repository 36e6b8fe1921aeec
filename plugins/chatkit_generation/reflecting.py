"""A statement of the user's, said back: "my sister has moved to Leeds" as "your sister has moved to Leeds".

It shows what was heard, and claims nothing that was not said. Only what is sure to read well is said back: a clause of
a few words that begins with who or what it is about, and its verb.

Source: reflection by exchanging persons, Weizenbaum 1966, "ELIZA: a computer program for the study of natural language
communication between man and machine". English.
"""

from __future__ import annotations

import re
from typing import Final

from chatkit_generation.wording import sentences

READ = 1000  # characters of a text that are looked at
FEWEST, MOST = 4, 11  # words of a clause
LONGEST = 90  # characters of one
_EXCHANGED: Final = {
    **{"i": "you", "me": "you", "my": "your", "mine": "yours", "myself": "yourself", "i'd": "you'd", "we'd": "you'd"},
    **{
        "i'm": "you are",
        "im": "you are",
        "i've": "you have",
        "ive": "you have",
        "i'll": "you will",
        "we'll": "you will",
    },
    **{"we": "you", "us": "you", "our": "your", "ours": "yours", "ourselves": "yourselves"},
    **{"we're": "you are", "we've": "you have"},
}
_BEGINS = re.compile(
    r"(?i)^(?:(?:oh|ah|well|so|and|but|yeah|yes|no|nope|yep|hm+|um|haha|lol|ha|ok|okay|actually|anyway|right|hey|hi"
    r"|hello|aw|eh|also|then|because|cos|though|luckily|sadly|unfortunately|to be honest|tbh|honestly|i mean|you know"
    r"|obviously|not really|thanks|thank you|by the way|btw)\b[\s,!.:;-]*)+"
)
_ENDS = re.compile(
    r"(?i)(?:[\s,]+(?:lol|haha|tbh|though|really|actually|honestly|i guess|i think|i suppose|i know|you know|of course"
    r"|xx+|to be honest|obviously|unfortunately|luckily|anyway|too|as well|again|somehow|right now|innit)"
    r"|[^\w')%\u20ac]+)+$"
)
_CUTS = re.compile(
    r"(?i)[,:](?!\d)\s*|[;(\u2013\u2014]\s*|\s-\s|\s+(?:but|because|cos|so that|although|though|which)(?:\s+|$)"
)
_NEXT = re.compile(r"(?i)\s+(?:and|so)\s+(?=(?:i|i'm|im|we|he|she|it|it's|they)\b)")
_JOINED = re.compile(r"(?i)\b(?:my|our|the|his|her|their)(?: [\w'-]+){1,2}$|\b(?:me|him|them|us)$")  # "my mum and I"
# Behind a comma: more of what stands before it.
_LISTED = re.compile(
    r"(?i)^(?:[\w'-]+[ ,]+){1,6}(?:and|or) (?:[\w'-]+ ?){1,3}$|^(?:and|or) (?!(?:i|we|he|she|it|they)\b)"
)
_VERBS = r"(?:is|are|was|were|has|have|had|can|could|will|would|does|did|do|likes?|loves?|hates?|wants?|needs?|lives?"
_VERBS += r"|works?|plays?|comes?|came|goes|went|got|gets|made|makes|gave|gives|took|takes|says|thinks?|leaves?|moves?"
_VERBS += r"|starts?|began|ends?|broke|stopped|won"
# What may as well say how something is ("my old worn-out coat") is a verb only before these.
_VERBS += (
    r"|(?:left|lost|\w{2,}ed)(?= (?:me|us|my|our|him|her|his|it|them|the|an?|to|into|at|on|off|out|up|down|away|over"
)
_VERBS += r"|with|from|for|about|last|yesterday|today|again|this|\d)\b))"
_IS_WHOLE = re.compile(
    r"(?i)^(?:(?:i(?:'(?:m|ve|ll))?|im|ive|we(?:'(?:re|ve|ll))?|(?:he|she)(?:'(?:s|ll|d))?|they(?:'(?:re|ve|ll|d))?)"
    r"(?! (?:and|or|who|of|too|both|alone)\b)|it's|it (?:is|was|has|feels|looks|took|takes|helps|makes)"
    rf"|(?:my|our|the|his|her|their)(?: [\w'-]+){{1,3}}? {_VERBS})\s\w"
)
# What does not read well when it is said back: it is said to the other one, denies itself, leans on what stood before,
# or is not grammatical as it was typed.
_NOT = re.compile(
    r"(?i)\b(?:you|yours?|yoursel\w+|youre|u|ur|ya|y'all|this|that|that's|these|those|there|here|let's|let us|please"
    r"|thanks?|sorry|said|told|meant|mean|guess|think|suppose|wonder|wish|hope|know|ask(?:ed|ing)?|talking|question"
    r"|name|called|just|i'd|we'd|wouldn't|should|shall|like to|(?:want|need) to (?:order|book)|fuck\w*|shit\w*|ain'?t"
    r"|dunno|idk|imma|kind of like|if|unless|imagine|maybe|perhaps|probably|fat|ugly|stupid|terrible person|dumb"
    r"|idiots?|losers?|failure|worthless|useless|pathetic)\b|^(?:i|we) (?!was\b|always\b|sometimes\b)\w*[^s\W]s\b"
    r"|^(?:i|we)(?:'\w+)? \w+ (?:me|us)\b|^i\b.*\bus\b|\bi's\b|(?<![\w'])([\w']+) \1(?![\w'])|\b(?:my|the|our|a"
    r"|an) (?:i|us|we|me)\b|\bus open\b|\b(?:war|type|part|phase|calculus) i\b|(?<!and )(?<!than )(?<!as )\bi$"
    r"|\bmy (?:god|gosh|goodness|word|lord|bad|ass)\b"
    r"|\b(?:i|we|me|us)\s+(?:has|is)\b|\b(?:me|us)\s+(?:was|am)\b"
    r"|(?<!\bof )(?<!\bis )(?<!'s )(?<!\bwas )(?<!\bthan )(?<!\blike )\bmine\b|\bmy(?!self\b)[sefl]{3,}\b|\b(?:of|with"
    r"|and|or|the|an?|my|our|for|than|is|was|are|what|who|about|he|she|they|we|to|at|from)$"
    r"|[^\w\s'%&+.,:\u20ac\u00a3$-]|_|\.(?!\d)|--"
)
# Not to be said back lightly, whoever said it.
_GRAVE = re.compile(
    r"(?i)\b(?:kill\w*|suicid\w*|rap(?:ed|ist)|assault\w*|pills|jump off|abus\w*|molest\w*|self.?harm\w*|overdos\w*"
    r"|to die)\b|\b(?:hurt|harm\w*|cut|hat(?:e|ing)|hang|shoot) myself\b|\b(?:end|ending|take) (?:it all"
    r"|my (?:own )?life)\b"
)
_REPORTS = re.compile(
    r"(?i)\b(?:said|says?|told|tells?|thinks?|asked|claims?|believes?|wrote|if|unless|imagine|suppose)\b"
)
_OWN_VERB = re.compile(
    r"(?i)\b((?:i|we)(?: (?:always|never|still|also|once|often|almost|\w{2,}ly))?) (was|wasn't|am)\b"
)
_VERB_OWN = re.compile(r"(?i)\b(was|wasn't|am)(?= (?:i|we)\b)")
_DENIED = re.compile(
    r"(?i)\b((?:do|does|did|ca|could|wo|would|should|must|is|was|were|have|has|had|are)n)t\b"
)  # "dont"
_OF_OWN = {"was": "were", "wasn't": "weren't", "am": "are"}
_WORD = re.compile(r"(?<![\w'-])[\w']+(?![\w-])")
_IN_CAPITALS = re.compile(r"(?<= )(?:M[ey]|Our|W[eE]|U[sS]|ME|MY|OUR|MINE|Mine)\b")  # a title, or a country


def reflected(text: str) -> str:
    """The first clause of a text that can be said back, in the second person, in small letters; "" where none can."""
    text = _DENIED.sub(r"\1't", text[:READ].replace("\u2019", "'"))
    for sentence in [] if _GRAVE.search(text) else sentences(text):
        pieces = _CUTS.split(sentence)
        for place, piece in enumerate(pieces):
            rest = ", ".join(pieces[place + 1 :]).strip(" .!")
            piece = _BEGINS.sub("", piece.strip())
            first, *more = _NEXT.split(piece)
            for clause in (piece, first) if more and not _JOINED.search(first) else (piece,):
                if _reads_well(clause := _ENDS.sub("", clause)) and not _LISTED.match(rest):
                    return exchanged(clause)
            if _REPORTS.search(piece):
                break  # what follows is what somebody says, or would be
    return ""


def exchanged(clause: str) -> str:
    """A clause with the persons exchanged: "I was at my aunt's" as "you were at your aunt's"."""
    text = " ".join(clause.replace("\u2019", "'").split())
    text = _OWN_VERB.sub(lambda found: f"{found[1]} {_OF_OWN[found[2].lower()]}", text)
    text = _VERB_OWN.sub(lambda found: _OF_OWN[found[1].lower()], text)
    text = _WORD.sub(lambda found: _EXCHANGED.get(found[0].lower(), found[0]), text)
    first = text.split(" ")[0]
    return text if first.isupper() and len(first) > 1 else f"{text[:1].lower()}{text[1:]}"


def _reads_well(clause: str) -> bool:
    is_short = FEWEST <= len(clause.split()) <= MOST and len(clause) <= LONGEST
    if not is_short or clause.isupper() or _IN_CAPITALS.search(clause):
        return False
    return bool(_IS_WHOLE.match(clause)) and not _NOT.search(clause)
