"""Words of any conversation, which say nothing of what it is about: "another", "any", "thanks", "help".

In a collection of a few pages such a word is as rare as the word that a question turns on, so that how rare it is there
does not tell the two apart. Written for chatkit; words of one subject, such as "work" and "week", are left out however
frequent they are in talk, since documents may be about them. What the list misses was looked up among the 700 words
most frequent in the training parts of the dialogue sets.
"""

from __future__ import annotations

import re

from chatkit.search.words import STOP_WORDS, query_words, stem

SHORTENED = frozenset(("s", "t", "d", "m", "re", "ve", "ll"))  # what is left of "what's" and "don't": in many a passage

EVERYDAY_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        able absolutely actually after again ago agree ah all almost alone already alright also although
        always amazing another any anybody anyone anything anyway aren around ask away awesome awful back bad
        basically because become before believe best bet better between big bit both bye cannot certainly
        clearly come cool correct couldn course crazy dear definitely depend didn different doesn doing don
        dont down dude during each easy eight either else enjoy enough especially ever every everybody
        everyone everything exactly excited far favorite favourite feel felt few find fine first five forget
        forgot four fun funny gave get give given glad go goes going gone gonna good got great guess guy haha
        half hang happen happy hard hasn haven hear heard hello help helpful hey hi him hmm honestly hope huge
        idea im imagine important instead isn itself joke just keep kind kinda knew know known last late later
        least left less let life like likely listen literally little lol long look lot love lovely luck lucky
        made make many matter may maybe mean meant might mind moment more most mostly much must myself nearly
        need never new next nice nine nobody none nope nothing now off often oh ok okay old once one only
        other out over own perfect perhaps pick please plenty point possible pretty probably quite rather
        ready real really reason remember right sad said same saw say see seem seen self sense seven several
        shall shortly shouldn show since six small some somebody somehow someone something sometimes somewhere
        soon sorry sort sound stay still story super suppose sure take taken talk tell ten thank them
        themselves thing think those though thought three through till time tip today together told tomorrow
        tonight too took totally tried true try twice two under understand unless until up upon us usual
        usually very wait wanna want wasn way weird welcome well went whatever while whole wish within without
        won wonder wonderful worry worse worst wouldn wow wrong ya yeah yep yes yesterday yet yourself yup
        0 1 2 3 4 5 6 7 8 9 10
        """,
    )
)
_STEMS = frozenset(map(stem, EVERYDAY_WORDS | STOP_WORDS)) | SHORTENED


def is_everyday_word(word: str) -> bool:
    """Whether a word of ``query_words`` is one of any conversation, or a stop word, or what is left of one."""
    return word in _STEMS


def has_subject(text: str) -> bool:
    """Whether a message holds a word of another kind: "what should I do?" does not."""
    return not all(map(is_everyday_word, query_words(text)))
