"""What is done to a person's records before a model is trained on them: duplicates removed, private numbers masked."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from chatkit.data.records import NO_TEXT
from chatkit.text.private import mask

DUPLICATE = "duplicate"
_NAMES = frozenset({"query_id", "doc_id", "_id", "id", "session", "source", "domain"})  # of a record, not its content


class Cleaner:
    """Cleans the records of one head, and counts what it found.

    Args:
        kinds: What is masked (``chatkit.text.private.KINDS``).
        duplicates: Whether exact duplicates are removed, within and between data sets.

    Attributes:
        found: data set -> kind -> how often.
    """

    def __init__(self, kinds: Collection[str], *, duplicates: bool) -> None:
        self.found: dict[str, Counter[str]] = {}
        self._kinds, self._duplicates = kinds, duplicates
        self._seen: set[bytes] = set()

    def clean(self, records: Iterable[Mapping[str, Any]], source: str) -> list[Mapping[str, Any]]:
        """The records of one data set, masked, without those that were seen before."""
        return list(self.stream(records, source))

    def stream(self, records: Iterable[Mapping[str, Any]], source: str) -> Iterator[Mapping[str, Any]]:
        """The same, one by one."""
        found = self.found.setdefault(source, Counter())
        for record in records:
            masked = self._mask(record, found) if self._kinds else record
            if self._duplicates and self._is_known(masked):
                found[DUPLICATE] += 1
            else:
                yield masked

    def _mask(self, record: Mapping[str, Any], found: Counter[str]) -> Mapping[str, Any]:
        out = dict(record)
        for key, value in record.items():
            if key == "turns":
                out[key] = [self._mask(turn, found) for turn in value]
            elif isinstance(value, str) and key not in NO_TEXT:
                out[key], counts = mask(value, self._kinds)
                found.update(counts)
        return out

    def _is_known(self, record: Mapping[str, Any]) -> bool:
        said = sorted((key, value) for key, value in record.items() if key not in _NAMES)
        content = repr(said).encode("utf-8", "surrogatepass")
        key = hashlib.blake2b(content, digest_size=16).digest()
        known = key in self._seen
        self._seen.add(key)
        return known


def describe(found: Mapping[str, int]) -> str:
    """What was found, in words: ``3 email, 1 card masked; 20 duplicates removed``; "" for nothing."""
    masked = ", ".join(f"{count:,} {kind}" for kind, count in found.items() if kind != DUPLICATE and count)
    parts = [f"{masked} masked"] if masked else []
    if count := found.get(DUPLICATE, 0):
        parts.append(f"{count:,} {'duplicate' if count == 1 else 'duplicates'} removed")
    return "; ".join(parts)
