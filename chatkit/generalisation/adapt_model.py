"""``chatkit adapt``: an assistant that has read a new domain's text, with every head before and after."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from chatkit.assistant import Assistant
from chatkit.data.readers import READERS
from chatkit.data.records import Problems
from chatkit.errors import ChatkitError, DataError, HeadError, ModelError
from chatkit.generalisation.adapt import AdaptConfig, adapt_language_model
from chatkit.generalisation.bodies import Body, read_body
from chatkit.head.head import Head, Record
from chatkit.registry import Registry
from chatkit.text.tokenizer import Tokenizer
from chatkit.text.views import CONVERSATION, MESSAGE, conversation_ids, frame
from chatkit.training.confidence import fit_head
from chatkit.training.cost import Change, Sums, changes, measure_groups
from chatkit.training.model_folder import checked_folders, copy_extras
from chatkit.training.past import data_of, past_recipe
from chatkit.training.reading import draw, read_records

_MOST_TEXTS, _DEV_RECORDS, _MOST_PIECES, _COUNTED = 20_000, 300, 1024, 128


def adapt_model(
    model: str | None,
    on: Path | Body,
    out: Path,
    config: AdaptConfig,
    *,
    keep: Sequence[Path] = (),
    say: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Adapt an assistant and write it to another folder.

    Args:
        model: Model folder; None for the shipped assistant.
        on: Text of the new domain, without labels: a file or folder, or a body that was read.
        out: Folder of the adapted assistant.
        config: How.
        keep: Text of the old domain; by default what the model remembers it was trained on, else chatkit's own corpora.
        say: Told how it goes.
    Returns:
        ``{"out", "lineage", "language_model", "heads"}``: bits per byte and each head's metrics, before and after.
    Raises:
        DataError: If there is too little text.
        HeadError: If a head of the model cannot be loaded: its weights would be left behind.
        StorageError: If ``out`` holds something else.
    """
    folder, target_folder = checked_folders(None if model is None else Path(model), out)
    assistant = Assistant.load(folder, Registry().load)
    for name, error in assistant.failures.items():
        raise HeadError(f"head {name} of {folder} cannot be loaded: {error}", head=name)
    new = _sequences(assistant.tokenizer, on, config.seed)
    old = [
        s for path in keep or _old_sets(assistant, folder) for s in _sequences(assistant.tokenizer, path, config.seed)
    ]
    records = _dev_records(assistant, folder)
    before = _measure(assistant, records)
    language_model = adapt_language_model(assistant, new, old, config, say=say)
    after = _measure(assistant, records)
    heads = {n: _changes(assistant.heads[n], before[n], after[n]) for n in before}
    _renew_confidence(assistant, folder, on, new, config.seed)
    report = {"on": on.name, **language_model.as_json(), "heads": heads}
    assistant.report["adapted"] = [*assistant.report.get("adapted", []), report]
    if language_model.mix == 0:
        raise ModelError(
            f"nothing was gained on {on.name} within the bound of {config.bound:.0%} on the old domain",
            hint="allow more with --bound, or give more text",
        )
    assistant.forget_figures()  # those of now are in ``adapted``
    assistant.forget_dial()  # its adapters belong to the encoder as it was
    assistant.save(target_folder, precision=assistant.precision)
    copy_extras(folder, target_folder)
    untested = sorted(set(assistant.heads) - set(heads))
    return {
        "out": str(target_folder),
        "lineage": assistant.lineage,
        "language_model": language_model.as_json(),
        "heads": heads,
        "untested": untested,
    }


def _sequences(tokenizer: Tokenizer, path: Path | Body, seed: int) -> list[list[int]]:
    """Framed sequences of a body: dialogues whole, any other text as messages."""
    if isinstance(path, Body):
        return [frame(tokenizer, MESSAGE, tokenizer.encode(text), _MOST_PIECES) for text in path.texts]
    try:
        dialogues = [r for r in _dialogues(path) if "turns" in r]
    except ChatkitError:
        dialogues = []
    if dialogues:
        kept = draw(dialogues, _MOST_TEXTS, seed=seed)
        return [conversation_ids(tokenizer, record) for record in kept]
    texts = read_body(path, most=_MOST_TEXTS, seed=seed, parts=("train", "dev", "test")).texts
    return [frame(tokenizer, MESSAGE, tokenizer.encode(text), _MOST_PIECES) for text in texts]


def _dialogues(path: Path) -> list[Record]:
    """Dialogues of the train part, for there is the text to learn from; else of whatever is there."""
    found: list[Record] = list(READERS["dialogue"].read(path, "train", "skip", Problems()))
    return found


def _old_sets(assistant: Assistant, folder: Path) -> list[Path]:
    for head in assistant.heads.values():
        if head.view == CONVERSATION:
            return data_of(folder, type(head))
    raise DataError("the assistant has no language model to adapt", hint="train one with a generation head")


def _dev_records(assistant: Assistant, folder: Path) -> dict[str, list[Record]]:
    out: dict[str, list[Record]] = {}
    for name, head in assistant.heads.items():
        found: list[Record] = []
        for path in data_of(folder, type(head)):
            try:
                found += read_records(type(head), path, "dev", Problems())
            except ChatkitError:
                continue
        if found and assistant.setups[name].trained:
            out[name] = draw(found, _DEV_RECORDS, seed=[1, 4])
    return out


def _measure(assistant: Assistant, records: Mapping[str, Sequence[Record]]) -> dict[str, Sums]:
    return {name: measure_groups(assistant, assistant.heads[name], part) for name, part in records.items()}


def _changes(head: Head, before: Sums, after: Sums) -> dict[str, Any]:
    found: dict[str, Change] = changes(head, before, after)
    return {name: {**change.as_json(), "text": str(change)} for name, change in found.items()}


def _renew_confidence(
    assistant: Assistant, folder: Path, on: Path | Body, new: Sequence[Sequence[int]], seed: int
) -> None:
    """The new domain becomes a familiar one; heads are calibrated again where their data are at hand, else kept."""
    confidence = assistant.confidence
    if confidence.familiarity is not None:
        specials = set(assistant.tokenizer.specials.values())
        rows = [[i for i in row if i not in specials][:_COUNTED] for row in new]
        confidence.familiarity = confidence.familiarity.extended(on.name, rows)
    if past_recipe(folder) is None:  # chatkit's own corpora alone would calibrate worse than what is there
        return
    for name in set(confidence.heads) & set(assistant.heads):
        head = assistant.heads[name]
        fitted = fit_head(assistant, head, _calibration_records(head, folder), seed=seed)
        if fitted is not None:
            confidence.heads[name] = fitted


def _calibration_records(head: Head, folder: Path) -> list[Record]:
    out: list[Record] = []
    for path in data_of(folder, type(head)):
        try:
            out += read_records(type(head), path, "dev", Problems())
        except ChatkitError:
            continue
    return draw(out, 4000, seed=5)
