"""The neural cache: a distribution, of what was said after like states."""

from __future__ import annotations

import pytest
import torch

from chatkit.nn.neural_cache import NeuralCache


def test_the_mixture_is_the_formula() -> None:
    torch.manual_seed(0)
    states, ids = torch.randn(5, 4), [1, 2, 1, 0, 6]
    cache = NeuralCache(share=0.3, flatness=2.0, size=100)
    cache.add(states[:2], ids[:2])
    cache.add(states[2:], ids[2:])
    logits, hidden = torch.randn(3, 7), torch.randn(3, 4)
    shares = torch.softmax(cache.mixed(logits, hidden), -1)
    similar = torch.nn.functional.cosine_similarity(hidden[:, None], states[None], dim=-1)
    weights = torch.softmax(2.0 * similar, -1)
    said = torch.zeros(3, 7)
    for place, index in enumerate(ids):
        said[:, index] += weights[:, place]
    assert torch.allclose(shares, 0.7 * torch.softmax(logits, -1) + 0.3 * said, atol=1e-6)


def test_it_remembers_the_latest_only_and_an_empty_one_changes_nothing() -> None:
    cache = NeuralCache(share=0.5, flatness=1.0, size=2)
    logits, hidden = torch.zeros(1, 4), torch.ones(1, 3)
    assert cache.mixed(logits, hidden) is logits
    cache.add(torch.ones(4, 3), [0, 1, 2, 3])
    shares = torch.softmax(cache.mixed(logits, hidden), -1)[0]
    assert shares.tolist() == pytest.approx([0.125, 0.125, 0.375, 0.375])
    assert len(cache) == 2
    with pytest.raises(ValueError, match="share"):
        NeuralCache(share=1.0, flatness=1.0, size=2)
