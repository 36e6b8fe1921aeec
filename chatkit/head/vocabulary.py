"""The shared vocabulary as a head sees it: ids, texts and the tied softmax; owned by the host.

N = targets, D = width of the hidden states, E = width of the embedding, V = vocabulary
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from chatkit.nn.vocabulary import VocabularySoftmax
from chatkit.text.tokenizer import StreamDecoder, Tokenizer, language_piece


class Vocabulary:
    """A plain object, so that a head may keep it without owning the weights behind it.

    Args:
        tokenizer: The shared tokenizer.
        softmax: The shared softmax.
    """

    def __init__(self, tokenizer: Tokenizer, softmax: VocabularySoftmax) -> None:
        self._tokenizer = tokenizer
        self._softmax = softmax
        self._fast_logits: Callable[[Tensor], Tensor] | None = None
        self._surface: tuple[Tensor, Tensor] | None = None

    def __deepcopy__(self, memo: object) -> Vocabulary:
        return self  # shared by construction

    def __len__(self) -> int:
        return len(self._tokenizer)

    @property
    def end(self) -> int:
        """Id of the end of a turn."""
        return self._tokenizer.end

    def language(self, language: str) -> int:
        """Id of the piece that asks for a target language, such as "fr"."""
        return self._tokenizer.special(language_piece(language))

    @property
    def specials(self) -> list[int]:
        """Ids of all special pieces, padding included."""
        return sorted(self._tokenizer.specials.values())

    def encode(self, text: str) -> list[int]:
        """Ids of a text, without special pieces."""
        return self._tokenizer.encode(text)

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids."""
        return self._tokenizer.decode(ids)

    def decoder(self) -> StreamDecoder:
        """A decoder for one stream of ids: ``push(id)`` gives the text that it adds."""
        return StreamDecoder(self._tokenizer)

    def embed(self, ids: Tensor) -> Tensor:
        """Embeddings (..., E) of ids, from the shared table."""
        return torch.nn.functional.embedding(ids, self._softmax.embedding)

    def logits(self, hidden: Tensor, bias: Tensor | None = None) -> Tensor:
        """Logits (..., V) of hidden states (..., D); int8 at inference where the machine has it.

        Args:
            hidden: Hidden states of the encoder's width.
            bias: (V,), added to the logits: a head whose texts are not those of the conversation (another language,
                code) owns the frequencies of its pieces, and need not move those of the others.
        """
        fast = self._fast_logits is not None and not torch.is_grad_enabled() and hidden.ndim == 2
        logits: Tensor = self._fast_logits(hidden) if fast and self._fast_logits else self._softmax(hidden)
        return logits if bias is None else logits + bias

    def cross_entropy(self, hidden: Tensor, ids: Tensor, bias: Tensor | None = None) -> Tensor:
        """Summed cross-entropy in nats of ids (N,) under hidden states (N, D), ``bias`` as in ``logits``."""
        if not torch.is_grad_enabled():
            return self._softmax.nats(hidden, ids, bias).sum(dtype=torch.float64)
        return self._softmax.cross_entropy(hidden, ids, bias)

    def nats(self, hidden: Tensor, ids: Tensor, bias: Tensor | None = None) -> Tensor:
        """Cross-entropy of each id, (N,) nats, without gradient; ``bias`` as in ``logits``."""
        return self._softmax.nats(hidden, ids, bias)

    def num_bytes(self, ids: Tensor) -> int:
        """UTF-8 bytes of the text of ids, one more for each turn (the line end that would part it from the next)."""
        return int(self._surfaces()[0][ids].sum())

    def num_words(self, ids: Tensor) -> int:
        """Words that start in ids, split at white space, one more for each end of turn."""
        return int(self._surfaces()[1][ids].sum())

    def use_fast_logits(self, logits: Callable[[Tensor], Tensor] | None) -> None:
        """Host only: take logits (B, D) -> (B, V) from here at inference."""
        self._fast_logits = logits

    def _surfaces(self) -> tuple[Tensor, Tensor]:
        if self._surface is None:
            num_bytes, num_words = torch.zeros(len(self), dtype=torch.long), torch.zeros(len(self), dtype=torch.long)
            specials = set(self._tokenizer.specials.values())
            for index, piece in enumerate(self._tokenizer.pieces(range(len(self)))):
                if index in specials:
                    num_words[index] = int(index == self.end)
                elif self._tokenizer.is_byte(index):
                    num_bytes[index] = 1
                else:
                    surface = piece.replace("\u2581", " ")
                    num_bytes[index] = len(surface.encode("utf-8"))
                    num_words[index] = int(surface[0].isspace() and not surface.isspace())
            self._surface = num_bytes, num_words
        return self._surface
