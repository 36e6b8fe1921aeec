"""A check: a function of a rig that raises ``CheckFailed``, and what the kit needs to know of it."""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

from chatkit.testing.report import CheckFailed


@dataclasses.dataclass(frozen=True)
class Check:
    """One check.

    Args:
        name: The function's name.
        run: Takes a rig; returns a figure to show, or None; raises CheckFailed or NotAsked.
        says: First line of its docstring: what it asks.
        waivable: Whether an author may waive it; not where other heads or the user would pay.
        vital: Whether nothing else can be checked when it fails.
    """

    name: str
    run: Callable[[Any], str | None]
    says: str
    waivable: bool = True
    vital: bool = False


class Checks(list[Check]):
    """Checks in the order in which they are run."""

    def add(self, *, waivable: bool = True, vital: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorate a function to be a check."""

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            says = (function.__doc__ or "").strip().split("\n")[0]
            self.append(Check(function.__name__, function, says, waivable and not vital, vital))
            return function

        return decorate


class HungError(BaseException):
    """Raised into a check that takes too long; no Exception, so that a head does not catch it."""


class Alarm:
    """Whether a check ran out of time."""

    def __init__(self) -> None:
        self.rung = False

    @contextlib.contextmanager
    def after(self, seconds: float) -> Iterator[None]:
        """Interrupt what hangs, where the platform has an alarm and this is the main thread.

        Raises:
            CheckFailed: If time ran out.
        """
        if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
            yield
            return

        def ring(number: int, frame: Any) -> None:
            self.rung = True
            raise HungError

        handler = signal.signal(signal.SIGALRM, ring)
        left, interval = signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        except BaseException:  # what calls a head may have made another error of it
            if self.rung:
                raise CheckFailed(f"still running after {seconds:g} s: does it hang?") from None
            raise
        finally:
            signal.setitimer(signal.ITIMER_REAL, left, interval)
            signal.signal(signal.SIGALRM, handler)
