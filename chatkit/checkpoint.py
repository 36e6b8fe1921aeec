"""Files that are never half-written: written aside, flushed, then renamed. Tensors as safetensors, no pickle."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatkit.errors import ModelError, StorageError

if TYPE_CHECKING:
    from torch import Tensor

MOST_BYTES = 8 * 2**30
MOST_JSON_BYTES = 256 * 2**20


def write_aside(path: Path, content: bytes) -> None:
    """Write a whole file, or nothing: the old content stays until the new one is on disk.

    Raises:
        StorageError: If it cannot be written (no space, no permission, a folder in the way).
    """
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o666 & ~_umask())
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise


def write_json(path: Path, data: Any) -> None:
    """Write JSON with ``write_aside``."""
    write_aside(path, (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode("utf-8"))


def read_json(path: Path) -> Any:
    """Read a JSON file of an assistant.

    Raises:
        ModelError: If it is missing, unreadable, no JSON, or too large to be one of ours.
    """
    try:
        if path.stat().st_size > MOST_JSON_BYTES:
            raise ModelError(f"{path}: larger than {MOST_JSON_BYTES >> 20} MiB", hint="this is no file of chatkit")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: not valid JSON: {error}") from None


def save_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> bytes:
    """Write tensors as safetensors with ``write_aside``; returns the bytes that were written."""
    from safetensors.torch import save

    plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    content = save(plain, metadata=dict(metadata or {}))
    write_aside(path, content)
    return content


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read a safetensors file.

    Returns:
        Its tensors and its metadata.
    Raises:
        ModelError: If it is missing, unreadable, cut short or no safetensors file.
    """
    from safetensors import SafetensorError, safe_open

    try:
        if path.stat().st_size > MOST_BYTES:
            raise ModelError(f"{path}: larger than {MOST_BYTES >> 30} GiB", hint="this is no assistant of chatkit")
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata() or {})  # noqa: SIM118
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror or error}") from None
    except SafetensorError as error:
        raise ModelError(f"{path}: cut short or damaged: {error}", hint="copy or train it again") from None


def tensor_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Shapes of the tensors in a safetensors file, from its header alone: nothing of their size is allocated.

    Raises:
        ModelError: As ``load_tensors``.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror or error}") from None
    except SafetensorError as error:
        raise ModelError(f"{path}: cut short or damaged: {error}", hint="copy or train it again") from None


@contextlib.contextmanager
def new_folder(target: Path, *, own: Collection[str]) -> Iterator[Path]:
    """Fill a folder aside; on leaving it takes the place of ``target`` by renames.

    Args:
        target: The folder to make or replace; a link is followed.
        own: Entries that belong to what is saved. All others of an older ``target`` are the user's and move into the
            new one.
    Yields:
        The empty folder to fill; removed again if the body raises.
    Raises:
        StorageError: If it cannot be written; an older folder there stays as it was.
    """
    target = _settled(target)
    recover_folder(target, own=own)
    with storage_errors(target):
        check_replaceable(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.new-", dir=target.parent))
        try:
            os.chmod(aside, 0o777 & ~_umask())
            yield aside
            if target.exists():
                os.rename(target, _old(target))
            os.rename(aside, target)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            recover_folder(target, own=own)
            raise
        recover_folder(target, own=own)


def recover_folder(target: Path, *, own: Collection[str]) -> None:
    """Finish or undo a replacement of ``target`` that was cut off between its renames; ``own`` as in ``new_folder``."""
    target = _settled(target)
    old = _old(target)
    if not old.exists():
        return
    with storage_errors(target):
        if not target.exists():
            os.rename(old, target)
            return
        for entry in old.iterdir():
            if entry.name not in own and not (target / entry.name).exists():
                os.rename(entry, target / entry.name)
        shutil.rmtree(old)


def check_replaceable(target: Path) -> None:
    """Check that a folder can be made or replaced there.

    Raises:
        StorageError: If it is a file, or the current folder.
    """
    if target.exists() and not target.is_dir():
        raise StorageError(f"{target}: is a file, not a folder", hint="name another folder")
    if Path.cwd().is_relative_to(target.absolute()):  # a shell would be left in a folder that is gone
        raise StorageError(f"{target}: is the current folder, or holds it", hint="name a folder of its own")


def _settled(target: Path) -> Path:
    """The folder that a link, ``.`` or ``..`` stands for."""
    return target.resolve() if target.name in ("", "..") or target.is_symlink() else target


def _old(target: Path) -> Path:
    return target.with_name(f".{target.name}.old")


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn an OSError inside into a StorageError that names the path."""
    try:
        yield
    except OSError as error:
        hint = "free some space and try again" if error.errno == 28 else ""
        raise StorageError(f"{path}: cannot be written: {error.strerror or error}", hint=hint) from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
