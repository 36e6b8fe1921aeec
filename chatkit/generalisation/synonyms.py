"""Neighbours of words in the assistant's own embedding, for synonym replacement.

V = vocabulary, E = width of the embedding
"""

from __future__ import annotations

import torch

from chatkit.assistant import Assistant

_NEAREST, _CLOSEST, _FEWEST_LETTERS = 5, 0.45, 3


def neighbours_of(assistant: Assistant) -> dict[str, list[str]]:
    """Word -> words whose embeddings are near, of all words that are one piece; same kind of capital only."""
    tokenizer = assistant.tokenizer
    words = {
        i: piece[1:]
        for i, piece in enumerate(tokenizer.pieces(range(len(tokenizer))))
        if piece.startswith("\u2581") and piece[1:].isalpha() and len(piece) > _FEWEST_LETTERS
    }
    if len(words) < 2:
        return {}
    ids = torch.tensor(list(words))
    with torch.inference_mode():
        table = torch.nn.functional.normalize(assistant.vocabulary.embed(ids).float(), dim=-1)
        cosines, places = (table @ table.T).topk(min(_NEAREST + 1, len(ids)), dim=-1)
    names, out = list(words.values()), {}
    for i, word in enumerate(names):
        near = [
            names[j]
            for cosine, j in zip(cosines[i].tolist(), places[i].tolist(), strict=True)
            if j != i and cosine >= _CLOSEST and names[j][0].isupper() == word[0].isupper() and names[j] != word
        ]
        if near:
            out[word] = near
    return out
