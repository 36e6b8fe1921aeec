"""What a head costs: time to answer against the encoder's own, and time to import."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from chatkit.testing.check import Checks
from chatkit.testing.process import changed, drawn, process_state, random_state, stir
from chatkit.testing.report import CheckFailed, NotAsked
from chatkit.testing.rig import REAL, TEXTS, HeadRig

CHECKS = Checks()
_MOST_RATIO, _SLACK = 3.0, 0.002
_MOST_IMPORT = 1.0


@CHECKS.add()
def latency(rig: HeadRig) -> str:
    """Answering a message takes at most three times what encoding it takes, on an encoder of the default size."""
    assistant = rig.fresh(config=REAL)
    head = assistant.heads[rig.head.name]
    records = rig.fill([TEXTS[2]])
    with torch.inference_mode():
        encoded = rig.encode(records, assistant)
        encode, answer = _best(lambda: rig.encode(records, assistant), lambda: head.answer(encoded, records))
    if answer > _MOST_RATIO * encode + _SLACK:
        raise CheckFailed(f"an answer takes {1e3 * answer:.1f} ms, encoding the message {1e3 * encode:.1f} ms")
    return f"{answer / encode:.2f} x the time of encoding"


def _best(*calls: Callable[[], object], times: int = 9) -> list[float]:
    """Shortest of several runs of each, taken in turn: what else the machine does can only add to them."""
    found: list[list[float]] = [[] for _ in calls]
    for _ in range(times):
        for call, seconds in zip(calls, found, strict=True):
            start = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - start)
    return [min(seconds) for seconds in found]


@CHECKS.add()
def import_is_cheap(rig: HeadRig) -> str:
    """Importing its file, with what it imports at hand, takes less than a second and does nothing else."""
    spec = _spec_again(rig)
    module = importlib.util.module_from_spec(spec)
    stir()
    known, out, before = set(sys.modules), io.StringIO(), {**process_state(), **random_state()}
    sys.modules[spec.name] = module
    try:
        with contextlib.redirect_stdout(out):
            start = time.perf_counter()
            spec.loader.exec_module(module)  # type: ignore[union-attr]
            seconds = time.perf_counter() - start
    finally:
        for name in [name for name in sys.modules if name not in known and name.startswith(spec.name)]:
            del sys.modules[name]
    if seconds > _MOST_IMPORT:
        raise CheckFailed(f"importing it takes {seconds:.1f} s: do the work in build, or when it is first asked")
    if changed(before) or drawn(before):
        raise CheckFailed(f"importing it changes {changed(before) or drawn(before)} of the whole process")
    if out.getvalue():
        raise CheckFailed(f"importing it prints {out.getvalue().strip()[:60]!r}")
    return f"{1e3 * seconds:.1f} ms"


def _spec_again(rig: HeadRig) -> importlib.machinery.ModuleSpec:
    """The head's module under another name, so that running it again touches nothing that is loaded."""
    if rig.file is None or not Path(rig.file).is_file() or "<locals>" in rig.head.__qualname__:
        raise NotAsked("its class has no file of its own")
    name = f"{rig.head.__module__}__again"
    package = [str(Path(rig.file).parent)] if Path(rig.file).name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(name, rig.file, submodule_search_locations=package)
    if spec is None or spec.loader is None:
        raise NotAsked("its file is no Python module")
    return spec
