"""``chatkit export``: an assistant's plain parts for use elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from chatkit.cli.options import json_option, model_option, print_json


@click.command("export")
@model_option
@click.option("--format", "form", type=click.Choice(["onnx", "safetensors"]), required=True)
@click.option("--out", required=True, metavar="DIR", help="Folder of the files.")
@json_option
def command(model: str | None, form: Literal["onnx", "safetensors"], out: str, as_json: bool) -> int:
    """Write encoder, softmax and heads for use elsewhere; ONNX files are run and compared with our own output."""
    from chatkit.runtime.export import TOLERANCE, export_model

    table = export_model(model, Path(out), form)
    differences = [file.get("difference") for file in table["files"]]
    right = all(d is None or d <= TOLERANCE for d in differences)
    if as_json:
        print_json(table)
        return 0 if right else 1
    for file in table["files"]:
        if form == "safetensors":
            click.echo(f"{file['file']}  {file['tensors']} tensors")
            continue
        found = file["difference"]
        checked = "not checked: install onnxruntime" if found is None else f"differs from ours by at most {found:.1e}"
        without = f"; without {', '.join(file['without'])}" if file.get("without") else ""
        click.echo(
            f"{file['file']:28} {', '.join(file['inputs'])} -> {', '.join(file['outputs'])}  ({checked}{without})"
        )
    for name, why in table["left_out"].items():
        click.echo(f"left out: {name} ({why})")
    click.echo(f"in {out}, with tokenizer.model and export.json, which describes them")
    return 0 if right else 1
