"""``chatkit doctor``: what may stand in the way of a chat, and what to mend."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from chatkit.cli.options import json_option, model_option, print_json

if TYPE_CHECKING:
    from chatkit.runtime.doctor import Finding


@click.command("doctor")
@model_option
@json_option
def command(model: str | None, as_json: bool) -> int:
    """Check keys, terminal, folder, history, index, heads, torch and model; 1 if something does not work."""
    from chatkit.runtime.doctor import examine

    findings = []
    for finding in itertools.chain(_keys(), examine(model)):
        findings.append(finding)
        if not as_json:
            way_out = f" ({finding.way_out})" if finding.way_out else ""
            click.echo(f"{finding.state:5} {finding.about:10} {finding.what}{way_out}")
    bad = any(finding.state == "bad" for finding in findings)
    if as_json:
        print_json({"ok": not bad, "findings": [dataclasses.asdict(finding) for finding in findings]})
    return 1 if bad else 0


def _keys() -> Iterator[Finding]:
    """What is to be said of the user's key file."""
    from chatkit import paths
    from chatkit.errors import ChatkitError
    from chatkit.runtime.doctor import Finding
    from chatkit.tui.keys import own_keys

    try:
        found = own_keys()
    except ChatkitError as error:
        yield Finding("keys", "bad", error.message, error.hint or "the usual keys hold until the file is mended")
        return
    if found:
        yield Finding("keys", "ok", f"{paths.keys_file()} binds {len(found)} of chatkit's keys anew")
