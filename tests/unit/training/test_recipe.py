"""Configs of a training run: what is wrong is named by file and key; paths are found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chatkit.errors import ConfigError, DataError
from chatkit.training.progress import Progress
from chatkit.training.recipe import Recipe, differences, load_recipe
from chatkit.training.run import Run

Micro = Callable[..., Recipe]


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("train.stepz=5", r"micro\.toml: unknown key train\.stepz \(did you mean steps\?\)"),
        ("heads.sentiment.bach=5", r"unknown key heads\.sentiment\.bach \(did you mean batch\?\)"),
        ("train.steps=many", r"train\.steps must be a int, got 'many'"),
        ("train.steps=0", r"train\.steps must be above 0"),
        ("train.learning_rate=nan", r"train\.learning_rate must be a finite number"),
        ("train.learning_rate=-1", r"train\.learning_rate must be above 0"),
        ("train.warmup=1", r"train\.warmup must lie in"),
        ("train.schedule=cosin", r"train\.schedule must be one of constant, cosine, linear, one_cycle"),
        ("encoder.dropout=1", r"encoder\.dropout must lie in"),
        ("heads.sentiment.weight=-1", r"weight must be at least 0"),
        ("heads.sentiment.reset=2", r"reset must lie in"),
        ("heads.sentiment.data=[]", r"data names no file or folder"),
        ("heads.sentiment.data=x", r"heads\.sentiment\.data must be a list"),
        ("heads={}", r"no \[heads\.NAME\] in it"),
        ("seed=-1", r"seed must lie in"),
        (r'heads.sentiment.data=["x\u0000"]', r"no path holds a zero byte"),
        ("data.on_error=ignore", r"data\.on_error must be one of skip, stop"),
        ('objectives.keep={"sentiment.f1"="> 1"}', r'keep must be like "sentiment\.macro_f1" = ">= 0\.70"'),
        ('objectives.keep={"moood.f1"=">= 1"}', r"objectives\.keep names moood, which is no head of it"),
        ("sweep.seeds=0", r"sweep\.seeds must be at least 1"),
        ("steps", r"--set steps: not of the form KEY=VALUE"),
    ],
)
def test_mistakes_are_named(micro: Micro, pair: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        micro(pair)


def test_set_overrides_the_file(micro: Micro) -> None:
    recipe = micro("train.steps=3", "heads.sentiment.options.hidden=9", "heads.sentiment.every=2")
    assert recipe.train.steps == 3
    assert recipe.heads["sentiment"].options == {"hidden": 9}
    assert recipe.heads["sentiment"].every == 2
    assert micro().train.steps == 12


def test_paths_are_relative_to_the_config_and_to_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    config = tmp_path / "sub" / "c.toml"
    config.write_text('[heads.sentiment]\ndata = ["a.jsonl", {path = "../b.csv", repeat = 2}]\nhead = "my.py"\n')
    head = load_recipe(str(config)).heads["sentiment"]
    assert [s.path for s in head.sources] == [str(tmp_path / "sub" / "a.jsonl"), str(tmp_path / "b.csv")]
    assert head.sources[1].repeat == 2
    assert head.head == str(tmp_path / "sub" / "my.py")
    monkeypatch.chdir(tmp_path)
    moved = load_recipe(str(config), ["data.root=elsewhere"]).heads["sentiment"]
    assert moved.sources[0].path == str(tmp_path / "elsewhere" / "a.jsonl")


def test_what_the_command_line_says_is_relative_to_where_it_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another root of the data does not move what else the config names."""
    (tmp_path / "sub").mkdir()
    config = tmp_path / "sub" / "c.toml"
    config.write_text(
        'init = "part1"\n[tokenizer]\npath = "t.model"\n[data]\nroot = "a"\nexclude = ["x"]\n'
        '[heads.sentiment]\ndata = ["a.jsonl"]\nhead = "my.py"\n'
    )
    monkeypatch.chdir(tmp_path)
    recipe = load_recipe("sub/c.toml", ["data.root=sets"])
    assert recipe.heads["sentiment"].sources[0].path == str(tmp_path / "sets" / "a.jsonl")
    assert recipe.data.exclude == (str(tmp_path / "sets" / "x"),)
    assert recipe.heads["sentiment"].head == str(tmp_path / "sub" / "my.py")
    assert (recipe.init, recipe.tokenizer.path) == (str(tmp_path / "sub" / "part1"), str(tmp_path / "sub" / "t.model"))
    recipe = load_recipe("sub/c.toml", ["init=part1", "heads.sentiment.head=my.py"])
    assert recipe.init == str(tmp_path / "part1")
    assert recipe.heads["sentiment"].head == str(tmp_path / "my.py")
    assert recipe.heads["sentiment"].sources[0].path == str(tmp_path / "sub" / "a" / "a.jsonl")


@pytest.mark.parametrize("name", ["english", "chinese"])
def test_the_configs_of_our_own_corpora_are_sound(name: str) -> None:
    recipe = load_recipe(f"corpora:{name}.toml")
    assert set(recipe.heads) == {"generation", "sentiment", "retrieval"}
    assert all(Path(source.path).exists() for head in recipe.heads.values() for source in head.sources)


def test_the_recipe_of_the_shipped_assistant_is_sound() -> None:
    from chatkit import paths

    recipe = load_recipe(str(paths.shipped_docs().parent / "recipe.toml"))
    assert {"generation", "sentiment", "retrieval"} <= set(recipe.heads)


def test_data_that_are_missing_are_named(micro: Micro, tmp_path: Path) -> None:
    recipe = micro('heads.sentiment.data=["nowhere/at_all"]')
    with pytest.raises(DataError, match=r"no such file or folder: .*nowhere/at_all"):
        Run(recipe, tmp_path / "out", Progress(quiet=True))
    assert not (tmp_path / "out").exists()


def test_a_head_that_does_not_exist_is_named(micro: Micro, tmp_path: Path) -> None:
    from chatkit.errors import HeadError

    with pytest.raises(HeadError, match=r"no head is called sentimnt \(did you mean sentiment\?"):
        Run(micro('heads.sentimnt={data=["corpora:english/sentiment"]}'), tmp_path / "out", Progress(quiet=True))


def test_an_option_that_a_head_cannot_use_is_the_users_mistake(micro: Micro, tmp_path: Path) -> None:
    from chatkit.errors import HeadError

    run = Run(micro("heads.sentiment.options.activation=swish"), tmp_path / "out", Progress(quiet=True))
    with pytest.raises(HeadError, match="head sentiment failed in build: ValueError: no activation 'swish'"):
        run.start()


def test_differences_are_dotted_keys() -> None:
    old = {"a": {"b": 1, "c": {"d": 2}}, "e": 3}
    assert differences(old, {"a": {"b": 1, "c": {"d": 5}}, "f": 1}) == ["a.c.d", "e", "f"]
    assert differences(old, old) == []


def test_bfloat16_where_the_processor_has_none_is_the_users_mistake(
    micro: Micro, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatkit.training.precision.bfloat16_runs", lambda: False)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    run = Run(micro("train.precision=bfloat16"), tmp_path / "out", Progress(quiet=True))
    with pytest.raises(ConfigError, match=r"train\.precision bfloat16.*auto"):
        run.start()
