"""BM25 over lists of words: build, score, save; a thin room around the bm25s library.

    score(q, d) = sum over words w of q: idf(w) * tf(w, d) / (tf(w, d) + k1 * (1 - b + b * |d| / mean |d|))

Source: Robertson & Zaragoza 2009, in the form of Lucene (Kamphuis et al. 2020); bm25s: Lù 2024.
The defaults of k1 and b are the best of a grid on the pooled dev parts of a how-to, a FAQ and a medical set.
"""

# N = documents, P = postings

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chatkit.errors import StorageError

K1 = 0.6
B = 0.75
_FORMAT = 1


class BM25:
    """Scores of documents for a query, from postings that are computed once.

    Args:
        size: Number of documents.
        model: The indexed bm25s model; None when no document has a word.
    """

    def __init__(self, size: int, model: Any = None) -> None:
        self._size = size
        self._model = model

    def __len__(self) -> int:
        return self._size

    @classmethod
    def build(cls, documents: Iterable[Sequence[str]], k1: float = K1, b: float = B) -> BM25:
        """Index documents.

        Args:
            documents: Words of each document; may be streamed.
            k1: How slowly repeated words saturate, >= 0.
            b: How much long documents are discounted, 0 to 1.

        Raises:
            ValueError: If k1 or b is out of range.
        """
        if k1 < 0 or not 0 <= b <= 1:
            raise ValueError(f"k1 must be >= 0 and b between 0 and 1, got k1={k1}, b={b}")
        ids: dict[str, int] = {}
        rows = [[ids.setdefault(word, len(ids)) for word in words] for words in documents]
        if not ids:
            return cls(len(rows))
        model = _new(k1, b)
        model.index((rows, ids), create_empty_token=False, show_progress=False)
        return cls(len(rows), model)

    def scores(self, words: Sequence[str], documents: np.ndarray | None = None) -> np.ndarray:
        """Scores for a query; a word that occurs twice in it counts twice, unknown words count nothing.

        Args:
            words: Words of the query.
            documents: Numbers of the documents to score, (M,); all by default.
        Returns:
            Scores, (N,) or (M,), float32, >= 0.
        """
        ids = self._model.get_tokens_ids(list(words)) if self._model is not None else []
        if not ids:
            return np.zeros(self._size if documents is None else len(documents), dtype=np.float32)
        scores: np.ndarray = self._model.get_scores_from_ids(ids)
        return scores if documents is None else scores[documents]

    def idf(self, words: Sequence[str]) -> np.ndarray:
        """How rare each word is, (len(words),): log(1 + (N - n + 0.5) / (n + 0.5)) where n of N documents hold it."""
        counts = np.zeros(len(words))
        if self._model is not None:
            starts, numbers = self._model.scores["indptr"], self._model.vocab_dict
            for i, word in enumerate(words):
                if (number := numbers.get(word)) is not None:
                    counts[i] = starts[number + 1] - starts[number]
        return np.log1p((self._size - counts + 0.5) / (counts + 0.5))

    def top(self, words: Sequence[str], n: int) -> tuple[np.ndarray, np.ndarray]:
        """The best documents, those without any word of the query left out.

        Args:
            words: Words of the query.
            n: At most so many.
        Returns:
            Numbers of the documents, (M,), best first, equals in their order; and their scores, (M,).
        """
        scores = self.scores(words)
        best = top_positive(scores, n)
        return best, scores[best]

    def to_bytes(self) -> bytes:
        """The index as one run of bytes, without pickled objects."""
        buffer = io.BytesIO()
        np.savez(buffer, **self._arrays())
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> BM25:
        """Read what ``to_bytes`` wrote.

        Raises:
            StorageError: If it is damaged or of another format.
        """
        try:
            with zipfile.ZipFile(
                io.BytesIO(data)
            ) as archive:  # savez packs nothing: what is read is no larger than data
                if sum(part.file_size for part in archive.infolist()) > len(data):
                    raise ValueError("its parts are larger than itself")
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                return cls._from_arrays({name: arrays[name] for name in arrays.files})
        except Exception as error:  # zip, header and key errors alike: the bytes are not ours
            raise StorageError(f"a BM25 index is damaged: {error}", hint="index the documents again") from error

    def save(self, path: Path) -> None:
        """Write the index to a file, aside and then renamed."""
        aside = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            aside.write_bytes(self.to_bytes())
            aside.replace(path)
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise StorageError(f"cannot write {path}: {error.strerror or error}") from error

    @classmethod
    def load(cls, path: Path) -> BM25:
        """Read an index that ``save`` wrote.

        Raises:
            StorageError: If it cannot be read.
        """
        try:
            return cls.from_bytes(path.read_bytes())
        except OSError as error:
            raise StorageError(f"cannot read {path}: {error.strerror or error}") from error

    def _arrays(self) -> dict[str, Any]:
        arrays: dict[str, Any] = {"format": np.array(_FORMAT), "size": np.array(self._size)}
        if self._model is not None:
            words = "\n".join(self._model.vocab_dict)  # in the order of their ids
            arrays["words"] = np.frombuffer(words.encode(), dtype=np.uint8)
            arrays["constants"] = np.array([self._model.k1, self._model.b])
            arrays |= {name: self._model.scores[name] for name in ("data", "indices", "indptr")}
        return arrays

    @classmethod
    def _from_arrays(cls, arrays: dict[str, np.ndarray]) -> BM25:
        if int(arrays["format"]) != _FORMAT:
            raise ValueError(f"format {int(arrays['format'])} where {_FORMAT} is known")
        size = int(arrays["size"])
        if "words" not in arrays:
            return cls(size)
        data, indices, indptr = (arrays[name] for name in ("data", "indices", "indptr"))
        if not (data.ndim == indices.ndim == indptr.ndim == 1 and len(data) == len(indices) and len(indptr)):
            raise ValueError("postings of other shapes")
        inside = not len(indices) or (indices.min() >= 0 and indices.max() < size)
        if not inside or indptr[0] != 0 or indptr[-1] != len(data) or (np.diff(indptr) < 0).any():
            raise ValueError("postings point outside")
        model = _new(*map(float, arrays["constants"]))
        model.vocab_dict = {word: i for i, word in enumerate(arrays["words"].tobytes().decode().split("\n"))}
        model.unique_token_ids_set = set(model.vocab_dict.values())
        model.nonoccurrence_array = None
        model.scores = {name: arrays[name] for name in ("data", "indices", "indptr")} | {"num_docs": size}
        return cls(size, model)


def top_positive(scores: np.ndarray, n: int) -> np.ndarray:
    """Numbers of the n greatest of the scores above 0, (M,), greatest first, equals in their order."""
    found = np.flatnonzero(scores > 0)
    if len(found) > n > 0:
        threshold = np.partition(scores[found], len(found) - n)[len(found) - n]
        found = found[scores[found] >= threshold]
    return found[np.argsort(-scores[found], kind="stable")][: max(n, 0)]


def _new(k1: float, b: float) -> Any:
    import bm25s

    # Plain numpy on purpose: compiled back ends cost seconds at the first query.
    return bm25s.BM25(k1=k1, b=b, method="lucene", backend="numpy", csc_backend="numpy", auto_compile=False)
