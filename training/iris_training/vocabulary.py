"""The words the model knows, English and Indonesian: objects, places, times of day and colours.

Object names come from Unicode CLDR; the table below only corrects names nobody would type
("automobile") and says where an object belongs. Languages are `"en"` and `"id"`.
"""

from __future__ import annotations

import functools
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

CLDR_ANNOTATIONS = "/usr/share/unicode/cldr/common/annotations/{language}.xml"
LANGUAGES = ("en", "id")


@dataclass(frozen=True)
class ObjectKind:
    """One drawable object.

    `places` holds letters: g stands on ground, w floats on water, s flies in the sky; the first is
    the usual one. `living` objects sleep, sit and walk in captions.
    `names` overrides CLDR's short name; `looks` are adjectives true of the untinted glyph.
    """

    emoji: str
    places: str = "g"
    tintable: bool = False
    living: bool = False
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    looks: dict[str, tuple[str, ...]] = field(default_factory=dict)


def _kind(emoji: str, en: str, id: str, places: str = "g", tintable: bool = False,
          living: bool = False, looks_en: str = "", looks_id: str = "") -> ObjectKind:
    """Builds a kind from `/`-separated names and looks, the default name first."""
    split = lambda text: tuple(word for word in text.split("/") if word)
    return ObjectKind(emoji, places, tintable, living, {"en": split(en), "id": split(id)},
                      {"en": split(looks_en), "id": split(looks_id)})


OBJECTS: tuple[ObjectKind, ...] = (
    _kind("🐈", "cat/kitty/kitten", "kucing/anak kucing", living=True,
          looks_en="orange/ginger", looks_id="oren/oranye"),
    _kind("🐕", "dog/puppy/doggy", "anjing/anak anjing", living=True,
          looks_en="brown", looks_id="cokelat"),
    _kind("🦊", "fox", "rubah", living=True, looks_en="red/orange", looks_id="merah/oranye"),
    _kind("🐇", "rabbit/bunny/hare", "kelinci", living=True, looks_en="white", looks_id="putih"),
    _kind("🐘", "elephant", "gajah", living=True, looks_en="grey/gray", looks_id="abu-abu"),
    _kind("🐅", "tiger", "harimau/macan", living=True, looks_en="striped", looks_id="loreng"),
    _kind("🦆", "duck/duckling", "bebek/itik", "gw", living=True,
          looks_en="wild", looks_id="liar"),
    _kind("🚗", "car/automobile/sedan", "mobil/sedan", tintable=True),
    _kind("🚌", "bus/coach", "bus/bis"),
    _kind("⛵", "sailboat/boat/sailing boat/ship/yacht",
          "perahu layar/perahu/kapal layar/kapal", "w"),
    _kind("🚀", "rocket/spaceship/spacecraft", "roket/pesawat luar angkasa", "sg"),
    _kind("🎈", "balloon", "balon", "s", tintable=True),
    _kind("🏠", "house/home/cottage", "rumah/pondok"),
    _kind("🕌", "mosque", "masjid", looks_en="golden", looks_id="emas"),
    _kind("🌳", "tree", "pohon", looks_en="green/leafy", looks_id="hijau/rindang"),
    _kind("🌻", "sunflower/flower", "bunga matahari/bunga", looks_en="yellow", looks_id="kuning"),
    _kind("🍎", "apple/fruit", "apel/buah", looks_en="red", looks_id="merah"),
    _kind("☕", "cup of coffee/coffee/coffee cup/cup of tea/mug",
          "secangkir kopi/kopi/cangkir kopi/secangkir teh"),
    _kind("🎂", "birthday cake/cake", "kue ulang tahun/kue"),
    _kind("🤖", "robot", "robot"),
    _kind("⚽", "soccer ball/football/ball", "bola/bola sepak"),
    _kind("☂️", "umbrella/parasol", "payung", tintable=True),
    _kind("⛄", "snowman", "manusia salju/boneka salju", looks_en="white", looks_id="putih"),
    _kind("❤️", "heart", "hati/jantung", "gs", tintable=True),
    _kind("🐧", "penguin", "penguin/pinguin", living=True),
    _kind("🦋", "butterfly/moth", "kupu-kupu", "s", tintable=True),
    _kind("✈️", "airplane/plane/aeroplane", "pesawat/pesawat terbang", "s"),
    _kind("🐎", "horse/pony", "kuda", living=True, looks_en="brown", looks_id="cokelat"),
    _kind("🏰", "castle/palace/fortress", "kastil/istana"),
    _kind("🌵", "cactus", "kaktus", looks_en="green", looks_id="hijau"),
    _kind("🎸", "guitar", "gitar", tintable=True),
    _kind("🍕", "slice of pizza/pizza", "sepotong pizza/pizza"),
)

BACKGROUNDS = ("beach", "sea", "mountains", "city", "forest", "desert", "meadow", "snow",
               "bedroom", "stall", "rice fields", "studio")
TIMES = ("day", "sunset", "night", "storm")
SIZES = ("small", "normal")
SIDES = ("left", "centre", "right")

TINTS = ("red", "orange", "yellow", "green", "blue", "purple", "pink")
TINT_HUES = (0.0, 0.075, 0.145, 0.35, 0.6, 0.77, 0.9)
STUDIO_COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (224, 60, 55), "orange": (240, 145, 50), "yellow": (245, 215, 80),
    "green": (80, 170, 90), "blue": (70, 130, 220), "purple": (140, 90, 190),
    "pink": (240, 150, 190), "white": (245, 245, 245), "grey": (150, 152, 158),
    "black": (35, 35, 40),
}
STUDIO_NAMES = tuple(STUDIO_COLOURS)
COLOUR_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {name: (name,) for name in STUDIO_NAMES} | {"grey": ("grey", "gray")},
    "id": {"red": ("merah",), "orange": ("oranye", "jingga"), "yellow": ("kuning",),
           "green": ("hijau",), "blue": ("biru",), "purple": ("ungu",),
           "pink": ("merah muda", "pink"), "white": ("putih",), "grey": ("abu-abu",),
           "black": ("hitam",)},
}


@functools.lru_cache(None)
def cldr_annotations(language: str) -> dict[str, tuple[str, ...]]:
    """Reads CLDR's emoji annotations: each sequence's short name first, then its keywords."""
    names: dict[str, str] = {}
    keywords: dict[str, list[str]] = {}
    tree = ElementTree.parse(CLDR_ANNOTATIONS.format(language=language))
    for annotation in tree.iter("annotation"):
        sequence, text = annotation.get("cp", ""), annotation.text or ""
        if annotation.get("type") == "tts":
            names[sequence] = text
        else:
            keywords[sequence] = [word.strip() for word in text.split("|")]
    return {sequence: (name, *(w for w in keywords.get(sequence, ()) if w != name))
            for sequence, name in names.items()}


def object_names(index: int, language: str) -> tuple[str, ...]:
    """All names of an object, the preferred one first: the table's, then CLDR's short name."""
    kind = OBJECTS[index]
    sequence = kind.emoji.replace("\ufe0f", "")
    short = cldr_annotations(language).get(sequence, ())[:1]
    listed = kind.names.get(language, ())
    return listed + tuple(name for name in short if name not in listed)
