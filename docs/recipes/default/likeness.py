"""Vectors of pieces that tell which messages mean the same: for ``precedents.py``, no command of its own.

Two towers of summed vectors are trained to tell a sentence's translation from those of other sentences; the tower of
English also to tell a message with the same replies from other messages. What a sentence and its translation share is
what they mean, and sentences of the translation sets are what people say on any day. The vectors of English pieces are
a linear map of the encoder's embeddings and a table of their own, each weighed by how much the piece matters.

Sources: contrastive training on translations, Wieting, Gimpel, Neubig & Berg-Kirkpatrick 2019, "Simple and effective
paraphrastic similarity from parallel translations"; InfoNCE, van den Oord, Li & Vinyals 2018, "Representation learning
with contrastive predictive coding".

V = pieces of the vocabulary, E = width, B = sentences in a batch
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from chatkit.head.vocabulary import Vocabulary

EPOCHS = 3
BATCH = 768
MESSAGES = 300  # pairs of messages in a step
APART = 200  # messages without precedent beside them
OF_MESSAGES = 0.5  # weight of their loss beside that of translations
RATE = 3e-3
DROPPED = 0.15  # share of pieces that are left out
SHARP, SHARP_OF_MESSAGES = 0.07, 0.1  # temperatures of the two softmaxes
LONGEST = 32  # pieces
SEED = 20261207

Ids = Sequence[Sequence[int]]


class Tower(nn.Module):
    """Sums of the vectors of pieces.

    Args:
        weights: (V,) how much each piece matters, to begin with.
        width: E.
        embeddings: (V, D) of which a linear map is added to the table, or None.
    """

    def __init__(self, weights: Tensor, width: int, embeddings: Tensor | None = None) -> None:
        super().__init__()
        self.embeddings = embeddings
        self.map = None if embeddings is None else nn.Linear(embeddings.shape[1], width, bias=False)
        self.table = nn.Parameter(torch.randn(len(weights), width) * (0.1 if embeddings is None else 0.05))
        self.weights = nn.Parameter(weights.clone())

    def vectors(self) -> Tensor:
        """Vector of each piece, (V, E)."""
        rows = self.table
        if self.map is not None and self.embeddings is not None:
            rows = rows + self.map(self.embeddings)
        return rows * self.weights[:, None]

    def forward(self, texts: Ids, dropped: float = 0.0) -> Tensor:
        """Vectors (B, E) of length 1."""
        ids = torch.tensor([piece for text in texts for piece in text])
        begins = torch.tensor(np.cumsum([0, *(len(text) for text in texts[:-1])]))
        kept = (torch.rand(len(ids)) >= dropped).float() + 1e-3  # no text is left without any
        return F.normalize(F.embedding_bag(ids, self.vectors(), begins, mode="sum", per_sample_weights=kept), dim=1)


def learned(vocabulary: Vocabulary, groups: Sequence[Ids], apart: Ids, bitext: tuple[Ids, Ids], width: int) -> Tensor:
    """Vectors (V, E) whose sum over a text says what it means.

    Args:
        vocabulary: Whose embeddings they begin with.
        groups: Pieces of messages that have the same replies.
        apart: Pieces of messages that are like none of these, and like themselves where pieces are left out.
        bitext: Pieces of sentences, and of their translations.
        width: E.
    """
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    groups, (sources, targets) = [each for each in groups if len(each) > 1], bitext
    weights = _rarity(len(vocabulary), [*sources, *(text for group in groups for text in group)])
    own, other = Tower(weights, width, _embeddings(vocabulary)), Tower(weights, width)
    optimiser = torch.optim.Adam([*own.parameters(), *other.parameters()], lr=RATE)
    steps = EPOCHS * math.ceil(len(sources) / BATCH)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        drawn = rng.integers(0, len(sources), BATCH)
        said, meant = own([sources[i] for i in drawn], DROPPED), other([targets[i] for i in drawn], DROPPED)
        both = said @ meant.T / SHARP
        loss = (_told_apart(both) + _told_apart(both.T)) / 2
        pairs = [
            [groups[i][j] for j in rng.choice(len(groups[i]), 2, replace=False)]
            for i in rng.permutation(len(groups))[:MESSAGES]
        ]
        pairs += [[apart[i], apart[i]] for i in rng.permutation(len(apart))[:APART]]
        one, two = (own(texts, DROPPED) for texts in zip(*pairs, strict=True))
        loss = loss + OF_MESSAGES * _told_apart(one @ two.T / SHARP_OF_MESSAGES)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        falling.step()
    return own.vectors().detach()


def _told_apart(likeness: Tensor) -> Tensor:
    """Cross-entropy where each row's own is on the diagonal."""
    return F.cross_entropy(likeness, torch.arange(len(likeness)))


def _rarity(pieces: int, texts: Ids) -> Tensor:
    """Weights (V,), about 1: the logarithm of how rare each piece is."""
    counts = np.bincount([piece for text in texts for piece in text], minlength=pieces)
    return torch.tensor(np.log((len(texts) + 1) / (counts + 0.5)) / 6, dtype=torch.float32).clamp(0.2, 2)


def _embeddings(vocabulary: Vocabulary) -> Tensor:
    """The encoder's, (V, D), with their mean taken off, of length 1 on average."""
    rows = vocabulary.embed(torch.arange(len(vocabulary))).detach().float()
    rows = rows - rows.mean(0)
    return rows / rows.norm(dim=1).mean()
