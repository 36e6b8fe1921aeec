"""The public names of plugin_api are pinned: adding one is a decision, removing one needs a new version."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from chatkit import plugin_api
from chatkit.head.version import SUPPORTED_VERSIONS
from chatkit.plugin_api import API_VERSION, Head

VERSION_1 = {
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
}
MEMBERS_OF_HEAD = {
    "answer",
    "api",
    "build",
    "chosen_by",
    "couples_batch",
    "examples",
    "fields",
    "fill",
    "fills",
    "judge",
    "judges",
    "kit_options",
    "label_field",
    "loss",
    "makes_vectors",
    "measure",
    "needs",
    "objectives",
    "on_request",
    "reader",
    "stream",
    "streams",
    "summarise",
    "vector",
    "view",
    "view_of",
    "waive",
}


def test_the_public_names_are_those_of_version_1() -> None:
    assert API_VERSION == 1
    assert set(plugin_api.__all__) == VERSION_1
    assert plugin_api.__all__ == sorted(plugin_api.__all__)


@pytest.mark.parametrize("name", sorted(VERSION_1))
def test_every_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(plugin_api, name)
    if isinstance(value, type) or callable(value):
        assert getattr(value, "__doc__", None)


def test_the_members_of_head_are_those_of_version_1() -> None:
    own = {name for name in vars(Head) if not name.startswith("_")}
    assert own == MEMBERS_OF_HEAD


def test_this_version_and_the_one_before_it_are_supported() -> None:
    assert SUPPORTED_VERSIONS[-1] == API_VERSION
    assert all(API_VERSION - 1 <= version <= API_VERSION for version in SUPPORTED_VERSIONS)


def test_plugin_api_defines_nothing_of_its_own() -> None:
    tree = ast.parse(Path(plugin_api.__file__).read_text(encoding="utf-8"))
    kinds = {type(node).__name__ for node in tree.body}
    assert kinds <= {"Expr", "ImportFrom", "Assign"}
