"""Beam search over any step function, batched over sentences and beams.

B = sentences, K = beams, N = rows (B * K of the sentences that still run), V = vocabulary, L = ids so far
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Step = Callable[[Tensor], Tensor]
"""Last ids (N,) -> log probabilities (N, V) of the next ones; keeps its own state."""
Choose = Callable[[Tensor], None]
"""Rows (N',) of the step before that the next step goes on from, in this order."""


@dataclasses.dataclass(frozen=True)
class Hypothesis:
    """A translation.

    Args:
        ids: Its pieces, without the end.
        score: Log probability divided by the length penalty.
        ended: Whether it came to its end; else it was cut at the longest length.
    """

    ids: Sequence[int]
    score: float
    ended: bool = True


class BeamSearch:
    """Searches the most probable continuation of each sentence; with one beam it is the greedy search.

    Args:
        step: Scores the next ids.
        choose: Told which rows live on.
        start: (B,) first id of each sentence.
        limits: Longest length of each sentence.
        end: Id that ends a hypothesis.
        beams: Hypotheses kept of each sentence.
        alpha: Strength of the length penalty ((5 + length) / 6) ** alpha; 0 favours short ones.
    Source: length penalty Wu et al. 2016, equation 14.
    """

    def __init__(
        self, step: Step, choose: Choose, start: Tensor, limits: Sequence[int], *, end: int, beams: int, alpha: float
    ) -> None:
        self._step, self._choose, self._end, self._beams, self._alpha = step, choose, end, beams, alpha
        self._limits = list(limits)
        self._running = list(range(len(start)))  # sentences whose search goes on
        self._finished: list[list[Hypothesis]] = [[] for _ in self._limits]
        self._ids = torch.empty(len(start), beams, 0, dtype=torch.long)
        self._last = start.repeat_interleave(beams)
        self._scores = torch.full((len(start), beams), float("-inf"))
        self._scores[:, 0] = 0.0  # all beams of a sentence start equal: only one may count

    @property
    def done(self) -> bool:
        """Whether every sentence has its translation."""
        return not self._running

    def advance(self) -> None:
        """One more piece of every sentence that still runs."""
        rows, beams = len(self._running), self._beams
        logs = self._step(self._last).view(rows, beams, -1).cpu()
        vocab_size = logs.shape[-1]
        total = (self._scores.unsqueeze(-1) + logs).view(rows, -1)
        scores, index = total.topk(2 * beams)  # (rows, 2K): enough, even if K of them end
        beam, piece = index // vocab_size, index % vocab_size
        ends = piece == self._end
        length = self._ids.shape[-1]
        for i, j in (ends[:, :beams] & scores[:, :beams].isfinite()).nonzero().tolist():
            ids = self._ids[i, int(beam[i, j])].tolist()
            score = float(scores[i, j]) / self._penalty(length + 1)
            self._finished[self._running[i]].append(Hypothesis(ids, score))
        self._scores, kept = scores.masked_fill(ends, float("-inf")).topk(beams)
        beam, piece = beam.gather(1, kept), piece.gather(1, kept)
        before = self._ids.gather(1, beam.unsqueeze(-1).expand(-1, -1, length))
        self._ids = torch.cat((before, piece.unsqueeze(-1)), -1)
        self._retire(beam, piece)

    def best(self, sentence: int) -> Hypothesis:
        """The best hypothesis of a sentence so far, ended ones first."""
        ended = self._finished[sentence]
        return max(ended or self._live(sentence), key=lambda hypothesis: hypothesis.score)

    def agreed(self, sentence: int) -> list[int]:
        """The pieces with which every live hypothesis and the best ended one begin: they hardly change any more."""
        rivals = [hypothesis.ids for hypothesis in self._live(sentence)]
        if self._finished[sentence]:
            rivals.append(self.best(sentence).ids)
        shared = []
        for pieces in zip(*rivals, strict=False):
            if len(set(pieces)) > 1:
                break
            shared.append(pieces[0])
        return shared

    def _live(self, sentence: int) -> list[Hypothesis]:
        if sentence not in self._running:
            return []
        row = self._running.index(sentence)
        penalty = self._penalty(max(self._ids.shape[-1], 1))
        alive = [j for j in range(self._beams) if self._scores[row, j].isfinite()]
        return [Hypothesis(self._ids[row, j].tolist(), float(self._scores[row, j]) / penalty, False) for j in alive]

    def _retire(self, beam: Tensor, piece: Tensor) -> None:
        """Let go of the sentences whose search is over, and tell the step which rows go on."""
        over = [self._is_over(row, sentence) for row, sentence in enumerate(self._running)]
        for sentence, is_over in zip(list(self._running), over, strict=True):
            if is_over and not self._finished[sentence]:
                self._finished[sentence] = self._live(sentence)
        stay = torch.tensor([row for row, is_over in enumerate(over) if not is_over], dtype=torch.long)
        self._running = [sentence for sentence, is_over in zip(self._running, over, strict=True) if not is_over]
        self._ids, self._scores = self._ids[stay], self._scores[stay]
        self._last = piece[stay].flatten()
        if self._running:
            self._choose((stay[:, None] * self._beams + beam[stay]).flatten())

    def _is_over(self, row: int, sentence: int) -> bool:
        ended, limit = self._finished[sentence], self._limits[sentence]
        if self._ids.shape[-1] >= limit or len(ended) >= self._beams:
            return True
        # The log probability of a live one can only fall, and its penalty only rise up to the limit.
        hope = float(self._scores[row].max()) / self._penalty(limit + 1)
        return not hope > max((hypothesis.score for hypothesis in ended), default=float("-inf"))

    def _penalty(self, length: int) -> float:
        return float(((5 + length) / 6) ** self._alpha)
