"""The tied softmax: hidden states to logits over the vocabulary, through the encoder's own embedding.

B = batch, T = tokens, N = targets, D = width of hidden states, E = width of the embedding, V = vocabulary
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from chatkit.nn.cross_entropy import chunked_cross_entropy, target_nats
from chatkit.nn.encoder import Encoder


class TiedSoftmax(nn.Module):
    """Hidden state -> projection -> product with the embedding table (weight tying, Press & Wolf 2017).

    Args:
        encoder: The encoder whose embedding is shared; it is not registered as a part of this module.
        width: Width of the hidden states to project; the encoder's by default.
    """

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self._embedding = (encoder.embedding,)  # in a tuple: shared, owned by the encoder
        vocab_size, embedding = encoder.embedding.weight.shape
        self.projection = nn.Linear(encoder.width, embedding)
        self.bias = nn.Parameter(torch.zeros(vocab_size))

    @property
    def weight(self) -> Tensor:
        """The encoder's embedding table, (V, E)."""
        return self._embedding[0].weight

    def forward(self, hidden: Tensor) -> Tensor:
        """Logits (..., V) of hidden states (..., D)."""
        return nn.functional.linear(self.projection(hidden), self.weight, self.bias)

    def cross_entropy(self, hidden: Tensor, targets: Tensor, bias: Tensor | None = None) -> Tensor:
        """Summed nats of targets (N,) under hidden states (N, D); ``bias`` (V,) is added to the logits."""
        return chunked_cross_entropy(self.projection(hidden), self.weight, self._bias(bias), targets)

    def nats(self, hidden: Tensor, targets: Tensor, bias: Tensor | None = None) -> Tensor:
        """Cross-entropy of each target, (N,) nats, without gradient; ``bias`` (V,) is added to the logits."""
        with torch.no_grad():
            return target_nats(self.projection(hidden), self.weight, self._bias(bias), targets)

    def _bias(self, more: Tensor | None) -> Tensor:
        return self.bias if more is None else self.bias + more


class Backbone(nn.Module):
    """What all heads share: the encoder and its tied softmax."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.softmax = TiedSoftmax(encoder)
