"""Captions of scenes in English and Indonesian.

What differs from the default is always said (a side, a size, a time other than day), because what a
caption leaves open a four-step model can only blur.
"""

from __future__ import annotations

import functools
import random

from .phrases import (ACTIVITIES, ADJECTIVES, BACKGROUND_PHRASES, ENDINGS, LANDSCAPE_NOUNS,
                      OPENINGS, SIDE_PHRASES, SIZE_WORDS, STUDIO_NOUNS, STUDIO_PHRASES, TIME_NOUNS,
                      TIME_PHRASES)
from .scene import PlacedObject, Scene
from .vocabulary import (COLOUR_WORDS, LANGUAGES, OBJECTS, TINTS, cldr_annotations,
                         object_names)

NUMBERS = {"en": {2: "two", 3: "three"}, "id": {2: "dua", 3: "tiga"}}
OVER = {"en": " over ", "id": " di atas "}
UNKNOWN_ALONE, UNKNOWN_BESIDE = 0.35, 0.06  # shares of captions, without and with objects
WITH = {"en": " with ", "id": " dengan "}
PREFERRED_NAME = 0.5  # share of an object's mentions by its first name alone
TIME_FIRST = 0.35  # share of the captions without objects that begin with the time
IRREGULAR_PLURALS = {"snowman": "snowmen", "cactus": "cacti"}


@functools.lru_cache(None)
def unknown_names(language: str) -> tuple[str, ...]:
    """Names from CLDR of things that are not drawn, none of whose words means anything here.

    Captions mention them beside what is drawn, so that unknown words leave a clean image.
    """
    spoken = (BACKGROUND_PHRASES, LANDSCAPE_NOUNS, TIME_PHRASES, TIME_NOUNS, STUDIO_PHRASES,
              OPENINGS, ENDINGS)
    texts = [phrase for table in spoken for phrases in _leaves(table[language])
             for phrase in phrases]
    texts += [phrase for phrases in COLOUR_WORDS[language].values() for phrase in phrases]
    texts += [name for index in range(len(OBJECTS)) for name in object_names(index, language)]
    known = {word.strip(",.{}") for text in texts for word in text.lower().split()}
    stems = tuple(word for word in known if len(word) > 3)
    names = {annotations[0] for annotations in cldr_annotations(language).values()}
    means_nothing = lambda word: word.isalpha() and word not in known and not word.startswith(stems)
    return tuple(sorted(name for name in names if len(name) > 2 and len(name.split()) < 4
                        and all(means_nothing(word) for word in name.lower().split())))


def _leaves(table: dict | tuple) -> list[tuple[str, ...]]:
    """The phrase tuples of a nested table."""
    return [table] if isinstance(table, tuple) else [t for v in table.values() for t in _leaves(v)]


def unknown_phrase(language: str, rng: random.Random) -> str:
    """Something that is not drawn."""
    name = rng.choice(unknown_names(language))
    return with_article(name, rng) if language == "en" else name


def with_article(words: str, rng: random.Random) -> str:
    """An English noun phrase with its article, seldom without."""
    if rng.random() < 0.12:
        return words
    if rng.random() < 0.12:
        return "the " + words
    return ("an " if words[0] in "aeiou" else "a ") + words


def object_phrase(placed: PlacedObject, language: str, rng: random.Random,
                  bare: bool = False) -> str:
    """An object with size and colour; `bare` leaves out activity, looks and adjectives."""
    kind = OBJECTS[placed.index]
    names = object_names(placed.index, language)
    name = names[0] if rng.random() < PREFERRED_NAME else rng.choice(names)
    sizes = SIZE_WORDS[language].get(placed.size, ())
    size = rng.choice(sizes) if sizes else ""
    if placed.tint is not None:
        colour = rng.choice(COLOUR_WORDS[language][TINTS[placed.tint]])
    elif kind.looks[language] and rng.random() < 0.25 and not bare:
        colour = rng.choice(kind.looks[language])
    else:
        colour = ""
    extra = rng.choice(ADJECTIVES[language]) if rng.random() < 0.1 and not bare else ""
    activity = ""
    if kind.living and rng.random() < 0.2 and not bare:
        activity = rng.choice(ACTIVITIES[language])
    if language == "en":
        words = " ".join(word for word in (size, extra, colour, name) if word)
        phrase = with_article(words, rng)
    else:
        phrase = " ".join(word for word in (name, colour, size, extra) if word)
    return f"{phrase} {activity}".strip()


def background_phrase(scene: Scene, language: str, rng: random.Random) -> str:
    """The scene's place, as an adverbial."""
    if scene.background == "studio":
        colour = rng.choice(COLOUR_WORDS[language][scene.studio_colour])
        return rng.choice(STUDIO_PHRASES[language]).format(colour)
    return rng.choice(BACKGROUND_PHRASES[language][scene.background])


def time_phrase(scene: Scene, language: str, rng: random.Random) -> str:
    """The scene's time; an ordinary day is often left unsaid."""
    if scene.background == "studio" or (scene.time == "day" and rng.random() < 0.5):
        return ""
    return rng.choice(TIME_PHRASES[language][scene.time])


def _plural(name: str) -> str:
    """An English plural; what is counted comes before "of"."""
    head, of, rest = name.partition(" of ")
    if head in IRREGULAR_PLURALS:
        head = IRREGULAR_PLURALS[head]
    elif head.endswith(("s", "x", "ch")):
        head += "es"
    elif head.endswith(("y",)) and head[-2] not in "aeiou":
        head = head[:-1] + "ies"
    else:
        head += "s"
    return head + of + rest


def _several_phrase(scene: Scene, language: str, rng: random.Random) -> str:
    """Two or three of a kind, counted."""
    placed, number = scene.objects[0], NUMBERS[language][len(scene.objects)]
    name = object_names(placed.index, language)[0]
    colour = ""
    if placed.tint is not None:
        colour = rng.choice(COLOUR_WORDS[language][TINTS[placed.tint]])
    if language == "en":
        return " ".join(word for word in (number, colour, _plural(name)) if word)
    return " ".join(word for word in (number, name.removeprefix("se"), colour) if word)


def _pair_phrase(scene: Scene, language: str, rng: random.Random) -> str:
    """Two objects: joined by "and" they stand left to right in the order named."""
    left, right = (object_phrase(placed, language, rng) for placed in scene.objects)
    left_of, right_of, joined = {"en": (" to the left of ", " to the right of ", " and "),
                                 "id": (" di kiri ", " di kanan ", " dan ")}[language]
    draw = rng.random()
    if draw < 0.5:
        return left + joined + right
    return left + left_of + right if draw < 0.75 else right + right_of + left


def _objects_phrase(scene: Scene, language: str, rng: random.Random) -> str:
    if len(scene.objects) > 1:
        return (_several_phrase if scene.of_a_kind else _pair_phrase)(scene, language, rng)
    placed = scene.objects[0]
    phrase = object_phrase(placed, language, rng)
    if placed.side != "centre":
        phrase += " " + rng.choice(SIDE_PHRASES[language][placed.side])
    return phrase


def _time_first(scene: Scene, language: str, rng: random.Random) -> str:
    """A landscape named by its time: "sunset over the ocean"."""
    noun = rng.choice(TIME_NOUNS[language][scene.time])
    if scene.background not in ("bedroom", "stall") and rng.random() < 0.5:
        return noun + OVER[language] + rng.choice(LANDSCAPE_NOUNS[language][scene.background])
    return f"{noun} {rng.choice(BACKGROUND_PHRASES[language][scene.background])}"


def _scene_body(scene: Scene, language: str, rng: random.Random) -> str:
    if not scene.objects:
        if scene.background == "studio":
            colour = rng.choice(COLOUR_WORDS[language][scene.studio_colour])
            return rng.choice(STUDIO_NOUNS[language]).format(colour)
        if rng.random() < UNKNOWN_ALONE:
            return _placed_phrase(scene, unknown_phrase(language, rng), language, rng)
        if rng.random() < TIME_FIRST:
            return _time_first(scene, language, rng)
        noun = rng.choice(LANDSCAPE_NOUNS[language][scene.background])
        return f"{noun} {time_phrase(scene, language, rng)}"
    objects = _objects_phrase(scene, language, rng)
    if rng.random() < UNKNOWN_BESIDE:
        objects += WITH[language] + unknown_phrase(language, rng)
    return _placed_phrase(scene, objects, language, rng)


def _placed_phrase(scene: Scene, objects: str, language: str, rng: random.Random) -> str:
    """Things, where and when; a meadow by day often goes without saying."""
    where = background_phrase(scene, language, rng)
    time = time_phrase(scene, language, rng)
    if scene.background == "meadow" and scene.time == "day" and rng.random() < 0.35:
        where = ""
    draw = rng.random()
    if draw < 0.7:
        parts = (objects, where, time)
    elif draw < 0.85:
        parts = (objects, time, where)
    else:
        parts = (f"{objects},", f"{where}," if where else "", time)
    return " ".join(part for part in parts if part)


def caption(scene: Scene, rng: random.Random, language: str | None = None) -> str:
    """One of many captions that fit the scene."""
    language = language or rng.choice(LANGUAGES)
    opening = rng.choice(OPENINGS[language]) if rng.random() < 0.3 else ""
    style = rng.choice(ENDINGS[language]) if rng.random() < 0.3 else ""
    text = " ".join((opening + _scene_body(scene, language, rng)).split()).strip(" ,") + style
    if rng.random() < 0.3:
        text = text[0].upper() + text[1:]
    return text + "." if rng.random() < 0.08 else text
