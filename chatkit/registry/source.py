"""Where heads come from, in the order of discovery. Reads files and package metadata, imports nothing."""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import importlib.metadata
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from chatkit.paths import user_path

GROUP = "chatkit.heads"
FIRST_PARTY = "chatkit-tui"
EXPLICIT, LOCAL, USER = "--head", "./heads", "user"


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A head that may be there.

    Args:
        name: As its class or entry point declares it, else the file's stem.
        tier: 0 is found first.
        origin: See ``Entry.origin``.
        key: sha256 that its confirmation and last load are remembered by: of the file, or of the entry point.
        path: The file; None for an entry point.
        api: The version of plugin_api that its class declares, if that can be read.
        problem: Why it cannot be imported at all (unreadable, no Python).
        place: ``file:line`` of the problem.
        entry_point: What to load, for an installed head.
        version: Version of its distribution.
        content: Bytes of the file, so that what was hashed is what is run.
    """

    name: str
    tier: int
    origin: str
    key: str
    path: Path | None = None
    api: int | None = None
    problem: str = ""
    place: str = ""
    entry_point: importlib.metadata.EntryPoint | None = None
    version: str = ""
    content: bytes = dataclasses.field(default=b"", repr=False, compare=False)

    @property
    def first_party(self) -> bool:
        """Whether it was installed with chatkit itself."""
        return self.entry_point is not None and _normal(self.origin) == FIRST_PARTY

    @property
    def where(self) -> str:
        """Its file, as seen from here, or its distribution; two files of one name are told apart."""
        if self.path is None:
            return self.origin
        here = Path.cwd()
        return str(self.path.relative_to(here) if self.path.is_relative_to(here) else self.path)

    @property
    def place_found(self) -> str:
        """The folder or list that it was found in."""
        return str(self.path.parent) if self.path is not None else "the installed packages"

    @property
    def asks(self) -> bool:
        """Whether it must be confirmed: a file that only lay in a folder, not one that the user named."""
        return self.path is not None and self.origin != EXPLICIT


def is_file(name_or_file: str) -> bool:
    """Whether a HEAD on the command line is meant as a file, not as a name."""
    return name_or_file.endswith(".py") or not name_or_file.isidentifier()


def candidates(files: Sequence[str], folder: Path, user_folder: Path) -> list[Candidate]:
    """Everything that may be a head, in the order of discovery; a file that is found twice counts once."""
    found = [from_file(Path(file), 0, EXPLICIT) for file in files if is_file(file)]
    for tier, (place, origin) in enumerate(((folder, LOCAL), (user_folder, USER)), 1):
        found += [from_file(path, tier, origin) for path in _python_files(place)]
    seen: set[Path] = set()
    out = []
    for candidate in found:
        real = (candidate.path or Path()).resolve()
        if real not in seen:
            seen.add(real)
            out.append(candidate)
    return out + list(installed())


def from_file(path: Path, tier: int, origin: str) -> Candidate:
    """The head in a file, read but not run."""
    path = user_path(path).absolute()
    try:
        content = path.read_bytes()
    except OSError as error:
        why = f"{path}: cannot be read: {error.strerror}"
        return Candidate(path.stem, tier, origin, "", path, problem=why)
    key = hashlib.sha256(content).hexdigest()
    try:
        name, api = declared(ast.parse(content, str(path)), path.stem)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        what = f"{type(error).__name__}: {getattr(error, 'msg', None) or error}"
        return Candidate(path.stem, tier, origin, key, path, problem=what, place=f"{path.name}:{line}")
    return Candidate(name, tier, origin, key, path, api, content=content)


def declared(tree: ast.Module, stem: str) -> tuple[str, int | None]:
    """Name and api of the first class that has bases and a literal name; the stem if there is none."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.bases:
            values = dict(_literals(node))
            name, api = values.get("name"), values.get("api")
            if isinstance(name, str):
                return name, api if isinstance(api, int) else None
    return stem, None


def _literals(node: ast.ClassDef) -> Iterator[tuple[str, object]]:
    for statement in node.body:
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        for target in targets:
            value = getattr(statement, "value", None)
            if isinstance(target, ast.Name) and isinstance(value, ast.Constant):
                yield target.id, value.value


def _python_files(folder: Path) -> list[Path]:
    try:
        return sorted(p for p in folder.glob("*.py") if p.is_file() and p.name[0] not in "._")
    except OSError:
        return []


def installed() -> Iterator[Candidate]:
    """Heads of installed packages, by their metadata alone; a package with broken metadata hurts no other."""
    seen: set[tuple[str, str]] = set()
    for distribution in importlib.metadata.distributions():
        try:
            text = distribution.read_text("entry_points.txt") or ""
            if GROUP not in text:
                continue
            origin, version = distribution.metadata["Name"], distribution.version
            points = [point for point in distribution.entry_points if point.group == GROUP]
        except Exception:  # metadata of a stranger: whatever is wrong with it, it offers no head
            continue
        for point in points:
            if (_normal(origin), point.name) in seen:  # the same distribution again, later on sys.path
                continue
            seen.add((_normal(origin), point.name))
            key = hashlib.sha256(f"{origin} {version} {point.name} {point.value}".encode()).hexdigest()
            yield Candidate(point.name, 3, origin, key, entry_point=point, version=version)


def _normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()
