"""What somebody does for a living, as it is told in passing: "im a nurse", "I drive a bus", "been a plumber 20 years".

Source: lexico-syntactic patterns, Hearst 1992, "Automatic acquisition of hyponyms from large text corpora"; what is a
job by its ending, from the derivation of agent nouns. English.
"""

from __future__ import annotations

import re

from chatkit_generation.wording import bare

READ = 1000  # characters of a text that are looked at
_NO_JOBS = """
father mother brother sister daughter grandfather grandmother stepfather stepmother beginner member loser winner
stranger lover sleeper smoker number owner eater walker reader gamer teenager foreigner newcomer helper survivor
neighbour neighbor minor senior major junior drinker thinker listener sucker believer partner talker spender riser
user starter water matter letter dinner winter summer other another ever never over under either better later quarter
corner computer paper monster disaster failure goner keeper hoarder worrier dreamer over-thinker overthinker learner
visitor sponsor donor creditor colour color flavor flavour odor terror error horror mirror fighter liar
woman human german roman layman gentleman outsider insider loner rather together forever super sober pessimist optimist
perfectionist feminist buddhist atheist racist sexist realist idealist egoist minimalist extremist tourist nudist
pacifist communist socialist fascist narcissist baptist methodist favor favour rumour rumor humor humour labour tremor
cancer fever tumor tumour flower tower power shower hunger anger stranger danger finger layer player river"""
_NO_JOB = frozenset(_NO_JOBS.split())
_JOBS = (
    r"nurse|cook|chef|student|clerk|vet|pilot|smith|blacksmith|guide|au pair|stone ?mason|mason|judge|priest|monk|nun"
    r"|maid|midwife|house(?:wife|husband)|cop|intern|apprentice|tailor|architect|assistant|accountant|consultant"
    r"|mechanic|secretary|surveyor|lecturer|coach|nanny|butcher|waitress|actress|model|dj|soldier|carpenter|cashier"
    r"|engineer|lawyer|trainee|volunteer|civil servant|attendant|sergeant|merchant|bartender|bar ?maid|shepherd"
    r"|captain|sailor|detective|representative|executive|paramedic|porter|freelancer|temp|au-pair|pe?diatrician"
)
_ROLE = (
    rf"(?:{_JOBS}|(?!(?:{'|'.join(_NO_JOB)})\b)\w{{2,}}(?:er|or|ist|eer|man|woman|smith|wright|monger|keeper|ician)"
    r"|librarian|veterinarian|comedian|historian|custodian|\w+ (?:manager|teacher|officer|worker|driver|agent))"
)
_BE = r"(?:i'm|i am|i was|i've been|i have been|i used to be|been|became|i became)"
_AS = r"work(?:s|ed|ing)? (?:as|like)"
_ADVERBS = r"(?:(?:just|only|also|actually|really|still|now|once|always|mostly|usually|currently|used to|have|had) )*"
_VERBS = (
    r"(?:work|works|worked|working|teach|teaches|taught|nursed|studie[sd]|study|studying|freelance|volunteers?"
    r"|drives? (?:an?|the) (?:\w+ )?(?:bus|buses|taxi|cab|lorry|truck|van|tram|train|ambulance|forklift|digger)"
    r"|drove (?:an?|the) (?:\w+ )?(?:bus|taxi|cab|lorry|truck|van|tram|train|ambulance|forklift|digger)"
    r"|drives? (?:buses|taxis|lorries|trucks|trams|trains)|fl(?:y|ies) planes"
    r"|cleans? (?:offices?|hotels?|houses|rooms|schools?|trains?|windows)|cooks? (?:in|at|for) (?:an?|the)"
    r"|(?:run|runs|own|owns|ran|manage|manages|managed) (?:an?|the|my|our) (?:(?!house|flat|car|dog|cat)\w+ ?){1,3}"
    r"|sells? \w+|repairs? \w+|fix(?:es)? (?:cars|bikes|computers|roofs)|builds? \w+|delivers? \w+|serves? \w+"
    r"|kept (?:bees|sheep|cows|pigs)|keeps? (?:bees|sheep|cows|pigs)|cuts? hair|codes?\b|writes? (?:code|software)"
    r"|programs?\b|looks? after (?:old|other|elderly|sick) )"
)
_ALL_DAY = (
    r"(?:all|the whole|whole) (?:day|night|week)|for (?:a|an|the) (?:\w+ ){0,3}(?:company|firm|bank|agency|office)"
)
_WHERE = (
    r"behind the (?:\w+ )?(?:counter|till|bar|desk)|at (?:the|a) (?:\w+ )?(?:till|counter|checkout|desk|reception)"
    r"|on (?:nights|night shifts?|late shifts?|early shifts?|the late shift|the early shift|a (?:building|oil) \w+)"
    r"|in (?:the )?(?:mines?|marketing|sales|retail|logistics|construction|accounts|hr|it support)\b"
)
_OWN = tuple(
    re.compile(form)
    for form in (
        rf"\b(?:{_BE} (?:an?|the)|{_AS}(?: an?| the)?) (?:[\w-]+ ){{0,2}}?{_ROLE}\b(?! (?:about|at|than|to|in my)\b)",
        rf"\b{_BE} (?:{_JOBS})\b",
        rf"(?:^|\b(?:i|and|so|but|we) |\b(?:me|i) and [\w']+ (?:[\w']+ )?){_ADVERBS}{_VERBS}",
        r"\bretired from (?:the |an? |my |working )?\w{3,}",
        r"\b(?:i'm|i am) [\w-]+(?: [\w-]+)?,? (?:an? )?(?:[\w-]+ )?(?:retired|former|ex)[ -](?:\w+ )?\w{3,}\b",
        r"\b(?:i'm|i am|been) (?:an? )?(?:retired|former|ex)[ -](?!now|since|and|for)\w{3,}",
        r"\bmy (?:\w+ )?(?:job|trade|profession|work) (?:is|was)\b|\bas my (?:job|profession|trade)\b",
        rf"\bi (?:\w+ )?(?:sit|stand|spend|work|look|answer|type|drive|lift|stack|pack)\b.*\b(?:{_ALL_DAY}|{_WHERE})",
        r"\bi(?:'m| am) (?:in (?:marketing|sales|retail|logistics|construction|it|hr|banking|insurance|the army"
        r"|the navy)|self-?employed|unemployed|out of work|between jobs|retired|a pensioner|still at school)\b",
        r"\bi do (?:\w+ ){0,2}(?:shifts|support|accounting|deliveries|construction|paperwork)\b",
    )
)
_OTHERS = re.compile(
    rf"\b(?:(?:is|was|became|he's|she's) (?:an?|the)|{_AS}(?: an?| the)?) (?:[\w-]+ ){{0,2}}?{_ROLE}\b"
    rf"|\b(?:is|was|became|he's|she's) (?:{_JOBS})\b|\bretired from (?:the |an? |working )?\w{{3,}}"
    rf"|\b(?!i\b)[\w']+ {_ADVERBS}{_VERBS}"
)
_FOR_WORK = r"for (?:a living|work|a job|money|my job|my work)|as (?:a|my|their|her|his) (?:job|profession|trade)"
_JOB = r"(?:jobs?|work|trade|profession|occupation|line of work|career)"
_ASKS = re.compile(
    rf"\b(?:what|which|who|how)\b.*\b(?:{_FOR_WORK})\b|\b(?:work(?:ed|ing)?|employed) as\b"
    rf"|\b(?:what(?:'s| is| was| were)?|which|know|remember|recall|tell me|remind me of) (?:\w+ )?(?:my|his|her|their"
    rf"|\w+'s) (?:\w+ )?{_JOB}\b(?! (?:number|address|phone|colleague|friend|mate)s?\b)"
    rf"|\bwhat (?:\w+ )?{_JOB} (?:do|did|does|i|have|am|my|is it)\b"
    rf"|^(?:and |so )*(?:my|his|her) {_JOB}$"
    r"|\bwhat (?:do i|i) do (?:all day|the whole day|every day|all night|all week|at work)\b"
    r"|\bwhat (?:do|does|did) (?:he|she|my \w+|\w+) do(?: all day| again)*$|\bwhat (?:was|am) i (?:before|by trade"
    r"|by profession|once)\b|\bwhat (?:is|was) it (?:that )?i do\b"
)
_IS_DOING = re.compile(r"\bwhat (?:do|did) (?:i|we) do(?: now| next| then)*$|\bwhat do (?:you|we|they|people) do\b")


def asks_job(question: str) -> bool:
    """Whether a question asks what somebody does, or did, for a living."""
    said = re.sub(
        r"(?: (?:again|please|still|anyway|before i stopped|do you (?:still )?(?:remember|know)(?: it)?))+$",
        "",
        bare(question[:READ]),
    )
    return bool(_ASKS.search(said)) and not _IS_DOING.search(said)


def tells_own_job(text: str) -> bool:
    """Whether a clause tells what the user does, or did, for a living."""
    said = bare(text[:READ])
    return any(form.search(said) for form in _OWN)


def tells_job(text: str) -> bool:
    """Whether a clause tells what somebody else does, or did, for a living."""
    return bool(_OTHERS.search(bare(text[:READ])))
