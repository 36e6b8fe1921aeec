"""Configs: every mistake names its file, key and the way out; what is written can be read."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.config import apply_overrides, dump_toml, from_table, read_toml, to_table
from chatkit.errors import ConfigError


@dataclasses.dataclass(frozen=True)
class Inner:
    width: int = 3
    rate: float = 0.5

    def __post_init__(self) -> None:
        if self.width < 1:
            raise ValueError(f"width must be at least 1, got {self.width}")


@dataclasses.dataclass(frozen=True)
class Outer:
    name: str
    inner: Inner = dataclasses.field(default_factory=Inner)
    mode: Literal["fast", "slow"] = "fast"
    many: tuple[str | Inner, ...] = ()
    named: dict[str, Inner] = dataclasses.field(default_factory=dict)
    maybe: str | None = None
    flag: bool = False
    anything: dict[str, Any] = dataclasses.field(default_factory=dict)


def build(**table: Any) -> Outer:
    return from_table(Outer, {"name": "x", **table}, where="my.toml")


def test_a_table_becomes_nested_dataclasses() -> None:
    config = build(inner={"width": 4}, many=["a", {"width": 2}], named={"b": {"rate": 2}}, anything={"k": [1]})
    assert config.inner == Inner(4)
    assert config.many == ("a", Inner(2))
    assert config.named == {"b": Inner(rate=2.0)}
    assert isinstance(config.named["b"].rate, float)  # a whole number stands for a float
    assert config.anything == {"k": [1]}
    assert config.maybe is None


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"nmae": 1}, r"my\.toml: unknown key nmae \(did you mean name\?\)"),
        ({"inner": {"widht": 1}}, r"my\.toml: unknown key inner\.widht \(did you mean width\?\)"),
        ({"named": {"b": {"zzz": 1}}}, r"my\.toml: unknown key named\.b\.zzz \(known keys: rate, width\)"),
        ({"inner": {"width": "wide"}}, r"my\.toml: inner\.width must be a int, got 'wide'"),
        ({"inner": {"width": 1.5}}, r"inner\.width must be a int"),
        ({"inner": {"width": True}}, r"inner\.width must be a int"),
        ({"inner": {"rate": "x"}}, r"inner\.rate must be a float"),
        ({"inner": {"rate": float("nan")}}, r"inner\.rate must be a finite number"),
        ({"inner": {"rate": 10**400}}, r"inner\.rate must be a finite number"),
        ({"inner": {"rate": float("inf")}}, r"inner\.rate must be a finite number"),
        ({"inner": {"width": 0}}, r"my\.toml: \[inner\] width must be at least 1"),
        ({"inner": 3}, r"my\.toml: inner must be a table"),
        ({"mode": "medium"}, r"mode must be one of fast, slow, got 'medium'"),
        ({"many": "abc"}, r"many must be a list"),
        ({"many": [{"width": -1}]}, r"many\[0\]"),
        ({"flag": 1}, r"flag must be a bool"),
        ({"named": []}, r"named must be a table"),
    ],
)
def test_mistakes_name_file_key_and_the_nearest_known_key(table: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(**table)


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ConfigError, match="key name is missing"):
        from_table(Outer, {}, where="my.toml")


def test_overrides_are_typed_by_toml_and_leave_the_table_alone() -> None:
    table = {"inner": {"width": 1}}
    pairs = ["inner.width=5", "inner.rate=1e-3", "name=two words", 'many=["a"]', "flag=true", "new.deep.key=a/b"]
    out = apply_overrides(table, pairs)
    assert out["inner"] == {"width": 5, "rate": 1e-3}
    assert (out["name"], out["many"], out["flag"]) == ("two words", ["a"], True)
    assert out["new"] == {"deep": {"key": "a/b"}}
    assert table == {"inner": {"width": 1}}
    assert apply_overrides(table, ["inner.width=1", "inner.width=2"])["inner"]["width"] == 2  # the last one wins


@pytest.mark.parametrize(
    ("pair", "message"),
    [("width", "not of the form KEY=VALUE"), ("=3", "not of the form"), ("inner.width.deep=3", "width is no table")],
)
def test_a_bad_override_is_named(pair: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        apply_overrides({"inner": {"width": 1}}, [pair])
    assert pair in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    cases = {"bad.toml": (b"a = [1", "not valid TOML"), "latin.toml": (b"a = '\xe9'", "not UTF-8 at byte 5")}
    for name, (content, message) in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ConfigError, match=f"{name}: {message}"):
            read_toml(tmp_path / name)
    with pytest.raises(ConfigError, match="no such file"):
        read_toml(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="is a folder"):
        read_toml(tmp_path)
    (tmp_path / "deep.toml").write_text("a = " + "[" * 100_000)
    with pytest.raises(ConfigError, match=r"deep\.toml"):
        read_toml(tmp_path / "deep.toml")


keys = st.text(min_size=1, max_size=8).filter(lambda t: t.isprintable() or "\n" in t)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
scalars = st.one_of(st.booleans(), st.integers(-(2**62), 2**62), st.floats(allow_nan=False), texts)
tables = st.recursive(
    st.dictionaries(keys, scalars, max_size=4),
    lambda inner: st.dictionaries(keys, st.one_of(scalars, inner, st.lists(scalars, max_size=3)), max_size=4),
    max_leaves=8,
)


@given(tables)
def test_written_toml_reads_back(table: dict[str, Any]) -> None:
    assert tomllib.loads(dump_toml(table)) == table


def test_a_config_survives_being_written() -> None:
    config = build(inner={"width": 4}, many=["a", {"width": 2}], named={"b c": {"rate": 2.5}}, maybe='q"uo\\te')
    table = tomllib.loads(dump_toml(to_table(config)))
    assert from_table(Outer, table, where="again") == config


def test_what_toml_cannot_hold_is_a_programmer_mistake() -> None:
    with pytest.raises(TypeError, match="no TOML for object"):
        dump_toml({"a": object()})
