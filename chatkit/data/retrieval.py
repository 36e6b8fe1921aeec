"""Retrieval sets in the BEIR layout: a corpus, queries, and judgements of which document answers which query.

    corpus.jsonl[.gz]  {"_id", "title", "text"}
    queries.jsonl[.gz] {"_id", "text"}
    qrels/{train,dev,test}.tsv  query-id <tab> corpus-id <tab> score, with a header line

Source of the layout: Thakur et al. 2021, "BEIR", NeurIPS Datasets and Benchmarks.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import Any

from chatkit.data.discover import beir_file
from chatkit.data.records import (
    OnError,
    Problems,
    Record,
    Report,
    RowError,
    as_object,
    check_on_error,
    text_field,
)
from chatkit.data.rows import json_rows, text_lines
from chatkit.errors import DataError


@dataclasses.dataclass(frozen=True)
class Collection:
    """What a retrieval evaluation needs.

    Args:
        corpus: Document id -> its title and text.
        queries: Query id -> text, of the queries that are judged in the part.
        qrels: Query id -> document id -> grade; above 0 is relevant.
    """

    corpus: Mapping[str, str]
    queries: Mapping[str, str]
    qrels: Mapping[str, Mapping[str, int]]


def document_text(row: Mapping[str, Any]) -> str:
    """Title and text of a corpus row as one text; empty for an empty document, which real collections hold.

    Raises:
        RowError: If there is no text, or title or text is none.
    """
    if "text" not in row:
        raise RowError('no field "text"')
    parts = [text_field(row, key) for key in ("title", "text") if row.get(key) not in (None, "")]
    return ". ".join(parts)


def _texts(path: Path, report: Report, wanted: Container[str] | None, *, corpus: bool) -> dict[str, str]:
    texts: dict[str, str] = {}
    for number, row in json_rows(path, report):
        try:
            key = text_field(as_object(row), "_id")
            if wanted is not None and key not in wanted:
                continue
            if key in texts:
                raise RowError(f'the "_id" {key!r} occurs twice')
            texts[key] = document_text(row) if corpus else text_field(row, "text")
        except RowError as error:
            report(number, str(error))
    return texts


def read_qrels(path: Path, report: Report) -> Iterator[tuple[int, str, str, int]]:
    """Judgements of one file: line number, query id, document id, grade."""
    for number, line in text_lines(path, report):
        cells = line.split("\t")
        if not line.strip() or (number == 1 and cells[-1].strip() == "score"):
            continue
        try:
            query, doc, grade = cells
            yield number, query, doc, int(grade)
        except ValueError:
            report(number, "must be query-id, corpus-id and a whole number, separated by tabs")


def read_pairs(path: Path, split: str, on_error: OnError, problems: Problems) -> Iterator[Record]:
    """Pairs of a query and a relevant document: ``{"query", "doc", "query_id", "doc_id"}``.

    The judged texts are held in memory, since judgements refer to them in any order.
    """
    judgements = beir_file(path, f"qrels/{split}.tsv")
    corpus, queries = beir_file(path, "corpus.jsonl"), beir_file(path, "queries.jsonl")
    report = Report(judgements, on_error, problems)
    pairs = [row for row in read_qrels(judgements, report) if row[3] > 0]
    docs = _texts(corpus, Report(corpus, on_error, problems), {row[2] for row in pairs}, corpus=True)
    asks = _texts(queries, Report(queries, on_error, problems), {row[1] for row in pairs}, corpus=False)
    for number, query, doc, _ in pairs:
        if query not in asks:
            report(number, f"query {query!r} is not in {queries.name}")
        elif not docs.get(doc):
            report(number, f"document {doc!r} is {'empty' if doc in docs else 'not'} in {corpus.name}")
        else:
            yield {"query": asks[query], "doc": docs[doc], "query_id": query, "doc_id": doc}


def read_collection(path: Path, split: str, on_error: OnError = "stop", problems: Problems | None = None) -> Collection:
    """The whole corpus, with queries and judgements of one part.

    Args:
        path: Folder in the BEIR layout.
        split: ``train``, ``dev`` or ``test``.
        on_error: ``stop`` raises at the first bad row, ``skip`` counts it.
        problems: Where skipped rows are counted.
    Raises:
        DataError: If a file is missing or bad, or nothing is judged in this part.
    """
    check_on_error(on_error)
    problems = problems if problems is not None else Problems()
    judgements = beir_file(path, f"qrels/{split}.tsv")
    corpus_file, queries_file = beir_file(path, "corpus.jsonl"), beir_file(path, "queries.jsonl")
    report = Report(judgements, on_error, problems)
    rows = list(read_qrels(judgements, report))
    corpus = _texts(corpus_file, Report(corpus_file, on_error, problems), None, corpus=True)
    queries = _texts(queries_file, Report(queries_file, on_error, problems), {row[1] for row in rows}, corpus=False)
    qrels: dict[str, dict[str, int]] = {}
    for number, query, doc, grade in rows:
        if query not in queries:
            report(number, f"query {query!r} is not in {queries_file.name}")
        elif doc not in corpus:
            report(number, f"document {doc!r} is not in {corpus_file.name}")
        else:
            qrels.setdefault(query, {})[doc] = grade
    if not qrels:
        raise DataError(f"{judgements} holds no usable judgement", hint=str(problems))
    return Collection(corpus, {query: queries[query] for query in qrels}, qrels)
