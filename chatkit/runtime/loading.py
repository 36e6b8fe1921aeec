"""From names to an assistant that answers: the model folder, its heads, and heads that were dropped in beside it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from chatkit import paths
from chatkit.assistant import Assistant
from chatkit.errors import ChatkitError, HeadError
from chatkit.head.guard import guard, source_file
from chatkit.head.head import Head
from chatkit.head.setup import HeadSetup, labels_of
from chatkit.registry import Registry

_FIT_STEPS, _FIT_SECONDS, _FIT_RATE = 80, 2.0, 5e-3
UNTRAINED = "untrained"


@dataclasses.dataclass(frozen=True)
class HeadState:
    """A head of a loaded assistant, for listings.

    Args:
        name: Its name.
        state: "ok", or one of the registry's bad states.
        origin: Where it comes from.
        why: What is wrong and the way out, or a remark.
        path: Its file, where it has one.
    """

    name: str
    state: str
    origin: str = ""
    why: str = ""
    path: Path | None = None


@dataclasses.dataclass
class Loaded:
    """An assistant ready to answer, the state of every head, and the registry that they came from."""

    assistant: Assistant
    heads: list[HeadState]
    registry: Registry
    folder: Path


def load(
    model: str | None = None,
    heads: Sequence[str] = (),
    *,
    safe: bool = False,
    skip: Sequence[str] = (),
    calling: Callable[[str], None] = lambda name: None,
) -> Loaded:
    """Load an assistant and all heads that can be used with it.

    Heads that the model holds are loaded with their weights. Others (``--head``, drop-in files, plugins) are built new
    and fitted to their own examples with the encoder frozen, so that they answer at once; they are marked untrained.

    Args:
        model: Model folder; None for the shipped assistant.
        heads: Further heads, by file or name.
        safe: First-party heads only.
        skip: Heads to leave out.
        calling: Told the name of each head before its code runs.
    Raises:
        ModelError: If the model cannot be loaded.
        HeadError: If a head in ``heads`` does not exist.
    """
    check_files(heads)
    registry = Registry([h for h in heads if _is_file(h)], safe=safe)
    folder = paths.user_path(model) if model else paths.shipped_model()

    def find(name: str) -> type[Head]:
        calling(name)
        return registry.load(name)

    names = [p.parent.name for p in folder.glob("heads/*/head.json") if p.parent.name not in skip]
    assistant = Assistant.load(folder, find, only=names)
    states: dict[str, HeadState] = {}
    usable = set(registry.names())
    entries = {entry.name: registry.entry(entry.name) for entry in registry.entries()}
    for name in assistant.heads:
        states[name] = HeadState(name, "ok", entries[name].origin if name in entries else "")
    for name, error in assistant.failures.items():
        found = entries.get(name)
        if found is not None and found.state == "disabled":  # the user's will, no failure
            states[name] = HeadState(name, found.state, found.origin, _reason(found.why, found.way_out))
        else:
            states[name] = _failed(name, error, found.origin if found is not None else "")
    for name, entry in entries.items():
        if name in states:
            continue
        if name in skip:
            states[name] = HeadState(name, "disabled", entry.origin, "left out")
            continue
        if name not in usable:
            states[name] = HeadState(name, entry.state, entry.origin, _reason(entry.why, entry.way_out))
            continue
        named = name in heads or (entry.path is not None and entry.origin == "--head")
        states[name] = _add_untrained(assistant, find, entry.name, entry.origin, named=named)
    for head in heads:
        if not _is_file(head) and head not in states and head not in skip:
            raise HeadError(f"no head {head}", head=head, hint="see: chatkit heads")
    for name, built in assistant.heads.items():
        registry.note_parameters(name, sum(p.numel() for p in built.parameters()))
    files = {name: entry.path for name, entry in entries.items()}
    listed = [dataclasses.replace(state, path=files.get(name)) for name, state in sorted(states.items())]
    return Loaded(assistant, listed, registry, folder)


def check_files(heads: Sequence[str]) -> None:
    """Check that files of heads are there.

    Raises:
        HeadError: If one is not.
    """
    for head in heads:
        if _is_file(head) and not paths.user_path(head).is_file():
            raise HeadError(f"{head}: no such file", head=head, hint="give the path of a head's .py file")


def load_trained(folder: Path) -> Assistant:
    """Load an assistant with every head that it holds, to write it again.

    Raises:
        ModelError: If it cannot be loaded.
        HeadError: If a head of it cannot: writing it again would lose that one.
    """
    assistant = Assistant.load(folder, Registry().load)
    for name, error in assistant.failures.items():
        raise HeadError(f"head {name} of {folder} cannot be loaded: {error}", head=name)
    return assistant


def _add_untrained(
    assistant: Assistant, find: Callable[[str], type[Head]], name: str, origin: str, *, named: bool
) -> HeadState:
    try:
        head_class = find(name)
        if head_class.on_request and not named:
            why = f"answers only when asked by name, and has no weights here; chatkit heads add {name} --data PATH"
            return HeadState(name, "not loaded", origin, why)
        torch.manual_seed(0)
        with guard(name, source_file(head_class), stage="build"):
            setup = HeadSetup(labels=labels_of(head_class.examples, head_class.label_field))
            head = assistant.add_head(head_class, setup)
            steps = fit_to_examples(assistant, head)
    except ChatkitError as error:
        assistant.heads.pop(name, None)
        return _failed(name, error, origin)
    return HeadState(head.name, "ok", origin, untrained(head) if steps else "has no weights to train")


def untrained(head: Head) -> str:
    """What is said of a head that knows nothing but its own examples."""
    return f"{UNTRAINED}: fitted to its {len(head.examples)} examples only"


def fit_to_examples(assistant: Assistant, head: Head, *, seconds: float = _FIT_SECONDS) -> int:
    """Fit a new head to its own examples, encoder frozen, for at most so many seconds of this thread's processor time.

    Returns:
        Steps that were made; 0 for a head without weights.
    """
    parameters = [p for p in head.parameters() if p.requires_grad]
    if not parameters or not head.examples:
        return 0
    examples = list(head.examples)
    assistant.backbone.requires_grad_(False)
    with torch.no_grad():
        encoded = assistant.encode_records(head, examples)
    # Adam (Kingma & Ba 2015) written out: importing torch.optim takes as long as torch itself.
    first = [torch.zeros_like(p) for p in parameters]
    second = [torch.zeros_like(p) for p in parameters]
    # On a busy machine fewer steps would make another head of it; but a loss that sleeps must end too.
    deadline, latest = time.thread_time() + seconds, time.monotonic() + 5 * seconds
    steps = 0
    while steps < _FIT_STEPS and time.thread_time() < deadline and time.monotonic() < latest:
        steps += 1
        loss = head.loss(encoded, examples)
        gradients = torch.autograd.grad(loss.total / max(loss.count, 1), parameters, allow_unused=True)
        for parameter, gradient, m, v in zip(parameters, gradients, first, second, strict=True):
            if gradient is not None:
                m.lerp_(gradient, 0.1)
                v.lerp_(gradient.square(), 0.01)
                scale = (v / (1 - 0.99**steps)).sqrt_().add_(1e-8)
                parameter.data.addcdiv_(m / (1 - 0.9**steps), scale, value=-_FIT_RATE)
    return steps


def _failed(name: str, error: ChatkitError, origin: str) -> HeadState:
    state = "stale" if "is stale" in error.message else "broken"
    if "no head is called" in error.message:  # its weights are here, its code is not
        state = "not loaded"
    return HeadState(name, state, origin, str(error))


def _reason(why: str, way_out: str) -> str:
    return f"{why}; {way_out}" if why and way_out else why or way_out


def _is_file(head: str) -> bool:
    return head.endswith(".py") or "/" in head or "\\" in head
