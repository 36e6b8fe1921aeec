"""Training goes on from the weights of another assistant."""

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from chatkit_sentiment import Sentiment

from chatkit.assistant import Assistant
from chatkit.errors import ConfigError
from chatkit.registry import Registry
from chatkit.training.progress import Progress
from chatkit.training.recipe import Recipe
from chatkit.training.run import Run


def begin(recipe: Recipe, folder: Path) -> Run:
    run = Run(recipe, folder, Progress(quiet=True), device="cpu")
    run.start()
    return run


def test_a_run_begins_with_the_weights_and_pieces_of_init(
    trained: Path, tmp_path: Path, micro: Callable[..., Recipe], assistant: Assistant
) -> None:
    shape = ("encoder.embedding=48", "encoder.hidden=96")
    run = begin(micro(f"init={trained}", *shape), tmp_path / "on")
    assert run.assistant.tokenizer.to_bytes() == assistant.tokenizer.to_bytes()
    for part in ("backbone", "heads.sentiment"):
        old = assistant.backbone if part == "backbone" else assistant.heads["sentiment"]
        new = run.assistant.backbone if part == "backbone" else run.assistant.heads["sentiment"]
        for name, tensor in old.state_dict().items():
            assert torch.equal(tensor, new.state_dict()[name])


def test_a_run_that_ended_before_its_first_checkpoint_begins_with_init_again(
    trained: Path, tmp_path: Path, micro: Callable[..., Recipe], assistant: Assistant
) -> None:
    recipe = micro(f"init={trained}", "encoder.embedding=48", "encoder.hidden=96")
    begin(recipe, tmp_path / "on")
    again = Run(recipe, tmp_path / "on", Progress(quiet=True), device="cpu")
    again.resume()
    for name, tensor in assistant.backbone.state_dict().items():
        assert torch.equal(tensor, again.assistant.backbone.state_dict()[name])


def test_an_encoder_of_another_shape_is_refused(trained: Path, tmp_path: Path, micro: Callable[..., Recipe]) -> None:
    with pytest.raises(ConfigError, match="encoder"):
        begin(micro(f"init={trained}"), tmp_path / "on")


def with_lexicon(trained: Path, folder: Path) -> Path:
    """The trained assistant with a sentiment head that hears a lexicon."""
    shutil.copytree(trained, folder)
    held = Assistant.load(folder, Registry().load)
    old, setup = held.heads["sentiment"].state_dict(), held.setups["sentiment"]
    head = held.add_head(Sentiment, dataclasses.replace(setup, options={**setup.options, "lexicon": 12}))
    assert isinstance(head, Sentiment)
    assert head.lexicon is not None
    head.load_state_dict({**head.state_dict(), **old})
    head.lexicon.learn({"splendid": 3.0})
    held.save_head("sentiment", folder / "heads" / "sentiment")
    return folder


@pytest.mark.parametrize("kept", [True, False])
def test_what_fills_a_head_goes_with_its_weights_or_is_named(
    trained: Path,
    tmp_path: Path,
    micro: Callable[..., Recipe],
    assistant: Assistant,
    kept: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shape = ("encoder.embedding=48", "encoder.hidden=96")
    asked = ("heads.sentiment.options.lexicon=12",) if kept else ()
    recipe = micro(f"init={with_lexicon(trained, tmp_path / 'init')}", *shape, *asked)
    run = Run(recipe, tmp_path / "on", Progress(), device="cpu")
    run.start()
    new = run.assistant.heads["sentiment"].state_dict()
    for name, tensor in assistant.heads["sentiment"].state_dict().items():
        assert torch.equal(tensor, new[name])
    assert bool(new["lexicon.count"]) if kept else "lexicon.count" not in new
    assert ("lexicon of init left out" in capsys.readouterr().err) is not kept


def test_a_head_of_another_shape_begins_new_and_says_so(
    trained: Path, tmp_path: Path, micro: Callable[..., Recipe], capsys: pytest.CaptureFixture[str]
) -> None:
    shape = ("encoder.embedding=48", "encoder.hidden=96", "heads.sentiment.options.hidden=24")
    Run(micro(f"init={trained}", *shape), tmp_path / "on", Progress(), device="cpu").start()
    assert "sentiment begins new" in capsys.readouterr().err
