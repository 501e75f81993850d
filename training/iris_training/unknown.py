"""Words that mean nothing to the model, from CLDR, and words coined of them."""

from __future__ import annotations

import functools
import random

from .phrases import (BACKGROUND_PHRASES, ENDINGS, LANDSCAPE_NOUNS, OPENINGS, STUDIO_PHRASES,
                      TIME_NOUNS, TIME_PHRASES, WEATHER_NOUNS, WEATHER_PHRASES)
from .vocabulary import COLOUR_WORDS, LANGUAGES, OBJECTS, cldr_annotations, object_names

STEM_LENGTH = 3  # a word that begins with a longer known one is a form of it


def leaves(table: dict | tuple) -> list[tuple[str, ...]]:
    """The phrase tuples of a nested table."""
    return [table] if isinstance(table, tuple) else [t for v in table.values() for t in leaves(v)]


@functools.lru_cache(None)
def _spoken(language: str) -> frozenset[str]:
    """Every word that means something in a language's captions."""
    spoken = (BACKGROUND_PHRASES, LANDSCAPE_NOUNS, TIME_PHRASES, TIME_NOUNS, WEATHER_PHRASES,
              WEATHER_NOUNS, STUDIO_PHRASES, OPENINGS, ENDINGS)
    texts = [phrase for table in spoken for phrases in leaves(table[language])
             for phrase in phrases]
    texts += [phrase for phrases in COLOUR_WORDS[language].values() for phrase in phrases]
    texts += [name for index in range(len(OBJECTS)) for name in object_names(index, language)]
    return frozenset(word.strip(",.{}") for text in texts for word in text.lower().split())


def _means_nothing(word: str, language: str) -> bool:
    known = _spoken(language)
    stems = tuple(word for word in known if len(word) > STEM_LENGTH)
    return word.isalpha() and word not in known and not word.startswith(stems)


@functools.lru_cache(None)
def unknown_names(language: str) -> tuple[str, ...]:
    """Names from CLDR of things that are not drawn, none of whose words means anything here."""
    names = {annotations[0] for annotations in cldr_annotations(language).values()}
    return tuple(sorted(name for name in names if len(name) > 2 and len(name.split()) < 4
                        and all(_means_nothing(word, language) for word in name.lower().split())))


@functools.lru_cache(None)
def unknown_words(language: str) -> tuple[str, ...]:
    """All words of CLDR's names and keywords that mean nothing here, in either language."""
    words = {word for annotations in cldr_annotations(language).values() for text in annotations
             for word in text.lower().split()}
    return tuple(sorted(word for word in words if len(word) > 2
                        and all(_means_nothing(word, spoken) for spoken in LANGUAGES)))


def unknown_word(language: str, rng: random.Random) -> str:
    """One of them."""
    return rng.choice(unknown_words(language))


def coined_word(language: str, rng: random.Random) -> str:
    """The beginning of one unknown word and the end of another."""
    first, second = (unknown_word(language, rng) for _ in range(2))
    word = first[:max(2, len(first) // 2)] + second[len(second) // 2:]
    return word if _means_nothing(word, language) else first
