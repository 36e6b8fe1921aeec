"""Calls into a head are guarded: whatever it raises becomes a ``HeadError`` that names file and line."""

from __future__ import annotations

import contextlib
import inspect
import traceback
from collections.abc import Iterator
from pathlib import Path

from chatkit.errors import ChatkitError, HeadError

_MOST_CHARACTERS = 300


def place_of(error: BaseException, file: str | None) -> str:
    """``file:line`` of the deepest frame in the head's own file; of the deepest frame if there is none."""
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, SyntaxError) and error.filename:
        return f"{Path(error.filename).name}:{error.lineno or 0}"
    own = [frame for frame in frames if file is not None and frame.filename == file]
    deepest = (own or list(frames))[-1:]
    return "".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in deepest)


def describe(error: BaseException) -> str:
    """Type and message of an error in one line, even where its own ``__str__`` fails."""
    kind = type(error).__name__
    try:
        message = " ".join(str(error).split())
    except Exception:  # an author's class may do anything
        message = ""
    return f"{kind}: {message[:_MOST_CHARACTERS]}" if message else kind


def source_file(head_class: type) -> str | None:
    """File that a class was defined in, if it can be found."""
    try:
        return inspect.getsourcefile(head_class)
    except (TypeError, OSError):
        return None


def _place_of_method(head_class: type, method: str) -> str:
    """``file:line`` of a method, or of the class that inherits it from chatkit."""
    file, code = source_file(head_class), getattr(getattr(head_class, method, None), "__code__", None)
    if file is None:
        return ""
    if code is not None and code.co_filename == file:
        return f"{Path(file).name}:{code.co_firstlineno}"
    try:
        return f"{Path(file).name}:{inspect.getsourcelines(head_class)[1]}"
    except (OSError, TypeError):
        return Path(file).name


def _raised_in(error: BaseException, file: str | None) -> bool:
    return file is not None and any(frame.filename == file for frame in traceback.extract_tb(error.__traceback__))


@contextlib.contextmanager
def guard(name: str, file: str | None = None, *, stage: str = "", asked: type | None = None) -> Iterator[None]:
    """Turn whatever is raised inside into a HeadError; KeyboardInterrupt and ChatkitError pass.

    So does the GeneratorExit of a caller that closes the generator which this stands in; a head's own does not.

    Args:
        name: The head.
        file: Its source file, so that the error names a line of the author's own.
        stage: What it was doing, such as "build".
        asked: Its class; names the place where the error is the host's own, about what the head's method returned.
    Raises:
        HeadError: For every other BaseException, SystemExit included.
    """
    try:
        yield
    except (KeyboardInterrupt, ChatkitError):
        raise
    except BaseException as error:
        if isinstance(error, GeneratorExit) and not _raised_in(error, file):
            raise
        doing = f" in {stage}" if stage else ""
        what = f"head {name} failed{doing}: {describe(error)}"
        theirs = asked is None or isinstance(error, SyntaxError) or _raised_in(error, file)
        place = place_of(error, file) if asked is None or theirs else _place_of_method(asked, stage)
        raise HeadError(what, head=name, place=place) from error
