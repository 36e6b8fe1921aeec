"""What a question asks back of what the user said, in whatever words, and the user's own sentences that answer it.

"How old did I say he is?" is answered by the sentence that tells an age, of somebody who was spoken of; where no
sentence answers it for sure, those that come closest are quoted. That something was not told is said only where no
sentence could be meant: to deny what the user has told is worse than to quote too much.

Source: passages ranked by shared words and by the expected type of the answer, Hovy et al. 2000, "Question answering in
Webclopedia". Departs from it in quoting whole sentences. English.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from chatkit_generation.content import Clause, stems
from chatkit_generation.kinds import (
    JOB,
    NAME,
    NUMBER,
    PLACE,
    TIME,
    content_of,
    is_of_town,
    kin,
    kinds_of,
    meant,
    tells_kind,
    words_of,
)
from chatkit_generation.wording import bare

_MOST = 2  # sentences that are quoted as what comes closest
READ = 300  # characters of a question; what is longer tells more than it asks
ENOUGH = 0.5  # share of the words of a question that a sentence must have to answer it for sure
_WH = r"(?:what|which|where|who|whose|when|how (?:old|many|much|long|often|tall|big|far)|since when"
_WH += r"|how(?= (?:is|was|are|were) .*\b(?:called|named)))"
_PREPOSITION = r"(?:(?:in|at|from|for|since|with|to|on|of|until|by|after) )?"
_ME = r"(?:i|i'm|i've|my|our|we|me|us|mine)"
_THEM = r"(?:he|she|they|it|him|her|his|their|its|them|that|those|the|we|our|he's|she's|it's)"
_REMEMBERS = re.compile(
    r"\byou (?:still |even |perhaps |maybe |happen to |also )*(?:remember|recall)\b(?! me\b)"
    r"|^(?:remember|recall) (?:my|wh\w+|how)\b"
    rf"|\b(?:do|did|can|could) (?:you|i) (?:still |even |perhaps |maybe |happen to )?know\b(?=.*\b{_ME}\b)"
    r"|\bdid (?:i|we) (?:say|tell|mention|write|call|name|give)\b"
    r"|\b(?:wh\w+|how)\b.*\b(?:i|we) (?:have |just |already |once )?(?:told|said|mentioned|wrote)\b"
    rf"|\b(?:tell|remind) me (?:again |please |once more |of )*(?={_WH}|my|our|the)(?=.*\b{_ME}\b)"
    rf"|\b(?:can|could|would) you (?:say|tell|repeat)(?: me)? (?:again )?(?={_WH}\b.*\b{_ME}\b)"
    r"|\b(?:wh\w+|how)\b.*\bagain$|\bi forgot (?:wh\w+|how)\b"
)
_ASKS_OWN = re.compile(
    rf"(?:^|.*\b(?:and|so|but|ok|well|now|oh|hey|please|then) ){_PREPOSITION}{_WH}(?:'s)?\b"
    r".*\b(?:i|i'm|i've|my|our|me|mine)\b"
    rf"|.*\b(?:my|our) (?:[\w'-]+ ){{1,3}}{_WH}(?:'s)? (?:is|was|are|were|do|does|did|has|have|had|his|her|its|their)\b"
)
# "When I get home I eat" asks nothing.
_SUBORDINATE = re.compile(rf"(?:(?:and|so|but|ok|well|oh) )*{_WH} (?:i|i'm|we|my|our|he|she|it|they|the|you|a)\b")
_ASKS_THEM = re.compile(rf"(?:(?:and|so|but|ok|well|now|oh|hey) )*{_PREPOSITION}{_WH}(?:'s)?\b.*\b{_THEM}\b")
_ASKS = re.compile(rf"(?:(?:and|so|but|ok|well|now|oh|hey) )*{_PREPOSITION}{_WH}\b")
_GOES_ON = re.compile(
    r"(?:and|so|ok|but)? ?(?:(?:at|on|in|from|since|for) )?(?:what|which|when|where|how (?:old|long|many))"
    r"(?: (?:time|day|date|age|city|town|place|years?|hour|is it|was it|was that|is that|again))*"
)
# What asks for advice, for an opinion, or of the world.
_ELSE = re.compile(
    r"\b(?:should|shall|can i|can we|could i|could we|would|might|ought|mean|means|why|how do i"
    r"|how do we|how can|(?:how|what|where) (?:i|we) can|how to|wrong"
    r"|do (?:i|we) need (?:to (?!buy|get|bring|pick|remember)|in order)|to (?:be|become|feel) \w+$|best .*\bfor\b"
    r"|do (?:now|about|if|when|with|to|next|then|tonight|today|tomorrow)|make of"
    r"|chances|going to happen|best way|wear|cook|think|feel about|recommend|suggest|advice|advise|good for|fix"
    r"|improve|tell (?:him|her|them|my)|say to|talk about|matter with|is it that|how come|what if|what about you"
    r"|(?:what|where|who|which) will (?:i|we|he|she|it|they)|gonna|the point|the meaning|use of|anyone"
    r"|anybody|somebody|everyone|happens? (?:if|when)|what happened|what's (?:up|new|next|happening)"
    r"|what is (?:up|new|next)|earth|the hell|the world)\b"
)
_ASKING = re.compile(
    r"\b(?:do|did|can|could|would|will|if|maybe|whether) you (?:still |even |perhaps |maybe |please |happen to |also"
    r" )*(?:know|remember|recall|tell|say|repeat|remind|name)\b|\byou (?:still )?(?:remember|know|recall)\b"
    r"|\b(?:told|tell|gave|said to|reminding|asked|show|thank) you\b"
)
_WHY = re.compile(r"(?:(?:and|so|but|ok|well|oh) )*(?:why|how come)\b")
_SAYS_NO_MORE = re.compile(
    r"(?:do|can|did) you (?:still |even )?(?:remember|recall)(?: (?:me|that|this|it|everything"
    r"|anything|what i (?:said|told you)|our (?:chat|conversation)|things?|stuff))?"
)
_WAS = re.compile(r"(?:and |so )?(?:what|which|who)(?: \w+)? (?:was|were|did|had)\b")
# "What was the secret?" is not answered by that there was one.
_WHAT_IS = re.compile(r"(?:and |so |but )?what(?:'s| is| was| were) (?:the|his|her|its|their|that) [\w'-]+(?: about)?")
_THE = re.compile(r"\b(?:the|his|her|their|its|that) ([\w'-]+)(?! (?:of|for)\b)")
_OF_IT = re.compile(r"\b(?:it|that|there|this)\b")
_OF_THEM = re.compile(r"\b(?:his|her|their|he|she|they)\b")
_OWN = re.compile(rf"\b{_ME}\b|^(?:been|got|just|worked|was|went|had|moved|born|grew|turned|spent|have|am|still)\b")
_OF_OTHER = re.compile(r"^(?:and |but |so |also )*(?:(?:my|our|his|her|the|their) [\w' ]+|he|she|they)\b")
_LEANS = re.compile(
    r"^(?:and |but |so |also |well |yes |yeah )*(?:he|she|it|they|his|her|its|their|it's|he's|she's|hes|shes"
    r"|they're|that|this)\b|\b(?:him|them)\b"
    r"|\bher\b(?= (?:in|on|at|behind|under|from|to|with|for|by|when|again|yesterday|today|last|and)\b|$)"
)
_PARTS = re.compile(rf"\s*,?\s+and (?=(?:also )?{_PREPOSITION}{_WH}\b)", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Recalled:
    """What a question is answered with.

    Args:
        clauses: The clauses, in the order in which they were said.
        is_sure: Whether they answer it; else they come closest.
        is_whole: Whether they have all words of the question, and tell a thing of the kind that it seeks.
    """

    clauses: Sequence[Clause]
    is_sure: bool
    is_whole: bool = False


@dataclasses.dataclass(frozen=True)
class _Told:
    """A clause, and what it and those before it that it leans on are about."""

    clause: Clause
    about: set[str]
    leans: bool
    before: Clause | None


@dataclasses.dataclass(frozen=True)
class _Found:
    """A clause that may answer a question: how well, whether it tells the kind of thing, and how many words it has."""

    rank: tuple[float, float, int]
    told: _Told
    fits: bool
    shared: int
    leans: bool


def asks_back(question: str) -> bool:
    """Whether a question asks for sure for what the user said, or for a thing of the user's that nobody else knows."""
    said = bare(question)
    if len(question) > READ or _ELSE.search(said) or _SAYS_NO_MORE.fullmatch(said):
        return False
    if re.search(r"\b(?:your|you|yourself)\b", _without_asking(said)):
        return False
    asks_own = _ASKS_OWN.match(said) and ("?" in question or not _SUBORDINATE.match(said))
    return bool(_REMEMBERS.search(said) or asks_own)


def recalled(question: str, clauses: Sequence[Clause], before: str = "", *, is_asking: bool = False) -> Recalled | None:
    """The clauses that answer a question, or come closest; None where it asks for nothing told, or none could be meant.

    Args:
        question: The part of the message that asks.
        clauses: What the user told, in its order, see ``content.clauses_of``.
        before: The user's message before it: "and what time?" asks of that.
        is_asking: Whether it was heard to ask for what was told, in whatever words.
    """
    said = bare(question)
    if len(question) > READ or not clauses or asks_why(question) or (_ELSE.search(said) and not is_asking):
        return None
    is_sure = is_asking or asks_back(question)
    is_else = bool(_ELSE.search(said))  # it may be meant in another way
    # "and what time?", "how long did it take?"
    goes_on = bool(_GOES_ON.fullmatch(said)) or bool(
        _OF_IT.search(said) and len(content_of(question)) <= 1 and before and asks_back(before)
    )
    asks_them = bool(_ASKS_THEM.match(said))
    if not is_sure and not goes_on and (not _ASKS.match(said) or re.search(r"\byour?\b", said)):
        return None
    before = before if goes_on and (asks_back(before) or _ASKS.match(bare(before))) else ""
    told = _told(clauses)
    found = [_of_part(part, told, before) for part in _PARTS.split(question)]
    known = [each for each in found if each]
    sure = bool(known) and all(each and each.is_sure for each in found)
    is_asked = is_sure or (sure and (asks_them or goes_on or all(each.is_whole for each in known)))
    if not is_asked and not (asks_them and any(_is_named(said, each) for part in known for each in part.clauses)):
        return None
    quoted = {clause.text: clause for each in known for clause in _put_right(each.clauses, clauses)}
    ordered = [clause for clause in dict.fromkeys(each.clause.text for each in told) if clause in quoted]
    return Recalled([quoted[text] for text in ordered], sure and not is_else) if ordered else None


def _put_right(found: Sequence[Clause], clauses: Sequence[Clause]) -> list[Clause]:
    """Clauses, with that which puts the last of them right in the message behind it: "scratch that, Bristol it is"."""
    behind = [*clauses[clauses.index(found[-1]) + 1 :]] if found and found[-1] in clauses else []
    following = next((clause for clause in behind if clause.message != found[-1].message), None)
    return [*found, following] if following and following.mends else [*found]


def asks_else(question: str) -> bool:
    """Whether a question asks for advice, for an opinion, or of the world."""
    return bool(_ELSE.search(bare(question)))


def asks_why(question: str) -> bool:
    """Whether a question asks for a reason, which nobody told."""
    return bool(_WHY.match(bare(question)))


def _without_asking(said: str) -> str:
    """A question without what only asks it of the other one: "do you know"."""
    return _ASKING.sub(" ", said)


def _told(clauses: Sequence[Clause]) -> list[_Told]:
    out: list[_Told] = []
    for clause in clauses:
        said, own = bare(clause.text), words_of(clause.text)
        leans = (
            bool(out) and bool(_LEANS.search(said)) and not (kin(own) and not re.match(r"(?:his|her|their)\b", said))
        )
        leans = leans or (bool(out) and (clause.mends or (clause.goes_on and clause.message == out[-1].clause.message)))
        about = own | clause.about | (out[-1].about if leans else set())
        out.append(_Told(clause, about, leans, out[-1].clause if leans else None))
    return out


def _of_part(question: str, told: Sequence[_Told], before: str) -> Recalled | None:
    """What answers one question."""
    kinds, asked, said = kinds_of(question), content_of(question) | content_of(before), bare(question)
    of_whom = kin(asked)
    own = not of_whom and bool(re.search(rf"\b{_ME}\b", said)) and not _OF_THEM.search(said)
    all_found: list[_Found] = []
    for place, each in enumerate(told):
        shared, direct = meant(asked, each.about), meant(asked, words_of(each.clause.text))
        rest = _rest(each.clause.text, shared, kinds)
        fits = not kinds or tells_kind(kinds, rest, own=own, town=is_of_town(question))
        if (of_whom and not meant(of_whom, each.about)) or not (shared or (fits and kinds)):
            continue  # of somebody, or something, else
        is_own = _is_own(each.clause.text)
        if not shared and not is_own and ((own and kinds) or (asked and JOB not in kinds and not each.leans)):
            continue
        score = len(shared) + 0.5 * len(direct) + 0.25 * each.clause.mends
        found = _Found((float(fits and bool(kinds)), score, place), each, fits, len(shared), shared != direct)
        all_found.append(found)
    if not all_found:
        return None
    best = max(all_found, key=lambda each: each.rank)
    if not asked and JOB not in kinds and len(others := [each for each in all_found if each.fits]) > 1:
        return Recalled([each.told.clause for each in others[-_MOST:]], False)  # any of them may be meant
    share = best.shared / len(asked) if asked else 1.0
    if kinds:
        is_sure = best.fits and (share >= ENOUGH or (JOB in kinds and own))
    else:
        is_sure = (share == 1.0 and not _WHAT_IS.fullmatch(said)) or (share >= ENOUGH and best.shared > 1)
    is_whole = share == 1.0 and bool(asked) and bool(kinds - {PLACE, NAME} or (not kinds and _WAS.match(said)))
    return Recalled(_with_before(best.told, is_sure and best.leans), is_sure, is_whole)


def _is_named(said: str, clause: Clause) -> bool:
    """Whether a question names a thing that a clause tells of as if it were known: "the ring"."""
    named = words_of(" ".join(_THE.findall(said))) - content_of("")
    return bool(named & words_of(clause.text))


def _with_before(each: _Told, needs: bool) -> list[Clause]:
    """A clause, with the one before it where only that says of whom it tells, or what it puts right."""
    mends = each.clause.mends and each.before is not None
    if each.before is None or not (needs or mends) or each.before.message == each.clause.message:
        return [each.clause]
    return [each.before, each.clause]


def _rest(text: str, shared: set[str], kinds: frozenset[str]) -> str:
    """A clause without the words that the question has, too: they are no answer to it."""
    if not kinds & {NUMBER, NAME, PLACE, TIME}:
        return text
    return " ".join(word for word in text.split() if not stems(word) or stems(word) - shared)


def _is_own(text: str) -> bool:
    """Whether a clause tells of the user."""
    said = bare(text)
    return bool(_OWN.search(said)) or not _OF_OTHER.match(said)
