"""Replies that were given before to messages like this one: candidates beside those that the language model draws.

An LSTM of a few million weights knows the form of a fitting reply better than which one fits: "would you sing me a
tune" it has never read. What was written for "can you sing?" fits it, and is found by the words and embeddings that
both messages share. It is judged beside the drawn replies, by what the language model thinks of it after this
conversation among others; only where the message is nearly the same it is taken at its word. Of messages whose reply depends on what was said before ("what is my name?")
the table knows that they have no precedent: where one of them is the likest, nothing is found.

Sources: retrieval and generation together, reranked, Song, Li, Nie, Zhang, Zhao & Yan 2018, "An ensemble of
retrieval-based and generation-based human-computer conversation systems"; embeddings weighted by rarity, Arora, Liang
& Ma 2017, "A simple but tough-to-beat baseline for sentence embeddings" (with the mean of the vocabulary taken off in
place of the first component).
"""

# N = pieces that are stored, P = messages, F = features of all messages, V = vocabulary, E = width of the embeddings

from __future__ import annotations

import dataclasses
import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from chatkit.plugin_api import Vocabulary

MOST_ROOM = 10_000_000
LEAST = 0.5  # likeness from which on a reply is a candidate
SURE = 0.8  # likeness at which nothing is drawn beside it; chosen on dev, as the other one
MOST = 3  # candidates
_NEAR = 50  # messages whose embeddings are compared
_PAIR = 0.5  # weight of two pieces in a row beside that of one
_OTHER_PERSON = 0.85  # of "what is my name?" and "what is your name?" is like so much of what it would be
_BETWEEN, _END = -1, -2  # a message begins; the last message of a reply has ended
_PERSONS = (
    frozenset(["i", "i'm", "i've", "i'd", "me", "my", "mine", "am", "we", "us", "our"]),
    frozenset(["you", "you're", "your", "yours", "u", "ur", "are", "r"]),
)
_MARKS = re.compile(r"[^\w' ]+")
_WORD = re.compile(r"\w+")
Feature = tuple[int, ...]  # a piece, or two in a row


@dataclasses.dataclass(frozen=True)
class Precedent:
    """A reply, and how like its message is to the one at hand, at most 1."""

    likeness: float
    reply: str


@dataclasses.dataclass(frozen=True)
class _Message:
    """A message as the table holds it.

    Args:
        ids: Its pieces.
        reply: Place of its reply; -1 where that depends on more than the message.
        length: Norm of the weights of its features.
        persons: Whether it speaks of oneself, and of the other.
    """

    ids: tuple[int, ...]
    reply: int
    length: float
    persons: tuple[bool, ...]


@dataclasses.dataclass(frozen=True)
class _Index:
    """What the table holds, ready to be searched.

    Args:
        replies: Each reply.
        messages: P of them.
        places: Feature -> the messages that hold it, each as often as it does.
        mean: (E,) mean embedding of the vocabulary.
    """

    replies: Sequence[str]
    messages: Sequence[_Message]
    places: Mapping[Feature, NDArray[np.int32]]
    mean: NDArray[np.float32]

    def weight(self, feature: Feature) -> float:
        """How rare a feature is; one that no message holds is as rare as can be."""
        return _weight(feature, len(self.places.get(feature, ())), len(self.messages))


class Precedents(nn.Module):
    """A table of replies with the messages that they were given to.

    Args:
        room: N, pieces of all messages and replies, and a mark for each of them.
    """

    table: Tensor  # (N,) int32: a reply, then each of its messages behind a mark; unused places hold the end mark

    def __init__(self, room: int) -> None:
        super().__init__()
        self.register_buffer("table", torch.full((room,), _END, dtype=torch.int32))
        self._index: _Index | None = None

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        self._index = None

    def learn(self, pairs: Sequence[tuple[str, str]], without: Sequence[str], vocabulary: Vocabulary) -> int:
        """Take messages and their replies in place of what is known.

        Args:
            pairs: A message and a reply each.
            without: Messages that have no precedent.
            vocabulary: Makes pieces of them.
        Returns:
            How many places they take.
        Raises:
            ValueError: If there are fewer.
        """
        flat = _flat(pairs, without, vocabulary)
        if len(flat) > len(self.table):
            raise ValueError(f"precedents have room for {len(self.table):,} pieces, and need {len(flat):,}")
        self.table.fill_(_END)
        self.table[: len(flat)] = torch.tensor(flat, dtype=torch.int32)
        self._index = None
        return len(flat)

    def like(self, message: str, vocabulary: Vocabulary) -> list[Precedent]:
        """Replies to messages like this one, the likest first, each once; of a likeness of at least ``LEAST``.

        Likeness is the mean of two cosines: of the pieces, and pairs of pieces, weighted by rarity, and of the mean
        embeddings weighted so; less where one message speaks of oneself or the other, and the other one does not.
        """
        index = self._index = self._index or _read(self.table.tolist(), vocabulary)
        text = bare(message)
        ids = vocabulary.encode(text)
        asked = {feature: index.weight(feature) * count for feature, count in _features(ids).items()}
        if not index.messages or not ids:
            return []
        sums = np.zeros(len(index.messages))
        for feature, weight in asked.items():
            np.add.at(sums, index.places.get(feature, _NOWHERE), weight * index.weight(feature))
        length, own, persons = _norm(asked.values()), _embedding(ids, index, vocabulary), _persons(text)
        sums /= length * np.array([max(each.length, 1e-9) for each in index.messages])
        found: dict[int, float] = {}
        for place in np.argsort(-sums, kind="stable")[:_NEAR]:
            other = index.messages[place]
            if sums[place] > 0:
                cosines = float(sums[place]) + float(own @ _embedding(other.ids, index, vocabulary))
                likeness = cosines / 2 * (1.0 if other.persons == persons else _OTHER_PERSON)
                found[other.reply] = max(found.get(other.reply, 0.0), likeness)
        least = max(LEAST, found.pop(-1, 0.0))
        best = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        return [Precedent(likeness, index.replies[reply]) for reply, likeness in best if likeness >= least]


def pieces_needed(pairs: Sequence[tuple[str, str]], without: Sequence[str], vocabulary: Vocabulary) -> int:
    """How many places ``learn`` takes."""
    return len(_flat(pairs, without, vocabulary))


def bare(text: str) -> str:
    """A message without marks and capitals, for what is typed in many ways is meant as one."""
    return " ".join(_MARKS.sub(" ", text.lower()).split())


def shared(text: str, other: str) -> float:
    """Words that two texts share, F1, 0 to 1."""
    ours, theirs = (Counter(_WORD.findall(each.lower())) for each in (text, other))
    common = sum((ours & theirs).values())
    return 2 * common / (sum(ours.values()) + sum(theirs.values())) if common else 0.0


def _flat(pairs: Sequence[tuple[str, str]], without: Sequence[str], vocabulary: Vocabulary) -> list[int]:
    """The table as it is stored; what has no precedent first, as messages of an empty reply."""
    by_reply: dict[str, dict[tuple[int, ...], None]] = {"": {}}
    for message, reply in (*((message, "") for message in without), *pairs):
        if ids := vocabulary.encode(bare(message)):
            by_reply.setdefault(reply, {})[tuple(ids)] = None
    flat: list[int] = []
    for reply, messages in by_reply.items():
        if messages:
            flat += [*vocabulary.encode(reply), *(x for ids in messages for x in (_BETWEEN, *ids)), _END]
    return flat


def _read(flat: Sequence[int], vocabulary: Vocabulary) -> _Index:
    """The table, taken apart."""
    replies: list[str] = []
    messages: list[tuple[tuple[int, ...], int]] = []
    for group in _split(flat, _END):
        if not group:
            break  # what follows is not used
        reply, *given = _split(group, _BETWEEN)
        messages += [(ids, len(replies) if reply else -1) for ids in given]
        if reply:
            replies.append(vocabulary.decode(reply))
    places: dict[Feature, list[int]] = {}
    for place, (ids, _) in enumerate(messages):
        for feature in _features(ids).elements():
            places.setdefault(feature, []).append(place)
    made = []
    for ids, reply_place in messages:
        weights = [n * _weight(each, len(places[each]), len(messages)) for each, n in _features(ids).items()]
        made.append(_Message(ids, reply_place, _norm(weights), _persons(vocabulary.decode(ids))))
    mean = vocabulary.embed(torch.arange(len(vocabulary))).detach().float().mean(0).numpy()
    return _Index(replies, made, {each: np.array(found, np.int32) for each, found in places.items()}, mean)


_NOWHERE = np.zeros(0, np.int32)


def _split(flat: Sequence[int], mark: int) -> list[tuple[int, ...]]:
    """The parts between marks; what stands behind the last one, too."""
    parts: list[list[int]] = [[]]
    for index in flat:
        if index == mark:
            parts.append([])
        else:
            parts[-1].append(index)
    return [tuple(part) for part in parts]


def _features(ids: Sequence[int]) -> Counter[Feature]:
    """Pieces and pairs of neighbours; the beginning and the end are neighbours, too."""
    edged = (_BETWEEN, *ids, _END)
    return Counter([*((piece,) for piece in ids), *itertools.pairwise(edged)])


def _weight(feature: Feature, held: int, messages: int) -> float:
    rarity = math.log((1 + messages) / (0.5 + held)) if held < messages else 0.0
    return max(rarity, 0.0) * (_PAIR if len(feature) == 2 else 1.0)


def _norm(weights: Iterable[float]) -> float:
    return math.sqrt(sum(weight**2 for weight in weights))


def _persons(text: str) -> tuple[bool, ...]:
    words = set(text.lower().split())
    return tuple(bool(words & person) for person in _PERSONS)


def _embedding(ids: Sequence[int], index: _Index, vocabulary: Vocabulary) -> NDArray[np.float32]:
    """Embedding (E,) of a message, of length 1: the mean of its pieces by their rarity, less that of the vocabulary."""
    weights = np.array([index.weight((piece,)) for piece in ids], np.float32)
    table = vocabulary.embed(torch.tensor(ids)).detach().float().numpy() - index.mean
    out = weights @ table
    return np.asarray(out / max(float(np.linalg.norm(out)), 1e-9), np.float32)
