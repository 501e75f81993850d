"""Prompts in strangers' words with the checks of their images, drawn from `evaluation/strangers.toml`.

No stage that trains imports this module: its phrasings are kept apart from the captions'.
"""

from __future__ import annotations

import functools
import random
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .edits import Edit
from .scene import PlacedObject, Scene, new_clouds, object_box
from .vocabulary import (BACKGROUNDS, COLOUR_WORDS, FAR_SIDES, OBJECTS, SIDES, TINTS, WEATHERS,
                         object_names)

PHRASES = Path(__file__).parent.parent / "evaluation" / "strangers.toml"
ROWS = ("wrappers", "adjectives", "connectors", "golden_hour", "long", "weather", "weather_edits",
        "removal", "addition", "orders", "together", "near", "unknown", "style", "photographs")
EMPTIED = (0, 0, 0, 1, 2)  # places in pairs: mostly two side by side, some with a companion
TRIED_AT = 768  # pixels a side at which places must not overlap

Arrangement = tuple[PlacedObject, ...]


@dataclass(frozen=True)
class Try:
    """A prompt with its references, and what must be seen.

    One of the `arrangements` must stand there, the `gone` must not. Of the setting what is in
    `said` must be there: "background", "time", "weather"; any of `backgrounds` where there are some.
    An `edit` is also asked whether it happened and whether the rest is untouched.
    """

    prompt: str
    wanted: Scene
    said: frozenset[str] = frozenset()
    arrangements: tuple[Arrangement, ...] = ()
    gone: Arrangement = ()
    references: tuple[Scene, ...] = ()
    backgrounds: tuple[str, ...] = ()
    edit: Edit | None = None


@functools.lru_cache(None)
def phrases() -> Mapping[str, Any]:
    """The tables of the file."""
    with PHRASES.open("rb") as file:
        return tomllib.load(file)


def sample_try(row: str, language: str, rng: random.Random) -> Try:
    """One try of a row other than `photographs`."""
    return _SAMPLERS[row](language, rng)


def first_name(index: int, language: str) -> str:
    """An object's usual name."""
    return object_names(index, language)[0]


def _with_article(name: str, language: str) -> str:
    if language != "en":
        return name
    return ("an " if name[0] in "aeiou" else "a ") + name


def _phrase(index: int, language: str) -> str:
    return _with_article(first_name(index, language), language)


def _place(index: int, background: str, size: str = "normal", side: str = "centre") -> PlacedObject:
    flying = OBJECTS[index].places[0] == "s" and background not in ("bedroom", "studio")
    return PlacedObject(index, size, side, flying=flying)


def _two(rng: random.Random) -> tuple[int, int]:
    first, second = rng.sample(range(len(OBJECTS)), 2)
    return first, second


def _where(rng: random.Random, language: str, without: tuple[str, ...] = ()) -> tuple[str, str]:
    """A background and the plainest words for it."""
    table = phrases()["places"][language]
    name = rng.choice([name for name in table if name not in without])
    return name, table[name]


def _template(row: str, language: str, rng: random.Random, kind: str | None = None) -> str:
    table = phrases()[row]
    return rng.choice((table[kind] if kind else table)[language])


def _drawn(prompt: str, indices: tuple[int, ...], background: str | None, time: str = "day",
           weather: str = "clear", said: tuple[str, ...] = ()) -> Try:
    """A try that is generated: its objects alone in the middle, or side by side."""
    place = background or "meadow"
    scene = Scene(place, time, "red", (), 0, weather)
    known = frozenset(said) | ({"background"} if background else frozenset())
    return Try(prompt, scene, known, arrangements_of(indices, place))


def arrangements_of(indices: tuple[int, ...], background: str) -> tuple[Arrangement, ...]:
    """Every way in which one object, or two, may stand."""
    if len(indices) == 1:
        return ((_place(indices[0], background),),)
    ways: list[Arrangement] = []
    for first, second in (indices, indices[::-1]):
        ways.append((_place(first, background, side="left"), _place(second, background,
                                                                    side="right")))
        ways += [(_place(first, background), _place(second, background, "small", side))
                 for side in FAR_SIDES]
    above = tuple(_place(index, background) for index in indices)
    return (*ways, above) if above[0].flying != above[1].flying else tuple(ways)


def _single(row: str, language: str, rng: random.Random) -> Try:
    """An object in a phrase, somewhere in half of the tries."""
    index, (background, where) = rng.randrange(len(OBJECTS)), _where(rng, language, ("sea",))
    placed = rng.random() < 0.5
    tail = f" {where}" if placed else ""
    prompt = _template(row, language, rng).format(x=_phrase(index, language) + tail,
                                                  name=first_name(index, language) + tail)
    return _drawn(prompt, (index,), background if placed else None)


def _adjective(language: str, rng: random.Random) -> Try:
    index, word = rng.randrange(len(OBJECTS)), _template("adjectives", language, rng)
    name = first_name(index, language)
    if language == "en":
        prompt = _with_article(f"{word} {name}", language)
    else:
        prompt = f"{name} {'yang ' if rng.random() < 0.3 else ''}{word}"
    placed, (background, where) = rng.random() < 0.4, _where(rng, language, ("sea",))
    return _drawn(f"{prompt} {where}" if placed else prompt, (index,),
                  background if placed else None)


def _connector(language: str, rng: random.Random) -> Try:
    first, second = _two(rng)
    prompt = _template("connectors", language, rng).format(x=_phrase(first, language),
                                                           y=_phrase(second, language))
    placed, (background, where) = rng.random() < 0.3, _where(rng, language, ("sea",))
    return _drawn(f"{prompt} {where}" if placed else prompt, (first, second),
                  background if placed else None)


def _somewhere(row: str, time: str, language: str, rng: random.Random) -> Try:
    """An object at a place and a time that the phrase itself says, or says with `{when}`."""
    index, (background, where) = rng.randrange(len(OBJECTS)), _where(rng, language)
    prompt = _template(row, language, rng).format(
        x=_phrase(index, language), where=where, when=phrases()["times"][language][time])
    return _drawn(prompt, (index,), background, time, said=("time",))


def _long(language: str, rng: random.Random) -> Try:
    return _somewhere("long", rng.choice(("day", "sunset", "night", "storm")), language, rng)


def _weather(language: str, rng: random.Random) -> Try:
    index, weather = rng.randrange(len(OBJECTS)), rng.choice(WEATHERS[1:])
    background, where = _where(rng, language, ("snow",))
    prompt = _template("weather", language, rng, weather).format(x=_phrase(index, language),
                                                                 where=where)
    return _drawn(prompt, (index,), background, weather=weather, said=("weather",))


def _source(rng: random.Random, without: tuple[str, ...] = ("studio",)) -> Scene:
    """An image with one object in the middle, by day."""
    background = rng.choice([name for name in BACKGROUNDS if name not in without])
    placed = _place(rng.randrange(len(OBJECTS)), background)
    return Scene(background, "day", "red", (placed,), new_clouds(rng))


def _weather_edit(language: str, rng: random.Random) -> Try:
    source, weather = _source(rng, ("studio", "bedroom", "snow")), rng.choice(WEATHERS[1:])
    prompt = _template("weather_edits", language, rng, weather)
    return Try(prompt, replace(source, weather=weather), frozenset(("background", "weather")),
               (source.objects,), references=(source,))


def _pair(rng: random.Random) -> Scene:
    """An image with two objects, side by side or one beside the other."""
    source, way = _source(rng), rng.choice(EMPTIED)
    indices = _two(rng)
    objects = arrangements_of(indices, source.background)[way]
    return replace(source, objects=objects)


def _removal(language: str, rng: random.Random) -> Try:
    source = _pair(rng)
    gone, stays = rng.sample(source.objects, 2)
    prompt = _template("removal", language, rng).format(name=first_name(gone.index, language))
    edit = Edit("remove", (source,), replace(source, objects=(stays,)), gone)
    return Try(prompt, edit.target, arrangements=((stays,),), gone=(gone,), references=(source,),
               edit=edit)


def overlap(first: PlacedObject, second: PlacedObject) -> bool:
    """Returns whether two places share more than a sixth of the smaller one's width and height."""
    (ax, ay, aside), (bx, by, bside) = (object_box(one, TRIED_AT, TRIED_AT)
                                        for one in (first, second))
    across = min(ax + aside, bx + bside) - max(ax, bx)
    down = min(ay + aside, by + bside) - max(ay, by)
    return min(across, down) > min(aside, bside) / 6


def _addition(language: str, rng: random.Random) -> Try:
    source = _source(rng)
    side = rng.choice(("centre", "centre", "centre", "left", "right"))
    standing = replace(source.objects[0], side=side)
    source = replace(source, objects=(standing,))
    index = rng.choice([k for k in range(len(OBJECTS)) if k != standing.index])
    places = [_place(index, source.background, size, side) for size in ("normal", "small")
              for side in (SIDES if size == "normal" else SIDES + FAR_SIDES)]
    ways = tuple((standing, place) for place in places if not overlap(standing, place))
    prompt = _template("addition", language, rng).format(x=_phrase(index, language))
    return Try(prompt, source, arrangements=ways, references=(source,))


def _order(language: str, rng: random.Random) -> Try:
    """One thing asked of one object, or of the light."""
    kind = rng.choice(("remove", "replace", "recolour", "add", "day", "sunset", "night", "storm"))
    source = _source(rng)
    if kind in ("day", "sunset", "night", "storm"):
        source = replace(source, time="night" if kind == "day" else "day")
        edit = Edit("time", (source,), replace(source, time=kind))
        return Try(_template("orders", language, rng, kind), edit.target, references=(source,),
                   edit=edit)
    if kind == "recolour":
        index = rng.choice([k for k, one in enumerate(OBJECTS) if one.tintable])
        source = replace(source, objects=(_place(index, source.background),))
    placed, other = source.objects[0], rng.randrange(len(OBJECTS))
    while other == placed.index:
        other = rng.randrange(len(OBJECTS))
    tint = rng.randrange(len(TINTS))
    new = (replace(placed, tint=tint) if kind == "recolour"
           else _place(other, source.background))
    targets = {"remove": (), "add": (placed,), "recolour": (new,), "replace": (new,)}
    edit = Edit(kind, (replace(source, objects=() if kind == "add" else (placed,)),),
                replace(source, objects=targets[kind]), placed,
                None if kind in ("remove", "add") else new)
    prompt = _template("orders", language, rng, kind).format(
        name=first_name(placed.index, language), x=_phrase(placed.index, language),
        y=_phrase(other, language), other=first_name(other, language),
        colour=COLOUR_WORDS[language][TINTS[tint]][0])
    return Try(prompt, edit.target, references=edit.references, edit=edit)


def _together(language: str, rng: random.Random) -> Try:
    first, second = _source(rng), _source(rng, ())
    indices = _two(rng)
    images = tuple(replace(image, objects=(_place(index, image.background),))
                   for image, index in zip((first, second), indices))
    prompt = _template("together", language, rng).format(
        name=first_name(indices[0], language), other=first_name(indices[1], language))
    ways = {way for image in images for way in arrangements_of(indices, image.background)}
    return Try(prompt, first, frozenset(("background",)), tuple(ways), references=images,
               backgrounds=(first.background, second.background))


def _near(language: str, rng: random.Random) -> Try:
    word, meant = rng.choice(list(phrases()["near"]["words"][language].items()))
    index = next(k for k in range(len(OBJECTS)) if first_name(k, "en") == meant)
    prompt = _template("near", language, rng).format(x=_with_article(word, language))
    return _drawn(prompt, (index,), None)


def _unknown(language: str, rng: random.Random) -> Try:
    word, (background, where) = rng.choice(phrases()["unknown"]["words"][language]), _where(
        rng, language)
    template = _template("unknown", language, rng)
    prompt = template.format(x=_with_article(word, language), where=where)
    nothing = tuple(_place(0, "meadow", side=side) for side in SIDES)
    return replace(_drawn(prompt, (0,), background if "{where}" in template else None),
                   arrangements=(), gone=nothing)


def _style(language: str, rng: random.Random) -> Try:
    background, where = _where(rng, language, ("sea",))
    index = rng.randrange(len(OBJECTS))
    return _drawn(f"{_phrase(index, language)} {where}", (index,), background)


_SAMPLERS: dict[str, Callable[[str, random.Random], Try]] = {
    "wrappers": functools.partial(_single, "wrappers"), "adjectives": _adjective,
    "connectors": _connector, "golden_hour": functools.partial(_somewhere, "golden_hour", "sunset"),
    "long": _long, "weather": _weather, "weather_edits": _weather_edit, "removal": _removal,
    "addition": _addition, "orders": _order, "together": _together, "near": _near,
    "unknown": _unknown, "style": _style,
}


def photograph_order(language: str, rng: random.Random) -> tuple[str, str]:
    """Returns an order about a photograph: the kind, a time or "keep", and the words."""
    kind = rng.choice(tuple(phrases()["photographs"]))
    return kind, _template("photographs", language, rng, kind)
