"""The documents that an assistant ranks: the user's own index, and the pages about chatkit that ship with it.

K = width of a vector
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from chatkit import paths
from chatkit.assistant import Assistant
from chatkit.errors import DataError, StorageError
from chatkit.head.answer import Hit
from chatkit.head.head import Head
from chatkit.runtime.index import DocumentIndex, Encode
from chatkit.runtime.searcher import Searcher
from chatkit.search.fusion import WORDS_ALONE, Fusion


class Library:
    """Opens the indexes when they are first searched.

    Args:
        assistant: Makes the vectors, where it has a trained head for that.
        index: Database of the user's documents; None for the default one, beside which the shipped pages are searched.
    """

    def __init__(self, assistant: Assistant, index: str | None = None) -> None:
        self._assistant = assistant
        self._own = Path(index) if index else paths.index_file()
        self._with_shipped = index is None
        self._shipped: DocumentIndex | None = None
        self._opened: tuple[DocumentIndex, ...] = ()
        self._searcher: Searcher | None = None
        self._made_by: tuple[Head, str] | None = None

    @property
    def lineage(self) -> str:
        """Names encoder and head that make the vectors; empty where no head makes any.

        A head that was trained anew on the same encoder makes others, perhaps of another width.
        """
        head = self._assistant.vector_head()
        if head is None:
            return ""
        if self._made_by is None or self._made_by[0] is not head:
            self._made_by = (head, digest_of(head, self._assistant.setups[head.name].options))
        return f"{self._assistant.lineage}-{self._made_by[1]}"

    @property
    def encode(self) -> Encode | None:
        """Vectors (B, K) of passages, or None where no head makes any."""
        head = self._assistant.vector_head()
        return None if head is None else lambda texts: self._assistant.vectors(head, texts, head.fields[-1])

    def search(self, vector: Tensor | None, text: str, k: int) -> Sequence[Hit]:
        """The k best passages for a query vector (K,) and its text.

        Raises:
            StorageError: If an index cannot be read.
        """
        query = None if vector is None else vector.detach().float().cpu().numpy().astype(np.float32)
        return self._open().search(text, query, k)

    def query_vector(self, text: str) -> Tensor | None:
        """Vector (K,) of a query, or None where no head makes any."""
        head = self._assistant.vector_head()
        if head is None:
            return None
        from torch import from_numpy

        return from_numpy(self._assistant.vectors(head, [text], head.fields[0])[0])

    def note(self) -> str:
        """One line if vectors of some documents are out of date; else empty."""
        return self._open().note()

    def warm(self) -> None:
        """Open the indexes and have their postings now, so that the first search does not wait for it."""
        len(self._open())

    def _open(self) -> Searcher:
        if self._shipped is None and self._with_shipped:
            self._shipped = self._open_shipped()
        if len(self._opened) < 1 and self._own.is_file():  # it may be made while we run
            self._opened = (DocumentIndex(self._own),)
            self._searcher = None
        if self._searcher is None:
            head = self._assistant.vector_head()
            fusion = Fusion.fitted(self._assistant.setups[head.name].fitted) if head else WORDS_ALONE
            indexes = [i for i in (*self._opened, self._shipped) if i is not None]
            self._searcher = Searcher(indexes, lineage=self.lineage, fusion=fusion)
        return self._searcher

    def _open_shipped(self) -> DocumentIndex:
        """The shipped pages, indexed once per assistant under the user's folder; in memory if that is read-only."""
        name = f"pages-{self.lineage or 'words'}.db"
        try:
            index = DocumentIndex(paths.home() / name)
            index.add([paths.shipped_docs()], self.encode, lineage=self.lineage)
            _keep_only(index, paths.shipped_docs())
        except StorageError:
            index = DocumentIndex(":memory:")
            index.add([paths.shipped_docs()], self.encode, lineage=self.lineage)
        return index


def digest_of(head: Head, options: Mapping[str, Any]) -> str:
    """Eight hexadecimal digits of a head's weights and options: two heads that differ in them make other vectors."""
    digest = hashlib.sha256(json.dumps(dict(options), sort_keys=True, default=str).encode())
    for name, tensor in sorted(head.state_dict().items()):
        digest.update(name.encode() + tensor.detach().float().cpu().numpy().tobytes())
    return digest.hexdigest()[:8]


def _keep_only(index: DocumentIndex, folder: Path) -> None:
    """Forget the pages of another installation that has the same home: each would be found twice."""
    for path in [entry.path for entry in index.entries() if folder not in entry.path.parents]:
        with suppress(DataError):  # another process was faster
            index.remove(path)
