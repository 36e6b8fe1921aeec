"""The softmax over the vocabulary: hidden states to logits, through the encoder's own embedding when tied.

B = batch, T = tokens, N = targets, D = width of hidden states, E = width of the embedding, V = vocabulary
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from chatkit.nn.cross_entropy import chunked_cross_entropy, target_nats
from chatkit.nn.encoder import Encoder
from chatkit.nn.sampled_softmax import Sampling, sampled_cross_entropy


class VocabularySoftmax(nn.Module):
    """Hidden state -> projection -> product with a table of the vocabulary.

    Args:
        encoder: Its embedding is that table when ``encoder.config.tie`` (weight tying, Press & Wolf 2017); it is not
            registered as a part of this module.

    Attributes:
        sampling: Which pieces a training step computes, where it does not compute all of them.
    """

    sampling: Sampling | None = None

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        vocab_size, embedding = encoder.embedding.weight.shape
        own = None if encoder.config.tie else nn.Embedding(vocab_size, embedding)
        if own is not None:
            nn.init.normal_(own.weight, std=0.1)
        self.untied = own
        self._encoder = (encoder,)  # in a tuple: it is no part of this module
        self.projection = nn.Linear(encoder.width, embedding)
        self.bias = nn.Parameter(torch.zeros(vocab_size))

    @property
    def weight(self) -> Tensor:
        """The table that logits are made with, (V, E)."""
        return self.embedding if self.untied is None else self.untied.weight

    @property
    def embedding(self) -> Tensor:
        """The encoder's embedding table, (V, E)."""
        return self._encoder[0].embedding.weight

    @property
    def narrow(self) -> bool:
        """Whether products run in bfloat16 now."""
        return self._encoder[0].narrow and self.training

    def forward(self, hidden: Tensor) -> Tensor:
        """Logits (..., V) of hidden states (..., D)."""
        return nn.functional.linear(self.projection(hidden), self.weight, self.bias)

    def cross_entropy(
        self, hidden: Tensor, targets: Tensor, bias: Tensor | None = None, against: Tensor | None = None
    ) -> Tensor:
        """Summed nats of targets (N,) under hidden states (N, D); ``bias`` (V,) is added to the logits.

        In training with ``sampling`` it is an estimate. ``against`` (N,) as in ``chunked_cross_entropy``.
        """
        table, bias, narrow = self.weight, self._bias(bias), self.narrow
        projected, sampling = self.projection(hidden), self.sampling if self.training else None
        if sampling is not None and not sampling.covers(len(bias)):
            return sampled_cross_entropy(projected, table, bias, targets, sampling, against=against, bfloat16=narrow)
        return chunked_cross_entropy(projected, table, bias, targets, against=against, bfloat16=narrow)

    def nats(self, hidden: Tensor, targets: Tensor, bias: Tensor | None = None) -> Tensor:
        """Cross-entropy of each target, (N,) nats, without gradient; ``bias`` (V,) is added to the logits."""
        with torch.no_grad():
            return target_nats(self.projection(hidden), self.weight, self._bias(bias), targets)

    def _bias(self, more: Tensor | None) -> Tensor:
        return self.bias if more is None else self.bias + more


class Backbone(nn.Module):
    """What all heads share: the encoder and the softmax over the vocabulary."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.softmax = VocabularySoftmax(encoder)
