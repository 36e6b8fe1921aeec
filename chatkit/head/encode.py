"""A batch of ids through the encoder: ``Padded`` in, ``Encoded`` out.

B = batch, T = tokens
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from chatkit.data.batching import Padded
from chatkit.head.encoded import Encoded
from chatkit.nn.encoder import Encoder, State
from chatkit.text.tokenizer import Tokenizer


def encode_padded(
    encoder: Encoder, padded: Padded, *, carried: State | None = None, tokenizer: Tokenizer | None = None
) -> Encoded:
    """Encode one field of a batch.

    Args:
        encoder: The encoder; gradient flows as torch's grad mode says.
        padded: The ids.
        carried: State after the batch before, for rows that are not fresh.
        tokenizer: Makes ``Encoded.offsets``, if given.
    """
    device = encoder.embedding.weight.device
    ids = torch.from_numpy(padded.ids).to(device)
    fresh = torch.from_numpy(padded.fresh).to(device)
    state = None if carried is None or bool(fresh.all()) else encoder.blend(carried, fresh)
    states, after = encoder(ids, state)
    lengths = torch.from_numpy(padded.lengths).to(device)
    rows: Sequence[Sequence[int]] = [row[:n].tolist() for row, n in zip(padded.ids, padded.lengths, strict=True)]
    return Encoded(
        ids,
        lengths,
        states,
        torch.from_numpy(padded.next_ids).to(device),
        after,
        None if tokenizer is None else lambda: [tokenizer.offsets(row) for row in rows],
    )
