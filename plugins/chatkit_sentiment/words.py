"""What the words of a text say, beside what the head has learned from hidden states: a linear model and a lexicon.

Neither is part of the training: a head is trained the same with them and without, and they are filled afterwards.
Labelled sentences teach the words of their own domain; a lexicon knows those of others.

B = batch, C = classes, R = rows
"""

from __future__ import annotations

import itertools
import math
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|[^\w\s]{2,}|[!?]")  # words, what faces are made of, and what is cried
_COLUMNS = 1024  # of the stored matrices, whose zeros take one bit each
_FLIP, _REACH, _ALPHA = -0.74, 3, 15.0  # Hutto & Gilbert 2014: negated words, words before them, saturation
_NEGATIONS = frozenset(
    ("not", "no", "never", "nor", "nothing", "nobody", "none", "nowhere", "neither", "without", "hardly", "cannot")
)


def words_of(text: str) -> list[str]:
    """Words of a text in small letters, and runs of signs such as ":-)"."""
    return _WORD.findall(text.replace("’", "'").lower())


class _Hashed(nn.Module):
    """A table of ``2 ** bits`` rows for words, and the weighted sum of the rows of a text's words."""

    table: Tensor
    count: Tensor  # of what it was filled with

    def __init__(self, bits: int, columns: int, *, name: str) -> None:
        super().__init__()
        if not 10 <= bits <= 24:
            raise ValueError(f"{name} must lie in 10..24, got {bits}")
        self.rows = 2**bits
        self.register_buffer("table", torch.zeros(self.rows * columns // _COLUMNS, _COLUMNS, dtype=torch.half))
        self.register_buffer("count", torch.zeros(1))

    @property
    def is_empty(self) -> bool:
        """Whether it was never filled."""
        return not bool(self.count)

    def _row(self, word: str) -> int:
        return zlib.crc32(word.encode()) % self.rows

    def _sum(self, texts: Sequence[Sequence[tuple[int, float]]]) -> Tensor:
        """Of each text its rows with their weights -> (B, K)."""
        table = self.table.view(self.rows, -1)
        rows, weights, starts = (part.to(table.device) for part in _flat(texts))
        if not len(rows):
            return torch.zeros(len(texts), table.shape[1], device=table.device)
        return nn.functional.embedding_bag(
            torch.arange(len(rows), device=table.device),
            table[rows].float(),
            starts,
            mode="sum",
            per_sample_weights=weights,
        )


def _flat(texts: Sequence[Sequence[tuple[int, float]]]) -> tuple[Tensor, Tensor, Tensor]:
    """Rows and weights of all texts, (N,) each, and where each text starts among them, (B,)."""
    pairs = [pair for text in texts for pair in text]
    starts = torch.tensor([0, *(len(text) for text in texts)]).cumsum(0)[:-1]
    rows = torch.tensor([row for row, _ in pairs], dtype=torch.long)
    return rows, torch.tensor([weight for _, weight in pairs], dtype=torch.float32), starts


class Lexicon(_Hashed):
    """Sum of the valences of a text's words, as a number between -1 and 1.

    A word is negated where one of the three before it is "not" or the like. Words are hashed into ``2 ** bits`` rows,
    so a word that is in no lexicon is taken for one with a chance of their number over the rows.

    Args:
        bits: Two to this many rows, 10 to 24.

    Source: Hutto & Gilbert 2014, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text",
    of whose rules those on negation and on the sum are taken.
    """

    def __init__(self, bits: int) -> None:
        super().__init__(bits, 1, name="lexicon")

    def learn(self, valences: Mapping[str, float]) -> int:
        """Take over a lexicon in place of the one before; how many words it took.

        Args:
            valences: Word -> valence, below zero where it is bad, -4 to 4 as VADER's. What is more than one word is
                passed over.
        Raises:
            ValueError: If a valence is no finite number.
        """
        known: dict[str, float] = {}
        for word, valence in valences.items():
            if not math.isfinite(valence):
                raise ValueError(f"valence of {word!r} is {valence}")
            if words_of(word) == [word.lower()]:
                known[word.lower()] = float(valence)
        self.table.zero_()
        for word, valence in known.items():
            self.table.view(-1)[self._row(word)] = valence
        self.count.fill_(len(known))
        return len(known)

    def forward(self, texts: Sequence[str]) -> Tensor:
        """Valence of texts, (B,) in -1..1; 0 where no word is known."""
        total = self._sum([list(self._signed(words_of(text))) for text in texts])[:, 0]
        return total / (total.square() + _ALPHA).sqrt()

    def _signed(self, words: Sequence[str]) -> Iterator[tuple[int, float]]:
        denied = [word in _NEGATIONS or word.endswith("n't") for word in words]
        for i, word in enumerate(words):
            yield self._row(word), _FLIP if any(denied[max(0, i - _REACH) : i]) else 1.0


class WordModel(_Hashed):
    """Logistic regression over the words and pairs of neighbouring words of a text, each counted once.

    Words that few texts hold weigh more while it is fitted (inverse document frequency), so that the penalty does not
    forget them; those that one text alone holds are left out.

    Args:
        classes: C.
        bits: Two to this many rows, 10 to 24.

    Source: Wang & Manning 2012, "Baselines and Bigrams"; Weinberger et al. 2009, "Feature Hashing for Large Scale
    Multitask Learning".
    """

    bias: Tensor

    def __init__(self, classes: int, bits: int) -> None:
        super().__init__(bits, classes, name="words")
        self.register_buffer("bias", torch.zeros(classes))

    def forward(self, texts: Sequence[str]) -> Tensor:
        """Logits of texts, (B, C)."""
        return self._sum([self._grams(text) for text in texts]) + self.bias

    def fit(self, texts: Sequence[str], targets: Tensor, *, penalty: float = 10.0, steps: int = 60) -> float:
        """Fit it to texts in place of what it was; the mean loss that it ends with, nats a text.

        Args:
            texts: N of them.
            targets: Their classes, (N,) int64.
            penalty: Of half the squared weights, beside the summed loss.
            steps: At most so many steps of L-BFGS.
        """
        rows, shares, starts = _flat([self._grams(text) for text in texts])
        holding = torch.bincount(rows, minlength=self.rows)
        rarity = (((1 + len(texts)) / (1 + holding)).log() + 1) * (holding >= 2)
        weights = torch.zeros(self.rows, len(self.bias), requires_grad=True)
        bias = torch.zeros(len(self.bias), requires_grad=True)
        optimiser = torch.optim.LBFGS([weights, bias], max_iter=steps, history_size=10, line_search_fn="strong_wolfe")
        mean = 0.0

        def closure() -> Tensor:
            nonlocal mean
            optimiser.zero_grad()
            logits = nn.functional.embedding_bag(
                rows, weights * rarity[:, None], starts, mode="sum", per_sample_weights=shares
            )
            loss = nn.functional.cross_entropy(logits + bias, targets)
            mean = float(loss.detach())
            whole = loss + penalty / 2 * weights.square().sum() / len(texts)
            whole.backward()
            return whole

        with torch.enable_grad():
            optimiser.step(closure)
        with torch.no_grad():
            self.table.copy_((weights * rarity[:, None]).view_as(self.table))
            self.bias.copy_(bias)
            self.count.fill_(len(texts))
        return mean

    def _grams(self, text: str) -> list[tuple[int, float]]:
        words = words_of(text)
        grams = sorted({*words, *(f"{a} {b}" for a, b in itertools.pairwise(words))})
        return [(self._row(gram), 1 / math.sqrt(len(grams))) for gram in grams]
