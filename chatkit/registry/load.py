"""From a candidate to its class: import it, whatever it does, and check what it declares."""

from __future__ import annotations

import contextlib
import keyword
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatkit.errors import ChatkitError, HeadError
from chatkit.head.guard import guard
from chatkit.head.version import KNOWN_NEEDS, SUPPORTED_VERSIONS
from chatkit.registry.judge import bad_api
from chatkit.registry.source import Candidate

if TYPE_CHECKING:
    from chatkit.head.head import Head


class IncompatibleError(HeadError):
    """A head for another version of plugin_api, or one that needs what this chatkit does not know."""


def load_class(candidate: Candidate) -> type[Head]:
    """Import a head.

    Raises:
        HeadError: If importing it raises anything but KeyboardInterrupt, or what it declares is wrong.
    """
    path = candidate.path
    try:
        # What a head prints at import must not end up in the result on stdout.
        with (
            guard(candidate.name, None if path is None else str(path), stage="import"),
            contextlib.redirect_stdout(sys.stderr),
        ):
            found: Any = _entry_point(candidate) if path is None else _run(candidate, path)
    except HeadError:
        raise
    except ChatkitError as error:
        raise HeadError(str(error), head=candidate.name) from error
    if path is not None:
        found = _only_head(found, path, candidate.name)
    check_declaration(found, candidate.name)
    if candidate.entry_point is not None and found.name != candidate.name:
        raise HeadError(
            f"its entry point is called {candidate.name}, its class {found.name}",
            head=candidate.name,
            hint="give both the same name in the package",
        )
    return found


def _entry_point(candidate: Candidate) -> Any:
    if candidate.entry_point is None:
        raise ValueError(f"{candidate.name} has neither file nor entry point")
    return candidate.entry_point.load()


def _run(candidate: Candidate, path: Path) -> types.ModuleType:
    # The bytes that were hashed are run; the folder stays off sys.path, else its files could hide modules.
    name = f"chatkit_head_{path.stem}_{candidate.key[:12]}"
    module = types.ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module  # dataclasses and inspect look it up
    try:
        exec(compile(candidate.content, str(path), "exec"), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _only_head(module: types.ModuleType, path: Path, name: str) -> Any:
    from chatkit.head.head import Head

    own = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Head) and value.__module__ == module.__name__
    ]
    named = list(dict.fromkeys(cls for cls in own if "name" in vars(cls)))
    if len(named) == 1:
        return named[0]
    if named:
        names = ", ".join(str(cls.name) for cls in named)
        raise HeadError(f"{path.name} holds {len(named)} heads ({names})", head=name, hint="one file is one head")
    if own:
        raise HeadError(
            f"class {own[-1].__name__} has no name",
            head=name,
            place=path.name,
            hint=f'add: name = "{path.stem}"',
        )
    raise HeadError(
        f"{path.name} defines no head",
        head=name,
        hint="write a subclass of Head or Classifier from chatkit.plugin_api; chatkit new NAME makes one",
    )


def check_declaration(cls: Any, name: str) -> None:
    """Check what a head declares about itself.

    Raises:
        HeadError: If it is no head, or an attribute is not what it must be.
        IncompatibleError: If its api or a need is not known to this chatkit.
    """
    from chatkit.head.head import Head

    if not isinstance(cls, type) or not issubclass(cls, Head):
        raise HeadError(f"{cls!r} is no subclass of Head", head=name, hint="the entry point must name a head class")
    own = getattr(cls, "name", None)
    if not isinstance(own, str) or not own.isidentifier() or keyword.iskeyword(own):
        raise HeadError(f"name {own!r} is no identifier", head=name, hint="use letters, digits and _")
    check_api(getattr(cls, "api", None), own)
    unknown = _needs(cls, own) - KNOWN_NEEDS
    if unknown:
        raise IncompatibleError(
            f"it needs {', '.join(sorted(unknown))}, which this chatkit does not know",
            head=own,
            hint="upgrade chatkit",
        )
    _check_fields(cls, own)


def check_api(api: object, name: str) -> None:
    """Check the version of plugin_api.

    Raises:
        IncompatibleError: If it is none that this chatkit supports.
    """
    if isinstance(api, bool) or api not in SUPPORTED_VERSIONS:
        verdict = bad_api(api)
        raise IncompatibleError(verdict.why, head=name, hint=verdict.way_out)


def _needs(cls: type[Head], name: str) -> set[str]:
    needs = cls.needs
    if isinstance(needs, str) or not all(isinstance(need, str) for need in needs):
        raise HeadError(f"needs must be a set of str, got {needs!r}", head=name, hint='write: needs = {"causal"}')
    return set(needs)


def _check_fields(cls: type[Head], name: str) -> None:
    from chatkit.text.views import check_view

    fields = cls.fields
    if isinstance(fields, str) or not fields or not all(isinstance(field, str) for field in fields):
        raise HeadError(f"fields must be a tuple of str, got {fields!r}", head=name, hint='write: fields = ("text",)')
    try:
        check_view(str(cls.view))
    except ValueError as error:
        raise HeadError(str(error), head=name) from None
