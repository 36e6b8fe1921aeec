"""What the base install requires, and what that requires, is under licences that ask nothing of who uses chatkit."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def name_of(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[ ;<>=!\[~(]", requirement)[0]).lower()


def required(names: list[str]) -> dict[str, str]:
    """Name -> licence of packages and all that they require without extras, as far as it is installed here."""
    found: dict[str, str] = {}
    open_names = list(names)
    while open_names:
        name = open_names.pop()
        if name in found:
            continue
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:  # for another platform or Python
            continue
        facts = distribution.metadata
        classified = [each for each in facts.get_all("Classifier") or [] if each.startswith("License")]
        found[name] = " ".join([facts.get("License-Expression") or facts.get("License") or "", *classified])
        open_names += [name_of(each) for each in distribution.requires or [] if "extra ==" not in each]
    return found


def test_nothing_that_is_required_is_under_the_gpl() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = required([name_of(each) for each in project["dependencies"]])
    assert {"torch", "textual", "torchjd"} <= set(found)
    for name, licence in found.items():
        first = licence[:200].replace("GPL-3.0-WITH-GCC-EXCEPTION", "")  # runtime of compilers, inside wheels
        assert licence.strip(), f"{name}: no licence is named"
        assert not re.search(r"\bA?GPL|General Public License", first, re.IGNORECASE), f"{name}: {licence[:100]}"
