"""Files and packages with heads, as tests of the registry need them."""

from __future__ import annotations

from pathlib import Path

HEAD = """from chatkit.plugin_api import Classifier

class Mood(Classifier):
    name = "{name}"
    examples = [{{"text": "good fun", "label": "happy"}}, {{"text": "dull", "label": "sad"}}]
"""


def write_head(path: Path, name: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD.format(name=name or path.stem), encoding="utf-8")
    return path


def install(place: Path, distribution: str, points: dict[str, str], **modules: str) -> None:
    """Lay a package on the path as an installer would: modules and metadata."""
    site = place / "site"
    info = site / f"{distribution.replace('-', '_')}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n")
    lines = [f"{name} = {value}" for name, value in points.items()]
    (info / "entry_points.txt").write_text("[chatkit.heads]\n" + "\n".join(lines) + "\n")
    for name, source in modules.items():
        (site / f"{name}.py").write_text(source, encoding="utf-8")
