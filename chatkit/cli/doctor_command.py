"""``chatkit doctor``: what may stand in the way of a chat, and what to mend."""

from __future__ import annotations

import dataclasses

import click

from chatkit.cli.options import json_option, model_option, print_json


@click.command("doctor")
@model_option
@json_option
def command(model: str | None, as_json: bool) -> int:
    """Check terminal, folder, history, index, heads, torch and model; 1 if something does not work."""
    from chatkit.runtime.doctor import examine

    findings = []
    for finding in examine(model):
        findings.append(finding)
        if not as_json:
            way_out = f" ({finding.way_out})" if finding.way_out else ""
            click.echo(f"{finding.state:5} {finding.about:10} {finding.what}{way_out}")
    bad = any(finding.state == "bad" for finding in findings)
    if as_json:
        print_json({"ok": not bad, "findings": [dataclasses.asdict(finding) for finding in findings]})
    return 1 if bad else 0
