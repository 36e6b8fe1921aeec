"""Writes the tables of ``docs/keys.md`` from the bindings of the app: ``python docs/keys.py``."""

from __future__ import annotations

from pathlib import Path

from chatkit.tui.bindings import GROUPS

PAGE = Path(__file__).with_suffix(".md")


def tables() -> str:
    """One table for each group of keys."""
    out = []
    for group in GROUPS:
        rows: dict[str, tuple[list[str], str]] = {}
        for binding in group.bindings:
            if binding.id:
                rows.setdefault(binding.id, ([], binding.description))[0].append(f"`{binding.key}`")
        if rows:
            lines = [f"| `{name}` | {' '.join(keys)} | {what} |" for name, (keys, what) in rows.items()]
            out.append("\n".join([f"## {group.title}\n", "| name | keys | what it does |", "|---|---|---|", *lines]))
    return "\n\n".join(out) + "\n"


if __name__ == "__main__":
    head = PAGE.read_text(encoding="utf-8").partition("\n## ")[0]
    PAGE.write_text(f"{head}\n{tables()}", encoding="utf-8")
