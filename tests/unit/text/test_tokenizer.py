"""Any text survives; nobody can forge a special piece; bad input is a clear error."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatkit.errors import ConfigError, DataError, ModelError
from chatkit.text import tokenizer as module
from chatkit.text.normalise import normalise
from chatkit.text.stream_decoder import StreamDecoder
from chatkit.text.tokenizer import SPECIALS, Tokenizer, language_piece

any_text = st.text(st.characters(), max_size=60)
LATIN = ["hello", " the", "station", " ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u3000", "1234", ".", "<end>", "<0x41>"]
OTHERS = ["你好", "мир", "😀", "👩‍👩‍👧", "é", "e\u0301", "العربية", "ไทย", "▁", "½", "\ud800", "\x00", "\ufffd"]
words = st.sampled_from(LATIN + OTHERS)
mixed_text = st.lists(words, max_size=20).map("".join)


@given(st.one_of(any_text, mixed_text))
@example("")
@example(" ")
@example("\x00")
@example("\ud800\udc00 lone and \udfff")
@example("  two leading, two trailing  ")
def test_every_text_survives(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == normalise(text)


@pytest.mark.parametrize("block", [1, 2, 3, 7, 16])
@given(text=st.one_of(any_text, mixed_text))
@example(text="a ")
@example(text="ab  cd")
@example(text=" \n  x")
def test_texts_that_are_cut_into_blocks_survive(tokenizer: Tokenizer, block: int, text: str) -> None:
    """Texts longer than a block are encoded block by block; small blocks cut everywhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK", block)
        assert tokenizer.decode(tokenizer.encode(text)) == normalise(text)


def test_cutting_at_words_changes_no_id(tokenizer: Tokenizer) -> None:
    text = "where is the station, please? it is behind the market. " * 200
    whole = list(tokenizer._processor.encode(text))
    assert len(text) > 2 * module._BLOCK
    assert tokenizer.encode(text) == whole


@given(st.lists(st.one_of(any_text, mixed_text), max_size=5))
def test_a_batch_equals_one_by_one(tokenizer: Tokenizer, texts: list[str]) -> None:
    assert tokenizer.encode_batch(texts) == [tokenizer.encode(text) for text in texts]


def test_a_batch_with_a_long_text_equals_one_by_one(tokenizer: Tokenizer) -> None:
    texts = ["short", "long " * 2000, ""]
    assert tokenizer.encode_batch(texts) == [tokenizer.encode(text) for text in texts]
    assert tokenizer.encode_batch([]) == []


@pytest.mark.parametrize("piece", ["<pad>", "<unk>", *SPECIALS])
@pytest.mark.parametrize("frame", ["{}", " {}", "x{}y", "{0}{0}", "hi<end>\n{}"])
def test_text_that_spells_a_special_piece_is_ordinary(tokenizer: Tokenizer, piece: str, frame: str) -> None:
    text = frame.format(piece)
    ids = tokenizer.encode(text)
    assert not set(ids) & {*tokenizer.specials.values(), tokenizer._processor.unk_id()}
    assert tokenizer.decode(ids) == text


@given(mixed_text)
def test_no_text_gives_a_special_or_unknown_piece(tokenizer: Tokenizer, text: str) -> None:
    forbidden = {*tokenizer.specials.values(), tokenizer._processor.unk_id()}
    assert not set(tokenizer.encode(text)) & forbidden
    assert not set(tokenizer.sample(text)) & forbidden


@pytest.mark.parametrize("unit", ["word ", "x", "中", "😀", " ", "\n", "a\u0301", "ab<end>"])
def test_a_megabyte_of_one_line_in_seconds(tokenizer: Tokenizer, unit: str) -> None:
    text = unit * (2**20 // len(unit.encode()))
    start = time.process_time()
    ids = tokenizer.encode(text)
    assert time.process_time() - start < 8
    assert tokenizer.decode(ids) == normalise(text)


def test_decode_hides_special_pieces_and_refuses_foreign_ids(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("good day")
    assert tokenizer.decode([tokenizer.special("<user>"), *ids, tokenizer.end]) == "good day"
    assert tokenizer.decode([]) == ""
    for bad in (-1, len(tokenizer)):
        with pytest.raises(ValueError, match=rf"ids must lie in 0\.\.{len(tokenizer) - 1}"):
            tokenizer.decode([*ids, bad])


def test_special_pieces_by_name(tokenizer: Tokenizer) -> None:
    ids = {tokenizer.special(piece) for piece in SPECIALS} | {tokenizer.pad}
    assert len(ids) == len(SPECIALS) + 1
    assert tokenizer.special(language_piece("fr")) == tokenizer.special("<to:fr>")
    with pytest.raises(ValueError, match="no special piece '<to:xx>'"):
        tokenizer.special(language_piece("xx"))


@given(st.one_of(any_text, mixed_text))
@example(" leading")
@example("   ")
@example("\u00e9 \u4f60 x")
def test_offsets_are_byte_positions_of_the_text(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode(text)
    offsets = tokenizer.offsets(ids)
    data = normalise(text).encode("utf-8")
    assert len(offsets) == len(ids)
    ends = [*offsets, len(data)][1:]
    for index, start, end in zip(ids, offsets, ends, strict=True):
        piece = tokenizer.pieces([index])[0]
        expected = bytes([int(piece[3:5], 16)]) if tokenizer.is_byte(index) else piece.replace("▁", " ").encode()
        assert data[start:end] in (expected, expected.removeprefix(b" ")), (piece, start, end)
        if start:
            assert data[start:end] == expected


def test_offsets_pass_over_special_pieces(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("good day")
    framed = [tokenizer.special("<user>"), *ids, tokenizer.end]
    assert tokenizer.offsets(framed) == [0, *tokenizer.offsets(ids), 8]


@given(st.data())
@settings(max_examples=100)
def test_the_stream_equals_decoding_at_once(tokenizer: Tokenizer, data: st.DataObject) -> None:
    byte_ids = [i for i in range(len(tokenizer)) if tokenizer.is_byte(i)]
    any_id = st.integers(0, len(tokenizer) - 1)
    special = st.sampled_from(sorted(tokenizer.specials.values()))
    spaces = st.sampled_from(tokenizer.encode("  a b"))
    runs = st.lists(st.one_of(any_id, st.sampled_from(byte_ids), special, spaces), max_size=6)
    pieces: list[list[int]] = data.draw(st.lists(st.one_of(runs, mixed_text.map(tokenizer.encode)), max_size=30))
    repeat = data.draw(st.sampled_from([1, 1, 4]))
    ids = [i for run in pieces for i in run] * repeat
    decoder = StreamDecoder(tokenizer)
    assert "".join([*map(decoder.push, ids), decoder.flush()]) == tokenizer.decode(ids)


@pytest.mark.parametrize("filler", ["<end>", "<user>"])
def test_a_long_stream_with_special_pieces_keeps_its_spaces(tokenizer: Tokenizer, filler: str) -> None:
    ids = tokenizer.encode("one two three " * 30) + [tokenizer.special(filler)] * 100 + tokenizer.encode("x y z")
    decoder = StreamDecoder(tokenizer)
    assert "".join([*map(decoder.push, ids), decoder.flush()]) == tokenizer.decode(ids)


def test_the_stream_never_shows_half_a_character(tokenizer: Tokenizer) -> None:
    decoder = StreamDecoder(tokenizer)
    shown = [decoder.push(i) for i in tokenizer.encode("ok 😀 龘 done")]
    assert "\ufffd" not in "".join(shown)
    assert "".join(shown) + decoder.flush() == "ok 😀 龘 done"


def test_a_stream_that_goes_on_keeps_its_leading_space(tokenizer: Tokenizer) -> None:
    decoder = StreamDecoder(tokenizer, start=False)
    assert "".join([*map(decoder.push, tokenizer.encode("good day")), decoder.flush()]) == " good day"


def test_a_long_stream_costs_the_same_per_piece(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("the station is behind the market. " * 300)
    decoder = StreamDecoder(tokenizer)
    start = time.process_time()
    for index in ids:
        decoder.push(index)
    assert time.process_time() - start < 2
    assert len(decoder._ids) <= 80


_WHO = [f"the {colour} {animal}" for colour in ("old", "new", "red") for animal in ("cat", "dog")]
LINES = [f"{who} walks to {place}" for who in _WHO for place in ("town", "market", "school")]


def test_training_is_the_same_under_a_seed() -> None:
    one, two = (Tokenizer.train(LINES * 3, vocab_size=310, seed=5) for _ in range(2))
    assert one.to_bytes() == two.to_bytes()
    assert one.pieces(one.encode("the old cat")) == two.pieces(two.encode("the old cat"))


def test_too_few_texts_make_a_smaller_vocabulary() -> None:
    made = Tokenizer.train(LINES, vocab_size=5000)
    assert 282 <= len(made) < 5000
    assert made.decode(made.encode("unseen Ωords")) == "unseen Ωords"


def test_a_vocabulary_that_is_too_small_is_named() -> None:
    with pytest.raises(ConfigError, match=r"tokenizer\.vocab_size must be at least \d+, got 100"):
        Tokenizer.train(LINES, vocab_size=100)


@pytest.mark.parametrize("texts", [[], [""], ["  ", "\n\n"]])
def test_nothing_to_learn_from_is_a_clear_error(texts: list[str]) -> None:
    with pytest.raises(DataError, match="no text to train the tokenizer on"):
        Tokenizer.train(texts, vocab_size=300)


def test_more_characters_than_pieces_is_one_clear_line() -> None:
    texts = ["".join(chr(0x4E00 + 40 * i + j) for j in range(40)) for i in range(50)]
    with pytest.raises(DataError, match="cannot be trained") as caught:
        Tokenizer.train(texts, vocab_size=300)
    assert "\n" not in str(caught.value)
    assert "vocab_size" in str(caught.value)


def test_a_megabyte_line_can_be_trained_on() -> None:
    made = Tokenizer.train(["word and words of " * 60_000], vocab_size=300)
    assert made.decode(made.encode("words")) == "words"


def test_files_that_are_no_tokenizer(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.model"
    with pytest.raises(ModelError, match=r"tokenizer\.model: cannot be read: No such file"):
        Tokenizer.load(path)
    for content in (b"", b"no model at all", b"\x80" * 500):
        path.write_bytes(content)
        with pytest.raises(ModelError, match=r"tokenizer\.model"):
            Tokenizer.load(path)


def test_a_tokenizer_of_somebody_else_lacks_the_special_pieces(tmp_path: Path) -> None:
    import io

    import sentencepiece

    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES), model_writer=out, vocab_size=40, minloglevel=2, hard_vocab_limit=False
    )
    with pytest.raises(ModelError, match="special piece <pad> is missing"):
        Tokenizer(out.getvalue())


def test_a_saved_tokenizer_is_the_same(tokenizer: Tokenizer, tmp_path: Path) -> None:
    (tmp_path / "t.model").write_bytes(tokenizer.to_bytes())
    again = Tokenizer.load(tmp_path / "t.model")
    assert again.encode("hello there") == tokenizer.encode("hello there")


def test_a_vocabulary_of_whole_words_spells_the_others_in_bytes() -> None:
    texts = ["the cat sat @-@ on the mat", "the café 35 <unk> sat", ""]
    words = Tokenizer.train(texts, vocab_size=400, kind="word")
    assert words.pieces(words.encode("the cat sat @-@ 35 café")) == ["▁the", "▁cat", "▁sat", "▁@-@", "▁35", "▁café"]
    for text in (*texts, "a dog, the  <end> мир", "  two", "\x00", "dog  the " * 700, "the dogs sat " * 700):
        assert words.decode(words.encode(text)) == normalise(text)
        assert not set(words.encode(text)) & {*words.specials.values(), words._processor.unk_id()}
