"""The one door for authors of heads: everything a head may import from chatkit, and nothing else.

Version 1. Additions do not raise the version; chatkit supports this version and the one before it.
"""

from __future__ import annotations

from chatkit.errors import StorageError
from chatkit.head.answer import Answer, Bars, Hit, Markdown, Metric, Ranking, Table, Text
from chatkit.head.ask import Ask, Branches, Piece
from chatkit.head.classifier import Classifier
from chatkit.head.encoded import Encoded, Info, Loss
from chatkit.head.filling import Filling
from chatkit.head.head import Fields, Head, Record
from chatkit.head.language_model import LanguageModel
from chatkit.head.version import API_VERSION
from chatkit.head.vocabulary import Vocabulary
from chatkit.metrics.language import bits_per_byte, word_perplexity
from chatkit.nn.decoding import Sampling, choose
from chatkit.nn.lookback import Lookback
from chatkit.nn.pointer import Pointer
from chatkit.nn.pooling import AttentionPooling, activation, max_pool, mean_pool
from chatkit.text.questions import is_question, without_greeting

__all__ = [
    "API_VERSION",
    "Answer",
    "Ask",
    "AttentionPooling",
    "Bars",
    "Branches",
    "Classifier",
    "Encoded",
    "Fields",
    "Filling",
    "Head",
    "Hit",
    "Info",
    "LanguageModel",
    "Lookback",
    "Loss",
    "Markdown",
    "Metric",
    "Piece",
    "Pointer",
    "Ranking",
    "Record",
    "Sampling",
    "StorageError",
    "Table",
    "Text",
    "Vocabulary",
    "activation",
    "bits_per_byte",
    "choose",
    "is_question",
    "max_pool",
    "mean_pool",
    "without_greeting",
    "word_perplexity",
]
