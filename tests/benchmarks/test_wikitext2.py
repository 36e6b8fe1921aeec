"""The WikiText-2 benchmark, small: it runs, goes on from its checkpoints and counts words rightly."""

from __future__ import annotations

import gzip
import math
import sys
from pathlib import Path

import pytest
import torch
import wikitext2
from wikitext2_cache import cached, mixed
from wikitext2_ours import Config, OurRun, articles
from wikitext2_recipe import RecipeRun
from wikitext2_text import read_lines, word_ids

from chatkit.nn.neural_cache import NeuralCache

ARTICLE = "\n".join(
    [
        " ",
        " = Head {0} = ",
        " ",
        " the <unk> sat on mat {0} @-@ high . ",
        " a second line of it . ",
        " = = Part = = ",
        "",
    ]
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for part, count in (("train", 60), ("dev", 6), ("test", 6)):
        text = "".join(ARTICLE.format(i % 9) for i in range(count))
        (tmp_path / f"{part}.txt").write_text(text, encoding="utf-8")
    (tmp_path / "train.txt.gz").write_bytes(gzip.compress((tmp_path / "train.txt").read_bytes()))
    (tmp_path / "train.txt").unlink()
    return tmp_path


def test_every_line_ends_and_no_word_is_lost(folder: Path) -> None:
    lines = read_lines(folder, "dev")
    ids, _ = word_ids({"train": read_lines(folder, "train"), "dev": lines})
    raw = (folder / "dev.txt").read_text(encoding="utf-8")
    assert len(ids["dev"]) == len(raw.split()) + raw.count("\n")
    again = [line for article in articles(lines) for line in article]
    assert [["<unk>" if w == "<unknown>" else w for w in line] for line in again] == lines
    assert len(articles(lines)) == 6


def test_the_cache_is_that_of_the_chat() -> None:
    generator = torch.Generator().manual_seed(1)
    hidden, targets = torch.randn(60, 8, generator=generator), torch.randint(12, (60,), generator=generator)
    logits = torch.randn(60, 12, generator=generator)
    cache = NeuralCache(share=0.2, flatness=3.0, size=25)
    plain = torch.log_softmax(logits, -1).gather(1, targets[:, None])[:, 0]
    expected = []
    for i in range(60):
        row = cache.mixed(logits[i : i + 1], hidden[i : i + 1])
        expected.append(float(torch.log_softmax(row, -1)[0, targets[i]]))
        cache.add(hidden[i : i + 1], [int(targets[i])])
    found = mixed(-plain, cached(hidden, targets, (3.0,), window=25)[0], 0.2)
    torch.testing.assert_close(-found, torch.tensor(expected), rtol=1e-4, atol=1e-4)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_benchmark_runs_and_goes_on(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ["--set", "embedding=8", "--set", "hidden=12", "--set", "frequent=4", "--set", "sampled=4"]
    small += ["--set", "batch=2", "--set", "window=8"]
    base = ["wikitext2.py", str(folder), "--out", str(tmp_path / "runs")]
    for minutes, more in (("0.02", ["--only", "ours"]), ("0.03", ["--test"]), ("0.03", [])):
        monkeypatch.setattr(sys, "argv", [*base, "--minutes", minutes, *small, *more])
        wikitext2.main()
        said = capsys.readouterr()
        if "--test" in more:
            assert "perplexity on test by that of the recipe, ours with cache" in said.out
            assert "kneser_ney, test" in said.out
            assert "recipe ..." in said.err
    assert "perplexity on dev by that of the recipe" in said.out
    assert said.err == ""  # what is finished is not measured again


@pytest.mark.slow
def test_every_word_counts_once_and_a_checkpoint_goes_on(folder: Path, tmp_path: Path) -> None:
    lines = read_lines(folder, "train")
    config = Config(embedding=8, hidden=12, batch=2, window=8, frequent=4, sampled=4)
    run = OurRun(lines, len({w for line in lines for w in line}), 1.0, tmp_path / "ours.safetensors", config)
    words = sum(len(line) + 1 for line in lines)
    assert len(run.read(lines)[0]) == words  # each is one piece
    run.run(lambda _: None)
    again = OurRun(lines, 40, 1.0, tmp_path / "ours.safetensors", config)
    assert again.trainer.step == run.trainer.step
    assert again.perplexity(lines) == pytest.approx(run.perplexity(lines))
    assert run.perplexity(lines) < len(run.tokenizer)
    ids, size = word_ids({"train": lines})
    recipe = RecipeRun(ids["train"], ids["train"][:50], size, tmp_path / "recipe.pt")
    recipe.run(0.5, lambda _: None)
    assert math.isfinite(recipe.best)
    assert RecipeRun(ids["train"], ids["train"][:50], size, tmp_path / "recipe.pt").epochs == recipe.epochs
