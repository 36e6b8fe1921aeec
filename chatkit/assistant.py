"""An assistant: tokenizer, encoder and heads that belong together; in memory and on disk.

    assistant.toml            format, lineage, shape of the encoder
    tokenizer.model           SentencePiece
    encoder.safetensors       encoder and tied softmax
    heads/NAME/head.json      options, labels, versions, lineage
    heads/NAME/weights.safetensors
    dial.safetensors          adapters of the encoder for each objective, where they were trained
    confidence.*              what was fitted on dev (chatkit.confidence.record); off where it is missing
    report.json, CARD.md      figures, model card

The lineage names encoder and tokenizer: a head with another lineage is stale and is not loaded.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from chatkit.checkpoint import (
    load_tensors,
    new_folder,
    read_json,
    recover_folder,
    save_tensors,
    write_aside,
    write_json,
)
from chatkit.confidence.record import FILES as CONFIDENCE_FILES
from chatkit.confidence.record import Confidence
from chatkit.config import dump_toml, from_table, to_table
from chatkit.data.batching import pad, record_ids
from chatkit.errors import ChatkitError, ConfigError, HeadError, ModelError
from chatkit.head.encode import encode_padded
from chatkit.head.encoded import Encoded, Info
from chatkit.head.guard import guard, source_file
from chatkit.head.head import Head, Record
from chatkit.head.setup import HEAD, HeadSetup, head_json, labels_of, read_head_json
from chatkit.head.vectors import vectors_of
from chatkit.head.vocabulary import Vocabulary
from chatkit.model_files import FORMAT, check_shapes, expanded, fill, lineage_of, name_of, read_assistant_table
from chatkit.nn.encoder import Encoder, EncoderConfig, make_encoder
from chatkit.nn.quantise import SCALE, compress
from chatkit.nn.shapes import shapes_only
from chatkit.nn.vocabulary import Backbone
from chatkit.objectives.dial import Dial
from chatkit.text.tokenizer import Tokenizer

MOST_PIECES = 1024
DIAL = "dial.safetensors"
OWN = ("assistant.toml", "tokenizer.model", "encoder.safetensors", DIAL, "heads", "report.json", *CONFIDENCE_FILES)

FindHead = Callable[[str], type[Head]]


class Assistant:
    """Tokenizer, backbone and heads.

    Args:
        tokenizer: The shared tokenizer.
        config: Shape of the encoder.
    """

    def __init__(self, tokenizer: Tokenizer, config: EncoderConfig) -> None:
        self.tokenizer = tokenizer
        self.config = config
        self.backbone = Backbone(make_encoder(config, len(tokenizer)))
        self.vocabulary = Vocabulary(tokenizer, self.backbone.softmax)
        self.heads: dict[str, Head] = {}
        self.setups: dict[str, HeadSetup] = {}
        self.failures: dict[str, ChatkitError] = {}
        self.report: dict[str, Any] = {}
        self.confidence = Confidence()
        self.dial: Dial | None = None
        self.lineage = ""
        self.name = ""
        self.precision: Literal["float32", "int8"] = "float32"  # of the folder that it was loaded from

    def add_head(self, head_class: type[Head], setup: HeadSetup) -> Head:
        """Build a head on this assistant's encoder.

        Raises:
            HeadError: If it needs what the encoder cannot, or its ``build`` fails.
        """
        name, encoder = head_class.name, self.backbone.encoder
        if "causal" in head_class.needs and not encoder.causal:
            raise HeadError(f"head {name} needs a causal encoder", head=name)
        labels = setup.labels or labels_of(head_class.examples, head_class.label_field)
        info = Info(encoder.width, labels, encoder.causal)
        with guard(name, source_file(head_class), stage="build"):
            head = head_class()
            head.build(info, self.vocabulary, **setup.options)
            head.eval()
        self.heads[name] = head
        self.setups[name] = setup
        return head

    def encode(
        self, texts: Sequence[str], view: str, *, limit: int = MOST_PIECES, encoder: Encoder | None = None
    ) -> Encoded:
        """Encode texts in a view from the zero state; at most ``limit`` pieces of each.

        Args:
            texts: The texts.
            view: How they are framed.
            limit: Pieces of each.
            encoder: Another encoder than the assistant's own, of the same vocabulary.
        """
        rows = [record_ids(self.tokenizer, {"text": text}, "text", view, limit) for text in texts]
        return encode_padded(encoder or self.backbone.encoder, pad(rows, self.tokenizer.pad), tokenizer=self.tokenizer)

    def encode_records(self, head: Head, records: Sequence[Record], *, limit: int = MOST_PIECES) -> dict[str, Encoded]:
        """Encode every field of records as a head wants them."""
        out = {}
        for field in head.fields:
            rows = [record_ids(self.tokenizer, r, field, head.view_of(field, r), limit) for r in records]
            out[field] = encode_padded(self.backbone.encoder, pad(rows, self.tokenizer.pad), tokenizer=self.tokenizer)
        return out

    def vectors(self, head: Head, texts: Sequence[str], field: str) -> NDArray[np.float32]:
        """Vectors of texts by a head, (N, K) float32; texts of similar length share a batch.

        Many texts are read in bfloat16 where that pays, a batch on each core: the vectors of a text alone and among
        many have a cosine above 0.999.

        Raises:
            HeadError: If the head fails or returns anything but one finite vector a text.
        """
        return vectors_of(self.backbone.encoder, self.tokenizer, head, texts, field)

    def vector_head(self) -> Head | None:
        """The head that makes vectors of queries and passages: the first by name that was trained, or None."""
        makers = [n for n, head in sorted(self.heads.items()) if head.makes_vectors() and self.setups[n].trained]
        return self.heads[makers[0]] if makers else None

    def to(self, device: torch.device) -> Assistant:
        """Move all weights."""
        for module in (self.backbone, *self.heads.values()):
            module.to(device)
        return self

    def eval(self) -> Assistant:
        """Switch dropout off everywhere."""
        for module in (self.backbone, *self.heads.values()):
            module.eval()
        return self

    def save(
        self,
        folder: Path,
        *,
        precision: Literal["float32", "int8"] = "float32",
        leave_out: Collection[str] = (),
    ) -> None:
        """Write the assistant aside, then rename it into place; ``folder/run``, CARD.md and other files are kept.

        Args:
            folder: Where to.
            precision: float32 as trained, or per-row int8 at a quarter of the size.
            leave_out: Heads that are not written.
        Raises:
            StorageError: If it cannot be written; an older assistant there stays as it was.
        """
        pack = functools.partial(compress, int8=precision == "int8")
        with new_folder(folder, own=OWN) as new:
            weights = save_tensors(new / "encoder.safetensors", pack(self.backbone.state_dict()))
            write_aside(new / "tokenizer.model", self.tokenizer.to_bytes())
            self.lineage = lineage_of(weights, self.tokenizer.to_bytes())
            for name in self.heads.keys() - set(leave_out):
                self.save_head(name, new / "heads" / name, precision=precision)
            if self.dial is not None:
                self.dial.save(new / DIAL, self.lineage, half=precision == "int8")
            self.confidence.save(new, self.lineage)
            write_json(new / "report.json", self.report)
            table = {"format": FORMAT, "lineage": self.lineage, "encoder": to_table(self.config)}
            write_aside(new / "assistant.toml", dump_toml(table).encode("utf-8"))

    def save_head(self, name: str, folder: Path, *, precision: Literal["float32", "int8"] = "float32") -> None:
        """Write one head alone, stamped with the lineage; its folder works in every assistant of that lineage.

        Args:
            name: The head.
            folder: Its folder, ``heads/NAME`` of an assistant.
            precision: As in ``save``.
        """
        head, pack = self.heads[name], functools.partial(compress, int8=precision == "int8")
        if head.state_dict():  # safetensors cannot hold nothing
            save_tensors(folder / "weights.safetensors", pack(dict(head.state_dict())))
        self.save_setup(name, folder)

    def save_setup(self, name: str, folder: Path) -> None:
        """Write how one head is built and what was fitted for it; its weights in the folder stay as they are."""
        write_json(folder / HEAD, head_json(name, self.heads[name].api, self.lineage, self.setups[name]))

    @classmethod
    def load(cls, folder: Path, find_head: FindHead, *, only: Sequence[str] | None = None) -> Assistant:
        """Read an assistant. A head that cannot be loaded is left out and stands in ``failures``.

        Args:
            folder: The assistant's folder.
            find_head: From a head's name to its class.
            only: Load these heads only.
        Raises:
            ModelError: If encoder or tokenizer are missing, damaged or of a newer format.
        """
        recover_folder(folder, own=OWN)
        table = read_assistant_table(folder)
        tokenizer = Tokenizer.load(folder / "tokenizer.model")
        try:
            config = from_table(EncoderConfig, table["encoder"], where=str(folder / "assistant.toml"), prefix="encoder")
        except ConfigError as error:
            raise ModelError(str(error)) from None
        with shapes_only():  # the config of a damaged folder may ask for any amount of memory
            wanted = {key: t.shape for key, t in Backbone(make_encoder(config, len(tokenizer))).state_dict().items()}
        check_shapes(wanted, folder / "encoder.safetensors")
        tensors, _ = load_tensors(folder / "encoder.safetensors")
        self = cls(tokenizer, config)
        fill(self.backbone, expanded(tensors, folder / "encoder.safetensors"), folder / "encoder.safetensors")
        self.precision = "int8" if any(name.endswith(SCALE) for name in tensors) else "float32"
        self.lineage, self.name = str(table["lineage"]), name_of(folder)
        if (folder / "report.json").is_file():
            self.report = read_json(folder / "report.json")
        if (folder / DIAL).is_file():
            self.dial = self._load_dial(folder / DIAL)
        self.confidence = Confidence.load(folder, self.lineage, vocab_size=len(tokenizer))
        for name in sorted(p.parent.name for p in folder.glob("heads/*/head.json")):
            if only is None or name in only:
                try:
                    self._load_head(folder / "heads" / name, find_head)
                except ChatkitError as error:
                    self.heads.pop(name, None)
                    self.failures[name] = error
        return self.eval()

    def forget_dial(self) -> bool:
        """Leave the dial out, where the encoder was trained without it; whether there was one."""
        had, self.dial = self.dial is not None, None
        self.report.pop("dial", None)
        return had

    def forget_figures(self) -> None:
        """Leave out of the report what was measured of the encoder as it was before it was changed."""
        for part in ("dev", "tradeoff"):
            self.report.pop(part, None)

    def _load_dial(self, path: Path) -> Dial | None:
        """The dial, or None if it cannot be used: the assistant is whole without."""
        try:
            return Dial.load(path, self.backbone, self.lineage)
        except ModelError as error:
            self.report["dial"] = {"offered": False, "why": error.message}
            return None

    def restore_head(self, folder: Path, find_head: FindHead) -> Head:
        """Load one head that was left out.

        Args:
            folder: Its folder, ``heads/NAME`` of an assistant of this lineage.
            find_head: From a head's name to its class.
        Raises:
            ModelError, HeadError: If it cannot be loaded.
        """
        self._load_head(folder, find_head)
        self.failures.pop(folder.name, None)
        return self.heads[folder.name].eval()

    def _load_head(self, folder: Path, find_head: FindHead) -> None:
        name, lineage, setup = read_head_json(folder / HEAD)
        if lineage != self.lineage:
            raise ModelError(
                f"head {name} is stale: trained for another encoder ({lineage[:8]}, this one is {self.lineage[:8]})",
                hint=f"train it again with: chatkit heads add {name} --data PATH --model {folder.parent.parent}",
            )
        head_class = find_head(name)
        if setup.options:
            self._check_size(head_class, setup, folder / "weights.safetensors")
        with guard(name, source_file(head_class), stage="build"):
            head = self.add_head(head_class, setup)
        if head.state_dict():
            tensors, _ = load_tensors(folder / "weights.safetensors")
            fill(head, expanded(tensors, folder / "weights.safetensors"), folder / "weights.safetensors")

    def _check_size(self, head_class: type[Head], setup: HeadSetup, weights: Path) -> None:
        """Compare shapes before memory is taken: options from elsewhere may ask for any amount.

        Raises:
            ModelError: If the head that the options ask for is another than the one whose weights are there.
        """
        info = Info(self.backbone.encoder.width, setup.labels, self.backbone.encoder.causal)
        try:
            with shapes_only():
                head = head_class()
                head.build(info, self.vocabulary, **setup.options)
                wanted = {key: tensor.shape for key, tensor in head.state_dict().items()}
        except Exception:  # it computes with numbers while it is built: then it is built and guarded as ever
            return
        if wanted:
            check_shapes(wanted, weights)
