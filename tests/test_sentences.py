"""Every sentence that the program can print occurs in a test, except those in sentences.txt."""

from tests.sentences import listed, unknown


def test_a_new_sentence_has_a_test() -> None:
    new = sorted({sentence.entry for sentence in unknown()} - listed())
    assert new == [], "a test of the fact that each states, and of an input for which it is not printed, is missing"
