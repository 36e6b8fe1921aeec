import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.search.words import MAX_QUERY_WORDS, document_words, query_words, stem


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("query", "queries"),
        ("box", "boxes"),
        ("run", "running"),
        ("file", "files"),
        ("index", "indexed"),
        ("class", "classes"),
    ],
)
def test_forms_of_a_word_meet(one, other):
    assert stem(one) == stem(other)


@pytest.mark.parametrize("word", ["this", "string", "bus", "naïve", "red", "größe"])
def test_words_that_only_look_inflected_stay(word):
    assert stem(word) == word


def test_case_width_and_punctuation_do_not_matter():
    assert document_words("Straße, ＡＢＣ! don't") == document_words("STRASSE abc DON'T")


def test_scripts_without_spaces_become_bigrams():
    assert document_words("你好吗") == ["你", "你好", "好", "好吗", "吗"]
    assert document_words("ภาษา") == ["ภา", "าษ", "ษา"]
    assert document_words("mix 東京tower") == ["mix", "東", "東京", "京", "tower"]


def test_vowel_signs_belong_to_the_word():
    assert document_words("हिन्दी भाषा") == ["हिन्दी", "भाषा"]
    assert document_words("e\u0301te\u0301") == ["été"]


def test_stop_words_are_dropped_from_queries_unless_there_is_nothing_else():
    assert query_words("How do I add a head?") == ["add", "head"]
    assert query_words("what is it") == ["what", "is", "it"]
    assert query_words(" ?!") == []


def test_a_pasted_book_is_cut():
    assert len(query_words("word " * 200_000)) == MAX_QUERY_WORDS


@given(st.text())
def test_any_text_gives_words_that_can_be_stored(text):
    for word in document_words(text):
        assert word
        assert "\n" not in word
        word.encode()


@given(st.text(st.characters(max_codepoint=127)))
def test_the_fast_path_equals_the_slow_one(text):
    assert document_words(text) == document_words(f"{text} ö")[:-1]
