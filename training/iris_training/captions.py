"""Captions of scenes in English and Indonesian.

What differs from the default is always said (a side, a size, a time other than day), because what a
caption leaves open a four-step model can only blur.
"""

from __future__ import annotations

import random

from .phrases import (ACTIVITIES, ADJECTIVES, BACKGROUND_PHRASES, CONNECTORS, ENDINGS,
                      FAR_SIDE_PHRASES, LANDSCAPE_NOUNS, OPENINGS, SIDE_PHRASES, SIZE_WORDS,
                      STUDIO_NOUNS, STUDIO_PHRASES, TIME_NOUNS, TIME_PHRASES, WEATHER_NOUNS,
                      WEATHER_PHRASES)
from .scene import PlacedObject, Scene
from .unknown import unknown_names
from .vocabulary import COLOUR_WORDS, FAR_SIDES, LANGUAGES, OBJECTS, TINTS, object_names
from .wrappers import adjective, wrapped

NUMBERS = {"en": {2: "two", 3: "three"}, "id": {2: "dua", 3: "tiga"}}
AND = {"en": ("and",), "id": ("dan",)}
NEAR = {"en": ("next to", "beside", "near", "by"), "id": ("di samping", "di dekat", "di sebelah")}
OVER = {"en": " over ", "id": " di atas "}
UNKNOWN_ALONE, UNKNOWN_BESIDE = 0.35, 0.06  # shares of captions, without and with objects
WITH = {"en": " with ", "id": " dengan "}
PREFERRED_NAME = 0.5  # share of an object's mentions by its first name alone
TIME_FIRST = 0.35  # share of the captions without objects that begin with the time
ADJECTIVE, UNKNOWN_ADJECTIVE = 0.08, 0.16  # shares of an object's mentions
WRAPPED = 0.4  # share of captions in a wrapper
LIGHT_FIRST = 0.1  # share of the captions with objects that begin with the time or the weather
CLASSIFIED = 0.3  # share of an Indonesian object's mentions
MEASURED = ("secangkir ", "sepotong ")  # how names begin that count one already
IRREGULAR_PLURALS = {"snowman": "snowmen", "cactus": "cacti"}


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
    return _with_plain_article(words)


def with_classifier(words: str, living: bool, rng: random.Random) -> str:
    """An Indonesian noun phrase, sometimes with the word that counts one: "seekor kucing"."""
    if rng.random() >= CLASSIFIED or words.startswith(MEASURED):
        return words
    return ("seekor " if living else "sebuah ") + words


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
    draw = rng.random()
    extra = ""
    if draw < ADJECTIVE and not bare:
        extra = rng.choice(ADJECTIVES[language])
    elif ADJECTIVE < draw < ADJECTIVE + UNKNOWN_ADJECTIVE:
        extra = adjective(language, rng)
    activity = ""
    if kind.living and rng.random() < 0.2 and not bare:
        activity = rng.choice(ACTIVITIES[language])
    if language == "en":
        words = " ".join(word for word in (size, extra, colour, name) if word)
        phrase = with_article(words, rng)
    else:
        extra = f"yang {extra}" if extra and rng.random() < 0.25 else extra
        phrase = " ".join(word for word in (name, colour, size, extra) if word)
        phrase = with_classifier(phrase, kind.living, rng)
    return f"{phrase} {activity}".strip()


def background_phrase(scene: Scene, language: str, rng: random.Random) -> str:
    """The scene's place, as an adverbial."""
    if scene.background == "studio":
        colour = rng.choice(COLOUR_WORDS[language][scene.studio_colour])
        return rng.choice(STUDIO_PHRASES[language]).format(colour)
    return rng.choice(BACKGROUND_PHRASES[language][scene.background])


def time_phrase(scene: Scene, language: str, rng: random.Random) -> str:
    """The scene's time and weather; an ordinary day is often left unsaid, and in weather mostly."""
    if scene.background == "studio":
        return ""
    weather = ""
    if scene.weather != "clear":
        weather = rng.choice(WEATHER_PHRASES[language][scene.weather])
    if scene.time == "day" and rng.random() < (0.85 if weather else 0.5):
        return weather
    parts = [rng.choice(TIME_PHRASES[language][scene.time]), weather]
    rng.shuffle(parts)
    return " ".join(part for part in parts if part)


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
    """Two objects: however they are joined, they stand left to right in the order named."""
    left, right = (object_phrase(placed, language, rng) for placed in scene.objects)
    left_of, right_of, joined = {"en": (" to the left of ", " to the right of ", " and "),
                                 "id": (" di kiri ", " di kanan ", " dan ")}[language]
    draw = rng.random()
    if draw < 0.25:
        return left + joined + right
    if draw < 0.45:
        return left + left_of + right if draw < 0.35 else right + right_of + left
    if draw < 0.55:
        return left + rng.choice((", ", " & ", " + ")) + right
    return f"{left} {rng.choice(CONNECTORS[language])} {right}"


def _companions_phrase(scene: Scene, language: str, rng: random.Random) -> str:
    """Something that fills the middle and something small beside it."""
    main, small = (object_phrase(placed, language, rng) for placed in scene.objects)
    side = rng.choice(FAR_SIDE_PHRASES[language][scene.objects[1].side])
    if side or rng.random() < 0.6:
        joined = rng.choice((*CONNECTORS[language], *4 * AND[language]))
        return f"{main} {joined} {small} {side}".strip()
    return f"{small} {rng.choice(NEAR[language])} {main}"


def _objects_phrase(scene: Scene, language: str, rng: random.Random) -> str:
    if scene.of_a_kind:
        return _several_phrase(scene, language, rng)
    if len(scene.objects) > 1:
        beside = scene.objects[1].side in FAR_SIDES
        return (_companions_phrase if beside else _pair_phrase)(scene, language, rng)
    placed = scene.objects[0]
    phrase = object_phrase(placed, language, rng)
    if placed.side != "centre":
        phrase += " " + rng.choice(SIDE_PHRASES[language][placed.side.removeprefix("far ")])
    return phrase


def _light_noun(scene: Scene, language: str, rng: random.Random) -> str:
    """The time, the weather or both as the subject."""
    if scene.weather == "clear":
        return rng.choice(TIME_NOUNS[language][scene.time])
    noun = rng.choice(WEATHER_NOUNS[language][scene.weather])
    if scene.time == "day":
        return noun
    return f"{noun} {rng.choice(TIME_PHRASES[language][scene.time])}"


def _time_first(scene: Scene, language: str, rng: random.Random) -> str:
    """A landscape named by its time: "sunset over the ocean"."""
    noun = _light_noun(scene, language, rng)
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
    if scene.objects and scene.background != "studio" and rng.random() < LIGHT_FIRST:
        parts = (f"{_light_noun(scene, language, rng)},", objects, where)
    elif draw < 0.7:
        parts = (objects, where, time)
    elif draw < 0.85:
        parts = (objects, time, where)
    else:
        parts = (f"{objects},", f"{where}," if where else "", time)
    return " ".join(part for part in parts if part)


def caption(scene: Scene, rng: random.Random, language: str | None = None,
            in_wrapper: float = WRAPPED) -> str:
    """One of many captions that fit the scene, a share of them in a wrapper."""
    language = language or rng.choice(LANGUAGES)
    return _dressed(_scene_body(scene, language, rng), language, rng, in_wrapper)


def bare_caption(scene: Scene, language: str, rng: random.Random,
                 in_wrapper: float = WRAPPED) -> str:
    """A caption that names the objects alone, as most people's do."""
    return _dressed(_objects_phrase(scene, language, rng), language, rng, in_wrapper)


def _dressed(body: str, language: str, rng: random.Random, in_wrapper: float) -> str:
    """What is drawn, with the words that people put around it."""
    text = " ".join(body.split()).strip(" ,")
    if rng.random() < in_wrapper:
        text = wrapped(text, language, rng)
    else:
        opening = rng.choice(OPENINGS[language]) if rng.random() < 0.2 else ""
        text = opening + text + (rng.choice(ENDINGS[language]) if rng.random() < 0.2 else "")
    if rng.random() < 0.3:
        text = text[0].upper() + text[1:]
    return text + "." if rng.random() < 0.08 else text


def plain_caption(scene: Scene, language: str) -> str:
    """The plainest caption of a scene: usual names, no other words than it takes."""
    objects = _plain_objects(scene, language)
    if scene.background == "studio":
        colour = COLOUR_WORDS[language][scene.studio_colour][0]
        phrase = (STUDIO_PHRASES if objects else STUDIO_NOUNS)[language][0].format(colour)
        return f"{objects} {phrase}".strip()
    table = BACKGROUND_PHRASES if objects else LANDSCAPE_NOUNS
    time = TIME_PHRASES[language][scene.time][0] if scene.time != "day" else ""
    weather = WEATHER_PHRASES[language][scene.weather][0] if scene.weather != "clear" else ""
    parts = (objects, table[language][scene.background][0], time, weather)
    return " ".join(part for part in parts if part)


def _plain_objects(scene: Scene, language: str) -> str:
    """The objects by their usual names, the first one left of the second."""
    if not scene.objects:
        return ""
    if scene.of_a_kind:
        return _several_phrase(scene, language, random.Random(0))
    phrases = [plain_object(placed, language) for placed in scene.objects]
    sides = SIDE_PHRASES if len(phrases) == 1 else FAR_SIDE_PHRASES
    side = sides[language].get(scene.objects[-1].side, ("",))[0]
    return f"{f' {AND[language][0]} '.join(phrases)} {side}".strip()


def plain_object(placed: PlacedObject, language: str) -> str:
    """An object by its usual name, with size and colour."""
    name = object_names(placed.index, language)[0]
    size = SIZE_WORDS[language].get(placed.size, ("",))[0]
    tint = "" if placed.tint is None else COLOUR_WORDS[language][TINTS[placed.tint]][0]
    words = (size, tint, name) if language == "en" else (name, tint, size)
    phrase = " ".join(word for word in words if word)
    return _with_plain_article(phrase) if language == "en" else phrase


def _with_plain_article(words: str) -> str:
    return ("an " if words[0] in "aeiou" else "a ") + words
