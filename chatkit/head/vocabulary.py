"""The shared vocabulary as a head sees it: ids, texts and the tied softmax; owned by the host.

N = targets, D = width of the hidden states, E = width of the embedding, V = vocabulary
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from chatkit.nn.vocabulary import VocabularySoftmax
from chatkit.text.stream_decoder import StreamDecoder
from chatkit.text.tokenizer import ASSISTANT, TEXT, USER, Tokenizer, language_piece


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
        self._surface: _Surfaces | None = None

    def __deepcopy__(self, memo: object) -> Vocabulary:
        return self  # shared by construction

    def __len__(self) -> int:
        return len(self._tokenizer)

    @property
    def width(self) -> int:
        """Width E of the embeddings."""
        return self._softmax.embedding.shape[-1]

    @property
    def end(self) -> int:
        """Id of the end of a turn."""
        return self._tokenizer.end

    def language(self, language: str) -> int:
        """Id of the piece that asks for a target language, such as "fr"."""
        return self._tokenizer.special(language_piece(language))

    @property
    def reply(self) -> int:
        """Id of the piece that opens a turn of the assistant."""
        return self._tokenizer.special(ASSISTANT)

    @property
    def openings(self) -> list[int]:
        """Ids of the pieces that open a turn or a text, whoever speaks."""
        return [self._tokenizer.special(piece) for piece in (USER, ASSISTANT, TEXT)]

    @property
    def specials(self) -> list[int]:
        """Ids of all special pieces, padding included."""
        return sorted(self._tokenizer.specials.values())

    @property
    def begins(self) -> Tensor:
        """(V,) bool: which pieces begin a word; special ones are none of any word, and do."""
        surfaces = self._surfaces()
        return surfaces.opens | (surfaces.num_bytes == 0)

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

    def cross_entropy(
        self, hidden: Tensor, ids: Tensor, bias: Tensor | None = None, against: Tensor | None = None
    ) -> Tensor:
        """Summed cross-entropy in nats of ids (N,) under hidden states (N, D), ``bias`` as in ``logits``.

        Args:
            hidden: (N, D).
            ids: (N,) int64.
            bias: (V,).
            against: (N,), the logarithm of what another distribution gives each id: of the sum of both the logarithm is
                taken, and gradient flows into it too.
        """
        if torch.is_grad_enabled():
            return self._softmax.cross_entropy(hidden, ids, bias, against)
        nats = self._softmax.nats(hidden, ids, bias)
        if against is not None:
            nats = -torch.logaddexp(-nats, against)
        return nats.sum(dtype=torch.float64)

    def nats(self, hidden: Tensor, ids: Tensor, bias: Tensor | None = None) -> Tensor:
        """Cross-entropy of each id, (N,) nats, without gradient; ``bias`` as in ``logits``."""
        return self._softmax.nats(hidden, ids, bias)

    def autocast(self, x: Tensor) -> contextlib.AbstractContextManager[object]:
        """The precision in which the host computes for the step at hand, for a head with large layers of its own.

        bfloat16 in a training step where the host chose that, else float32; cast what comes out to ``x.dtype``.
        """
        return torch.autocast(x.device.type, torch.bfloat16, enabled=self._softmax.narrow)

    def num_bytes(self, ids: Tensor) -> int:
        """UTF-8 bytes of the text of ids, one more for each turn (the line end that would part it from the next)."""
        return int(self._surfaces().num_bytes[ids.cpu()].sum())

    def num_words(self, ids: Tensor, before: Tensor | None = None) -> int:
        """Words that start in ids, split at white space, one more for each end of turn.

        Args:
            ids: (N,) int64.
            before: (N,), the id in front of each: a word may start behind a piece that is a space alone. By default ids
                are one run that starts a text.
        """
        ids = ids.cpu()
        if before is None:
            before = torch.cat((ids.new_tensor([self._tokenizer.pad]), ids))[: len(ids)]
        surfaces = self._surfaces()
        starts = surfaces.visible[ids] & (surfaces.opens[ids] | surfaces.closes[before.cpu()])
        return int(starts.sum() + (ids == self.end).sum())

    @contextlib.contextmanager
    def fast_logits(self, logits: Callable[[Tensor], Tensor]) -> Iterator[None]:
        """Host only: inside, logits (B, D) -> (B, V) at inference are taken from here."""
        before, self._fast_logits = self._fast_logits, logits
        try:
            yield
        finally:
            self._fast_logits = before

    def _surfaces(self) -> _Surfaces:
        if self._surface is None:
            specials = set(self._tokenizer.specials.values())
            texts: list[bytes] = []
            for index, piece in enumerate(self._tokenizer.pieces(range(len(self)))):
                if index in specials:
                    texts.append(b"")
                elif self._tokenizer.is_byte(index):
                    texts.append(bytes([int(piece[3:5], 16)]))
                else:
                    texts.append(piece.replace("\u2581", " ").encode("utf-8"))
            self._surface = _Surfaces(
                torch.tensor([len(text) for text in texts]),
                torch.tensor([bool(text) and not text.isspace() for text in texts]),
                torch.tensor([text[:1].isspace() for text in texts]),
                torch.tensor([not text or text[-1:].isspace() for text in texts]),
            )
        return self._surface


@dataclasses.dataclass(frozen=True)
class _Surfaces:
    """The text of every piece: UTF-8 bytes, whether it shows anything, whether it opens or closes with a space."""

    num_bytes: Tensor
    visible: Tensor
    opens: Tensor
    closes: Tensor
