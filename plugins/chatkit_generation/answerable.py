"""Whether what a message asks for was said before it: "what is my sister called?" after three turns about a brother.

An LSTM that has learned to say back what it was told says something of what it was not told, too: it cannot know
before it has begun. So this is judged apart, before a reply is said. Each piece of the message seeks the piece of
earlier turns that answers to it best; how well the pieces that matter have found theirs, and whether the message asks
for such a thing at all, gives the probability that it has no answer in the conversation. Where that is likely, only
replies are said that own up to it; where it is not, none of these. What is asked of the world (facts, instructions,
sums) is no such thing, and a model this small does not know it, either: it is heard, too, so that this is what is said.
So is what is to be noted (an order, a booking): a reply to it must hold what the message says.

Sources: questions without an answer, Rajpurkar, Jia & Liang 2018 ("Know what you don't know: unanswerable questions for
SQuAD"); the best match of each piece, Khattab & Zaharia 2020 ("ColBERT"). Departs from the second in pieces that weigh
by what is learned.

B = batch, T = tokens, D = width of the hidden states, E = width of the embedding, K = width of what is compared,
N = openings of turns
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from chatkit_generation.wording import shared

REACH = 768  # the latest so many pieces are looked at
ASKS = 0.5  # from which probability on a message asks for what may have been said: it has no precedent
SURE, SAID = 0.65, 0.2  # from which probability on it owns up, and below which it never does; chosen on dev
WORLD = 0.8  # from which probability on a message asks for what the world knows, and no conversation
FIRST, NARROW = 4, 24  # pieces that a message begins with, and how wide each is looked at
NOTES, MAY_NOTE = 0.5, 0.2  # from which probability on a message wants something noted, and may have wanted it
OWNS = 0.6  # words in common with a reply that owns up, F1
_NOT_TOLD = re.compile(r"you (?:have not|haven't|did not|didn't) (?:told?|said|say|mention)", re.IGNORECASE)
_NEVER = -1e4  # finite, so that its gradient is 0 and no NaN
_SCALE, _BOUND = 6.0, 0.5  # of a cosine, and which of them is neither an answer nor none, where they begin


class Probabilities(NamedTuple):
    """Of what one message asks for, see ``Judged``."""

    asks: float = 0.0
    unsaid: float = 0.0
    world: float = 0.0
    notes: float = 0.0


class Judged(NamedTuple):
    """Log-odds, or probabilities, of what messages ask for.

    Args:
        asks: That it asks for something that may have been said.
        unsaid: That it does, and no earlier turn has said it.
        world: That it asks for what the world knows, and no conversation.
        notes: That it wants something noted, or is a part of that.
    """

    asks: Tensor
    unsaid: Tensor
    world: Tensor
    notes: Tensor


class Answerable(nn.Module):
    """Judges conversations at the opening of a reply.

    Args:
        width: D.
        embedding: E.
        size: K.
    """

    def __init__(self, width: int, embedding: int, size: int) -> None:
        super().__init__()
        # of what kind the message is, by the state behind it, its first pieces, its last, and all of them
        self.state, self.piece = nn.Linear(width, NARROW), nn.Linear(embedding, NARROW, bias=False)
        self.hidden, self.kinds = nn.Linear(NARROW * (FIRST + 3), 32), nn.Linear(32, 3)
        self.pieces = nn.Linear(width + embedding, 2 * size + 1, bias=False)  # what each seeks, holds, and weighs
        self.scale = nn.Parameter(torch.tensor(math.log(_SCALE)))
        self.bound = nn.Parameter(torch.tensor(_BOUND))
        with torch.no_grad():  # it begins with the same pieces as what answers to each other, wherever they stand
            self.pieces.weight[:, :width] *= 0.1
            self.pieces.weight[size:-1] = self.pieces.weight[:size]

    def forward(self, states: Tensor, ids: Tensor, embedded: Tensor, openings: Tensor) -> Judged:
        """Log-odds, each (N,), at the N openings of turns, in the order of rows: of what the turn before asks for.

        Args:
            states: (B, T, D).
            ids: (B, T) int64.
            embedded: (B, T, E).
            openings: Ids that open a turn.
        """
        opens = torch.isin(ids, openings)
        turn = opens.cumsum(1)  # (B, T): number of the turn
        row, place = opens.nonzero().unbind(1)
        sought, held, matters = self._compared(states, embedded)
        earlier = turn[:, :, None] > turn[:, None, :]  # (B, T, T)
        best = (sought @ held.transpose(1, 2)).masked_fill(~earlier, -1.0).amax(-1)
        message = turn[row] == turn[row, place, None] - 1  # (N, T)
        weights = matters[row].masked_fill(~message, _NEVER).softmax(-1)
        narrow = self.piece(embedded)
        sums = functional.pad(narrow.cumsum(1), (0, 0, 1, 0))  # (B, 1 + T, NARROW)
        length = message.sum(-1)
        begin, more = place - length, length[:, None]
        mean = (sums[row, place] - sums[row, begin]) / more.clamp(min=1)
        parts = [narrow[row, (begin + i).clamp(max=ids.shape[1] - 1)] * (more > i) for i in range(FIRST)]
        parts += [narrow[row, (place - 1).clamp(min=0)] * (more > 0), mean]
        return self._odds(states[row, place], torch.cat(parts, -1), (weights * best[row]).sum(-1))

    def judge(self, states: Tensor, ids: Tensor, embedded: Tensor, openings: Tensor) -> Probabilities:
        """Of the message before the reply that is about to begin the probabilities; 0 if there is no message.

        Args:
            states: (T, D) of the conversation, the opening of the reply last.
            ids: (T,) int64.
            embedded: (T, E).
            openings: Ids that open a turn.
        """
        states, ids, embedded = states[-REACH:], ids[-REACH:], embedded[-REACH:]
        turn = torch.isin(ids, openings).cumsum(0)
        latest = turn[-1:] - 1
        message, before = turn == latest, turn < latest
        if not message.any():
            return Probabilities()
        sought, held, matters = self._compared(states, embedded)
        likeness = sought[message] @ held[before].T
        best = likeness.amax(-1) if before.any() else likeness.new_full((len(likeness),), -1.0)
        narrow = self.piece(embedded[message])
        begins = functional.pad(narrow[:FIRST], (0, 0, 0, max(FIRST - len(narrow), 0)))
        parts = torch.cat((begins, narrow[-1:], narrow.mean(0, keepdim=True))).flatten()
        odds = self._odds(states[-1], parts, matters[message].softmax(0) @ best)
        return Probabilities(*(float(each.sigmoid()) for each in odds))

    def _compared(self, states: Tensor, embedded: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What each piece seeks (..., K) and holds (..., K), both of length 1, and how much it matters (...)."""
        of_pieces = self.pieces(torch.cat((states, embedded), -1))
        sought, held = (functional.normalize(part, dim=-1) for part in of_pieces[..., :-1].chunk(2, -1))
        return sought, held, of_pieces[..., -1]

    def _odds(self, states: Tensor, parts: Tensor, matched: Tensor) -> Judged:
        """What ``forward`` returns.

        Args:
            states: (..., D) at the openings.
            parts: (..., NARROW (FIRST + 2)) of the messages before them.
            matched: (...) mean cosine of what their pieces have found.
        """
        found = self.scale.exp() * (matched - self.bound)
        hidden = functional.gelu(self.hidden(torch.cat((functional.gelu(self.state(states)), parts), -1)))
        asks, world, notes = self.kinds(hidden).unbind(-1)
        # the logarithm of a probability that is a product of two, and of what is left
        unsaid = functional.logsigmoid(asks) + functional.logsigmoid(-found)
        return Judged(asks, unsaid - torch.log(-torch.expm1(unsaid.clamp(max=-1e-6))), world, notes)


def owns_up(text: str, replies: Sequence[str]) -> bool:
    """Whether a reply says much the same as one of those that own up, or begins as they do."""
    begins = bool(_NOT_TOLD.match(text)) and any(map(_NOT_TOLD.match, replies))
    return begins or any(shared(text, reply) >= OWNS for reply in replies)
