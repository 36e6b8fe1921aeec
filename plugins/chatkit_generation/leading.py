"""What is said before the reply proper, to what leads to a message: "I'm Ellen. What are you?" is greeted, too.

A message is answered in the part that asks or tells last (``focus.py``); a greeting with a name, a thank-you, or that
the user had to put the assistant right should not go unheard for that. English.
"""

from __future__ import annotations

import re

from chatkit_generation.acts import READ, act_of
from chatkit_generation.focus import focus_of
from chatkit_generation.names import own_name
from chatkit_generation.wording import GRAVE, sentences

_BACK = re.compile(r"^\W*(?:(?:hey|hi|hello|ok|okay|right|so)\W+)*(?:i'm|im|i am) back\b", re.IGNORECASE)
_THANKS = re.compile(
    r"\W*(?:(?:oh|ah|aw|ok|okay|great|lovely|perfect|good|yes|yeah|no|nope)\b\W*)*(?:thank|thanks"
    r"|thx|cheers|ta\b)",
    re.I,
)
_FEW = 5  # words of a message that asks for luck and says no more
_LUCK = re.compile(r"\bwish me luck\b|\bkeep your fingers crossed\b", re.IGNORECASE)
_PUT_RIGHT = re.compile(
    r"^\W*(?:(?:no|what|huh|eh|oh|but|haha|lol)\b\W*)*(?:i (?:just |already )?(?:told you|said|answered)\b"
    r"|i did (?:write|tell|say)\b"
    r"|you (?:don't|didn't|do not|did not) (?:have|need) to (?:note|write)\b|not a note\b"
    r"|i me(?:ant|nt|an)\b"
    r"|i was(?:n't| not)? (?:asking|talking|telling)\b|i (?:asked(?! because| myself| for)|didn't ask|did not ask)\b"
    r"|you (?:already|just) asked\b"
    r"|that(?:'s|s| is| was) not (?:what|right|true)\b|like i said\b|as i said\b)|^\W*(?:what|huh|eh)\W*\?",
    re.IGNORECASE,
)


def lead_of(message: str, reply: str, *, known: bool, tells: bool = False) -> str:
    """What is to be said before a reply; "" where nothing is.

    Args:
        message: The message.
        reply: The reply.
        known: Whether the user's name was known before.
        tells: Whether it surely tells something, and puts nothing right: "I said no, and my hands were shaking".
    """
    if GRAVE.search(reply):
        return ""
    text = message[:READ]
    name, focus = own_name(text), focus_of(text)
    if name and not known and focus.act != "introduction" and name not in reply and "meet you" not in reply:
        return f"Nice to meet you, {name}."
    if _BACK.search(text):
        return "Welcome back!" if "back" not in reply.lower() else ""
    if not tells and _PUT_RIGHT.search(text) and "sorry" not in reply.lower() and "mistake" not in reply:
        return "Sorry, my mistake."
    if _LUCK.search(text) and len(text.split()) > _FEW and "luck" not in reply.lower():
        return "Good luck!"
    others = [part for part in sentences(text) if part != focus.text]
    if any(act_of(part) == "thanks" and _THANKS.match(part) for part in others) and "welcome" not in reply.lower():
        return "You're welcome."
    return ""
