"""Edit examples: reference scenes, an instruction and the target scene.

Scenes keep their clouds, so that whatever an instruction does not mention stays pixel for pixel.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from .captions import PREFERRED_NAME, background_phrase, object_phrase, plain_object
from .orders import (COMBINE_ORDERS, KEEP_ORDERS, LIGHT_ORDERS, MOVE_ORDERS, PLAINEST, POLITE,
                     TIME_ORDERS, WEATHER_ORDERS, any_order)
from .phrases import FAR_SIDE_PHRASES, SIDE_PHRASES
from .photographs import PHOTOGRAPH
from .scene import (WITHOUT_WEATHER, PlacedObject, Scene, new_clouds, sample_object, sample_scene,
                    sample_varied, with_companion, with_object)
from .unknown import unknown_names
from .vocabulary import (BACKGROUNDS, COLOUR_WORDS, FAR_SIDES, LANGUAGES, OBJECTS, TIMES, TINTS,
                         WEATHERS, object_names)

KINDS = ("time", "replace", "recolour", "add", "remove", "background", "keep", "combine", "relight",
         "weather", "together")
WEIGHTS = (16, 20, 10, 16, 14, 6, 6, 0, 0, 14, 0)
"""The shares in which `sample_edit` draws the kinds of one reference when none is asked for."""
PHOTOGRAPHS = 0.2  # of the edits that a photograph can have begin at one
COMPANY = (1, 1, 1, 2)  # objects of a source, when any of them is changed
POLITELY = 0.3  # of the orders have something said before or after them


@dataclass(frozen=True)
class Edit:
    """References in order, the target, and the changed object's place in the target or source."""

    kind: str
    references: tuple[Scene, ...]
    target: Scene
    changed: PlacedObject | None = None
    replacement: PlacedObject | None = None

    @property
    def subject(self) -> PlacedObject:
        """The changed object of an edit that has one."""
        assert self.changed is not None, self.kind
        return self.changed

    @property
    def successor(self) -> PlacedObject:
        """The object that an edit puts in the changed one's place, of one that does."""
        assert self.replacement is not None, self.kind
        return self.replacement


def sample_edit(rng: random.Random, kind: str | None = None) -> Edit:
    """Draws an edit example of the given kind, or of any."""
    kind = kind or rng.choices(KINDS, WEIGHTS)[0]
    return _SAMPLERS[kind](rng)


def _outdoors(rng: random.Random) -> str:
    return rng.choice([name for name in BACKGROUNDS if name != "studio"])


def _source(rng: random.Random, count: int | None = None, background: str | None = None) -> Scene:
    """An image to change, now and then in some weather or with something small beside."""
    scene = sample_varied(rng, 1 if count == 2 else count, background)
    if count != 2:
        return scene
    placed = scene.objects[0]
    if placed.side == "centre" and placed.size == "normal":
        return with_companion(scene, rng)
    other = sample_object(rng, scene.background, "normal", "centre", (placed.index,))
    return joined(replace(scene, objects=(replace(placed, size="normal"),)), other, rng)[0]


def _photograph(rng: random.Random, count: int = 0) -> Scene:
    """An image like a person's own, with none or one of the things that are drawn."""
    objects = tuple(sample_object(rng, "meadow", rng.choice(("normal", "small")), "centre")
                    for _ in range(count))
    return Scene(PHOTOGRAPH, "day", "red", objects, new_clouds(rng))


def joined(scene: Scene, placed: PlacedObject, rng: random.Random) -> tuple[Scene, PlacedObject]:
    """The scene with one thing more, and that thing: in the middle, or where there is room.

    Two side by side are in order, as captions name them.
    """
    if not scene.objects:
        return replace(scene, objects=(placed,)), placed
    standing = scene.objects[0]
    if standing.side != "centre":
        side = "left" if standing.side == "right" else "right"
        placed = replace(placed, size="normal", side=side)
    elif standing.size == "normal":
        placed = replace(placed, size="small", side=rng.choice(FAR_SIDES))
    else:
        placed = replace(placed, size="small", side="right")
    objects = (placed, standing) if placed.side == "left" else (standing, placed)
    return replace(scene, objects=objects), placed


def _time(rng: random.Random) -> Edit:
    if rng.random() < PHOTOGRAPHS:
        source = _photograph(rng, rng.choice((0, 0, 1)))
    else:
        source = _source(rng, rng.choice((0, 1, 1, 2)), _outdoors(rng))
    times = [name for name in TIMES if name != source.time or source.weather != "clear"]
    return Edit("time", (source,), replace(source, time=rng.choice(times), weather="clear"))


def _weather(rng: random.Random) -> Edit:
    if rng.random() < PHOTOGRAPHS:
        source = _photograph(rng, rng.choice((0, 0, 1)))
    else:
        background = rng.choice([name for name in BACKGROUNDS if name not in WITHOUT_WEATHER])
        source = _source(rng, rng.choice((0, 1, 1, 2)), background)
    weathers = [name for name in WEATHERS if name not in ("clear", source.weather)
                and not (name == "winter" and source.background == "snow")]
    time = "day" if source.time == "storm" else source.time
    return Edit("weather", (source,), replace(source, time=time, weather=rng.choice(weathers)))


def _other(rng: random.Random, scene: Scene, placed: PlacedObject) -> PlacedObject:
    """Another object in the same place."""
    taken = tuple(present.index for present in scene.objects)
    return sample_object(rng, scene.background, placed.size, placed.side, taken)


def _replace(rng: random.Random) -> Edit:
    source = _source(rng, rng.choice(COMPANY))
    position = rng.randrange(len(source.objects))
    placed = source.objects[position]
    new = _other(rng, source, placed)
    return Edit("replace", (source,), with_object(source, position, new), placed, new)


def _recolour(rng: random.Random) -> Edit:
    source = _source(rng, rng.choice(COMPANY))
    taken = [placed.index for placed in source.objects]
    tintable = [index for index, kind in enumerate(OBJECTS) if kind.tintable and index not in taken]
    index, position = rng.choice(tintable), rng.randrange(len(source.objects))
    flying = OBJECTS[index].places[0] == "s" and source.background not in ("bedroom", "studio")
    before = rng.choice((None, *range(len(TINTS))))
    after = rng.choice([tint for tint in range(len(TINTS)) if tint != before])
    placed = replace(source.objects[position], index=index, tint=before, flying=flying)
    new = replace(placed, tint=after)
    return Edit("recolour", (with_object(source, position, placed),),
                with_object(source, position, new), placed, new)


def _add(rng: random.Random) -> Edit:
    """Into an empty image, or beside what stands there."""
    if rng.random() < PHOTOGRAPHS:
        source = _photograph(rng)
        placed = sample_object(rng, "meadow", rng.choice(("normal", "small")), "centre")
        return Edit("add", (source,), replace(source, objects=(placed,)), placed)
    source = _source(rng, 1)
    placed = source.objects[0]
    if rng.random() < 0.4:
        return Edit("add", (replace(source, objects=()),), source, placed)
    target, new = joined(source, _other(rng, source, placed), rng)
    return Edit("add", (source,), target, new)


def _remove(rng: random.Random) -> Edit:
    """The reverse of an addition, or any of two."""
    if rng.random() < 0.5:
        added = _add(rng)
        return Edit("remove", (added.target,), added.references[0], added.changed)
    source = _source(rng, 2)
    gone, stays = rng.sample(source.objects, 2)
    return Edit("remove", (source,), replace(source, objects=(stays,)), gone)


def _background(rng: random.Random) -> Edit:
    source = _source(rng, 1)
    name = rng.choice([name for name in BACKGROUNDS if name not in (source.background, "studio")])
    placed = replace(source.objects[0], flying=OBJECTS[source.objects[0].index].places[0] == "s"
                     and name != "bedroom")
    time = "day" if source.background == "studio" else source.time
    target = Scene(name, time, source.studio_colour, (placed,), new_clouds(rng))
    return Edit("background", (source,), target, placed)


def _keep(rng: random.Random) -> Edit:
    source = _photograph(rng) if rng.random() < 2 * PHOTOGRAPHS else sample_varied(rng)
    return Edit("keep", (source,), source)


def _combine(rng: random.Random) -> Edit:
    """The object of image 1 in the setting of image 2, beside what stands there."""
    first = sample_scene(rng, 1, rng.choice(("studio", None, None)))
    second = sample_scene(rng, rng.choice((0, 0, 1)), _outdoors(rng))
    placed = replace(first.objects[0], flying=OBJECTS[first.objects[0].index].places[0] == "s"
                     and second.background != "bedroom")
    while any(placed.index == other.index for other in second.objects):
        second = replace(second, objects=(_other(rng, second, second.objects[0]),))
    target, placed = joined(second, placed, rng)
    return Edit("combine", (first, second), target, placed)


def _relight(rng: random.Random) -> Edit:
    """The object of image 1 in the setting of image 2, in the light of image 3."""
    combined, third = _combine(rng), sample_scene(rng, 0, _outdoors(rng))
    return Edit("relight", (*combined.references, third),
                replace(combined.target, time=third.time), combined.changed)


def _together(rng: random.Random) -> Edit:
    """The objects of two images side by side in the setting of the first."""
    first, second = (sample_scene(rng, 1) for _ in range(2))
    while first.objects[0].index == second.objects[0].index:
        second = sample_scene(rng, 1)
    placed = [replace(image.objects[0], size="normal", side=side,
                      flying=OBJECTS[image.objects[0].index].places[0] == "s"
                      and first.background not in ("bedroom", "studio"))
              for image, side in ((first, "left"), (second, "right"))]
    return Edit("together", (first, second), replace(first, objects=tuple(placed)), *placed)


_SAMPLERS = {"time": _time, "replace": _replace, "recolour": _recolour, "add": _add,
             "remove": _remove, "background": _background, "keep": _keep, "combine": _combine,
             "relight": _relight, "weather": _weather, "together": _together}


def instruction(edit: Edit, rng: random.Random, language: str | None = None) -> str:
    """One of many ways to ask for the edit."""
    language = language or rng.choice(LANGUAGES)
    order = _order(edit, rng, language)
    if rng.random() >= POLITELY:
        return order
    before, after = POLITE[language]
    way = rng.randrange(3)
    order = (rng.choice(before) if way != 1 else "") + order + (rng.choice(after) if way else "")
    return order[0].upper() + order[1:] if rng.random() < 0.4 else order


def plain_instruction(edit: Edit, rng: random.Random, language: str) -> str:
    """The plainest way to ask for it."""
    return _order(edit, rng, language, plain=True)


def _order(edit: Edit, rng: random.Random, language: str, plain: bool = False) -> str:
    choose: Callable[[Sequence[str]], str] = (lambda ways: ways[0]) if plain else rng.choice
    if edit.kind == "time":
        return choose(TIME_ORDERS[language][edit.target.time])
    if edit.kind == "weather":
        return choose(WEATHER_ORDERS[language][edit.target.weather])
    if edit.kind == "keep":
        return _keep_order(edit, language, rng, choose)
    names = object_names(edit.subject.index, language)
    name = names[0] if plain or rng.random() < PREFERRED_NAME else rng.choice(names)
    if edit.kind == "background":
        where = background_phrase(edit.target, language, rng)
        return choose(MOVE_ORDERS[language]).format(name=name, where=where)
    if edit.kind in ("combine", "relight"):
        order = choose(COMBINE_ORDERS[language]).format(name)
        return order + (choose(LIGHT_ORDERS[language]) if edit.kind == "relight" else "")
    order = PLAINEST[edit.kind][language] if plain else any_order(edit.kind, language, rng)
    if edit.kind == "remove":
        return order.format(name=name)
    if edit.kind == "add":
        return order.format(new=_added(edit, language, rng, plain))
    if edit.kind == "together":
        return order.format(name=name, other=object_names(edit.successor.index, language)[0])
    if edit.kind == "recolour":
        return order.format(name=name, colour=_tint_word(edit.successor, language, rng))
    new = (plain_object(edit.successor, language) if plain
           else object_phrase(edit.successor, language, rng, bare=True))
    return order.format(name=name, new=new)


def _keep_order(edit: Edit, language: str, rng: random.Random,
                choose: Callable[[Sequence[str]], str]) -> str:
    """To change nothing, or to remove what no one could: nothing then must change either."""
    if choose is not rng.choice or rng.random() < 0.4:
        return choose(KEEP_ORDERS[language])
    return any_order("remove", language, rng).format(name=rng.choice(unknown_names(language)))


def _tint_word(placed: PlacedObject, language: str, rng: random.Random) -> str:
    assert placed.tint is not None
    return rng.choice(COLOUR_WORDS[language][TINTS[placed.tint]])


def _added(edit: Edit, language: str, rng: random.Random, plain: bool) -> str:
    """Returns the added object and its side; beside something else on the right unless said."""
    placed = edit.subject
    beside = len(edit.target.objects) > 1
    shown = replace(placed, size="normal") if beside else placed
    phrase = (plain_object(shown, language) if plain
              else object_phrase(shown, language, rng, bare=True))
    if placed.side == "centre" or (beside and not _open_side(edit)):
        return phrase
    if placed.side in FAR_SIDES:
        side = rng.choice(FAR_SIDE_PHRASES[language][placed.side])
    else:
        side = rng.choice(SIDE_PHRASES[language][placed.side])
    return f"{phrase} {side}".strip()


def _open_side(edit: Edit) -> bool:
    """Returns True if the objects there leave room on both sides."""
    return edit.target.objects[0].side == "centre"
