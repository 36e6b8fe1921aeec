"""What the assistant asked last: to an answer fits another reply than to what is told out of nothing.

"About three weeks" is an answer to "how long?", and "yes" to "do you want to talk about it?" asks for an ear. What is
said to an answer that nothing like it is known of, the kind of the question decides.

Source: the kinds of questions are those of expected answer types, Li & Roth 2002, "Learning question classifiers", as
far as they ask for another reply. English.
"""

from __future__ import annotations

import re
from typing import Final

from chatkit_generation.wording import sentences

QUESTIONS: Final = {  # kind -> its form, lower case, from its first words on; the first that fits
    "riddle": r".*\b(?:what|who) am i$",
    "joke": r".*\b(?:a better one|know one|one in return|one of yours|one for me|your best one"
    r"|tell me one|another joke)\b",
    "offer": r"(?:do|would|did) you (?:want|like) to (?:talk|tell|say|write|share)|want to (?:talk|tell)",
    "telling": r".*\b(?:tell me|go on|a little more|and then|what else|what more|what happened|what (?:is|was) it about"
    r"|what (?:is|are|was|were) (?:it|they|he|she|that|yours|things) (?:about|like)|that sentence)\b",
    "choice": r"(?!.*\bmore or less\b).*\b\w+,? or\b",
    "long": r".*\b(?:how long|since when|for long)\b",
    "amount": r".*\bhow (?:many|much|old|far|often|big|late|high|soon)\b",
    "feeling": r".*\bhow (?:are|is|do|does|did|was|were|has)\b.*\b(?:you|feel|feels|feeling|holding|coping|taking|taken"
    r"|going|mood|things|evening|day|it|him|her|them)(?: \w+)?$",
    "why": r".*\b(?:why|how come|what (?:makes|made|brings|brought|speaks)|come about|comes? up|reason)\b",
    "who": r"(?:\w+ )?(?:who|whom|whose)\b|.*\bwith whom\b",
    "when": r"(?:\w+ )?when\b|.*\bwhat time\b|.*\bwhich day\b",
    "where": r"(?:\w+ )?where\b",
    "worst": r".*\b(?:hardest|worst|difficult|bothers?|bothered|annoy\w*|worr(?:y|ies)|stung|hurts?|troubles?|miss)\b",
    "best": r"wh.*\b(?:like|liked|best|most|favourite|enjoy\w*|love\w*|forward|proud\w*|nicest)\b",
    "plan": r".*\b(?:what (?:will|are you going|are you up|comes|is next|shall|do you plan)|how will|plan(?:s|ned)?"
    r"|(?:try|do) next)\b",
    "whether": r"(?:(?:and|but|or|so) )?(?:is|are|was|were|do|does|did|can|could|will|would|has|have|shall"
    r"|should|any)\b",
    "thing": r".*\b(?:what|which|how)\b",
}
_KINDS = {kind: re.compile(form) for kind, form in QUESTIONS.items()}
_BEFORE = re.compile(r"^.*(?:: |, so )")  # what stands before the question in one sentence
_MARKS = re.compile(r"[^\w', ]+")


def asked_by(reply: str) -> str:
    """The kind of the question that a reply ends with, one of ``QUESTIONS``; "" where it asks nothing."""
    last = (sentences(reply) or [""])[-1].lower()
    if not last.endswith("?"):
        return ""
    question = _MARKS.sub(" ", _BEFORE.sub("", last)).strip()
    return next((kind for kind, form in _KINDS.items() if form.match(question)), "")
