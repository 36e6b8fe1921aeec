"""Figures of language models that do not depend on the tokenizer: bits per byte and word-level perplexity."""

from __future__ import annotations

import math


def bits_per_byte(nats: float, utf8_bytes: int) -> float:
    """Bits that the model needs for one byte of the text: nats / (ln 2 * bytes).

    Args:
        nats: Total negative log-likelihood of the text, in nats.
        utf8_bytes: Length of the text that this predicts, in bytes of UTF-8.

    Raises:
        ValueError: If there are no bytes.
    """
    if utf8_bytes < 1:
        raise ValueError(f"utf8_bytes must be at least 1, got {utf8_bytes}")
    return nats / (math.log(2) * utf8_bytes)


def word_perplexity(nats: float, words: int) -> float:
    """Perplexity per word, whatever the pieces of the model are: exp(nats / words), infinite on overflow.

    Args:
        nats: Total negative log-likelihood of the text, in nats, over all of its pieces.
        words: Number of words of the text, by the convention of the data (for WikiText: white-space tokens
            and one end of line per line).

    Raises:
        ValueError: If there are no words.

    Source: the word-level perplexity of Merity et al. 2017 ("Pointer Sentinel Mixture Models"), with the nats
        of the pieces summed as in Mielke 2019, "Can you compare perplexity across different segmentations?".
    """
    if words < 1:
        raise ValueError(f"words must be at least 1, got {words}")
    try:
        return math.exp(nats / words)
    except OverflowError:
        return math.inf
