"""Writes the model's vocabulary: the words that were trained to mean something, or to be left aside.

    python -m iris_training.known_words --output ../models/iris-tiny

The program names every other word of a prompt, because it will not be drawn. A file holds words and
phrases in small letters; of objects' names of several words only the whole is known, of everything else
that captions and orders say, every word.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from . import vocabulary
from .captions import NUMBERS, _plural
from .orders import (COMBINE_ORDERS, GROUPS, KEEP_ORDERS, LIGHT_ORDERS, MOVE_ORDERS, POLITE,
                     TIME_ORDERS, WEATHER_ORDERS)
from .phrases import (ACTIVITIES, ADJECTIVES, BACKGROUND_PHRASES, CONNECTORS, ENDINGS,
                      FAR_SIDE_PHRASES, LANDSCAPE_NOUNS, OPENINGS, SIDE_PHRASES, SIZE_WORDS,
                      STUDIO_NOUNS, STUDIO_PHRASES, TIME_NOUNS, TIME_PHRASES, WEATHER_NOUNS,
                      WEATHER_PHRASES)
from .unknown import leaves
from .vocabulary import COLOUR_WORDS, LANGUAGES, OBJECTS, object_names
from .wrappers import ASKING

NAME = "iris-tiny"
TABLES = (ACTIVITIES, ADJECTIVES, ASKING, BACKGROUND_PHRASES, COLOUR_WORDS, COMBINE_ORDERS, CONNECTORS,
          ENDINGS, FAR_SIDE_PHRASES, KEEP_ORDERS, LANDSCAPE_NOUNS, LIGHT_ORDERS, MOVE_ORDERS, OPENINGS,
          SIDE_PHRASES, SIZE_WORDS, STUDIO_NOUNS, STUDIO_PHRASES, TIME_NOUNS, TIME_ORDERS,
          TIME_PHRASES)
WEATHER_TABLES = (WEATHER_NOUNS, WEATHER_ORDERS, WEATHER_PHRASES)
ORDER_WORDS = """combine merge join both together swap erase delete replace with make add remove put into place image scene picture setting style light first second
ganti dengan ubah warna menjadi hapus pindahkan tambahkan letakkan taruh gambar latar gaya cahaya"""
"""Words of `edits.instruction` beside its tables."""
FUNCTION_WORDS = """
a an the this that these those it its he she him her his hers they them their theirs we us our you your i me
my mine one ones who whom whose which what where when why how is are was were be been being am do does did
has have had having can could will would shall should may might must not no nor neither and or but so if then
than as at by for from in into inside of off on onto out outside over through to toward towards under up down
upon with within without near beside besides next behind between among around across along against above below
beneath before after during while until there here all any both each every either some few many much more most
other another such same own only just also too very quite really rather still again please want wants need
needs like show shows showing shown see draw create generate render depict depicting containing featuring
image images picture pictures photo photos photograph drawing painting illustration scene view version
left right centre center middle top bottom side sides front back corner foreground background wall
keep change let turn use using give get its everything nothing something anything else instead thing things
don doesn isn aren ll ve re day time big large huge giant
yang dan atau di ke dari pada dalam dengan tanpa untuk oleh karena agar supaya jika kalau maka saat ketika
sambil sedang akan sudah telah belum masih lagi juga hanya saja sangat sekali lebih paling tidak bukan jangan
ada adalah ialah itu ini tersebut para si sang sebuah seekor seorang setangkai sebatang selembar sepasang satu
dua tiga beberapa banyak semua setiap tiap lain sama seperti sebagai atas bawah depan belakang samping sebelah
kiri kanan tengah antara dekat luar sekitar menuju hingga sampai aku saya kamu anda dia ia kami kita mereka nya
tolong buat buatkan buatlah gambarkan lukis lukiskan tampilkan foto ilustrasi lukisan pemandangan suasana
jadikan biarkan besar raksasa hal sesuatu
"""
"""Words that bind others, or ask for an image: nothing of it could be drawn, so that nobody
misses it. The great sizes are here because things are drawn as large as they can be."""


def words(text: str) -> list[str]:
    """The words of a text as the program splits it."""
    return re.findall(r"[^\W_]+", text.lower())


def forms(name: str, language: str) -> list[str]:
    """A name and what becomes of it in a sentence."""
    if language == "id":
        # "dua cangkir kopi", as captions count.
        counted = [name.removeprefix("se")] if name.startswith(("secangkir", "sepotong")) else []
        return [name, name + "nya", *counted]
    return [name, _plural(name)]


def entries(varied: bool = True) -> set[str]:
    """All words and phrases; those of the weather only where it is drawn."""
    known = set(words(FUNCTION_WORDS + ORDER_WORDS))
    tables = (*TABLES, *WEATHER_TABLES) if varied else TABLES
    for language in LANGUAGES:
        texts = [text for table in tables for leaf in leaves(table[language]) for text in leaf]
        texts += [text for kind in GROUPS.values() for group in kind[language] for text in group]
        texts += NUMBERS[language].values()
        texts += [text for part in POLITE[language] for text in part]
        texts += [look for kind in OBJECTS for look in kind.looks[language]]
        known.update(word for text in texts for word in words(text))
        places = [text for table in (LANDSCAPE_NOUNS, TIME_NOUNS) for leaf in leaves(table[language])
                  for text in leaf]
        nouns = {word for text in places for word in words(text) if not word.endswith("s")}
        for noun in nouns - set(words(FUNCTION_WORDS)):
            known.update(forms(noun, language))
        for index in range(len(OBJECTS)):
            for name in object_names(index, language):
                known.update(" ".join(words(form)) for form in forms(name, language))
    return {entry for entry in known if entry}


def document(known: Iterable[str]) -> str:
    """The file: sorted, some entries a line."""
    lines, line = [], ""
    for entry in map(json.dumps, sorted(known)):
        if len(line) + len(entry) > 108:
            lines.append(line)
            line = ""
        line += (", " if line else "") + entry
    body = ",\n    ".join([*lines, line])
    return f'{{\n  "version": 1,\n  "name": "{NAME}",\n  "words": [\n    {body}\n  ]\n}}\n'


def main(options: Sequence[str] | None = None) -> None:
    """Writes one file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="the model's folder")
    parser.add_argument("--annotations", default=vocabulary.CLDR_ANNOTATIONS,
                        help="CLDR's annotations, with {language} in their path")
    parser.add_argument("--varied", action=argparse.BooleanOptionalAction, default=True,
                        help="off while the student draws no weather")
    arguments = parser.parse_args(options)
    vocabulary.CLDR_ANNOTATIONS = arguments.annotations
    (arguments.output / "vocabulary.json").write_text(document(entries(arguments.varied)),
                                                      encoding="utf-8")


if __name__ == "__main__":
    main()
