"""Whether a message says sad words, and whether a reply is glad of them, kind, or claims what cannot be. English."""

from __future__ import annotations

import re

from chatkit_generation.content import stems
from chatkit_generation.focus import told_last
from chatkit_generation.wording import GRAVE

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
COMMON, _GLOOM = stems(_COMMON_WORDS), stems(_GLOOMY_WORDS)


def says_sad(message: str) -> bool:
    """Whether a message says sad words."""
    sad = _SAD.search(told_last(message)) or _GRIEF.search(message)
    return bool(sad) and not _CHEERFUL.search(message)


def is_gloomy(words: set[str]) -> bool:
    """Whether one of these beginnings of words tells of something bad."""
    return bool(words & _GLOOM)


def is_glad(reply: str) -> bool:
    """Whether a reply is glad of something."""
    return bool(_JOY.search(reply))


def is_kind(reply: str) -> bool:
    """Whether a reply says something kind to what is sad."""
    return bool(_KIND.search(reply) or GRAVE.search(reply))


def claims(reply: str) -> bool:
    """Whether a reply says that something was ordered or will be brought, which it cannot do."""
    return bool(_CLAIMS.search(reply))
