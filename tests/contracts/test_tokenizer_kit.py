"""The contract of tokenizers is tested by planted faults too."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from chatkit.testing import contract, run_checks
from chatkit.testing.kit import TOKENIZER_FLOOR, Kit
from chatkit.testing.rig import small_tokenizer
from chatkit.testing.tokenizer_checks import TOKENIZER_CHECKS
from chatkit.text.tokenizer import UNK, Tokenizer


class Base(Tokenizer):
    def __init__(self) -> None:
        super().__init__(small_tokenizer().to_bytes())


class LowerCases(Base):
    def encode(self, text: str) -> list[int]:
        return super().encode(text.lower())


class DropsSpaces(Base):
    def decode(self, ids: Sequence[int]) -> str:
        return " ".join(super().decode(ids).split())


class KnowsNoEmoji(Base):
    def encode(self, text: str) -> list[int]:
        unknown = self._processor.piece_to_id(UNK)
        return [unknown if self.is_byte(i) else i for i in super().encode(text)]


class SpellsOutSpecials(Base):
    def encode(self, text: str) -> list[int]:
        for piece, index in self.specials.items():
            if piece in text:
                head, _, tail = text.partition(piece)
                return [*super().encode(head), index, *super().encode(tail)]
        return super().encode(text)


class ForgedInBatches(Base):
    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        return [[self.end] if text == "<end>" else ids for text, ids in zip(texts, super().encode_batch(texts))]  # noqa: B905


class SpecialsShareAnId(Base):
    def special(self, piece: str) -> int:
        return super().special("<user>" if piece == "<assistant>" else piece)


class ShowsSpecials(Base):
    def decode(self, ids: Sequence[int]) -> str:
        names = {index: piece for piece, index in self.specials.items()}
        return "".join(names.get(int(i), "") for i in ids) + super().decode(ids)


class OtherIdsThanItsFile(Base):
    def encode(self, text: str) -> list[int]:
        return [*super().encode(text), 300]


class SamplesItsSegmentation(Base):
    def encode(self, text: str) -> list[int]:
        return self.sample(text, alpha=0.0) if len(text) < 100 else super().encode(text)


class DrawsGlobally(Base):
    def encode(self, text: str) -> list[int]:
        random.random()
        return super().encode(text)


class StripsInBatches(Base):
    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        return super().encode_batch([text.strip() for text in texts])


class LosesOneInBatches(Base):
    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        return super().encode_batch([text for text in texts if text])


class IdsOutOfRange(Base):
    def __len__(self) -> int:
        return 300


class OffsetsInDisorder(Base):
    def offsets(self, ids: Sequence[int]) -> list[int]:
        return super().offsets(ids)[::-1]


class KnowsNoBytePieces(Base):
    def is_byte(self, index: int) -> bool:
        return False


class Quadratic(Base):
    def encode(self, text: str) -> list[int]:
        for start in range(0, len(text), 2):  # 50 x zlib and 16 x for four times the text: far from both bounds
            text[start:]
        return super().encode(text)


FAULTS: dict[type[Base], str] = {
    LowerCases: "round_trip",
    DropsSpaces: "round_trip",
    KnowsNoEmoji: "byte_fallback",
    SpellsOutSpecials: "specials_cannot_be_forged",
    ForgedInBatches: "specials_cannot_be_forged",
    SpecialsShareAnId: "specials_are_there",
    ShowsSpecials: "specials_are_there",
    OtherIdsThanItsFile: "stable_ids",
    SamplesItsSegmentation: "deterministic",
    DrawsGlobally: "deterministic",
    StripsInBatches: "batch_equals_single",
    LosesOneInBatches: "batch_equals_single",
    IdsOutOfRange: "ids_in_range",
    OffsetsInDisorder: "streams_what_it_decodes",
    KnowsNoBytePieces: "streams_what_it_decodes",
    Quadratic: "speed",
}


@pytest.mark.parametrize("size", [400, 600])
def test_a_sound_tokenizer_passes(size: int, tmp_path: Path) -> None:
    lines = [f"{a} {b} number {i}" for i, (a, b) in enumerate(zip("abcdefgh" * 9, "ijklmnop" * 9, strict=True))]
    path = tmp_path / "tokenizer.model"
    path.write_bytes(Tokenizer.train(lines, vocab_size=size).to_bytes())
    report = run_checks(path)
    assert report.ok, "\n".join(report.lines())
    assert report.num_run >= TOKENIZER_FLOOR


@pytest.mark.parametrize(("fault", "check"), FAULTS.items(), ids=lambda item: getattr(item, "__name__", ""))
def test_a_planted_fault_is_caught(fault: type[Base], check: str) -> None:
    result = Kit(fault()).result(check)
    assert result.outcome == "failed", str(result)


def test_no_check_is_without_a_fault_that_it_catches() -> None:
    assert {check.name for check in TOKENIZER_CHECKS} == set(FAULTS.values())


test_contract = contract(small_tokenizer())
