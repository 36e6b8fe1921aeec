"""Replies that were given before to messages like this one: candidates beside those that the language model draws.

An LSTM of a few million weights knows the form of a fitting reply better than which one fits: "would you sing me a
tune" it has never read. What was written for "can you sing?" fits it, and is found by the words and embeddings that
both messages share. It is judged beside the drawn replies, by what the language model thinks of it after this
conversation among others; only where the message is nearly the same it is taken at its word. Of messages whose reply
depends on what was said before ("what is my name?") the table knows that they have no precedent: where one of them is
the likest, nothing is found; to what is told of oneself only what is very like it.

What pieces mean beside their letters, the encoder's embeddings tell of a little. Vectors that were learned for it, from
sentences with one translation and from messages with one reply, tell more.

Sources: retrieval and generation together, reranked, Song, Li, Nie, Zhang, Zhao & Yan 2018, "An ensemble of
retrieval-based and generation-based human-computer conversation systems"; embeddings weighted by rarity, Arora, Liang
& Ma 2017, "A simple but tough-to-beat baseline for sentence embeddings" (with the mean of the vocabulary taken off in
place of the first component).
"""

# N = pieces that are stored, or bytes that they are packed into, P = messages, R = groups of replies, F = features
# of all
# messages, V = vocabulary, E = width of the embeddings, or of the learned vectors

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from chatkit.plugin_api import Vocabulary
from chatkit_generation.acts import act_of
from chatkit_generation.focus import clauses, focus_of, is_open
from chatkit_generation.senses import ASKS, sense_of, unlike_all
from chatkit_generation.table import END, Index, features_of, flat_of, norm, pack, read, unpack
from chatkit_generation.wording import GRAVE, bare, sentences, spelled

MOST_ROOM = 10_000_000
MOST_WIDTH = 4096
# Likeness from which on a reply is a candidate, and at which nothing is drawn beside it: for that which was learned
# (one
# and the same: of 406 messages on dev replies below it fitted worse than one that fits any), and for that of the
# encoder's embeddings.
LEAST, SURE = 0.5, 0.5
LEAST_BY_ENCODER, SURE_BY_ENCODER = 0.5, 0.8
# The same of a message of two words, which share more by chance, and how much less it is for each further one; how much
# less to what is asked or wanted of the other one, and to any other question: there more of them fitted, and what fits
# any of these is poorer. Fitted on the same messages.
OF_TWO, A_WORD = 0.72, 0.0275
LESS = {"personal": 0.15, "opinion": 0.15, "directive": 0.15, "question": 0.12, "advice": 0.07}
# What is told has more replies that fit whatever it is, so its precedents must be surer.
LEAST_OF = {
    "statement": 0.64,
    "plan": 0.64,
    "answer": 0.66,
    "leaving": 0.75,
    "question": 0.52,
    "advice": 0.52,
    "opinion": 0.54,
    "choice": 0.7,
    "naming": 0.8,
    "introduction": 0.7,
}

LEAST_OF_WORDS_BY_ENCODER = {1: 0.6, 2: 0.6}
# From which likeness on it is one even where the message seems to ask for what may have been said; and if of oneself.
CERTAIN, SAME = 0.7, 0.99
LEAST_OF_ANSWER = 0.66  # to what answers a question of the assistant's: the question says more of it than its words
LEAST_OF_NEED = 0.55  # of replies to somebody in need, which hurt where nobody is; chosen on dev
# The same of a message without a word of those that people in need say, and others seldom: so many times as often.
LEAST_WITHOUT, SELDOM = 0.6, 4.0
LEAST_OF_TOLD = 0.58  # to what is told of oneself: somebody in need says a name first, too
LONGEST = 1000  # characters of a message that are looked at
MOST = 3  # candidates
# Shares of the words in the likeness to a message, of its second likest message in that to a group, and of the mean of
# all its messages. Of 1,200 wordings that were taken out the likest group was the right one for 0.172 by the likest
# message alone, its words and vector weighed alike, and for 0.237 so; of the surest fifth for 0.34 and 0.42.
_BY_WORDS, _BY_WORDS_OF_LEARNED, _BY_SECOND, _BY_MEAN = 0.5, 0.3, 1 / 3, 0.4
_OF_GRAVE = 0.95  # of the likest message alone, where somebody is in need
_NEARLY = 0.9  # from this likeness on the likest message alone counts
_SHORT = (1 << 15) - 1  # pieces that a table of two-byte numbers can name
_PART = 512  # of the vocabulary, or of the messages, at a time
_NEAR = 50  # messages whose embeddings are compared
# What is told of oneself is to be taken up and remembered: that the language model does, with the words at hand.
_TELLS = re.compile(
    r"\b(my name|name is|call me|(is|are|was) (called|named)|i (live|work) (in|as|at|near)|i('m| am| come) from"
    r"|my (own )?(favou?rite|job|age|profession|(phone )?number|address|e?mail|birthday)|most is|best is|i earn"
    r"|i make a living)\b|\bmy (\w+ )?\w+ is (a|an|the|called|from|in|on|at)\b"
)
_AROUND = re.compile(
    r"^((so|and|but|well|ok|now|oh|um|hm+|hey|just|lol|haha|anyway|by the way|btw|also|right|alright|yeah|yes|thanks"
    r"|nah|no)\W+)+|(\W+(then|though|please|lol|haha|again|now))+\W*$",
    re.I,
)
# "Have you any advice on how to meet people?" is "how to meet people?".
_WRAPPED = re.compile(
    r"^.*?\b(?:(?:do|have) you (?:have |got )?any|any|need some|got any) (?:good )?(?:advice|tips?|ideas?|suggestions?)"
    r" (?:on|for|about|against|with|what|how|to)\b *(?=\w)",
    re.IGNORECASE,
)
_WITHOUT_IT = 0.97  # how much of the likeness of what is left without such words a message has
_OF_ITS_OWN = 6  # words of a part beside what is to be answered that may have a precedent
_PART_OF_IT = 0.9  # how much of the likeness of a part that is not to be answered first a message has


@dataclasses.dataclass(frozen=True)
class Precedent:
    """A reply, and how like its message is to the one at hand, at most 1."""

    likeness: float
    reply: str


class Precedents(nn.Module):
    """A table of replies with the messages that they were given to.

    Args:
        room: N, pieces of all messages and replies, and a mark for each of them.
        pieces: V.
        width: E of the learned vectors; 0 where the encoder's embeddings stand for them.
        packed: Whether the table is compressed (LZMA), to about a third; ``room`` is in bytes then.
    """

    table: Tensor  # (N,) replies, then each of their messages, behind marks; unused places hold the end mark, or 0
    vectors: Tensor  # (V, E) whole numbers -127..127, as many a byte in memory too
    scale: Tensor  # (V,) of each row

    def __init__(self, room: int, pieces: int, width: int = 0, *, packed: bool = False) -> None:
        super().__init__()
        self.packed = packed
        kind = torch.uint8 if packed else torch.int16 if pieces <= _SHORT else torch.int32
        self.register_buffer("table", torch.full((room,), 0 if packed else END, dtype=kind))
        self.learned = width > 0
        self.least, self.sure = (LEAST, SURE) if self.learned else (LEAST_BY_ENCODER, SURE_BY_ENCODER)
        if self.learned:
            self.register_buffer("vectors", torch.zeros(pieces, width, dtype=torch.int8))
            self.register_buffer("scale", torch.zeros(pieces))
        self._index: Index | None = None
        self._latest: tuple[str, list[Precedent]] | None = None  # a message is asked of as it is drawn and judged

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        self._index = self._latest = None

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
        flat = flat_of(pairs, without, vocabulary)
        stored = torch.tensor(list(pack(flat)) if self.packed else flat, dtype=self.table.dtype)
        if len(stored) > len(self.table):
            what = "bytes" if self.packed else "pieces"
            raise ValueError(f"precedents have room for {len(self.table):,} {what}, and need {len(stored):,}")
        self.table.fill_(0 if self.packed else END)
        self.table[: len(stored)] = stored
        self._index = self._latest = None
        return len(stored)

    def meanings(self, ids: Tensor) -> Tensor:
        """Learned vectors (T, E) of pieces (T,); their lengths say nothing."""
        return self.vectors[ids].float()

    def take_vectors(self, vectors: Tensor) -> None:
        """Take over vectors of pieces, (V, E), whose sum over a message says what it means; rounded to a byte each."""
        self.scale.copy_((vectors.abs().amax(1) / 127).clamp(min=1e-12))
        self.vectors.copy_((vectors / self.scale[:, None]).round())
        self._index = self._latest = None

    def like(self, message: str, vocabulary: Vocabulary) -> list[Precedent]:
        """Replies to messages like this one, the likest first, each once; of a likeness of at least ``least``.

        Likeness is the mean of two cosines: of the pieces, and pairs of pieces, weighted by rarity, and of the vectors;
        less where one message speaks of oneself or the other, denies, or asks for what the user may have told, and the
        other one does not.
        """
        if self._latest is None or self._latest[0] != message:
            held, urgent = dict[str, Precedent](), list[Precedent]()
            for part, share in _parts(message[:LONGEST].strip()):
                likest = self._found(part, vocabulary)
                if likest and GRAVE.search(likest[0].reply):
                    urgent += [each for each in likest if GRAVE.search(each.reply)]
                for each in likest:
                    likeness = each.likeness * (1.0 if GRAVE.search(each.reply) else share)
                    if likeness >= self.least and likeness > getattr(held.get(each.reply), "likeness", 0.0):
                        held[each.reply] = Precedent(likeness, each.reply)
            # Whatever else is said or asked: where a part is a cry for help, that is answered.
            of_any = {each.reply: held[each.reply] for each in urgent if each.reply in held} or held
            found = sorted(of_any.values(), key=lambda each: -each.likeness)
            self._latest = message, found
        return list(self._latest[1])

    def _found(self, message: str, vocabulary: Vocabulary) -> list[Precedent]:
        index = self._index = self._index or self._opened(vocabulary)
        text = " ".join(spelled(word, index.words) for word in bare(message[:LONGEST]).split())
        ids = vocabulary.encode(text)
        if not len(index.ends) or not ids:
            return []
        words, weights = np.zeros(len(index.ends)), []
        for feature in dict.fromkeys(features_of(ids)):
            weights.append(index.weight(feature))
            words[index.holding(feature)] += weights[-1] ** 2
        words /= max(norm(weights), 1e-9) * np.maximum(index.lengths, 1e-9)
        likeness = self._weighed(words, ids, index, vocabulary) * unlike_all(sense_of(text), index.senses)
        found = self._of_groups(likeness, ids, index)
        told = LEAST_OF_TOLD if _TELLS.search(text) and not ASKS.match(text) else 0.0
        least = max(self.least, found.pop(-1, 0.0), told)
        short = self.least_of_words(text)
        best = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        out: dict[str, Precedent] = {}
        in_need = LEAST_OF_NEED if index.urgent.intersection(text.split()) else LEAST_WITHOUT
        calm = max((here for group, here in best if not index.grave[group]), default=0.0)
        for group, here in best:
            for reply in index.replies[group] if here >= least else ():
                needed = min(short, max(in_need, calm)) if GRAVE.search(reply) else short
                if here >= needed and (here >= in_need or not GRAVE.search(reply)):
                    out.setdefault(reply, Precedent(here, reply))
        return list(out.values())

    def _of_groups(self, likeness: NDArray[np.float64], ids: Sequence[int], index: Index) -> dict[int, float]:
        """How like a message the nearest groups are, by number, -1 those without replies, from likeness (P,) to each.

        Of learned vectors: by the two likest messages of a group, and the mean of all; of others by the likest.
        """
        out = {-1: float(likeness[index.reply < 0].max(initial=0.0))}
        if not len(index.begins):
            return out
        sorted_by_group = likeness[index.order]
        best = np.maximum.reduceat(sorted_by_group, index.begins)
        if index.means is not None:
            of = index.reply[index.order]
            first = np.flatnonzero(sorted_by_group == best[of])
            sorted_by_group[first[np.unique(of[first], return_index=True)[1]]] = 0.0
            second = np.maximum.reduceat(sorted_by_group, index.begins)
            second = np.where(np.diff(np.append(index.begins, len(of))) > 1, second, best)
            own = self._vectors(np.asarray(ids, np.int32), np.array([len(ids)]))[0]
            several = (1 - _BY_SECOND) * best + _BY_SECOND * second
            whole = (1 - _BY_MEAN) * several + _BY_MEAN * (index.means @ own)
            whole = np.where(index.grave, _OF_GRAVE * best, whole)
            best = np.where(best >= _NEARLY, best, np.minimum(whole, _NEARLY))
        for group in np.argsort(-best, kind="stable")[:_NEAR].tolist():
            out[group] = float(best[group])
        return out

    def least_of_words(self, text: str) -> float:
        """Likeness from which on a reply is a candidate, of a bare message with so many words, and of its act."""
        words = len(text.split())
        if not self.learned:
            return LEAST_OF_WORDS_BY_ENCODER.get(words, 0.0)
        act = act_of(text)
        return max(OF_TWO - A_WORD * max(words - 2, 0) - LESS.get(act, 0.0), LEAST_OF.get(act, 0.0))

    def _opened(self, vocabulary: Vocabulary) -> Index:
        """The table, ready to be searched; all of it at once, for it is done before the first reply."""
        index = read(unpack(self.table) if self.packed else self.table.numpy().astype(np.int32), vocabulary)
        order = np.argsort(index.reply, kind="stable")[int((index.reply < 0).sum()) :]
        begins = np.searchsorted(index.reply[order], np.arange(len(index.replies)))
        grave = np.array([any(map(GRAVE.search, replies)) for replies in index.replies], np.bool_)
        urgent = (
            _urgent(index, np.flatnonzero(grave[index.reply] & (index.reply >= 0)), vocabulary) if grave.any() else ()
        )
        index = dataclasses.replace(index, order=order, begins=begins, grave=grave, urgent=frozenset(urgent))
        if not self.learned:
            return dataclasses.replace(index, mean=_mean(vocabulary))
        vectors = self._vectors(index.ids, index.ends)
        sums = np.add.reduceat(vectors[order], begins, axis=0) if len(begins) else vectors[:0]
        means = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
        ids = index.ids[:0].copy()  # they are looked at no more
        return dataclasses.replace(index, vectors=vectors.astype(np.float16), means=means, ids=ids)

    def _weighed(
        self, words: NDArray[np.float64], ids: Sequence[int], index: Index, vocabulary: Vocabulary
    ) -> NDArray[np.float64]:
        """Likeness (P,) of all messages, from that of their words (P,)."""
        if index.vectors is not None:
            own = self._vectors(np.asarray(ids, np.int32), np.array([len(ids)]))[0]
            parts = (index.vectors[first : first + _PART] for first in range(0, len(words), _PART))
            cosines = np.concatenate([part.astype(np.float32) @ own for part in parts])
            return np.asarray(_BY_WORDS_OF_LEARNED * words + (1 - _BY_WORDS_OF_LEARNED) * cosines, np.float64)
        own, out = _embedding(ids, index, vocabulary), words / 2
        for place in np.argsort(-words, kind="stable")[:_NEAR].tolist():
            out[place] += float(own @ _embedding(index.message(place), index, vocabulary)) / 2
        return out

    def _vectors(self, ids: NDArray[np.int32], ends: NDArray[np.int64]) -> NDArray[np.float32]:
        """Learned vectors (P, E) of messages, of length 1; that of unknown pieces alone is 0."""
        out = np.zeros((len(ends), self.vectors.shape[1]), np.float32)
        table, scale = self.vectors.numpy(), self.scale.numpy()
        for first in range(0, len(ends), _PART):
            last = min(first + _PART, len(ends))
            begin = int(ends[first - 1]) if first else 0
            part = ids[begin : ends[last - 1]]
            begins = np.append(begin, ends[first : last - 1]) - begin
            out[first:last] = np.add.reduceat(table[part] * scale[part, None], begins, axis=0)
        return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)


def _urgent(index: Index, places: NDArray[np.int64], vocabulary: Vocabulary) -> Iterable[str]:
    """Words that stand in messages of people in need, by their places, and seldom in others."""
    said = Counter(word for place in places for word in {*vocabulary.decode(index.message(place).tolist()).split()})
    often = SELDOM * max(len(places), 1) / max(len(index.ends), 1)
    told = {word: count for word, count in said.items() if word.isalpha() and count > 1}
    return (word for word, count in told.items() if count > often * index.words[word])


def _mean(vocabulary: Vocabulary) -> NDArray[np.float32]:
    """Mean embedding (E,) of the vocabulary, a part at a time: whole it would be larger than all else here."""
    parts = torch.arange(len(vocabulary)).split(_PART)
    sums = [vocabulary.embed(part).detach().float().sum(0) for part in parts]
    return np.asarray((torch.stack(sums).sum(0) / len(vocabulary)).numpy(), np.float32)


def _parts(message: str) -> list[tuple[str, float]]:
    """Parts of a message that may have a precedent each, with how much of its likeness the message has.

    Where something is asked, what is told beside it has one only where somebody is in need.
    """
    focus, share = focus_of(message), 0.0
    parts = [(focus.text, 1.0), (_AROUND.sub("", focus.text), _WITHOUT_IT)]
    if not focus.asks:
        share = _PART_OF_IT
    else:
        parts += [(_WRAPPED.sub("", focus.text), _WITHOUT_IT)] if _WRAPPED.match(focus.text) else []
        parts += [
            (_AROUND.sub("", part), _PART_OF_IT)
            for each in sentences(focus.text)
            for part in clauses(each)
            if not is_open(part)
        ]
    others = [part for part in focus.others if not share or len(part.split()) >= _OF_ITS_OWN]
    parts += [(_AROUND.sub("", part), share) for part in others]
    return [(part, share) for part, share in parts if part == focus.text or len(bare(part).split()) > 1]


def _embedding(ids: Sequence[int] | NDArray[np.int32], index: Index, vocabulary: Vocabulary) -> NDArray[np.float32]:
    """Embedding (E,) of a message, of length 1: the mean of its pieces by their rarity, less that of the vocabulary."""
    assert index.mean is not None
    weights = np.array([index.weight(int(piece)) for piece in ids], np.float32)
    table = vocabulary.embed(torch.as_tensor(np.asarray(ids, np.int64))).detach().float().numpy() - index.mean
    out = weights @ table
    return np.asarray(out / max(float(np.linalg.norm(out)), 1e-9), np.float32)
