"""Edit examples: reference scenes, an instruction and the target scene.

Scenes keep their clouds, so that whatever an instruction does not mention stays pixel for pixel.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from .captions import background_phrase, object_phrase
from .phrases import SIDE_PHRASES
from .scene import PlacedObject, Scene, new_clouds, sample_object, sample_scene, with_object
from .vocabulary import (BACKGROUNDS, COLOUR_WORDS, LANGUAGES, OBJECTS, TIMES, TINTS,
                         object_names)

KINDS = ("time", "replace", "recolour", "add", "remove", "background", "keep", "combine", "relight")
WEIGHTS = (16, 26, 12, 16, 8, 8, 8, 0, 0)
"""The shares in which `sample_edit` draws the kinds of one reference when none is asked for."""
TIME_ORDERS = {
    "en": {"day": ("make it daytime", "change the sky to a sunny blue sky", "turn it into day"),
           "sunset": ("make it sunset", "change the sky to a sunset", "golden hour lighting"),
           "night": ("make it night", "turn it into night", "replace the sky with a starry sky"),
           "storm": ("make it stormy", "replace the sky with dark storm clouds",
                     "add a thunderstorm", "make it rain")},
    "id": {"day": ("jadikan siang hari", "ubah langit menjadi cerah"),
           "sunset": ("jadikan matahari terbenam", "ubah langit menjadi senja"),
           "night": ("jadikan malam hari", "ubah langit menjadi malam berbintang"),
           "storm": ("jadikan badai", "ubah langit menjadi mendung gelap", "buat hujan badai")},
}
KEEP_ORDERS = {"en": ("keep it as it is", "change nothing", "the same picture"),
               "id": ("biarkan seperti ini", "jangan ubah apa pun", "gambar yang sama")}
COMBINE_ORDERS = {
    "en": ("put the {} from image 1 into the scene of image 2",
           "place the {} of image 1 in image 2",
           "the {} from the first image in the setting of the second image"),
    "id": ("letakkan {} dari gambar 1 di latar gambar 2", "taruh {} gambar 1 di gambar 2"),
}
LIGHT_ORDERS = {"en": (" in the style of image 3", " with the light of image 3"),
                "id": (" dengan gaya gambar 3", " dengan cahaya gambar 3")}


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


def _time(rng: random.Random) -> Edit:
    source = sample_scene(rng, rng.choice((0, 1, 1)), _outdoors(rng))
    time = rng.choice([name for name in TIMES if name != source.time])
    return Edit("time", (source,), replace(source, time=time))


def _other(rng: random.Random, scene: Scene, placed: PlacedObject) -> PlacedObject:
    """Another object in the same place."""
    taken = tuple(present.index for present in scene.objects)
    return sample_object(rng, scene.background, placed.size, placed.side, taken)


def _replace(rng: random.Random) -> Edit:
    source = sample_scene(rng, rng.choice((1, 1, 2)))
    position = rng.randrange(len(source.objects))
    placed = source.objects[position]
    new = _other(rng, source, placed)
    return Edit("replace", (source,), with_object(source, position, new), placed, new)


def _recolour(rng: random.Random) -> Edit:
    source = sample_scene(rng, 1)
    tintable = [index for index, kind in enumerate(OBJECTS) if kind.tintable]
    index = rng.choice(tintable)
    flying = OBJECTS[index].places[0] == "s" and source.background not in ("bedroom", "studio")
    before = rng.choice((None, *range(len(TINTS))))
    after = rng.choice([tint for tint in range(len(TINTS)) if tint != before])
    placed = replace(source.objects[0], index=index, tint=before, flying=flying)
    new = replace(placed, tint=after)
    return Edit("recolour", (with_object(source, 0, placed),), with_object(source, 0, new),
                placed, new)


def _add(rng: random.Random) -> Edit:
    source = sample_scene(rng, 1)
    placed = source.objects[0]
    empty = replace(source, objects=())
    return Edit("add", (empty,), source, placed)


def _remove(rng: random.Random) -> Edit:
    added = _add(rng)
    return Edit("remove", (added.target,), added.references[0], added.changed)


def _background(rng: random.Random) -> Edit:
    source = sample_scene(rng, 1)
    name = rng.choice([name for name in BACKGROUNDS if name not in (source.background, "studio")])
    placed = replace(source.objects[0], flying=OBJECTS[source.objects[0].index].places[0] == "s"
                     and name != "bedroom")
    time = "day" if source.background == "studio" else source.time
    target = Scene(name, time, source.studio_colour, (placed,), new_clouds(rng))
    return Edit("background", (source,), target, placed)


def _keep(rng: random.Random) -> Edit:
    source = sample_scene(rng)
    return Edit("keep", (source,), source)


def _combine(rng: random.Random) -> Edit:
    """The object of image 1 in the setting of image 2."""
    first = sample_scene(rng, 1, rng.choice(("studio", None, None)))
    second = sample_scene(rng, 0, _outdoors(rng))
    placed = replace(first.objects[0], flying=OBJECTS[first.objects[0].index].places[0] == "s"
                     and second.background != "bedroom")
    return Edit("combine", (first, second), replace(second, objects=(placed,)), placed)


def _relight(rng: random.Random) -> Edit:
    """The object of image 1 in the setting of image 2, in the light of image 3."""
    combined, third = _combine(rng), sample_scene(rng, 0, _outdoors(rng))
    return Edit("relight", (*combined.references, third),
                replace(combined.target, time=third.time), combined.changed)


_SAMPLERS = {"time": _time, "replace": _replace, "recolour": _recolour, "add": _add,
             "remove": _remove, "background": _background, "keep": _keep, "combine": _combine,
             "relight": _relight}


def instruction(edit: Edit, rng: random.Random, language: str | None = None) -> str:
    """One of many ways to ask for the edit."""
    language = language or rng.choice(LANGUAGES)
    english = language == "en"
    if edit.kind == "time":
        return rng.choice(TIME_ORDERS[language][edit.target.time])
    if edit.kind == "keep":
        return rng.choice(KEEP_ORDERS[language])
    name = rng.choice(object_names(edit.subject.index, language)[:2])
    if edit.kind == "replace":
        new = object_phrase(edit.successor, language, rng, bare=True)
        return f"replace the {name} with {new}" if english else f"ganti {name} dengan {new}"
    if edit.kind == "recolour":
        colour = _tint_word(edit.successor, language, rng)
        return f"make the {name} {colour}" if english else f"ubah warna {name} menjadi {colour}"
    if edit.kind == "add":
        return _add_order(edit.subject, language, rng)
    if edit.kind == "remove":
        return f"remove the {name}" if english else f"hapus {name}"
    if edit.kind == "background":
        where = background_phrase(edit.target, language, rng)
        return f"put the {name} {where}" if english else f"pindahkan {name} {where}"
    order = rng.choice(COMBINE_ORDERS[language]).format(name)
    return order + (rng.choice(LIGHT_ORDERS[language]) if edit.kind == "relight" else "")


def _tint_word(placed: PlacedObject, language: str, rng: random.Random) -> str:
    assert placed.tint is not None
    return rng.choice(COLOUR_WORDS[language][TINTS[placed.tint]])


def _add_order(placed: PlacedObject, language: str, rng: random.Random) -> str:
    verb = {"en": "add ", "id": "tambahkan "}[language]
    order = verb + object_phrase(placed, language, rng, bare=True)
    if placed.side != "centre":
        order += " " + rng.choice(SIDE_PHRASES[language][placed.side])
    return order
