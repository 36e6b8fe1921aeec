"""How precedents are stored: messages and replies in pieces, packed, and the index in which they are searched.

N = pieces that are stored, P = messages, R = groups of replies, F = features of all messages, E = width of the learned
vectors
"""

from __future__ import annotations

import dataclasses
import lzma
import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from chatkit.plugin_api import Vocabulary
from chatkit_generation.senses import sense_of
from chatkit_generation.wording import bare

# Beside one of four bytes a piece, of which most are 0, one of two bytes is packed no smaller.
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 1 << 22}]
_PIECES = 1 << 15  # in a larger vocabulary some pairs share a number, which hardly matters
_SMALL = 1 << 31
_PAIR = 0.5  # weight of two pieces in a row beside that of one
BETWEEN, END, _OR = -1, -2, -3  # a message begins; the last message of a group has ended; another reply begins


@dataclasses.dataclass(frozen=True)
class Index:
    """What the table holds, ready to be searched.

    Args:
        replies: (R,) replies that were given to the same messages.
        ids: Pieces of all messages, one after the other.
        ends: (P,) where each message ends among them.
        reply: (P,) place of its replies; -1 where they depend on more than the message.
        lengths: (P,) norm of the weights of its features.
        senses: (P,) see ``sense_of``.
        words: How often each word stands in the messages.
        features: (F,) features of all messages, sorted.
        places: (F,) which message each stands in, once.
        mean: (E,) mean embedding of the vocabulary, or None where vectors were learned.
        vectors: (P, E) learned vector of each message, of length 1, or None.
        means: (R, E) of length 1, those of all messages with the same replies, or None.
        grave: (R,) whether a reply is to somebody in need, to whom one message that is like theirs is enough.
        urgent: Words that stand in messages of people in need, and seldom in others.
        order: Messages with replies, those with the same ones together; and ``begins``: (R,) where each group begins.
    """

    replies: Sequence[Sequence[str]]
    ids: NDArray[np.int32]
    ends: NDArray[np.int64]
    reply: NDArray[np.int32]
    lengths: NDArray[np.float64]
    senses: NDArray[np.uint8]
    words: Mapping[str, int]
    features: NDArray[np.int32] | NDArray[np.int64]
    places: NDArray[np.uint16] | NDArray[np.int32]
    mean: NDArray[np.float32] | None = None
    vectors: NDArray[np.float16] | None = None
    means: NDArray[np.float32] | None = None
    grave: NDArray[np.bool_] = dataclasses.field(default_factory=lambda: np.zeros(0, np.bool_))
    urgent: frozenset[str] = frozenset()
    order: NDArray[np.int64] = dataclasses.field(default_factory=lambda: np.zeros(0, np.int64))
    begins: NDArray[np.int64] = dataclasses.field(default_factory=lambda: np.zeros(0, np.int64))

    def holding(self, feature: int) -> NDArray[np.uint16] | NDArray[np.int32]:
        """Messages that hold a feature."""
        if feature >= np.iinfo(self.features.dtype).max:
            return self.places[:0]
        first, last = np.searchsorted(self.features, np.array([feature, feature + 1], self.features.dtype))
        return self.places[first:last]

    def weight(self, feature: int) -> float:
        """How rare a feature is; one that no message holds is as rare as can be."""
        held = np.array([len(self.holding(feature))])
        return float(weights_of(np.array([feature]), held, len(self.ends))[0])

    def message(self, place: int) -> NDArray[np.int32]:
        """Pieces of a message."""
        return self.ids[self.ends[place - 1] if place else 0 : self.ends[place]]


def room_needed(
    pairs: Sequence[tuple[str, str]], without: Sequence[str], vocabulary: Vocabulary, *, packed: bool = False
) -> int:
    """How many places ``learn`` takes: pieces, or bytes where it is packed."""
    flat = flat_of(pairs, without, vocabulary)
    return len(pack(flat)) if packed else len(flat)


def pack(flat: Sequence[int]) -> bytes:
    """A table, compressed."""
    return lzma.compress(np.array(flat, "<i4").tobytes(), lzma.FORMAT_XZ, filters=_FILTERS)


def unpack(table: Tensor) -> NDArray[np.int32]:
    """What was packed; an empty table where nothing was.

    Raises:
        ValueError: If it is damaged.
    """
    if not table.any():
        return np.zeros(0, np.int32)
    unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ)
    try:
        data = unpacker.decompress(table.numpy().tobytes())
    except lzma.LZMAError as error:
        raise ValueError(f"the table of precedents is damaged: {error}") from error
    if not unpacker.eof:
        raise ValueError("the table of precedents is damaged: it ends too early")
    return np.frombuffer(data, "<i4").astype(np.int32)


def flat_of(pairs: Sequence[tuple[str, str]], without: Sequence[str], vocabulary: Vocabulary) -> list[int]:
    """The table as it is stored; what has no precedent first, as messages of an empty reply."""
    given: dict[tuple[int, ...], dict[str, None]] = {}
    for message, reply in (*((message, "") for message in without), *pairs):
        if ids := vocabulary.encode(bare(message)):
            given.setdefault(tuple(ids), {})[reply] = None
    groups: dict[tuple[str, ...], list[tuple[int, ...]]] = {}
    for said, replies in given.items():
        groups.setdefault(("",) if "" in replies else tuple(replies), []).append(said)
    flat: list[int] = []
    for group, messages in groups.items():
        for place, reply in enumerate(group):
            flat += [*([_OR] if place else []), *vocabulary.encode(reply)]
        flat += [*(x for each in messages for x in (BETWEEN, *each)), END]
    return flat


def read(table: NDArray[np.int32], vocabulary: Vocabulary) -> Index:
    """The table, taken apart."""
    marks = np.flatnonzero(table < 0)
    begins = np.concatenate([np.zeros(1, np.int64), marks[:-1] + 1])[: len(marks)]
    before = np.concatenate([np.full(1, END, np.int32), table[marks[:-1]]])[: len(marks)]
    unused = np.flatnonzero((before == END) & (begins == marks) & (table[marks] == END))  # a group of nothing
    used = slice(0, unused[0] if len(unused) else len(marks))
    marks, begins, before = marks[used], begins[used], before[used]
    is_reply, group = before != BETWEEN, np.cumsum(before == END) - 1
    given: list[list[str]] = [[] for _ in range(int(group[-1]) + 1 if len(group) else 0)]
    for first, last, place in zip(begins[is_reply], marks[is_reply], group[is_reply], strict=True):
        given[place] += [vocabulary.decode(table[first:last].tolist())] if first < last else []
    has = np.array([bool(replies) for replies in given], np.bool_)
    numbered = np.where(has, np.cumsum(has) - 1, -1)
    sizes = (marks - begins)[~is_reply]
    ends = np.cumsum(sizes)
    of = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)  # message of each piece
    ids = table[np.repeat(begins[~is_reply] - (ends - sizes), sizes) + np.arange(len(of))]
    is_first, is_last = np.zeros(len(of), np.bool_), np.zeros(len(of), np.bool_)
    is_first[ends - sizes], is_last[ends - 1] = True, True
    earlier = np.where(is_first, BETWEEN, np.roll(ids, 1)).astype(np.int32)
    most = (int(ids.max(initial=0)) - END + 2) * _PIECES + _PIECES * 2
    kind = np.int32 if most < _SMALL else np.int64
    parts = (ids, _pair(earlier, ids), _pair(ids[is_last], np.int64(END)))
    features = np.concatenate([part.astype(kind) for part in parts])
    places = np.concatenate([of, of, of[is_last]])
    order = np.argsort(features, kind="stable")
    features, places = features[order], places[order]
    new = np.append(True, (features[1:] != features[:-1]) | (places[1:] != places[:-1]))[: len(features)]
    features, places = features[new], places[new]  # each once a message
    said = [vocabulary.decode(part.tolist()) for part in np.split(ids, ends[:-1])] if len(ends) else []
    return Index(
        replies=[replies for replies in given if replies],
        ids=ids,
        ends=ends,
        reply=numbered[group[~is_reply]].astype(np.int32),
        lengths=_lengths(features, places, len(sizes)),
        senses=np.array([sense_of(text) for text in said], np.uint8),
        words=Counter(word for text in said for word in text.split()),
        features=features,
        places=places.astype(np.uint16) if len(sizes) < 1 << 16 else places,
    )


def _lengths(features: NDArray[np.int64], places: NDArray[np.int32], messages: int) -> NDArray[np.float64]:
    """Norm of the weights of each message's features, (P,); both sorted by feature."""
    begins = np.flatnonzero(np.append(True, features[1:] != features[:-1])[: len(features)])
    held = np.diff(np.append(begins, len(features)))
    weights = np.repeat(weights_of(features[begins], held, messages), held)
    return np.sqrt(np.bincount(places, weights**2, messages))


def _pair(first: NDArray[np.int32], second: NDArray[np.int32] | np.int64) -> NDArray[np.int64]:
    """Two neighbours as one number behind all pieces."""
    return np.asarray((first.astype(np.int64) - END + 1) * _PIECES + second - END, np.int64)


def features_of(ids: Sequence[int]) -> list[int]:
    """Pieces, and pairs of neighbours; beginning and end are neighbours, too."""
    edged = np.array([BETWEEN, *ids, END], np.int32)
    return [*ids, *_pair(edged[:-1], edged[1:]).tolist()]


def weights_of(features: NDArray[np.int64], held: NDArray[np.int64], messages: int) -> NDArray[np.float64]:
    """How rare features are that so many of the messages hold; pairs count less."""
    rarity = np.log((1 + messages) / (0.5 + np.minimum(held, messages + 0.5)))
    return np.asarray(rarity * np.where(features < 2 * _PIECES, 1.0, _PAIR))


def norm(weights: Sequence[float]) -> float:
    """Length of a vector."""
    return math.sqrt(sum(weight**2 for weight in weights))
