"""Indexing and queries beside bm25s and all-MiniLM-L6-v2: ``retrieval_peers.py``, as a part of ``speed.py``."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from frame import Result
from retrieval_peers import MINILM, measure

from chatkit import paths


def run(*, smoke: bool, folder: Path) -> list[Result]:
    """A result for each of the sets in a folder, on dev."""
    results = []
    rows = measure(folder, paths.shipped_model(), "dev", 2 if smoke else 300)
    for name, group in itertools.groupby(rows, key=lambda row: row.set):
        facts: dict[str, Any] = {}
        for row in group:
            facts |= {
                f"{row.peer}, CPU s to index {row.passages:,} passages": row.indexing,
                f"{row.peer}, CPU ms a query": row.query,
                f"{row.peer}, nDCG@10": row.ndcg,
            }
        if not any(key.startswith(MINILM) for key in facts):
            facts["left out"] = f"{MINILM} is not installed"
        results.append(Result(f"indexing and queries, {name}", "", "cpu", "", {}, facts))
    return results
