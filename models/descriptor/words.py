"""A text as words, each with the role that it has by itself or in a phrase."""

from itertools import chain

from models.descriptor.phrases import take_together
from models.descriptor.pieces import meaning
from models.descriptor.signs import pieces_of
from models.descriptor.word import Word


def words_of(text: str) -> list[Word]:
    """Give the words of a text; what a word is where it stands is not decided yet."""
    words = list(chain.from_iterable(map(meaning, pieces_of(text))))
    take_together(words)
    return words
