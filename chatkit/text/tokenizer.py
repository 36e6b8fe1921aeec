"""The tokenizer: text to ids of pieces and back. The only room that knows SentencePiece.

Unigram model (Kudo 2018, https://arxiv.org/abs/1804.10959) with byte fallback (no character is unknown) and special
pieces for speakers, end of turn and target languages. Special pieces are control symbols of SentencePiece: no text is
ever encoded to one, so nobody can forge a turn by spelling it out.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from chatkit.errors import ConfigError, DataError, ModelError
from chatkit.text.normalise import normalise

PAD, UNK = "<pad>", "<unk>"
USER, ASSISTANT, TEXT, END = "<user>", "<assistant>", "<text>", "<end>"
LANGUAGES = ("de", "en", "es", "fr", "it", "ja", "nl", "pt", "ru", "zh")
SPARE = tuple(f"<spare{i}>" for i in range(4))

# Longer runs are cut before the unigram lattice: its cost is linear, but its scores are float32 sums.
_BLOCK = 4096
_MOST_BYTES = 64 * 2**20
_WORD_START = re.compile(r"(?<=\S)(?=\s)")


def language_piece(language: str) -> str:
    """The special piece that asks for a target language, such as ``<to:fr>``."""
    return f"<to:{language}>"


SPECIALS = (USER, ASSISTANT, TEXT, END, *map(language_piece, LANGUAGES), *SPARE)


class Tokenizer:
    """Text to ids of pieces and back.

    Args:
        model: Serialised SentencePiece model, as ``to_bytes`` gives it.
        name: What to call it in errors.
    Raises:
        ModelError: If it is no SentencePiece model or lacks chatkit's special pieces.
    """

    def __init__(self, model: bytes, *, name: str = "tokenizer.model") -> None:
        import sentencepiece

        if not model:  # SentencePiece takes it for a model that is yet to come
            raise ModelError(f"{name}: is empty", hint="copy or train it again")
        try:
            self._processor: Any = sentencepiece.SentencePieceProcessor(model_proto=model)
            self._size = int(self._processor.get_piece_size())
        except Exception as error:  # the C++ wrapper raises RuntimeError, TypeError, OSError
            raise ModelError(f"{name}: not a SentencePiece model", hint="train it again") from error
        self._model = model
        self._mark = [int(self._processor.piece_to_id(f"<0x{byte:02X}>")) for byte in "\u2581".encode()]
        self._space = int(self._processor.piece_to_id("<0x20>"))
        self._rarest: float | None = None
        self.specials = {piece: int(self._processor.piece_to_id(piece)) for piece in (PAD, *SPECIALS)}
        for piece, index in self.specials.items():
            if not self._processor.is_control(index) or self._processor.id_to_piece(index) != piece:
                raise ModelError(f"{name}: special piece {piece} is missing", hint="train it with chatkit")

    @classmethod
    def load(cls, path: Path) -> Tokenizer:
        """Read a tokenizer file.

        Raises:
            ModelError: If it cannot be read or is no tokenizer of chatkit.
        """
        try:
            if path.stat().st_size > _MOST_BYTES:
                raise ModelError(f"{path}: larger than {_MOST_BYTES >> 20} MiB", hint="this is no tokenizer of chatkit")
            return cls(path.read_bytes(), name=str(path))
        except OSError as error:
            raise ModelError(f"{path}: cannot be read: {error.strerror}") from None

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        *,
        vocab_size: int,
        sample: int = 400_000,
        seed: int = 0,
        kind: Literal["unigram", "word"] = "unigram",
    ) -> Tokenizer:
        """Learn pieces from texts.

        Args:
            texts: The user's texts, any length; read once.
            vocab_size: Number of pieces, special and byte pieces included; lowered where the texts are too few.
            sample: At most so many lines are used, drawn at random.
            seed: Seed of that draw.
            kind: Pieces of words, or whole words, split at white space, the others spelt in bytes.
        Raises:
            DataError: If there is no text.
            ConfigError: If the vocabulary is too small to hold bytes and special pieces.
        """
        import sentencepiece

        floor = 256 + 2 + len(SPECIALS) + 8
        if vocab_size < floor:
            raise ConfigError(f"tokenizer.vocab_size must be at least {floor}, got {vocab_size}")
        lines = _Lines(texts)
        out = io.BytesIO()
        sentencepiece.set_random_generator_seed(seed)
        try:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter(lines),
                model_writer=out,
                model_type=kind,
                vocab_size=vocab_size,
                hard_vocab_limit=False,
                byte_fallback=True,
                normalization_rule_name="identity",
                remove_extra_whitespaces=False,
                add_dummy_prefix=True,
                split_digits=True,
                character_coverage=1.0 if kind == "word" else 0.9995,
                input_sentence_size=sample,
                shuffle_input_sentence=True,
                max_sentence_length=4 * _BLOCK,
                num_threads=2,
                pad_id=0,
                unk_id=1,
                bos_id=-1,
                eos_id=-1,
                pad_piece=PAD,
                unk_piece=UNK,
                control_symbols=list(SPECIALS),
                minloglevel=2,
            )
        except RuntimeError as error:
            if not lines.count:
                raise DataError("no text to train the tokenizer on", hint="check the paths in [data]") from None
            raise DataError(f"the tokenizer cannot be trained on these texts: {error}") from None
        return cls(out.getvalue())

    def to_bytes(self) -> bytes:
        """The serialised model."""
        return self._model

    def __len__(self) -> int:
        return self._size

    @property
    def pad(self) -> int:
        """Id of padding."""
        return self.specials[PAD]

    @property
    def end(self) -> int:
        """Id of the end of a turn."""
        return self.specials[END]

    def special(self, piece: str) -> int:
        """Id of a special piece such as ``<user>`` or ``<to:fr>``.

        Raises:
            ValueError: If there is no such piece.
        """
        if piece not in self.specials:
            raise ValueError(f"no special piece {piece!r}; known: {', '.join(self.specials)}")
        return self.specials[piece]

    def encode(self, text: str) -> list[int]:
        """Ids of the pieces of a text, without special pieces."""
        ids: list[int] = []
        for i, block in enumerate(_blocks(normalise(text))):
            pieces = list(self._processor.encode(block))
            ids.extend(self._spaced(self._without_prefix(pieces, block) if i else pieces, start=i == 0))
        return ids

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """``encode`` of each text."""
        short = [normalise(text) for text in texts]
        if all(len(text) <= _BLOCK for text in short):
            return [self._spaced(ids) for ids in self._processor.encode(short)] if short else []
        return [self.encode(text) for text in short]

    def sample(self, text: str, *, alpha: float = 0.1, seed: int | None = None) -> list[int]:
        """One segmentation drawn at random (subword regularisation, Kudo 2018); ``alpha`` smooths, 0 is uniform.

        Args:
            text: The text.
            alpha: Exponent of the probabilities of segmentations.
            seed: The same seed draws the same segmentation.
        """
        if seed is not None:
            import sentencepiece

            sentencepiece.set_random_generator_seed(seed)
        drawn = self._processor.encode(normalise(text), enable_sampling=True, alpha=alpha, nbest_size=-1)
        return self._spaced(drawn)

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids; special pieces vanish, bytes that are no UTF-8 become U+FFFD.

        Raises:
            ValueError: If an id is out of range.
        """
        plain = [int(i) for i in ids]
        if plain and (min(plain) < 0 or max(plain) >= self._size):
            raise ValueError(f"ids must lie in 0..{self._size - 1}")
        return str(self._processor.decode(plain))

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """The piece of each id, as SentencePiece writes it (U+2581 is a space)."""
        return [str(self._processor.id_to_piece(int(i))) for i in ids]

    def offsets(self, ids: Sequence[int]) -> list[int]:
        """Where each piece of a text starts in it (``decode(ids)``), in UTF-8 bytes."""
        starts, position, first = [], 0, True
        for i in ids:
            starts.append(position)
            piece = self._processor.id_to_piece(int(i))
            if self._processor.is_control(int(i)):
                continue
            if self._processor.is_byte(int(i)):
                position += 1
            else:
                surface = piece.replace("\u2581", " ")
                position += len((surface.removeprefix(" ") if first else surface).encode("utf-8"))
            first = False
        return starts

    def is_byte(self, index: int) -> bool:
        """Whether an id is a byte-fallback piece."""
        return bool(self._processor.is_byte(index))

    def score(self, index: int) -> float:
        """Log-probability of a piece under the tokenizer's own unigram model, nats; that of the rarest for bytes."""
        if self._rarest is None:
            plain = [i for i in range(self._size) if not (self._processor.is_control(i) or self.is_byte(i))]
            self._rarest = min((float(self._processor.get_score(i)) for i in plain), default=0.0)
        bare = self._processor.is_control(index) or self.is_byte(index)
        return self._rarest if bare else float(self._processor.get_score(index))

    def _spaced(self, ids: list[int], *, start: bool = True) -> list[int]:
        """A vocabulary of words spells the mark of a space in bytes before an unknown word: the space itself instead.

        Args:
            ids: As SentencePiece gives them.
            start: Whether they start a text: what it sets before them is left out then.
        """
        first, second, third = self._mark
        if first not in ids:
            return list(ids)
        out: list[int] = []
        for i, index in enumerate(ids):
            out.append(index)
            if index == third and out[-3:] == [first, second, third]:
                out[-3:] = [self._space] if i > 2 or not start else []
        return out

    def _without_prefix(self, pieces: list[int], block: str) -> list[int]:
        """Drop the dummy space that SentencePiece sets before a text, in a block that continues one."""
        first = self._processor.id_to_piece(pieces[0])
        if first == "\u2581":
            return pieces[1:]
        if block[0] == " ":  # "▁▁word": the block's own space stands behind the dummy one
            return list(self._processor.encode(block[1:]))
        # The dummy space is glued to the first word: encode behind a newline, which never joins a word, and drop it.
        glued = self._processor.encode("\n" + block)
        newline = self._processor.encode("\n")
        return glued[len(newline) :]


class _Lines:
    """Normalised lines for the trainer, cut to its maximum length; counts them."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = texts
        self.count = 0

    def __iter__(self) -> Iterator[str]:
        for text in self._texts:
            for line in normalise(text).split("\n"):
                for block in _blocks(line):
                    if block.strip():
                        self.count += 1
                        yield block


def _blocks(text: str) -> Iterator[str]:
    """Cut a long text before white space, into blocks of at most ``_BLOCK`` characters."""
    start = 0
    while len(text) - start > _BLOCK:
        cut = start + _BLOCK
        while cut > start + _BLOCK // 2 and not _WORD_START.match(text, cut):
            cut -= 1
        if cut == start + _BLOCK // 2:
            cut = start + _BLOCK
        yield text[start:cut]
        start = cut
    if start < len(text) or start == 0:
        yield text[start:]
