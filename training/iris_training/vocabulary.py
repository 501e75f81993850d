"""The words the model knows, English and Indonesian: objects, places, times of day and colours.

The table below gives the names people type, the usual one first, and where an object belongs;
Unicode CLDR's name and keywords follow them. Languages are `"en"` and `"id"`.
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
    `names` come before CLDR's; `looks` are adjectives true of the untinted glyph.
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
    _kind("🐈", "cat/kitty/kitten/feline/tabby/siamese cat/persian cat/tomcat",
          "kucing/anak kucing/kucing persia/kucing anggora", living=True,
          looks_en="orange/ginger", looks_id="oren/oranye"),
    _kind("🐕", "dog/puppy/doggy/hound/canine/labrador/corgi/golden retriever/husky/poodle/beagle",
          "anjing/anak anjing/anjing labrador/anjing pudel", living=True,
          looks_en="brown", looks_id="cokelat"),
    _kind("🦊", "fox/vixen", "rubah", living=True, looks_en="red/orange", looks_id="merah/oranye"),
    _kind("🐇", "rabbit/bunny/hare/bunny rabbit", "kelinci/terwelu", living=True,
          looks_en="white", looks_id="putih"),
    _kind("🐘", "elephant", "gajah", living=True, looks_en="grey/gray", looks_id="abu-abu"),
    _kind("🐅", "tiger/tigress", "harimau/macan", living=True,
          looks_en="striped", looks_id="loreng"),
    _kind("🦆", "duck/duckling/mallard", "bebek/itik", "gw", living=True,
          looks_en="wild", looks_id="liar"),
    _kind("🚗", "car/automobile/sedan/sports car/taxi/auto/SUV/convertible/pickup/hatchback/coupe/jeep",
          "mobil/sedan/mobil sport/taksi/jip/mobil jip/mobil keluarga",
          tintable=True),
    _kind("🚌", "bus/coach/school bus/minibus/lorry/truck/van/minivan/double-decker",
          "bus/bis/truk/angkot/mikrolet"),
    _kind("⛵", "sailboat/boat/sailing boat/ship/yacht/ferry/catamaran/schooner",
          "perahu layar/perahu/kapal layar/kapal/kapal feri/feri/sampan", "w"),
    _kind("🚀", "rocket/spaceship/spacecraft/space shuttle/space rocket",
          "roket/pesawat luar angkasa", "sg"),
    _kind("🎈", "balloon", "balon", "s", tintable=True),
    _kind("🏠", "house/home/cottage/cabin/hut/villa/mansion/farmhouse/bungalow/chalet",
          "rumah/pondok/gubuk/vila/rumah besar/rumah adat"),
    _kind("🕌", "mosque", "masjid", looks_en="golden", looks_id="emas"),
    _kind("🌳", "tree/oak/oak tree/maple tree/maple/elm", "pohon/pohon beringin/beringin", looks_en="green/leafy", looks_id="hijau/rindang"),
    _kind("🌻", "sunflower/flower/daisy/blossom", "bunga matahari/bunga/bunga aster", looks_en="yellow", looks_id="kuning"),
    _kind("🍎", "apple/fruit", "apel/buah", looks_en="red", looks_id="merah"),
    _kind("☕", "cup of coffee/coffee/coffee cup/cup of tea/mug/espresso/cappuccino/latte",
          "secangkir kopi/kopi/cangkir kopi/secangkir teh/kapucino/kopi susu"),
    _kind("🎂", "birthday cake/cake/chocolate cake/wedding cake/cheesecake",
          "kue ulang tahun/kue/kue cokelat/kue tar"),
    _kind("🤖", "robot/android/droid/cyborg/humanoid", "robot/robot humanoid"),
    _kind("⚽", "soccer ball/football/ball", "bola/bola sepak"),
    _kind("☂️", "umbrella/parasol", "payung", tintable=True),
    _kind("⛄", "snowman", "manusia salju/boneka salju", looks_en="white", looks_id="putih"),
    _kind("❤️", "heart", "hati/jantung", "gs", tintable=True),
    _kind("🐧", "penguin", "penguin/pinguin", living=True),
    _kind("🦋", "butterfly/moth", "kupu-kupu", "s", tintable=True),
    _kind("✈️", "airplane/plane/aeroplane/jet/aircraft/airliner/fighter jet/jumbo jet",
          "pesawat/pesawat terbang/pesawat jet/pesawat tempur", "s"),
    _kind("🐎", "horse/pony/stallion/mare/foal/racehorse/steed", "kuda/kuda poni/kuda pacu", living=True,
          looks_en="brown", looks_id="cokelat"),
    _kind("🏰", "castle/palace/fortress/citadel/chateau", "kastil/istana/benteng"),
    _kind("🌵", "cactus", "kaktus", looks_en="green", looks_id="hijau"),
    _kind("🎸", "guitar/electric guitar/bass guitar/acoustic guitar/ukulele",
          "gitar/gitar listrik/gitar bas/gitar akustik", tintable=True),
    _kind("🍕", "slice of pizza/pizza", "sepotong pizza/pizza"),
)

BACKGROUNDS = ("beach", "sea", "mountains", "city", "forest", "desert", "meadow", "snow",
               "bedroom", "stall", "rice fields", "studio")
TIMES = ("day", "sunset", "night", "storm")
WEATHERS = ("clear", "rain", "fog", "winter")
SIZES = ("small", "normal")
SIDES = ("left", "centre", "right")
FAR_SIDES = ("far left", "far right")
"""Where something small stands beside what fills the middle."""

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
KEYWORDS_LEFT_OUT: dict[str, frozenset[str]] = {
    "en": frozenset(("face", "clothing", "European", "Muslim", "resort", "sea", "space", "sun",
                     "rain", "snow", "cold", "hot", "steaming", "sweet", "pretty", "red",
                     "racing", "deciduous", "shedding")),
    "id": frozenset(("muka", "wajah", "pakaian", "eropa", "muslim", "resor", "laut", "angkasa",
                     "matahari", "hujan", "salju", "cuaca", "dingin", "panas", "mengepul", "manis",
                     "cantik", "merah", "balap", "gugur", "sepak", "boneka")),
}
"""CLDR's keywords that name a place, a time, the weather, a quality or another thing: as an
object's name they would mislead."""


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


@functools.lru_cache(None)
def keywords(index: int, language: str) -> tuple[str, ...]:
    """CLDR's keywords that may stand for an object: "drink" for a cup of coffee."""
    sequence = OBJECTS[index].emoji.replace("\ufe0f", "")
    return tuple(word for word in cldr_annotations(language).get(sequence, ())[1:]
                 if word not in KEYWORDS_LEFT_OUT[language])


@functools.lru_cache(None)
def object_names(index: int, language: str) -> tuple[str, ...]:
    """All names of an object, the preferred one first: the table's, CLDR's name and its keywords.

    A keyword of several objects ("pet", "vehicle") is the first one's, so that it means one thing.
    """
    names = OBJECTS[index].names[language]
    sequence = OBJECTS[index].emoji.replace("\ufe0f", "")
    others = {word for other in range(len(OBJECTS)) if other != index
              for word in OBJECTS[other].names[language]}
    others |= {word for other in range(index) for word in keywords(other, language)}
    near = (*cldr_annotations(language).get(sequence, ())[:1], *keywords(index, language))
    return tuple(dict.fromkeys((*names, *(word for word in near if word not in others))))
