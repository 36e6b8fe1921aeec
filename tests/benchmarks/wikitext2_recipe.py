"""The recipe of pytorch/examples word_language_model, written anew: the peer of ``wikitext2.py``.

An LSTM of two layers of 200 with a tied softmax over all words, trained by SGD at rate 20 with the recipe's own
defaults: uniform weights within 0.1, dropout 0.2, 35 words back, 20 rows, gradients clipped at 0.25, the rate divided
by 4 after an epoch that dev gained nothing from, the best weights on dev kept. It ends by processor time instead of
after 40 epochs; what dev takes is not counted.

Source: https://github.com/pytorch/examples/tree/main/word_language_model (BSD-3); no line of it is copied.
"""

# B = rows, T = words of a window, V = vocabulary

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

WIDTH, LAYERS, DROPOUT, ROWS, BACK, CLIP, RATE = 200, 2, 0.2, 20, 35, 0.25, 20.0
State = tuple[Tensor, Tensor]


class WordModel(nn.Module):
    """Embedding, LSTM and the embedding again."""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.dropout = nn.Dropout(DROPOUT)
        self.embedding = nn.Embedding(words, WIDTH)
        self.lstm = nn.LSTM(WIDTH, WIDTH, LAYERS, dropout=DROPOUT)
        self.bias = nn.Parameter(torch.zeros(words))
        nn.init.uniform_(self.embedding.weight, -0.1, 0.1)

    def forward(self, ids: Tensor, state: State | None) -> tuple[Tensor, State]:
        """Log-probabilities (T, B, V) after ids (T, B), and the state."""
        hidden, after = self.lstm(self.dropout(self.embedding(ids)), state)
        logits = F.linear(self.dropout(hidden), self.embedding.weight, self.bias)
        return F.log_softmax(logits, dim=-1), after


def rows_of(ids: Tensor, rows: int) -> Tensor:
    """A stream of ids as so many streams side by side, (T, B)."""
    length = len(ids) // rows
    return ids[: length * rows].view(rows, length).t().contiguous()


@torch.no_grad()
def hidden_of(model: WordModel, ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Every word of a text as one stream: nats (N,), states before it (N, D), ids (N,).

    The first word, which nothing precedes, counts as if each were as likely.
    """
    model.eval()
    state, nats, states = None, [torch.tensor([math.log(len(model.bias))])], [torch.zeros(1, WIDTH)]
    for start in range(0, len(ids) - 1, 350):
        chunk = ids[start : start + 351]
        hidden, state = model.lstm(model.embedding(chunk[:-1, None]), state)
        logits = F.linear(hidden[:, 0], model.embedding.weight, model.bias)
        nats.append(F.cross_entropy(logits, chunk[1:], reduction="none"))
        states.append(hidden[:, 0])
    return torch.cat(nats), torch.cat(states), ids


class RecipeRun:
    """Training by processor seconds; goes on from its checkpoint.

    Args:
        train: Ids of the training words.
        dev: Ids of dev.
        words: Size of the vocabulary.
        file: Where the checkpoint is kept.
    """

    def __init__(self, train: Tensor, dev: Tensor, words: int, file: Path) -> None:
        torch.manual_seed(1111)
        self.model = WordModel(words)
        self.train_rows, self.dev, self.file = rows_of(train, ROWS), dev, file
        self.seconds, self.rate, self.best, self.position, self.epochs = 0.0, RATE, math.inf, 0, 0.0
        self.state: State | None = None
        self.best_weights: dict[str, Tensor] = {}
        if file.is_file():
            self._restore()

    def run(self, seconds: float, say: Callable[[str], None]) -> None:
        """Train until so many processor seconds are spent in all; the best weights on dev are in ``model`` then."""
        saved = self.seconds
        while self.seconds < seconds:
            start = time.process_time()
            self._step()
            self.seconds += time.process_time() - start
            if self.position >= len(self.train_rows) - 1:
                self._look(say)
                self.position, self.state = 0, None
            if self.seconds - saved >= 30:
                self._save()
                saved = self.seconds
        if self.position:
            self._look(say)
        self._save()
        self.model.load_state_dict(self.best_weights)

    def _step(self) -> None:
        window = self.train_rows[self.position : self.position + BACK + 1]
        self.position += BACK
        self.epochs += BACK / len(self.train_rows)
        self.model.train()
        self.model.zero_grad()
        state = self.state and (self.state[0].detach(), self.state[1].detach())
        logs, self.state = self.model(window[:-1], state)
        F.nll_loss(logs.flatten(0, 1), window[1:].flatten()).backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        with torch.no_grad():
            for parameter in self.model.parameters():
                parameter.add_(parameter.grad, alpha=-self.rate)

    def _look(self, say: Callable[[str], None]) -> None:
        mean = float(hidden_of(self.model, self.dev)[0].double().mean())
        say(f"recipe: {self.seconds / 60:.1f} CPU minutes, rate {self.rate:g}, dev {math.exp(mean):.1f}")
        if mean < self.best:
            self.best = mean
            self.best_weights = {name: tensor.clone() for name, tensor in self.model.state_dict().items()}
        else:
            self.rate /= 4

    def _save(self) -> None:
        kept = {"model": self.model.state_dict(), "best_weights": self.best_weights, "state": self.state}
        plain = {key: getattr(self, key) for key in ("seconds", "rate", "best", "position", "epochs")}
        aside = self.file.with_suffix(".new")
        torch.save({**kept, **plain, "random": torch.get_rng_state()}, aside)
        aside.replace(self.file)

    def _restore(self) -> None:
        kept = torch.load(self.file, weights_only=True)
        self.model.load_state_dict(kept["model"])
        torch.set_rng_state(kept["random"])
        for key in ("seconds", "rate", "best", "position", "epochs", "state", "best_weights"):
            setattr(self, key, kept[key])
