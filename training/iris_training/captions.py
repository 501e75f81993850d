"""Captions of scenes in English and Indonesian.

What differs from the default is always said (a side, a size, a time other than day), because what a
caption leaves open a four-step model can only blur.
"""

from __future__ import annotations

import random

from .phrases import (ACTIVITIES, ADJECTIVES, BACKGROUND_PHRASES, LANDSCAPE_NOUNS, OPENINGS,
                      SIDE_PHRASES, SIZE_WORDS, STUDIO_NOUNS, STUDIO_PHRASES, STYLES, TIME_PHRASES)
from .scene import PlacedObject, Scene
from .vocabulary import COLOUR_WORDS, LANGUAGES, OBJECTS, TINTS, object_names

NUMBERS = {"en": {2: "two", 3: "three"}, "id": {2: "dua", 3: "tiga"}}
IRREGULAR_PLURALS = {"snowman": "snowmen", "cactus": "cacti"}


def _article(words: str, rng: random.Random) -> str:
    """An English noun phrase with its article, seldom without."""
    if rng.random() < 0.12:
        return words
    if rng.random() < 0.12:
        return "the " + words
    return ("an " if words[0] in "aeiou" else "a ") + words


def object_phrase(placed: PlacedObject, language: str, rng: random.Random,
                  bare: bool = False) -> str:
    """An object with size and colour; `bare` leaves out activity, looks and article play."""
    kind = OBJECTS[placed.index]
    names = object_names(placed.index, language)
    name = names[0] if rng.random() < 0.65 else rng.choice(names)
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
        phrase = _article(words, rng)
    else:
        phrase = " ".join(word for word in (name, colour, size, extra) if word)
    return f"{phrase} {activity}".strip()


def background_phrase(scene: Scene, language: str, rng: random.Random) -> str:
    """Where the scene is, as an adverbial."""
    if scene.background == "studio":
        colour = rng.choice(COLOUR_WORDS[language][scene.studio_colour])
        return rng.choice(STUDIO_PHRASES[language]).format(colour)
    return rng.choice(BACKGROUND_PHRASES[language][scene.background])


def time_phrase(scene: Scene, language: str, rng: random.Random) -> str:
    """When the scene is; an ordinary day is often left unsaid."""
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
        alike = scene.objects[0].index == scene.objects[1].index
        return (_several_phrase if alike else _pair_phrase)(scene, language, rng)
    placed = scene.objects[0]
    phrase = object_phrase(placed, language, rng)
    if placed.side != "centre":
        phrase += " " + rng.choice(SIDE_PHRASES[language][placed.side])
    return phrase


def _scene_body(scene: Scene, language: str, rng: random.Random) -> str:
    time = time_phrase(scene, language, rng)
    if not scene.objects:
        if scene.background == "studio":
            colour = rng.choice(COLOUR_WORDS[language][scene.studio_colour])
            return rng.choice(STUDIO_NOUNS[language]).format(colour)
        noun = rng.choice(LANDSCAPE_NOUNS[language][scene.background])
        return f"{noun} {time}"
    objects = _objects_phrase(scene, language, rng)
    where = background_phrase(scene, language, rng)
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
    style = rng.choice(STYLES[language]) if rng.random() < 0.3 else ""
    text = " ".join((opening + _scene_body(scene, language, rng)).split()).strip(" ,") + style
    if rng.random() < 0.3:
        text = text[0].upper() + text[1:]
    return text + "." if rng.random() < 0.08 else text
