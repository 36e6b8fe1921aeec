"""Plugin of pytest: ``pytest --chatkit-head FILE`` runs the contract of a head, or of a tokenizer, case by case.

pytest imports this module in every run of an environment in which chatkit is installed: nothing heavy on top.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from chatkit.testing.kit import Kit

_KITS = pytest.StashKey[list["Kit"]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--chatkit-head``."""
    parser.getgroup("chatkit").addoption(
        "--chatkit-head",
        action="append",
        default=[],
        metavar="FILE",
        help="run the contract of this head (file or name) or tokenizer (*.model)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Without paths of tests, only the contract is run."""
    if config.getoption("chatkit_head") and config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = []


def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add one case a check."""
    config.stash[_KITS] = []
    for target in config.getoption("chatkit_head"):
        from chatkit.errors import ChatkitError
        from chatkit.testing.kit import Kit

        try:
            kit = Kit(target)
        except ChatkitError as error:
            raise pytest.UsageError(f"--chatkit-head {target}: {error}") from None
        config.stash[_KITS].append(kit)
        items += list(_cases(session, target, kit))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print how many checks ran, were waived and were skipped."""
    for kit in config.stash.get(_KITS, []):
        terminalreporter.write_line(f"contract of {kit.target}: {kit.run().summary}")


def _cases(session: pytest.Session, target: str, kit: Kit) -> Iterator[ContractCase]:
    from chatkit.testing.kit import FLOOR_CASE

    for name in (*kit.names, FLOOR_CASE):
        yield ContractCase.from_parent(session, name=f"{target}::{name}", case=name, kit=kit, target=target)


class ContractCase(pytest.Item):
    """One check on one target.

    Args:
        case: Name of the check.
        kit: The kit.
        target: What ``--chatkit-head`` was given.
        **kwargs: What pytest gives every item.
    """

    def __init__(self, *, case: str, kit: Kit, target: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._case, self._kit, self._target = case, kit, target

    def runtest(self) -> None:
        """Run the check."""
        result = self._kit.result(self._case)
        if result.outcome == "failed":
            raise _FailedCaseError(str(result))
        if result.outcome != "passed":
            pytest.skip(f"{result.outcome}: {result.message}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The one line of the check, without a traceback through the kit."""
        if isinstance(excinfo.value, _FailedCaseError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it stands."""
        return Path(self._target), None, self.name


class _FailedCaseError(Exception):
    """A check failed."""
