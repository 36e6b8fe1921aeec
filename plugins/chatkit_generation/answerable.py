"""Whether what a message asks for was said before it: "what is my sister called?" after three turns about a brother.

An LSTM that has learned to say back what it was told says something of what it was not told, too: it cannot know
before it has begun. So this is judged apart, before a reply is said. Each piece of the message seeks the piece of
earlier turns that answers to it best; how well the pieces that matter have found theirs, and whether the message asks
for such a thing at all, gives the probability that it has no answer in the conversation. Where that is likely, only
replies are said that own up to it; where it is not, none of these.

Sources: questions without an answer, Rajpurkar, Jia & Liang 2018 ("Know what you don't know: unanswerable questions for
SQuAD"); the best match of each piece, Khattab & Zaharia 2020 ("ColBERT"). Departs from the second in pieces that weigh
by what is learned.

B = batch, T = tokens, D = width of the hidden states, E = width of the embedding, K = width of what is compared
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from chatkit_generation.precedents import shared

REACH = 768  # the latest so many pieces are looked at
ASKS = 0.5  # from which probability on a message asks for what may have been said: it has no precedent
SURE, SAID = 0.65, 0.2  # from which probability on it owns up, and below which it never does; chosen on dev
OWNS = 0.6  # words in common with a reply that owns up, F1
_NEVER = -1e4  # finite, so that its gradient is 0 and no NaN
_SCALE, _BOUND = 6.0, 0.5  # of a cosine, and which of them is neither an answer nor none, where they begin


class Answerable(nn.Module):
    """Judges conversations at the opening of a reply.

    Args:
        width: D.
        embedding: E.
        size: K.
    """

    def __init__(self, width: int, embedding: int, size: int) -> None:
        super().__init__()
        self.asks = nn.Linear(width, 1)
        self.pieces = nn.Linear(width + embedding, 2 * size + 1, bias=False)  # what each seeks, holds, and weighs
        self.scale = nn.Parameter(torch.tensor(math.log(_SCALE)))
        self.bound = nn.Parameter(torch.tensor(_BOUND))
        with torch.no_grad():  # it begins with the same pieces as what answers to each other, wherever they stand
            self.pieces.weight[:, :width] *= 0.1
            self.pieces.weight[size:-1] = self.pieces.weight[:size]

    def forward(self, states: Tensor, ids: Tensor, embedded: Tensor, openings: Tensor) -> tuple[Tensor, Tensor]:
        """Log-odds (B, T), at each opening of a turn, of what the turn before it asks for.

        Args:
            states: (B, T, D).
            ids: (B, T) int64.
            embedded: (B, T, E).
            openings: Ids that open a turn.
        Returns:
            That it asks for something that may have been said, and that it does and no earlier turn has said it.
        """
        turn = torch.isin(ids, openings).cumsum(1)  # (B, T): number of the turn
        back = turn[:, :, None] - turn[:, None, :]  # (B, T, T): how many turns before this one
        of_pieces = self.pieces(torch.cat((states, embedded), -1))
        sought, held = (functional.normalize(part, dim=-1) for part in of_pieces[..., :-1].chunk(2, -1))
        best = (sought @ held.transpose(1, 2)).masked_fill(back < 1, -1.0).amax(-1)
        weights = of_pieces[..., -1][:, None, :].masked_fill(back != 1, _NEVER).softmax(-1)
        found = self.scale.exp() * ((weights @ best[:, :, None])[..., 0] - self.bound)
        asks: Tensor = self.asks(states)[..., 0]
        # the logarithm of a probability that is a product of two, and of what is left
        unsaid = functional.logsigmoid(asks) + functional.logsigmoid(-found)
        return asks, unsaid - torch.log(-torch.expm1(unsaid.clamp(max=-1e-6)))

    def judge(self, states: Tensor, ids: Tensor, embedded: Tensor, openings: Tensor) -> tuple[float, float]:
        """Of the message before the reply that is about to begin the two probabilities; 0 if there is no message.

        Args:
            states: (T, D) of the conversation, the opening of the reply last.
            ids: (T,) int64.
            embedded: (T, E).
            openings: Ids that open a turn.
        """
        if not len(ids):
            return 0.0, 0.0
        odds = self(states[None, -REACH:], ids[None, -REACH:], embedded[None, -REACH:], openings)
        asks, unsaid = (float(each[0, -1].sigmoid()) for each in odds)
        return asks, unsaid


def owns_up(text: str, replies: Sequence[str]) -> bool:
    """Whether a reply says much the same as one of those that own up."""
    return any(shared(text, reply) >= OWNS for reply in replies)
