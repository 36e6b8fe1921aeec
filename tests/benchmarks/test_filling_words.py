"""What fills the words of the shipped sentiment head: bad files are named, trained weights stay."""

from __future__ import annotations

import pytest
import torch

from chatkit import paths
from chatkit.runtime.loading import load_trained


@pytest.fixture(scope="module")
def words(recipe_script):
    return recipe_script("words")


def test_a_lexicon_is_read_whatever_follows_the_valence(words, tmp_path):
    file = tmp_path / "mine.txt"
    file.write_text("good\t1.9\nawful\t-2.0\t0.4\t[-3, -1]\n", encoding="utf-8")
    assert words.read_lexicon(file) == {"good": 1.9, "awful": -2.0}


@pytest.mark.parametrize("line", ["good", "good 1.9", "good\tvery"])
def test_a_line_that_is_none_is_named(words, tmp_path, line):
    file = tmp_path / "mine.txt"
    file.write_text(f"bad\t-1\n{line}\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"mine\.txt:2: not a word"):
        words.read_lexicon(file)
    with pytest.raises(SystemExit, match=r"gone\.txt"):
        words.read_lexicon(tmp_path / "gone.txt")


def test_the_trained_weights_stay(words):
    assistant = load_trained(paths.shipped_model())
    before = dict(assistant.heads["sentiment"].state_dict())
    head = words.with_words(assistant)
    after = head.state_dict()
    for name, value in before.items():
        if not name.startswith(("words.", "lexicon.")):
            assert torch.equal(after[name], value), name
    assert head.words.is_empty
    assert head.lexicon.is_empty
