"""What is said to a message that nothing like it is known of: it shows that it was read, and claims no more.

Chosen by the act of the message and its mood (``acts.py``), and by the matter that it names; a few words are taken up
as they are. Each of these replies must fit whatever else the message says.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chatkit_generation.acts import ACTS, FEW, KINDS, PLAIN, act_alone, kind_of
from chatkit_generation.names import names_in, own_name
from chatkit_generation.wording import bare

OF_TOPICS = frozenset({"statement", "answer", "plan", "statement.good", "answer.good", "plan.good"})
_TOPICS = "topics"
_BEGINS = re.compile(
    r"^(?:(?:and|but|so|well|oh|ok|okay|yeah|yes|no|just|maybe|perhaps|lol|haha|mostly)\b\W*)+", re.IGNORECASE
)
_PERSONS = re.compile(r"\b(?:i|me|my|mine|we|us|our|you|your|yours|u|ur)\b", re.IGNORECASE)
_LONGEST = 60  # characters that are taken up


@dataclasses.dataclass(frozen=True)
class Listening:
    """Replies to what is not known.

    Args:
        kinds: Kind of message, see ``acts.kind_of`` -> replies.
        topics: Replies of each topic.
        words: Word -> the topics that it names.
    """

    kinds: Mapping[str, Sequence[str]]
    topics: Mapping[str, Sequence[str]]
    words: Mapping[str, Sequence[str]]

    def replies(
        self,
        text: str,
        mood: Mapping[str, float],
        before: str,
        drawn: Callable[[int], Sequence[int]],
        *,
        sad: bool = False,
    ) -> list[str]:
        """Replies to a message, in an order that is drawn; of what was not said before while any is left.

        Args:
            text: The message.
            mood: Probabilities of "negative" and "positive"; none: its mood is not known.
            before: What was said in the conversation.
            drawn: Numbers from 0 to below one that is given, in an order that is drawn.
            sad: Whether the message says sad words.
        """
        kind = kind_of(text, mood, sad=sad)
        plain = next((lines for name in (kind, act_alone(kind), PLAIN) if (lines := self.kinds.get(name))), ())
        if kind in ("introduction", "naming"):
            name = own_name(text) if kind == "introduction" else names_in(text)
            plain = [line.replace("{name}", name) for line in plain]
        groups: list[Sequence[str]] = [plain]
        if kind in OF_TOPICS and (of_topic := self.topics.get(self.topic(text))):
            groups.insert(0, of_topic)
        elif kind == "answer" and drawn(2)[0]:
            groups.insert(0, taken_up(text))
        for lines in groups:
            if new := [lines[place] for place in drawn(len(lines)) if lines[place] not in before]:
                return new
        return list(plain)

    def topic(self, text: str) -> str:
        """The topic that most words of a message name; "" where none does."""
        counts: dict[str, int] = {}
        for word in bare(text).split():
            for topic in self.words.get(word, ()):
                counts[topic] = counts.get(topic, 0) + 1
        return max(counts, key=lambda topic: counts[topic], default="")


def taken_up(text: str) -> list[str]:
    """A few words of the user's, as they can be said back: "with a colleague" as "With a colleague, I see."."""
    words = _BEGINS.sub("", text.strip()).strip(" .!,;:-")
    if not 1 < len(words.split()) <= FEW or len(words) > _LONGEST or _PERSONS.search(words) or not words[0].isalnum():
        return []
    return [f"{words[0].upper()}{words[1:]}, I see."]


def listening_of(option: Any) -> Listening:
    """What the option ``listening`` says.

    Args:
        option: Kind -> replies, and under "topics" name -> ``words`` and ``replies``. In those to "introduction" and
            "naming", "{name}" stands for what is named.
    Raises:
        ValueError: If it is none of that, or there is no such kind.
    """
    if not isinstance(option, Mapping):
        raise ValueError(f"listening must be a table of replies by the kind of message, got {option!r}")
    kinds = {kind: replies_of(lines, f"listening.{kind}") for kind, lines in option.items() if kind != _TOPICS}
    for kind in kinds:
        if kind not in KINDS:
            near = difflib.get_close_matches(str(kind), KINDS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(ACTS)}"
            raise ValueError(f"listening: no kind of message {kind!r}; {hint}")
    topics: dict[str, Sequence[str]] = {}
    words: dict[str, list[str]] = {}
    given = option.get(_TOPICS, {})
    if not isinstance(given, Mapping):
        raise ValueError(f"listening.topics must be a table of topics, got {given!r}")
    for name, topic in given.items():
        if not isinstance(topic, Mapping) or not isinstance(topic.get("words"), str):
            raise ValueError(f"listening.topics.{name} must have words, a text, and replies")
        topics[name] = replies_of(topic.get("replies"), f"listening.topics.{name}.replies")
        for word in dict.fromkeys(topic["words"].split()):
            words.setdefault(word, []).append(name)
    return Listening(kinds, topics, words)


def replies_of(said: Any, name: str) -> tuple[str, ...]:
    """The replies of an option.

    Raises:
        ValueError: If it is no list of texts.
    """
    if not isinstance(said, list | tuple) or not all(isinstance(text, str) and text.strip() for text in said):
        raise ValueError(f"{name} must be a list of replies, got {said!r}")
    return tuple(said)
