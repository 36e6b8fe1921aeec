"""Memory of the engine process: a bound on it, and what was freed given back to the system."""

from __future__ import annotations

import ctypes
import linecache
import os
import sys
from typing import Any

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_LARGE, _TOP = 1 << 20, 4 << 20
_PRIMITIVES = "ONEDNN_PRIMITIVE_CACHE_CAPACITY", "4"


def stay_small() -> bool:
    """Have glibc keep one heap and give large blocks back when they are freed; True where that was possible.

    By default each thread fills a heap of its own, and what was a large block once is kept from then on: with the
    shipped assistant 100 MB that nobody uses. To be called before other threads start.
    """
    library = _glibc()
    if library is None:
        return False
    settings = ((_M_ARENA_MAX, 1), (_M_MMAP_THRESHOLD, _LARGE), (_M_TRIM_THRESHOLD, _TOP))
    done = [bool(library.mallopt(which, value)) for which, value in settings]
    return all(done)


def few_primitives() -> None:
    """Have oneDNN keep the code of a few shapes only, unless the environment says how many.

    It compiles a product for each length of text that comes along and keeps 1,024 by default: 10 MB after 30 messages,
    and no message is quicker for it. To be called before torch's first product.
    """
    os.environ.setdefault(*_PRIMITIVES)


def limit_memory(limit: int) -> bool:
    """Bound the process's private memory; a head that grows past it gets a MemoryError. True where that is possible."""
    try:
        import resource
    except ImportError:  # not on this platform
        return False
    try:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    except (ValueError, OSError):
        return False
    return True


def give_back_freed() -> bool:
    """Hand memory that is free back to the system; True where that was possible.

    glibc keeps what was freed below anything that is still in use.
    """
    library = _glibc()
    return library is not None and bool(library.malloc_trim(0))


def forget_sources() -> None:
    """Drop the lines of source files that importing torch has left in memory, 2 MB; a traceback reads them again."""
    linecache.clearcache()


def _glibc() -> Any:
    """The C library, if it is glibc; None elsewhere."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        library = ctypes.CDLL(None)
        return library if library.mallopt and library.malloc_trim else None
    except (OSError, AttributeError):
        return None
