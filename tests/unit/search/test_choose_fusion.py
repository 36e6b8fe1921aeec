"""The fusion that helps most and harms no set, by a test over the queries."""

from __future__ import annotations

import numpy as np
import pytest

from chatkit.metrics.ranking import ndcg
from chatkit.search.choose_fusion import GRID, choose_fusion
from chatkit.search.fusion import WORDS_ALONE, Candidates, Fusion, Pool

IDS = ("right", "wrong")


def pool(*queries: tuple[float, float]) -> Pool:
    """BM25 puts the right document second where the first number is below 1; the second: cosine less the other's."""
    found = {}
    for i, (lexical, cosine) in enumerate(queries):
        words = np.array([min(lexical, 1.0), min(2 - lexical, 1.0)])
        found[f"q{i}"] = Candidates(np.arange(2), words, np.array([0.5 + cosine / 2, 0.5 - cosine / 2]))
    return Pool(IDS, found, {name: {"right": 1} for name in found})


HELPED = pool(*[(0.9, 0.4)] * 30)


def test_the_fusion_that_helps_is_chosen() -> None:
    choice = choose_fusion([HELPED], ndcg)
    assert choice.fusion.weight > 0
    figures = {trial.fusion: trial.figures[0] for trial in choice.trials}
    assert figures[choice.fusion] == 1.0 > figures[WORDS_ALONE]
    assert len(choice.trials) == len(GRID) + 1


def test_vectors_that_mislead_are_switched_off() -> None:
    assert choose_fusion([pool((1.1, -0.9))], ndcg, [Fusion(2.0)]).fusion == WORDS_ALONE


def test_no_set_may_be_harmed_for_the_sake_of_another() -> None:
    harmed = pool(*[(1.2, -0.8)] * 10, *[(1.2, 0.1)] * 20)
    choice = choose_fusion([HELPED, harmed], ndcg, [Fusion(1.0)])
    assert choice.fusion == WORDS_ALONE
    assert choice.trials[1].chances == (1.0, 0.0)


def test_a_loss_that_chance_explains_is_no_harm_unless_it_is_large() -> None:
    mixed = pool(*[(1.2, -0.8)] * 3, *[(0.8, 0.8)] * 2, *[(1.5, 0.0)] * 195)  # three queries lost, two won
    choice = choose_fusion([HELPED, mixed], ndcg, [Fusion(1.0)])
    trial = choice.trials[1]
    assert trial.figures[1] < choice.trials[0].figures[1]
    assert 0.1 < trial.chances[1] < 0.6
    assert choice.fusion == Fusion(1.0)
    assert choose_fusion([HELPED, mixed], ndcg, [Fusion(1.0)], most_loss=0.001).fusion == WORDS_ALONE
    assert choose_fusion([HELPED, mixed], ndcg, [Fusion(1.0)], level=0.7).fusion == WORDS_ALONE


def test_a_steady_loss_is_harm_however_small() -> None:
    steady = pool(*[(1.2, -0.8)] * 4, *[(1.5, 0.0)] * 1996)
    choice = choose_fusion([HELPED, steady], ndcg, [Fusion(1.0)])
    loss = choice.trials[0].figures[1] - choice.trials[1].figures[1]
    assert 0 < loss < 0.003
    assert choice.fusion == WORDS_ALONE


def test_it_is_the_same_each_time() -> None:
    mixed = pool(*[(1.2, -0.8)] * 3, *[(0.8, 0.8)] * 2, *[(1.5, 0.0)] * 15)
    assert choose_fusion([HELPED, mixed], ndcg, seed=3) == choose_fusion([HELPED, mixed], ndcg, seed=3)


def test_without_a_set_nothing_can_be_chosen() -> None:
    with pytest.raises(ValueError, match="at least one pool"):
        choose_fusion([], ndcg)
