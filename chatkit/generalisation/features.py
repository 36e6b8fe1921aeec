"""What the assistant itself sees in texts: mean encoder states, bits under its language model, rare pieces.

N = texts, D = width of the hidden states
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from chatkit.assistant import Assistant
from chatkit.data.batching import in_order
from chatkit.head.encode import encode_padded
from chatkit.nn.pooling import mean_pool
from chatkit.text.normalise import normalise
from chatkit.text.views import MESSAGE, frame

_MOST_PIECES, _BUDGET = 256, 4096
_RARE_NATS = 11.0  # a piece of fewer than 17 in a million


@dataclasses.dataclass(frozen=True)
class Seen:
    """Figures of texts, in order.

    Args:
        states: (N, D) mean hidden state of each text.
        bits: (N,) bits of each text under the language model.
        sizes: (N,) bytes that these bits are for.
        rare: Share of all pieces that are rare in the tokenizer's training text.
        fallback: Share of all pieces that are single bytes of unknown characters.
        pieces_per_word: Pieces of a word on average.
    """

    states: NDArray[np.float64]
    bits: NDArray[np.float64]
    sizes: NDArray[np.float64]
    rare: float
    fallback: float
    pieces_per_word: float

    @property
    def bits_per_byte(self) -> float:
        """Over all texts together."""
        return float(self.bits.sum() / max(self.sizes.sum(), 1))


def see(assistant: Assistant, texts: Sequence[str]) -> Seen:
    """Encode texts as messages, each from the zero state; of a long one its first 256 pieces.

    Line breaks become spaces: how a file is laid out is no difference of its text.
    """
    tokenizer, vocabulary = assistant.tokenizer, assistant.vocabulary
    pieces = [tokenizer.encode(normalise(" ".join(text[:4000].split())))[:_MOST_PIECES] for text in texts]
    rows = [frame(tokenizer, MESSAGE, ids, _MOST_PIECES) for ids in pieces]
    states = np.zeros((len(texts), assistant.backbone.encoder.width))
    bits, sizes = np.zeros(len(texts)), np.zeros(len(texts))
    with torch.inference_mode():
        for index, batch in in_order([{}] * len(rows), {"text": rows}, budget=_BUDGET, pad_id=tokenizer.pad):
            encoded = encode_padded(assistant.backbone.encoder, batch.fields["text"])
            states[index] = mean_pool(encoded.states, encoded.mask).double().numpy(force=True)
            known = encoded.next_ids >= 0
            nats = torch.zeros(known.shape, dtype=torch.float32, device=encoded.states.device)
            nats[known] = vocabulary.nats(encoded.states[known], encoded.next_ids[known]).float()
            bits[index] = (nats.sum(1) / math.log(2)).numpy(force=True)
            sizes[index] = [vocabulary.num_bytes(row[row >= 0]) for row in encoded.next_ids]
    flat = [i for ids in pieces for i in ids]
    words = sum(len(text[:4000].split()) for text in texts)
    return Seen(
        states,
        bits,
        np.maximum(sizes, 1),
        float(np.mean([tokenizer.score(i) < -_RARE_NATS for i in flat])) if flat else 0.0,
        float(np.mean([tokenizer.is_byte(i) for i in flat])) if flat else 0.0,
        len(flat) / max(words, 1),
    )
