"""Hot reload: a head whose file was saved takes the place of the old one, if it passes the fast checks.

Its weights are kept where their shapes allow; the old head stays when the new one fails.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import torch

from chatkit.assistant import Assistant
from chatkit.errors import ChatkitError, HeadError
from chatkit.head.answer import Answer
from chatkit.head.guard import guard, source_file
from chatkit.head.head import Head
from chatkit.head.setup import HeadSetup, labels_of
from chatkit.registry import Registry
from chatkit.runtime.loading import fit_to_examples

Stamp = tuple[int, int]
FIT_SECONDS = 0.4


class Watch:
    """Notices when files of heads are saved.

    Args:
        files: Head's name -> its file.
    """

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = dict(files)
        self._stamps = {name: _stamp(path) for name, path in self._files.items()}

    def changed(self) -> list[str]:
        """Names of heads whose file differs from when it was last looked at; a file that is gone does not count."""
        out = []
        for name, path in self._files.items():
            stamp = _stamp(path)
            if stamp is not None and stamp != self._stamps[name]:
                self._stamps[name] = stamp
                out.append(name)
        return out


def _stamp(path: Path) -> Stamp | None:
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def reload_head(assistant: Assistant, registry: Registry, name: str, file: Path | None, folder: Path) -> str:
    """Load a head's file anew and put it in the place of the old one.

    A drop-in file that is in use was confirmed; saving it meanwhile counts as its user's own edit and is confirmed too.

    Args:
        assistant: The assistant; unchanged if the new head fails.
        registry: Loads the file; it must have been told of it.
        name: The head.
        file: Its file; None for an installed one.
        folder: The assistant's, which may hold weights of a head that was left out or broken so far.
    Returns:
        What was kept, one line.
    Raises:
        HeadError: If the new head cannot be loaded, is called otherwise, or fails a check.
    """
    old, old_setup = assistant.heads.get(name), assistant.setups.get(name)
    try:
        head_class = _load_again(registry, name, file, in_use=old is not None)
        if old is None and (folder / "heads" / name / "head.json").is_file():
            return _from_folder(assistant, registry, folder / "heads" / name)
        setup = old_setup or HeadSetup()
        if not setup.trained:
            setup = HeadSetup(setup.options, labels_of(head_class.examples, head_class.label_field))
        torch.manual_seed(0)
        head = assistant.add_head(head_class, setup)
        with guard(name, source_file(head_class), stage="answer", asked=head_class):
            # What was fitted to other examples knows nothing, and may give the old labels' meaning to the new ones.
            worthless = not setup.trained and old is not None and list(old.examples) != list(head.examples)
            kept, fresh = _keep_weights(None if worthless else old, head)
            steps = fit_to_examples(assistant, head, seconds=FIT_SECONDS) if fresh and not setup.trained else 0
            check_answers(assistant, head.eval())
    except ChatkitError:
        assistant.heads.pop(name, None)
        if old is not None and old_setup is not None:
            assistant.heads[name], assistant.setups[name] = old, old_setup
        raise
    parts = [f"{kept} weights kept" if kept else "", f"{fresh} new" if fresh else "", "fitted anew" if steps else ""]
    return ", ".join(part for part in parts if part) or "no weights"


def _load_again(registry: Registry, name: str, file: Path | None, *, in_use: bool) -> type[Head]:
    try:
        if in_use:
            registry.enable(name)
        head_class = registry.load(name)
        if head_class.name == name:
            return head_class
    except HeadError:
        if any(entry.name == name for entry in registry.entries()):
            raise
    where = file.name if file is not None else "its package"
    raise HeadError(f"{where} no longer calls its head {name}", head=name, hint="start chatkit again")


def _from_folder(assistant: Assistant, registry: Registry, folder: Path) -> str:
    """Load a head that the model holds, with its weights."""
    head = assistant.restore_head(folder, registry.load)
    with guard(head.name, source_file(type(head)), stage="answer", asked=type(head)):
        check_answers(assistant, head.eval())
    return f"{len(head.state_dict())} weights of the model"


def check_answers(assistant: Assistant, head: Head) -> None:
    """The fast checks: a finite loss on its examples, and a sound answer to each.

    Raises:
        ValueError, TypeError: If one fails; whatever the head raises.
    """
    examples = list(head.examples)
    if not examples:
        return
    with torch.inference_mode():
        encoded = assistant.encode_records(head, examples)
        if not bool(torch.isfinite(head.loss(encoded, examples).total)):
            raise ValueError("its loss on its examples is no finite number")
        answers = head.answer(encoded, examples)
    if not isinstance(answers, list) or len(answers) != len(examples):
        raise TypeError(f"answer must return a list with one Answer per example, {len(examples)} here")
    for answer in answers:
        if not isinstance(answer, Answer):
            raise TypeError(f"answer must return Answers, got {type(answer).__name__}")
        answer.check()


def _keep_weights(old: Head | None, new: Head) -> tuple[int, int]:
    """Copy tensors of equal name and shape; how many tensors were kept, and how many are new."""
    before = {} if old is None else old.state_dict()
    tensors = new.state_dict()
    same = {n: t for n, t in tensors.items() if n in before and before[n].shape == t.shape}
    new.load_state_dict({**tensors, **{n: before[n] for n in same}})
    return len(same), len(tensors) - len(same)
