"""Texts made a little different: words deleted, swapped or replaced, typing errors, casing. Labels stay as they are.

Every method takes a rate: the share of words that it touches on average. ``delete`` leaves at least one word.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

_WORD = re.compile(r"\S+")
_NEAR = {  # neighbours on a QWERTY keyboard
    **{"q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok", "o": "ipl"},
    **{"p": "ol", "a": "qsz", "s": "adw", "d": "sfe", "f": "dgr", "g": "fht", "h": "gjy", "j": "hku", "k": "jli"},
    **{"l": "ko", "z": "asx", "x": "zdc", "c": "xfv", "v": "cgb", "b": "vhn", "n": "bjm", "m": "nk"},
}
Neighbours = Mapping[str, Sequence[str]]


@dataclasses.dataclass(frozen=True)
class AugmentConfig:
    """How training texts are varied, anew in every epoch.

    Args:
        share: Share of the texts that are varied at all.
        subword: Smoothing of a segmentation drawn at random (subword regularisation, Kudo 2018; 0.1 to 0.5); 0 is off.
        delete: Share of words that are deleted (EDA, Wei & Zou 2019).
        swap: Share of words that change places with another one (EDA).
        typo: Share of words that get a typing error.
        case: Share of texts that are set in lower, upper or title case.
    """

    share: float = 0.5
    subword: float = 0.0
    delete: float = 0.0
    swap: float = 0.0
    typo: float = 0.0
    case: float = 0.0

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            if not 0 <= getattr(self, field.name) <= 1:
                raise ValueError(f"augment.{field.name} must lie in 0..1, got {getattr(self, field.name)}")

    @property
    def on(self) -> bool:
        """Whether anything is varied."""
        return self.share > 0 and any((self.subword, self.delete, self.swap, self.typo, self.case))


def delete_words(text: str, rate: float, rng: np.random.Generator) -> str:
    """Each word is deleted with a probability; at least one stays."""
    words = list(_WORD.finditer(text))
    if len(words) < 2:
        return text
    kept = rng.random(len(words)) >= rate
    if not kept.any():
        kept[rng.integers(len(words))] = True
    return _rebuilt(text, words, [m.group() if keep else "" for m, keep in zip(words, kept, strict=True)])


def swap_words(text: str, rate: float, rng: np.random.Generator) -> str:
    """Pairs of words change places."""
    words = list(_WORD.finditer(text))
    if len(words) < 2:
        return text
    out = [m.group() for m in words]
    for _ in range(int(rng.binomial(len(out), rate / 2))):
        i, j = rng.choice(len(out), 2, replace=False)
        out[i], out[j] = out[j], out[i]
    return _rebuilt(text, words, out)


def add_typos(text: str, rate: float, rng: np.random.Generator) -> str:
    """Words get a typing error: a letter lost, doubled, swapped with the next, or a neighbour on the keyboard."""

    def wrong(word: str) -> str:
        if len(word) < 3 or rng.random() >= rate:
            return word
        i, kind = int(rng.integers(len(word) - 1)), int(rng.integers(4))
        if kind == 0:
            return word[:i] + word[i + 1 :]
        if kind == 1:
            return word[:i] + word[i] + word[i:]
        if kind == 2:
            return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
        near = _NEAR.get(word[i].lower(), word[i])
        return word[:i] + near[int(rng.integers(len(near)))] + word[i + 1 :]

    return _WORD.sub(lambda match: wrong(match.group()), text)


def change_case(text: str, rate: float, rng: np.random.Generator) -> str:
    """With a probability, the whole text in lower, upper or title case."""
    if rng.random() >= rate:
        return text
    how: Callable[[str], str] = (str.lower, str.upper, str.title)[int(rng.integers(3))]
    return how(text)


def replace_words(text: str, rate: float, rng: np.random.Generator, neighbours: Neighbours) -> str:
    """Words that have neighbours are replaced by one of them with a probability (synonym replacement, EDA)."""

    def other(match: re.Match[str]) -> str:
        near = neighbours.get(match.group())
        return match.group() if not near or rng.random() >= rate else near[int(rng.integers(len(near)))]

    return _WORD.sub(other, text)


METHODS: dict[str, Callable[[str, float, np.random.Generator], str]] = {
    "delete": delete_words,
    "swap": swap_words,
    "typo": add_typos,
    "case": change_case,
}


def varied(text: str, config: AugmentConfig, rng: np.random.Generator) -> str:
    """A text varied as the config says, but for its segmentation."""
    for name, method in METHODS.items():
        rate = getattr(config, name)
        if rate:
            text = method(text, rate, rng)
    return text


def _rebuilt(text: str, words: Sequence[re.Match[str]], new: Sequence[str]) -> str:
    """The text with other words, its white space between those that are left."""
    parts, end = [text[: words[0].start()]], words[0].start()
    for match, word in zip(words, new, strict=True):
        if word:
            parts.append(text[end : match.start()] if len(parts) > 1 else "")
            parts.append(word)
        end = match.end()
    return "".join(parts) + text[end:]
