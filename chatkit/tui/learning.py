"""``/learn`` in words: what it is asked to do, and what has come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatkit.runtime.session import Chat

HOW = "Write /learn on, /learn cache, /learn weights, /learn off or /learn forget; /learn alone says how it stands."
_WHAT = {"both": "a cache of what was said and weights of its own", "cache": "a cache", "weights": "weights of its own"}
_OFF = "Replies learn nothing from this session; /learn on lets them, for as long as it is open, and keeps nothing."


def learn(arguments: str, chat: Chat) -> str:
    """Do what ``/learn`` asks for; the line to say."""
    if arguments in ("on", "cache", "weights"):
        chat.learn = "both" if arguments == "on" else arguments
        return (
            f"From the next reply on this session is learned from, by {_WHAT[chat.learn]}, where its text is "
            "unfamiliar and where that pays. Nothing of it is kept; /learn forget undoes it."
        )
    if arguments == "off":
        chat.learn = ""
        return "Off, and all that was learned is forgotten: replies are the assistant's own again."
    if arguments == "forget":
        chat.forget()
        more = "what you say from here on is learned from" if chat.learn else "nothing is learned"
        return f"Forgotten: replies are the assistant's own again; {more}."
    return HOW if arguments else standing(chat)


def standing(chat: Chat) -> str:
    """How it stands, after the latest reply."""
    if not chat.learn:
        return _OFF
    told = chat.learned()
    if not told:
        return f"On ({_WHAT[chat.learn]}); nothing was said yet."
    gained, drift = float(told.get("gained", 0.0)), float(told.get("drift", 0.0))
    parts = [f"{told.get('messages', 0)} messages learned from"]
    if gained:
        parts.append(f"this session costs {abs(gained):.2f} bits per byte {'less' if gained > 0 else 'more'} for it")
    if drift:
        parts.append(f"weights {drift:.1%} away from the assistant's")
    use = "in use" if told.get("in_force") else "not in use"
    return f"On, {use}: {told.get('why', '')}; {', '.join(parts)}."
