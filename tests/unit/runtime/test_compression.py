"""Smaller assistants: what is left out, and that the table says what it cost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from chatkit.assistant import Assistant
from chatkit.cli.compress_command import command
from chatkit.errors import StorageError
from chatkit.runtime.compression import compress_model


def test_pruned_and_int8_is_smaller_and_answers(
    trained: Path, tmp_path: Path, load_assistant: Callable[[Path], Assistant]
) -> None:
    out = tmp_path / "small"
    table = compress_model(str(trained), out, int8=True, prune_share=0.5, most=5)
    rows = {row["what"]: (row["before"], row["after"]) for row in table["rows"]}
    assert rows["size, MB"][1] < 0.5 * rows["size, MB"][0]
    assert min(rows["steps of generation a CPU second"]) > 0
    assert any("bits_per_byte" in what for what in rows)
    small = load_assistant(out)
    assert not small.failures
    assert small.precision == "int8"
    weight = small.backbone.encoder.get_parameter("lstm.weight_hh_l0")
    assert 0.5 <= float((weight == 0).float().mean()) < 0.6
    assert float((small.backbone.encoder.embedding.weight == 0).float().mean()) < 0.1


def test_pruned_alone_keeps_the_other_values(
    trained: Path, tmp_path: Path, load_assistant: Callable[[Path], Assistant]
) -> None:
    compress_model(str(trained), tmp_path / "small", int8=False, prune_share=0.3, most=2)
    before, after = (
        load_assistant(folder).backbone.encoder.get_parameter("lstm.weight_ih_l0")
        for folder in (trained, tmp_path / "small")
    )
    kept = after != 0
    assert float(kept.float().mean()) == pytest.approx(0.7, abs=0.01)
    assert bool((after[kept] == before[kept]).all())
    assert float(before[~kept].abs().max()) <= float(before[kept].abs().min())


def test_it_writes_over_no_assistant(trained: Path) -> None:
    with pytest.raises(StorageError, match="is the model itself"):
        compress_model(str(trained), trained)


def test_the_command_wants_to_know_how(trained: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["--model", str(trained), "--out", str(tmp_path / "x")])
    assert result.exit_code == 2
    assert "--int8, --prune F, or both" in result.output
