"""Which file of a data set holds a part of it: ``{split}.jsonl`` and its kin, plain or gzipped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from chatkit.errors import DataError

SUFFIXES = (".jsonl", ".csv", ".tsv", ".txt")


def suffix_of(path: Path) -> str:
    """Suffix that tells the format: the last one, or the one before ``.gz``."""
    suffixes = path.suffixes
    if suffixes and suffixes[-1].lower() == ".gz":
        suffixes = suffixes[:-1]
    return suffixes[-1].lower() if suffixes else ""


def existing(path: Path) -> Path:
    """The path itself.

    Raises:
        DataError: If nothing is there, or it cannot be looked at.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise DataError(f"no such file or folder: {path}") from None
    except (OSError, ValueError) as error:
        raise DataError(f"cannot look at {path}: {getattr(error, 'strerror', None) or error}") from None
    return path


def find_part(path: Path, split: str, suffixes: Sequence[str] = SUFFIXES) -> Path:
    """File that holds a part of a data set.

    Args:
        path: A folder with ``{split}.jsonl`` or the like, or one file, which is then the whole part.
        split: ``train``, ``dev`` or ``test``.
        suffixes: Formats that are understood, the preferred one first.
    Raises:
        DataError: If there is no such file; names what was looked for.
    """
    existing(path)
    if path.is_dir():
        for suffix in suffixes:
            for name in (f"{split}{suffix}", f"{split}{suffix}.gz"):
                if (path / name).is_file():
                    return path / name
        wanted = ", ".join(f"{split}{suffix}[.gz]" for suffix in suffixes)
        raise DataError(f'no part "{split}" in folder {path}', hint=f"looked for {wanted}; {_held(path)}")
    if suffix_of(path) not in suffixes:
        raise DataError(
            f"{path} is of no format that is understood here",
            hint=f"known: {', '.join(suffixes)}, each also as .gz",
        )
    return path


def beir_file(folder: Path, name: str) -> Path:
    """A file of a BEIR folder, plain or gzipped.

    Args:
        folder: The data set.
        name: ``corpus.jsonl``, ``queries.jsonl`` or ``qrels/dev.tsv``.
    Raises:
        DataError: If the folder is none, or has no such file.
    """
    existing(folder)
    if not folder.is_dir():
        raise DataError(
            f"{folder} is a file where a folder is meant",
            hint="a retrieval set is a folder with corpus.jsonl, queries.jsonl and qrels/",
        )
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    if name.startswith("qrels/"):
        parts = ", ".join(splits(folder)) or "none"
        raise DataError(f"no {name} in {folder}", hint=f"parts with relevance judgements: {parts}")
    raise DataError(f"no {name}[.gz] in {folder}", hint="a retrieval set holds corpus.jsonl, queries.jsonl, qrels/")


def splits(path: Path) -> list[str]:
    """Parts that a data folder has, sorted; none for a single file, which is not divided."""
    existing(path)
    if not path.is_dir():
        return []
    inner = path / "qrels" if (path / "qrels").is_dir() else path
    known = (".tsv",) if inner != path else SUFFIXES
    return sorted({p.name.split(".")[0] for p in inner.iterdir() if p.is_file() and suffix_of(p) in known})


def _held(folder: Path) -> str:
    names = sorted(p.name for p in folder.iterdir())
    return f"it holds {', '.join(names[:8])}{' ...' if len(names) > 8 else ''}" if names else "it is empty"
