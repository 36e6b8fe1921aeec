"""A pointer to what was said before: names and numbers of a conversation are copied, not guessed.

Beside the softmax over the vocabulary stands a distribution over the pieces of earlier turns; a gate of its own (the
sentinel) says how much of the probability each of the two gets, position by position. An LSTM of a few million weights
learns the form of "your name is ..." but not to carry any name there; with the pointer the state before "is" finds the
place in the conversation that stands in a like context, and what followed there is likelier.

Source: pointer sentinel mixture model, Merity, Xiong, Bradbury & Socher 2017. Departs from it in that a key is made of
the states before and after a piece and of the piece itself, and in that a turn points to earlier turns only, so that a
reply cannot copy itself into a loop. In a reply, moreover, a piece within a word is copied only where the word so far
is the same in both, and there it is likelier once two pieces of it are said: each piece is drawn by itself, and
"Lisbon" would go on with "bon" again, "Fluffy" with a "y", and "Beatrice" would end a piece too soon.

B = batch, T = tokens, D = width of the hidden states, E = width of the embedding, V = vocabulary,
K = width of the keys, M = pieces that can be copied
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

REACH = 1024  # of a conversation the latest so many pieces can be copied
_LONGEST = 32  # pieces of a word; what goes on behind them counts as a word of its own
_LEAN = 3.0  # nats by which the next piece of a word is likelier once two are there; no other value was tried
_NEVER = -1e4  # logarithm of no probability at all; finite, so that its gradient is 0 and no NaN


class Pointer(nn.Module):
    """Weights of queries, keys and of the sentinel.

    Args:
        width: Width D of the hidden states.
        embedding: Width E of the embeddings.
        keys: Width K of queries and keys.
    """

    def __init__(self, width: int, embedding: int, keys: int) -> None:
        super().__init__()
        if keys < 1:
            raise ValueError(f"a pointer needs keys of a width of at least 1, got {keys}")
        self.query = nn.Linear(width, keys, bias=False)
        self.before = nn.Linear(width, keys, bias=False)
        self.after = nn.Linear(width, keys, bias=False)
        self.piece = nn.Linear(embedding, keys, bias=False)
        self.sentinel = nn.Linear(width, 1)
        self.scale = nn.Parameter(torch.tensor(1 / math.sqrt(keys)))
        nn.init.constant_(self.sentinel.bias, 3.0)  # at first the softmax has nearly all

    def keys(self, states: Tensor, embedded: Tensor) -> Tensor:
        """Keys (..., T-1, K) of the pieces from the second one on.

        Args:
            states: (..., T, D) hidden states, of each piece the one after it.
            embedded: (..., T, E) embeddings of the pieces.
        """
        before: Tensor = self.before(states[..., :-1, :])
        return before + self.after(states[..., 1:, :]) + self.piece(embedded[..., 1:, :])

    def shares(
        self,
        states: Tensor,
        heard: Tensor,
        ids: Tensor,
        embedded: Tensor,
        targets: Tensor,
        openings: Tensor,
        specials: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """What the pointer says of each target of a batch.

        Args:
            states: (B, T, D), what asks.
            heard: (B, T, D), hidden states of the encoder, which keys are made of; the same where nothing mends them.
            ids: (B, T) int64.
            embedded: (B, T, E).
            targets: (B, T) int64, the piece to predict at each position; below 0 where there is none.
            openings: Ids that open a turn.
            specials: Ids that are never copied.
        Returns:
            Logarithm of the softmax's share (B, T), and (B, T) the logarithm of what the pointer gives the target,
            relative to that share.
        """
        turn = torch.isin(ids, openings).cumsum(1)  # (B, T): number of the turn
        earlier = turn[:, 1:][:, None, :] < turn[:, :, None]  # (B, T, T-1)
        place = torch.arange(ids.shape[1], device=ids.device)
        near = place[:, None] - place[None, 1:] < REACH
        allowed = earlier & near & ~torch.isin(ids[:, 1:], specials)[:, None, :]
        scores = self.query(states) @ self.keys(heard, embedded).transpose(1, 2) * self.scale
        scores = scores.masked_fill(~allowed, _NEVER)
        own: Tensor = self.sentinel(states)
        share = own[..., 0] - torch.cat((own, scores), -1).logsumexp(-1)
        match = allowed & (ids[:, None, 1:] == targets[:, :, None])
        copied = scores.masked_fill(~match, _NEVER)
        found = match.any(-1)
        against = torch.where(found, copied.logsumexp(-1) - own[..., 0], _NEVER)
        return share, against

    def over(
        self,
        states: Tensor,
        ids: Tensor,
        embedded: Tensor,
        openings: Tensor,
        specials: Tensor,
        own: int | None = None,
        begins: Tensor | None = None,
    ) -> Copies:
        """What the turn that is going on can copy.

        Args:
            states: (T, D) of the conversation so far, the opening of the turn last or somewhere behind it.
            ids: (T,) int64.
            embedded: (T, E).
            openings: Ids that open a turn.
            specials: Ids that are never copied.
            own: Id that opens turns of the one who speaks; nothing is copied from these, for a name that was mangled
                once would be said again and again. In training it may: there all that was said is right.
            begins: (V,) bool, whether a piece begins a word; by default each is a word.
        """
        if len(ids) < 2:
            return Copies(self, self.query.weight.new_zeros(0, self.query.out_features), ids[:0], [], begins)
        opens = torch.isin(ids, openings)
        turn = opens.cumsum(0)
        allowed = (turn < turn[-1:]) & ~torch.isin(ids, specials)
        if own is not None:
            whose = torch.cat((ids.new_full((1,), -1), ids[opens]))[turn]
            allowed &= whose != own
        places = torch.nonzero(allowed[1:])[-REACH:, 0]  # the first piece has no state before it
        behind = _words(ids.tolist(), begins)
        return Copies(
            self,
            self.keys(states, embedded)[places],
            ids[1:][places],
            [behind[place + 1] for place in places.tolist()],
            begins,
        )


class Copies:
    """Pieces of earlier turns that a reply may copy, while it is drawn.

    Args:
        pointer: The weights.
        keys: (M, K).
        ids: (M,) int64.
        behind: Of each, the pieces of its word that come before it.
        begins: (V,) bool, whether a piece begins a word.
    """

    def __init__(
        self, pointer: Pointer, keys: Tensor, ids: Tensor, behind: Sequence[tuple[int, ...]], begins: Tensor | None
    ) -> None:
        self._pointer, self._keys, self._begins = pointer, keys.t().contiguous(), begins
        self._pieces, self._place = ids.unique(return_inverse=True)
        self._within = torch.tensor([_NEVER if word else 0.0 for word in behind])
        self._after: dict[tuple[int, ...], list[int]] = {}
        for place, word in enumerate(behind):
            if word:
                self._after.setdefault(word, []).append(place)

    def __len__(self) -> int:
        return self._keys.shape[1]

    def mixed(self, logits: Tensor, hidden: Tensor, said: Sequence[Sequence[int]]) -> Tensor:
        """Logarithm (B, V) of the mixture of both distributions; the logits themselves where nothing can be copied.

        Args:
            logits: (B, V) of the softmax.
            hidden: (B, D) states that they belong to.
            said: B replies so far, ids.
        """
        if not len(self):
            return logits
        scores = self._pointer.query(hidden) @ self._keys * self._pointer.scale
        if self._after:
            scores = scores + torch.stack([self._word(ids) for ids in said])
        shares = torch.cat((self._pointer.sentinel(hidden), scores), -1).log_softmax(-1)
        out = logits.float().log_softmax(-1) + shares[:, :1]
        copied = out.new_zeros(len(out), len(self._pieces)).index_add_(1, self._place, shares[:, 1:].exp())
        out[:, self._pieces] = torch.logaddexp(out[:, self._pieces], copied.clamp(min=1e-30).log())
        return out

    def _word(self, said: Sequence[int]) -> Tensor:
        """What the word that is being said adds to the score of each place, (M,)."""
        out = self._within
        if said and self._begins is not None:
            last = list(said[-_LONGEST:])
            first = next((i for i in reversed(range(len(last))) if self._begins[last[i]]), 0)
            if places := self._after.get(tuple(last[first:])):
                out = out.clone()
                out[places] = _LEAN if len(last) - first > 1 else 0.0
        return out


def _words(ids: Sequence[int], begins: Tensor | None) -> list[tuple[int, ...]]:
    """Of each piece, the pieces of its word that come before it."""
    if begins is None:
        return [()] * len(ids)
    known = begins.tolist()
    word: list[int] = []
    out: list[tuple[int, ...]] = []
    for index in ids:
        if known[index] or len(word) == _LONGEST:
            word = []
        out.append(tuple(word))
        word.append(index)
    return out
