"""The contract kit: proves a head or a tokenizer sound.

Three ways in, one set of checks: ``chatkit check FILE_OR_NAME``, ``pytest --chatkit-head FILE``, and in a test file::

    from chatkit.testing import contract

    test_contract = contract(MyHead)

Importing this package loads neither torch nor pytest, since pytest imports its plugin in every run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chatkit.testing.report import CheckFailed, Report, Result

__all__ = ["CheckFailed", "Report", "Result", "contract", "run_checks"]


def run_checks(target: Any, *, limit: float = 30.0) -> Report:
    """Run every check on a head or a tokenizer.

    Args:
        target: A head class; a ``Tokenizer``; a file of either (``mood.py``, ``tokenizer.model``); the name of a head
            that is installed or lies in a heads folder.
        limit: Seconds after which one check counts as hanging.
    Raises:
        HeadError: If the head cannot be loaded.
        ModelError: If the tokenizer cannot be read.
    """
    from chatkit.testing.kit import Kit

    return Kit(target, limit=limit).run()


def contract(target: Any, *, limit: float = 30.0) -> Callable[..., None]:
    """A test of pytest with one case a check; new checks arrive without edits.

    Args:
        target: As for ``run_checks``.
        limit: Seconds after which one check counts as hanging.
    """
    import pytest

    from chatkit.testing.kit import FLOOR_CASE, Kit

    kit = Kit(target, limit=limit)

    @pytest.mark.parametrize("case", [*kit.names, FLOOR_CASE])
    def test_contract(case: str) -> None:
        result = kit.result(case)
        if result.outcome in ("skipped", "waived"):
            pytest.skip(f"{result.outcome}: {result.message}")
        if result.outcome == "failed":
            pytest.fail(str(result), pytrace=False)
        if case == FLOOR_CASE:
            print(result.message)

    return test_contract
