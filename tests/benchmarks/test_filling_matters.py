"""What fills the shipped generation head with matters: the rest stays, mistakes are named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch
from chatkit_generation import Generation

from chatkit.checkpoint import load_tensors, save_tensors
from chatkit.errors import HeadError
from chatkit.runtime.loading import load_trained

RULES = '[sets]\npet = "dog cat"\n[limping]\ncues = ["@pet + limp*"]\ntold = ["Poor thing."]\n'


@pytest.fixture(scope="module")
def script(recipe_script: Callable[[str], ModuleType]) -> ModuleType:
    return recipe_script("matters")


def test_the_script_fills_a_model_and_leaves_the_rest(
    script: ModuleType, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pets.toml").write_text(RULES, encoding="utf-8")
    before = {path: path.read_bytes() for path in model.rglob("*") if path.is_file() and "generation" not in path.parts}
    for _ in range(2):
        monkeypatch.setattr("sys.argv", ["matters.py", str(model), str(tmp_path / "pets.toml")])
        script.main()
    assert "bytes of 1 files" in capsys.readouterr().out
    assert all(path.read_bytes() == content for path, content in before.items())
    head = load_trained(model).heads["generation"]
    assert isinstance(head, Generation)
    assert head.matters is not None
    assert [found.matter.name for found in head.matters.found("My cat is limping")] == ["limping"]


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ('[limping]\ncues = ["@pet + limp*"]\ntold = ["Poor thing."]\n', r"pets\.toml: limping: cue .*no set @pet"),
        ("[limping\n", "Expected"),
        (None, "No such file"),
    ],
)
def test_a_mistake_is_one_line_and_the_model_stays(
    script: ModuleType, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rules: str | None, why: str
) -> None:
    if rules is not None:
        (tmp_path / "pets.toml").write_text(rules, encoding="utf-8")
    before = {path: path.read_bytes() for path in model.rglob("*") if path.is_file()}
    monkeypatch.setattr("sys.argv", ["matters.py", str(model), str(tmp_path / "pets.toml")])
    with pytest.raises(SystemExit, match=why):
        script.main()
    assert {path: path.read_bytes() for path in model.rglob("*") if path.is_file()} == before


def test_a_table_of_the_old_layout_is_refused_in_one_line_and_filled_anew(
    script: ModuleType, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pets.toml").write_text(RULES, encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["matters.py", str(model), str(tmp_path / "pets.toml")])
    script.main()
    weights = model / "heads" / "generation" / "weights.safetensors"
    tensors, metadata = load_tensors(weights)
    table = tensors["matters.table"]
    table.zero_()[:2] = torch.frombuffer(bytearray(b"{}"), dtype=torch.uint8)
    save_tensors(weights, tensors, metadata)
    with pytest.raises(
        HeadError, match=r"^[^\n]*old layout; fill it anew with: python docs/recipes/default/matters\.py"
    ):
        load_trained(model)
    script.main()
    head = load_trained(model).heads["generation"]
    assert isinstance(head, Generation)
    assert head.matters is not None
    assert head.matters.found("My cat is limping")
