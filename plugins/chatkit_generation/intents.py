"""What a message tells, asks for or wants: one of some seventy intents, that a recipe names and gives examples of.

No list of cues holds all the ways to ask for what was told before, or to have something noted; a linear map of the
encoder's hidden states and of the words knows most of them, and of what is told whether it is good or bad and, now and
then, of which kind. It is taught when the training is done, and the encoder is left as it is.

Sources: intents of utterances, Larson et al. 2019, "An evaluation dataset for intent classification and out-of-scope
prediction"; what kind of situation is told, and that a reply to it shows so, Rashkin, Smith, Li & Boureau 2019,
"Towards empathetic open-domain conversation models"; hashed n-grams beside dense features, Weinberger et al. 2009,
"Feature hashing for large scale multitask learning".

K = intents, D = width of the hidden states, T = tokens, G = buckets of n-grams
"""

from __future__ import annotations

import difflib
import zlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from chatkit.plugin_api import Encoded
from chatkit_generation.acts import FEW
from chatkit_generation.wording import bare

GRAMS: Final = 4096  # G
MOST_WORDS = 60  # of a message that are looked at
READ = 600  # characters of it
_STEM = 5  # letters of a longer word that stand for it, too
# Groups of intents: what is told is bad, good, neither, or of the talk itself; or the message asks or wants something.
BAD, GOOD, LIFE, TALK, WANTS = GROUPS = ("bad", "good", "life", "talk", "wants")
# Intents that the head itself acts on, all of the last group.
TOLD, NOTE = "asks_told", "wants_note"  # asks for what was told before; wants something noted
LEAVING = "leaving"
WORKED: Final = ("wants_sum", "wants_translation", "wants_time", "wants_joke", "wants_poem")
# From which probability on a message has one of these, and an intent whose replies are said; what is told is bad, sad
# where it has a sad word, or good. Chosen on graded replies: below that those that fit anything were better.
SURE, SURE_OF_NOTE, TELLS = 0.5, 0.4, 0.7
TELLS_MORE = 0.5  # the last where the reply before said no more than that it listens
IS_BAD, IS_SAD, IS_GOOD = 0.7, 0.4, 0.5
HEARD, MAY_BE = 0.8, 0.3  # the same where the mood that is heard says so, from which probability on
NO_PLAN = 0.35  # from which probability on of what is bad "I fear that I will fail" is no plan
ONLY_TELLS, NO_NOTE = 0.15, 0.05  # below which a message wants nothing, and wants nothing noted
NOTHING_OF_TALK = 0.2  # below which a message is not about the talk
ASKED: Final = {  # intent -> act
    "asks_advice": "advice",
    "asks_fact": "question",
    "asks_opinion": "opinion",
    "asks_you": "personal",
}
_OF_ASKING = frozenset({"question", "advice", "opinion", "personal"})
_OF_WANTS = _OF_ASKING | {"directive", "leaving"}


class Intended(NamedTuple):
    """Probabilities of the intents of a message; none of them where they are not judged.

    Args:
        each: Of each intent.
        groups: Of each group.
        wants: The intents of the group that asks or wants something.
        words: How many words the message has.
    """

    each: Mapping[str, float] = MappingProxyType({})
    groups: Mapping[str, float] = MappingProxyType({})
    wants: frozenset[str] = frozenset()
    words: int = 0

    @property
    def asks_nothing(self) -> bool:
        """Whether the message surely asks for nothing."""
        return bool(self.groups) and self.groups[WANTS] < ONLY_TELLS

    @property
    def only_tells(self) -> bool:
        """Whether it surely wants nothing noted, either; a few words may go on with what does."""
        return self.asks_nothing and self.each[NOTE] < NO_NOTE and self.words > FEW

    @property
    def puts_nothing_right(self) -> bool:
        """Whether the message surely tells something of the user's, and nothing of what was just said."""
        return bool(self.groups) and self.groups[TALK] + self.groups[WANTS] < NOTHING_OF_TALK

    def with_wants(self, part: Intended) -> Intended:
        """The same, with what a part of the message asks or wants where that is surer."""
        each = {name: max(share, part.each[name] if name in part.wants else 0.0) for name, share in self.each.items()}
        wants = max(self.groups.get(WANTS, 0.0), part.groups.get(WANTS, 0.0))
        return self._replace(each=each, groups={**self.groups, WANTS: wants} if self.groups else self.groups)

    def act(self, act: str) -> str:
        """The act of the message, where its form alone says another one: see ``acts.ACTS``."""
        if not self.groups:
            return act
        wants = self.groups[WANTS]
        if self.is_sure(LEAVING):
            return "leaving"
        if act in _OF_ASKING and wants >= SURE and (best := max(ASKED, key=lambda name: self.each.get(name, 0.0))):
            return ASKED[best] if self.each.get(best, 0.0) >= wants / 2 else act
        if act == "plan" and self.groups[BAD] >= NO_PLAN:
            return "statement"
        return "statement" if wants < ONLY_TELLS and act in _OF_WANTS else act

    def is_sure(self, *names: str) -> bool:
        """Whether the message has one of some intents for sure."""
        share = sum(self.each.get(name, 0.0) for name in names)
        if names == (NOTE,):  # what is to be written for the user is no note
            return share >= SURE_OF_NOTE and share >= max(self.each.values())
        return share >= SURE

    def mood(self, heard: Mapping[str, float]) -> Mapping[str, float]:
        """Whether what is told is bad or good, as probabilities of 0 or 1; as it was heard where it is not judged.

        Args:
            heard: Probabilities of "negative" and "positive" by the words.
        """
        if not self.groups:
            return heard
        out = {}
        for label, group, least in (("negative", BAD, IS_BAD), ("positive", GOOD, IS_GOOD)):
            if heard.get(label, 0.0) >= HEARD:
                least = MAY_BE
            out[label] = float(self.groups[group] >= least)
        return out

    def is_sad(self, has_sad_words: bool) -> bool:
        """Whether what is told is sad, where it has sad words or not."""
        return has_sad_words and self.groups.get(BAD, 1.0) >= IS_SAD


class Intents(nn.Module):
    """Judges messages.

    Args:
        width: D.
        replies: Group -> intent -> what may be said to any message that has it; K intents in all.
    """

    def __init__(self, width: int, replies: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        super().__init__()
        self.group_of = {name: group for group, intents in replies.items() for name in intents}
        self.replies = {name: tuple(lines) for intents in replies.values() for name, lines in intents.items()}
        self.names = tuple(self.group_of)
        self._wants = frozenset(replies.get(WANTS, {}))
        self.states = nn.Linear(2 * width, len(self.names))  # of their mean and their maximum
        self.grams = nn.EmbeddingBag(GRAMS, len(self.names), mode="sum")
        with torch.no_grad():
            self.states.weight.zero_()
            self.states.bias.zero_()
            self.grams.weight.zero_()

    def forward(self, pooled: Tensor, grams: Sequence[Sequence[int]]) -> Tensor:
        """Logits (N, K).

        Args:
            pooled: (N, 2 D), see ``pooled``.
            grams: Buckets of each message, see ``grams_of``.
        """
        counts = torch.tensor([len(row) for row in grams], dtype=torch.long)
        flat = torch.tensor([bucket for row in grams for bucket in row], dtype=torch.long)
        summed = self.grams(flat, counts.cumsum(0) - counts)
        return self.states(pooled) + summed / counts.clamp(min=1).sqrt()[:, None]

    def judge(self, texts: Sequence[str], encoded: Encoded) -> list[Intended]:
        """Probabilities of the intents of messages.

        Args:
            texts: The messages.
            encoded: The same, each alone.
        """
        with torch.no_grad():
            odds = self(pooled(encoded.states.float(), encoded.mask), [grams_of(text) for text in texts])
        out = []
        for text, row in zip(texts, odds.softmax(1).tolist(), strict=True):
            groups = dict.fromkeys(GROUPS, 0.0)
            for name, share in zip(self.names, row, strict=True):
                groups[self.group_of[name]] += share
            each = dict(zip(self.names, row, strict=True))
            out.append(Intended(each, groups, self._wants, len(bare(text[:READ]).split())))
        return out

    def said_to(self, intended: Intended, least: float = TELLS) -> tuple[str, ...]:
        """What may be said to any message that tells what this one tells; nothing where none is that probable."""
        told = {name: share for name, share in intended.each.items() if self.replies.get(name)}
        best = max(told, key=lambda name: told[name], default="")
        return self.replies[best] if best and told[best] >= least else ()


def pooled(states: Tensor, known: Tensor) -> Tensor:
    """Mean and maximum (N, 2 D) of the states (N, T, D) of messages.

    Args:
        states: The states.
        known: (N, T) 1 where there is a piece, and 0 behind the end.
    """
    known = known[..., None].to(states.dtype)
    mean = (states * known).sum(1) / known.sum(1)
    return torch.cat((mean, states.masked_fill(known == 0, -1e4).amax(1)), 1)


def grams_of(text: str) -> list[int]:
    """Buckets of the words of a message, of each two side by side, and of the beginnings of long ones."""
    words = bare(text[:READ]).split()[:MOST_WORDS]
    pairs = (f"{a} {b}" for a, b in zip(("^", *words), (*words, "$"), strict=True))
    stems = (f"{word[:_STEM]}*" for word in words if len(word) > _STEM)
    return sorted({zlib.crc32(gram.encode()) % GRAMS for gram in (*words, *pairs, *stems)})


def intents_of(option: Any) -> dict[str, dict[str, tuple[str, ...]]]:
    """What the option ``intents`` says: group -> intent -> what may be said to any message that has it.

    Raises:
        ValueError: If it is none of that, or misses an intent that the head acts on.
    """
    if not isinstance(option, Mapping):
        raise ValueError(f"intents must be a table of groups, got {option!r}")
    out: dict[str, dict[str, tuple[str, ...]]] = {}
    for group, intents in option.items():
        if group not in GROUPS:
            near = difflib.get_close_matches(str(group), GROUPS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(GROUPS)}"
            raise ValueError(f"intents: no group {group!r}; {hint}")
        if not isinstance(intents, Mapping):
            raise ValueError(f"intents.{group} must be a table of replies by intent, got {intents!r}")
        out[group] = {str(name): _lines(lines, f"intents.{group}.{name}") for name, lines in intents.items()}
    names = [name for intents in out.values() for name in intents]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"intents: {twice} is in two groups")
    if missing := next((name for name in (TOLD, NOTE) if out and name not in out.get(WANTS, {})), None):
        raise ValueError(f"intents.{WANTS} must have {missing}")
    return out


def _lines(lines: Any, name: str) -> tuple[str, ...]:
    if not isinstance(lines, list | tuple) or not all(isinstance(line, str) and line.strip() for line in lines):
        raise ValueError(f"{name} must be a list of replies, got {lines!r}")
    return tuple(lines)


def loss_of(odds: Tensor, wanted: Tensor, *, either: Tensor) -> Tensor:
    """Cross-entropy (N,) of messages.

    Args:
        odds: (N, K) logits.
        wanted: (N, K) shares of the intents of each.
        either: (N,) where it has one of these, and which is not known.
    """
    logs = functional.log_softmax(odds, 1)
    of_one = -torch.logsumexp(logs.masked_fill(wanted == 0, -torch.inf), 1)
    return torch.where(either, of_one, -(wanted * logs).sum(1))
