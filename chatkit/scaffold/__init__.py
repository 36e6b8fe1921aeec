"""Scaffold: a new head as one file, or as a package that can be installed."""

from __future__ import annotations

import importlib.util
import keyword
import string
from pathlib import Path

from chatkit.checkpoint import new_folder, write_aside
from chatkit.errors import HeadError

_TEMPLATES = Path(__file__).parent / "templates"
_NEEDS_CHATKIT = "0.1"  # the first version with plugin_api 1
_PACKAGE = {
    "package/pyproject.toml.tmpl": "pyproject.toml",
    "package/README.md.tmpl": "README.md",
    "package/tests/test_contract.py.tmpl": "tests/test_contract.py",
    "package/workflows/test.yml.tmpl": ".github/workflows/test.yml",
    "head.py.tmpl": "src/chatkit_$name/__init__.py",
}


def write_head(name: str, folder: Path) -> Path:
    """Write ``NAME.py``, a head that answers at once and passes the contract kit.

    Returns:
        The file.
    Raises:
        HeadError: If the name is no identifier, or the file is already there.
        StorageError: If it cannot be written.
    """
    values = _values(name)
    path = folder / f"{name}.py"
    _must_be_new(path, name)
    values["how"] = f"Try it: chatkit --head {name}.py; prove it: chatkit check {name}.py"
    write_aside(path, _fill("head.py.tmpl", values).encode("utf-8"))
    return path


def write_package(name: str, folder: Path) -> Path:
    """Write ``chatkit-NAME``, a package with the head, its entry point, test, CI and README.

    Returns:
        The package's folder.
    Raises:
        HeadError: If the name is no identifier, the folder is already there, or such a package is installed.
        StorageError: If it cannot be written.
    """
    values = _values(name)
    values["how"] = "Try it: pip install -e . && chatkit; prove it: pytest"
    path = folder / f"chatkit-{values['dashed']}"
    _must_be_new(path, name)
    if importlib.util.find_spec(f"chatkit_{name}") is not None:
        raise HeadError(f"a package chatkit_{name} is installed already", head=name, hint="choose another name")
    with new_folder(path, own=()) as new:
        for template, target in _PACKAGE.items():
            content = _fill(template, values)
            write_aside(new / string.Template(target).substitute(values), content.encode("utf-8"))
        write_aside(new / "src" / f"chatkit_{name}" / "py.typed", b"")
    return path


def _values(name: str) -> dict[str, str]:
    if not name.isascii() or not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
        raise HeadError(
            f"{name!r} cannot be the name of a head",
            head=name,
            hint="use letters, digits and _, such as: chatkit new mood",
        )
    class_name = "".join(part[:1].upper() + part[1:] for part in name.split("_"))
    if class_name == "Classifier":
        class_name = "ClassifierHead"
    dashed = name.replace("_", "-").strip("-").lower()
    return {"name": name, "class_name": class_name, "dashed": dashed, "version": _NEEDS_CHATKIT}


def _must_be_new(path: Path, name: str) -> None:
    if path.exists() or path.is_symlink():
        raise HeadError(f"{path} is already there", head=name, hint="choose another name, or remove it first")


def _fill(template: str, values: dict[str, str]) -> str:
    return string.Template((_TEMPLATES / template).read_text(encoding="utf-8")).substitute(values)
