"""Sentence pairs that the assistant's own translation head makes out of text in one language.

Self-training: a text and what the head makes of it; the head learns its own best guesses on a new domain.
Back-translation: a text in the language that is wanted, and what the head makes of it as the source, so that the target
side is real.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from chatkit.assistant import Assistant
from chatkit.data.batching import in_order, record_ids
from chatkit.errors import DataError, HeadError
from chatkit.head.encode import encode_padded
from chatkit.head.guard import guard, source_file
from chatkit.head.head import Head

SOURCE_LANGUAGE = "en"  # the "src" side of parallel sets
_MOST_PIECES, _BUDGET, _LONGEST, _REPEATED = 128, 2048, 3.0, 4


def translation_head(assistant: Assistant, language: str) -> Head:
    """The trained head that translates into a language.

    Raises:
        HeadError: If there is none, or none for this language.
    """
    found = [
        head
        for name, head in assistant.heads.items()
        if head.reader == "translation" and assistant.setups[name].trained and not head.makes_vectors()
    ]
    if not found:
        raise HeadError(
            "the assistant has no translation head that was trained",
            head="translation",
            hint="train one ([heads.translation], docs/recipes/four_heads.toml) and name it with --model DIR",
        )
    for head in found:
        if language in assistant.setups[head.name].labels:
            return head
    known = ", ".join(sorted({label for head in found for label in assistant.setups[head.name].labels}))
    raise HeadError(
        f"head {found[0].name} has not learned to translate into {language}",
        head=found[0].name,
        hint=f"it knows {known}; train it on pairs whose tgt is {language}",
    )


def pairs(assistant: Assistant, texts: Sequence[str], language: str, *, back: bool = False) -> list[dict[str, Any]]:
    """Rows ``{"src", "tgt", "lang"}`` made of texts; those that look like failures are left out.

    Args:
        assistant: Its translation head does the work.
        texts: In the source language of the head; with ``back`` in ``language``.
        language: The language of the target side.
        back: The texts are the target side, and their sources are made.
    Raises:
        HeadError: If no head translates so.
        DataError: If nothing usable came out.
    Source: back-translation Sennrich, Haddow & Birch 2016; self-training He et al. 2020.
    """
    into = SOURCE_LANGUAGE if back else language
    head = translation_head(assistant, into)
    made = _translated(assistant, head, texts, into)
    rows = []
    for text, other in zip(texts, made, strict=True):
        if _usable(text, other):
            src, tgt = (other, text) if back else (text, other)
            rows.append({"src": src, "tgt": tgt, "lang": language})
    if not rows:
        raise DataError(f"none of {len(texts)} translations into {into} is usable", hint="train the head longer")
    return rows


def _translated(assistant: Assistant, head: Head, texts: Sequence[str], language: str) -> list[str]:
    field, tokenizer = head.fields[0], assistant.tokenizer
    records = [{field: text, head.label_field: language} for text in texts]
    rows = [record_ids(tokenizer, r, field, head.view_of(field, r), _MOST_PIECES) for r in records]
    found: dict[int, str] = {}
    assistant.eval()
    with torch.inference_mode(), guard(head.name, source_file(type(head)), stage="answer"):
        for index, batch in in_order(records, {field: rows}, budget=_BUDGET, pad_id=tokenizer.pad):
            encoded = {field: encode_padded(assistant.backbone.encoder, batch.fields[field])}
            for i, answer in zip(index, head.answer(encoded, batch.records), strict=True):
                found[i] = answer.plain.strip()
    return [found[i] for i in range(len(texts))]


def _usable(text: str, made: str) -> bool:
    """Neither empty, a copy, of another length altogether, nor one word over and over."""
    if not made or made == text.strip():
        return False
    words = made.split()
    if max(map(words.count, words)) > _REPEATED and len(set(words)) < len(words) / 2:
        return False
    return 1 / _LONGEST <= len(made) / max(len(text.strip()), 1) <= _LONGEST
