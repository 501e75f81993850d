"""Ways to ask for an edit, per language and kind: plain, polite and terse.

Most are every verb with every way to name the thing and every end: a text encoder this small learns
a dozen sentences by heart, and hears what is asked in another only where there are too many for that.
"""

from __future__ import annotations

import random

Groups = dict[str, tuple[tuple[str, ...], ...]]


def _each(*parts: tuple[str, ...]) -> tuple[str, ...]:
    """Every combination of one of each part, in order."""
    sentences = ("",)
    for part in parts:
        sentences = tuple(begun + more for begun in sentences for more in part)
    return sentences


REMOVE: Groups = {
    "en": (
        ("remove the {name}",),
        _each(("remove ",), ("this {name}", "any {name}", "{name}", "the whole {name}", "every {name}"),
               ("", " from the image", " from here")),
        _each(("eliminate ", "discard ", "cut out ", "crop out ", "edit out ", "wipe out ",
               "take away ", "clear away ", "throw out ", "drop ", "leave out ", "omit ", "hide ",
               "dispose of ", "do away with ", "strip out "),
               ("the {name}", "that {name}", "this {name}", "any {name}", "{name}", "the whole {name}"),
               ("", "", " from the image", " from this picture", " completely")),
        _each(("delete ", "erase ", "get rid of "), ("that {name}", "this {name}", "{name}",
                                                     "every {name}"),
               ("", " from the scene", " here")),
        _each(("take ", "move ", "wipe "), ("the {name}", "that {name}", "this {name}"),
               (" away", " out of here", " off the image")),
        _each(("make ", "let "), ("the {name} ", "that {name} "), ("vanish", "go away", "go", "leave")),
        _each(("the {name} ", "that {name} "),
               ("must go", "should go", "must vanish", "should not be there", "is not needed",
               "is in the way",
               "bothers me", "can go", "needs to go away", "spoils it", "goes away", "is too much")),
        _each(("I do not want ", "we do not want ", "I don't need ", "we do not need ", "I don't like ",
               "nobody needs ", "I hate "), ("the {name}", "that {name}", "any {name}", "a {name}"),
               ("", " there", " any more")),
        _each(("no more {name}", "not a single {name}", "there is no {name}", "there should be no {name}",
               "never mind the {name}", "without any {name}", "without that {name}", "minus the {name}",
               "free of {name}", "this image without any {name}", "the same without a {name}",
               "everything but the {name}", "all of it except the {name}", "no {name} there"),
               ("", "", " in this image")),
        ("{name} gone", "{name} removed", "{name} away", "away with the {name}", "bye bye {name}",
         "off with the {name}", "the scene after the {name} left", "lose the {name}", "lose that {name}"),
    ),
    "id": (
        ("hapus {name}",),
        _each(("hapus ", "hapuskan ", "enyahkan ", "keluarkan ", "bersihkan ", "lenyapkan ", "tiadakan ",
               "cabut ", "angkat ", "sembunyikan ", "usir ", "ambil "),
               ("{name}", "{name} itu", "{name} ini", "{name}nya", "si {name}", "semua {name}"),
               ("", "", " dari gambar", " dari sini", " dari foto ini")),
        _each(("hilangkan ", "buang ", "singkirkan "), ("si {name}", "semua {name}", "{name} ini"),
               ("", " dari gambar", " dari sini")),
        _each(("hilangkan ", "buang ", "singkirkan "), ("{name}", "{name}nya"), (" dari gambar",
                                                                                 " dari foto")),
        _each(("singkirkanlah ", "hilangkanlah ", "buanglah ", "hapuslah "), ("{name}", "{name} itu",
                                                                              "{name}nya")),
        _each(("tanpa ", "gambar tanpa ", "gambar ini tanpa ", "foto tanpa ", "versi tanpa ",
               "tidak ada ",
               "tidak perlu ", "tidak usah ada ", "tidak perlu ada ", "jangan pakai ",
               "jangan tampilkan ",
               "jangan gambar ", "aku tidak suka ", "aku tidak butuh ", "kami tidak ingin ada ",
               "tidak boleh ada "), ("{name}", "{name} itu", "{name}nya"), ("", "", " lagi",
                                                                             " sama sekali")),
        _each(("{name}nya ", "{name} itu "),
               ("hilang", "pergi", "tidak usah ada", "harus pergi", "harus hilang", "tidak perlu",
               "dihilangkan",
               "dikeluarkan", "mengganggu", "jangan ada")),
        _each(("biarkan ", "buat ", "bikin "), ("{name}", "{name}nya"), (" hilang", " lenyap", " pergi")),
        ("semuanya kecuali {name}", "semua selain {name}", "bebas dari {name}", "selamat tinggal {name}"),
    ),
}
ADD: Groups = {
    "en": (
        ("add {new}",),
        _each(("add ", "put ", "place ", "include ", "draw ", "paint ", "set ", "bring in ", "throw in ",
               "squeeze in ", "introduce ", "position "),
               ("{new}",), (" here", " there", " in the scene", " to the picture", " into it", " as well",
                            " too",
                            " beside that", " next to the other", " to this")),
        _each(("include ", "bring in ", "throw in ", "introduce ", "also add ", "also draw ", "and add ",
               "add also ", "one more thing: ", "plus ", "and ", "together with ", "besides, ",
               "extra: ",
               "additionally ", "don't forget ", "complete it with ", "give it "), ("{new}",)),
        _each(("there is ", "we need ", "I want ", "I wish for ", "there must be ", "it needs ",
               "we would like ",
               "I also want ", "there could be "), ("{new}",), (" too", " here", " as well", " in it",
                                                                 " beside it")),
        _each(("with ", "this with ", "the same with "), ("{new}",), (" as well", " too", " in addition",
                                                                      " added")),
        _each(("{new}",), (" too", " also", " here as well", " in addition", " beside it", " joins in",
                            " should join", " comes along", " belongs there too")),
    ),
    "id": (
        ("tambahkan {new}",),
        _each(("tambah ", "tambahi ", "taruh ", "letakkan ", "masukkan ", "pasang ", "gambar ", "beri ",
               "selipkan ", "hadirkan ", "tempatkan "),
               ("{new}",), ("", " di sini", " di situ", " di gambar", " di sampingnya", " sekalian",
                            " lagi")),
        _each(("tambahkan ", "beri ", "gambar ", "kasih "), ("{new}",),
               (" di sini", " di gambar ini", " di sampingnya", " di dekatnya", " sekalian")),
        _each(("juga ", "gambar juga ", "tambahkan juga ", "masukkan juga ", "dan ", "plus ", "bersama ",
               "ditambah ", "satu lagi: ", "jangan lupa ", "perlu ", "buatkan "), ("{new}",)),
        _each(("ada ", "saya ingin ada ", "aku mau ", "aku ingin ", "harus ada ", "mesti ada ",
               "perlu ada ", "butuh ", "saya minta "), ("{new}",), (" juga", " di sini", " di situ",
                                                                     " di sebelahnya")),
        _each(("dengan ", "yang sama dengan "), ("{new}",), (" juga", " sekalian", " di dekatnya")),
        _each(("{new}",), (" juga", " ikut", " sekalian", " ditambahkan", " di sampingnya",
                           " juga dong ada")),
    ),
}
REPLACE: Groups = {
    "en": (
        ("replace the {name} with {new}",),
        _each(("replace ", "exchange ", "swap ", "substitute "), ("the {name}", "that {name}",
                                                                  "this {name}"),
               (" with ", " by "), ("{new}",)),
        _each(("exchange ", "trade "), ("the {name}", "that {name}"), (" for {new}",)),
        _each(("change ", "turn "), ("{name}", "that {name}", "this {name}"), (" into {new}",
                                                                               " to {new}")),
        _each(("transform ", "convert ", "morph "), ("the {name}", "that {name}"), (" into {new}",
                                                                                    " to {new}")),
        _each(("make ", "let "), ("the {name} ", "that {name} "), ("become {new}", "be {new}")),
        _each(("use ", "put ", "draw ", "I want ", "show ", "we need "), ("{new}",),
               (" in place of the {name}", " where the {name} is", " rather than the {name}",
               ", not the {name}",
               " instead of that {name}")),
        _each(("not the {name} but {new}", "{new} where the {name} is", "no {name} but {new}",
               "the {name} becomes {new}", "{new} replaces the {name}", "{new}, not the {name}",
               "{name} to {new}", "from {name} to {new}", "the {name} has to be {new}"), ("", "",
                                                                                           " here")),
    ),
    "id": (
        ("ganti {name} dengan {new}",),
        _each(("ganti ", "gantilah ", "gantikan ", "tukarkan "), ("{name}", "{name} itu", "{name}nya",
                                                                  "si {name}"),
               (" dengan {new}", " oleh {new}")),
        _each(("ubah ", "ubahlah ", "sulap ", "jadikan "), ("{name} itu", "{name}nya", "si {name}"),
               (" menjadi {new}", " jadi {new}", " sebagai {new}")),
        _each(("ganti ", "tukar "), ("{name}", "{name} itu"), (" jadi {new}", " ke {new}",
                                                               " menjadi {new}")),
        _each(("pakai ", "gambar ", "taruh ", "aku mau "), ("{new}",),
               (" saja, bukan {name}", " sebagai pengganti {name}", " menggantikan {name}",
               " di tempat {name}")),
        ("bukan {name} tapi {new}", "bukan {name} melainkan {new}", "{name}nya diganti {new}",
         "{name} diganti dengan {new}", "{name} berubah menjadi {new}", "{name} harus menjadi {new}",
         "{name} ke {new}", "dari {name} ke {new}", "jangan {name} tapi {new}"),
    ),
}
RECOLOUR: Groups = {
    "en": (
        ("make the {name} {colour}",),
        _each(("make ", "paint ", "colour ", "color ", "turn ", "dye "), ("that {name} ", "this {name} ",
                                                                          "{name} "),
               ("{colour}", "{colour} all over")),
        _each(("turn ", "colour ", "color ", "dye ", "tint "), ("the {name} ",), ("{colour}",)),
        _each(("change ", "set ", "switch "), ("the {name}'s colour", "the {name} color",
                                               "that {name}'s color"),
               (" to {colour}", " into {colour}")),
        _each(("a {colour} {name}", "the {name} in {colour}", "{colour} for the {name}"),
               ("", " instead", " now", ", not this colour")),
        _each(("the {name} ", "that {name} "), ("must be {colour}", "is {colour} now", "becomes {colour}",
                                                 "needs to be {colour}", "looks better in {colour}")),
        _each(("give ",), ("the {name} ", "that {name} "), ("a {colour} coat", "a {colour} colour",
                                                            "{colour} paint")),
        _each(("I would like ", "we want ", "show me ", "use "), ("a {colour} {name}",
                                                                  "the {name} in {colour}")),
    ),
    "id": (
        ("ubah warna {name} menjadi {colour}",),
        _each(("ubah ", "ganti ", "tukar "), ("warna {name}", "warna {name} itu", "warna {name}nya"),
               (" menjadi {colour}", " jadi {colour}", " ke {colour}", " dengan {colour}")),
        _each(("jadikan ", "buat ", "ubahlah ", "cat ", "warnai "), ("{name}", "{name} itu", "si {name}"),
               (" menjadi {colour}", " jadi {colour}", " {colour}")),
        _each(("buat ", "jadikan ", "gambar "), ("{name}", "{name} itu"), (" berwarna {colour}",
                                                                           " warna {colour}")),
        _each(("{name} ", "{name}nya ", "{name} itu "), ("warna {colour}", "berwarna {colour}",
                                                         "harus {colour}",
                                                         "{colour} saja", "menjadi {colour}")),
        _each(("aku ingin ", "kami mau ", "perlu ", "tampilkan "), ("{name} {colour}",
                                                                    "{name} berwarna {colour}")),
    ),
}
TOGETHER: Groups = {
    "en": (
        ("the {name} and the {other} together",),
        _each(("put ", "show ", "place ", "draw ", "bring ", "join ", "unite ", "gather ", "fit "),
               ("both ", "both of them ", "the two ", "both things ", "them "),
               ("in one image", "in a single scene", "in the same picture", "side by side",
               "next to each other",
               "into one photo", "beside each other")),
        _each(("join ", "unite ", "blend ", "mix ", "connect ", "bring together "),
               ("both images", "the two pictures", "these two", "image 1 and image 2",
               "the first and the second")),
        _each(("combine ", "merge "), ("both ", "both pictures ", "image 1 and image 2 ",
                                       "the two things "),
               ("here", "into one", "in a scene")),
        _each(("place ", "put ", "show ", "set "), ("the {name} ", "that {name} ",
                                                    "the {name} of image 1 "),
               ("beside the {other}", "with the {other}", "by the {other}", "together with the {other}",
               "near the {other} of image 2")),
        _each(("the {name} ", "{name} "), ("and the {other} ", "with the {other} ", "plus {other} "),
               ("together", "in a single image", "in one scene", "next to each other")),
        _each(("one image ", "a scene ", "one photo ", "a single picture "),
               ("with both", "of both", "with the two of them", "of the {name} and the {other}",
               "that has both the {name} and the {other}")),
        _each(("I would like ", "I need ", "we want ", "make "), ("both ", "the two ", "both of these "),
               ("together", "in one photo", "on one image", "in one place")),
        ("unite the {name} with the {other}", "the {name} joins the {other}",
         "both", "both of them", "the two together", "all in one image", "one image of these two",
         "the {name} of the first image and the {other} of the second image together",
         "the {name} of the first with the {other} of the second", "the first beside the second",
         "the {name} visits the {other}", "image 1 plus image 2", "let them meet"),
    ),
    "id": (
        ("{name} dan {other} bersama",),
        _each(("taruh ", "tampilkan ", "gambar ", "letakkan ", "kumpulkan ", "pasang ", "jadikan ",
               "muat "),
               ("keduanya ", "dua-duanya ", "kedua benda itu ", "mereka "),
               ("dalam satu gambar saja", "di satu gambar", "berdampingan", "di satu foto",
               "bersebelahan",
               "di gambar yang sama", "bersama")),
        _each(("gabungkan ", "satukan ", "padukan ", "jadikan satu ", "pertemukan "),
               ("kedua gambar", "kedua foto", "dua gambar ini", "gambar 1 dan gambar 2",
               "keduanya jadi satu",
               "{name} dan {other}", "{name} dengan {other}")),
        _each(("taruh ", "letakkan ", "gambar "), ("{name} ", "{name} itu "),
               ("di samping {other}", "di sebelah {other}", "bersama {other}", "di dekat {other}")),
        _each(("{name} ",), ("dan {other} ", "dengan {other} ", "serta {other} "),
               ("di satu gambar", "dalam satu foto", "berdampingan", "bersebelahan",
               "di tempat yang sama")),
        _each(("aku ingin ", "aku mau ", "kami mau ", "perlu ", "buat "), ("keduanya ", "dua-duanya "),
               ("bersama", "di satu gambar", "di tempat yang sama", "ada di sini", "muncul")),
        ("jadikan satu {name} dan {other}", "dua-duanya di satu gambar",
         "{name} gambar 1 bersama {other} gambar 2", "{name} gambar pertama dan {other} gambar kedua",
         "keduanya", "dua-duanya bersama", "keduanya berdampingan", "satu gambar untuk keduanya",
         "{name} ditemani {other}", "gambar 1 ditambah gambar 2"),
    ),
}
GROUPS = {"remove": REMOVE, "add": ADD, "replace": REPLACE, "recolour": RECOLOUR, "together": TOGETHER}
"""Ways to ask for a kind of edit, per language, in groups that are drawn evenly."""
PLAINEST = {kind: {language: groups[0][0] for language, groups in table.items()}
            for kind, table in GROUPS.items()}


def any_order(kind: str, language: str, rng: random.Random) -> str:
    """Any way to ask for an edit, with blanks for what it names."""
    return rng.choice(rng.choice(GROUPS[kind][language]))


INTO_LIGHT = {
    "en": ("make it {}", "turn it into {}", "change it to {}", "{} instead", "let it be {}", "now {}",
           "show this in {}", "set it in {}", "we want {}", "give it {}", "this picture, but {}",
           "switch to {}",
           "what about {}?", "a variant with {}", "I would like {}", "this place in {}"),
    "id": ("jadikan suasana {}", "ubah ke {}", "ganti ke {}", "buat jadi {}", "bikin jadi {}",
           "sekarang {}", "mendingan {}",
           "aku mau {}", "tampilkan dalam {}", "gambar ini dengan {}", "beri {}", "coba {}",
           "bagaimana kalau {}?",
           "ubah suasananya menjadi {}"),
}
"""Sentences around a light or a weather."""
LIGHTS = {
    "en": {"day": ("daytime", "broad daylight", "noon", "midday", "a bright sunny day", "morning light"),
           "sunset": ("sunset", "dusk", "evening light", "golden hour", "a setting sun", "twilight"),
           "night": ("night", "nighttime", "midnight", "darkness", "a starry night", "moonlight"),
           "storm": ("a storm", "a thunderstorm", "stormy weather", "thunder and lightning",
                     "dark clouds")},
    "id": {"day": ("siang", "siang hari", "terang benderang", "cahaya siang", "tengah hari",
                   "hari yang cerah"),
           "sunset": ("senja", "matahari terbenam", "sore hari", "suasana senja", "cahaya sore",
                      "petang"),
           "night": ("malam", "malam hari", "tengah malam", "suasana malam", "gelap malam",
                     "langit berbintang"),
           "storm": ("badai", "hujan badai", "langit badai", "cuaca badai", "petir dan guntur",
                     "awan gelap")},
}
WEATHERS_NAMED = {
    "en": {"rain": ("rainfall", "rainy weather", "a downpour", "a rainy day", "drizzle"),
           "fog": ("fog", "foggy weather", "mist", "a foggy day", "haze"),
           "winter": ("winter", "snowfall", "a snowy day", "wintertime", "snow everywhere")},
    "id": {"rain": ("hujan", "hujan deras", "cuaca hujan", "gerimis", "hari hujan"),
           "fog": ("kabut", "kabut tebal", "cuaca berkabut", "hari berkabut", "kabut tipis"),
           "winter": ("musim dingin", "salju", "hujan salju", "salju tebal", "suasana bersalju")},
}


def _filled(frames: tuple[str, ...], words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(frame.format(word) for frame in frames for word in words)


PLAIN_TIME_ORDERS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {"day": ("make it daytime", "change the sky to a sunny blue sky", "turn it into day",
                   "make it day", "by daylight", "let the sun shine", "bright day",
                   "a sunny day instead"),
           "sunset": ("make it sunset", "change the sky to a sunset", "golden hour lighting",
                      "turn it into sunset", "in the evening light", "at dusk", "sunset light",
                      "make it golden hour", "let it be evening"),
           "night": ("make it night", "turn it into night", "replace the sky with a starry sky",
                     "make it nighttime", "by night", "in the moonlight", "change it to night",
                     "let it be night", "put the moon and stars in the sky"),
           "storm": ("make it stormy", "replace the sky with dark storm clouds", "add a thunderstorm",
                     "turn it into a storm", "in a storm", "add lightning", "a thunderstorm here",
                     "let a storm come up")},
    "id": {"day": ("jadikan siang hari", "ubah langit menjadi cerah", "buat menjadi siang",
                   "ubah ke siang hari", "buat cuacanya cerah", "saat siang"),
           "sunset": ("jadikan matahari terbenam", "ubah langit menjadi senja", "buat menjadi senja",
                      "ubah ke sore hari", "dengan cahaya senja", "saat sore"),
           "night": ("jadikan malam hari", "ubah langit menjadi malam berbintang", "buat menjadi malam",
                     "ubah ke malam hari", "saat malam", "dengan bulan dan bintang"),
           "storm": ("jadikan badai", "ubah langit menjadi mendung gelap", "buat hujan badai",
                     "tambahkan petir", "ubah menjadi badai", "saat badai")},
}
PLAIN_WEATHER_ORDERS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {"rain": ("make it rainy", "let it rain", "add rain", "change the weather to rain",
                    "put rain over it", "in the rain", "turn it into a rainy day", "rain please"),
           "fog": ("make it foggy and grey", "let fog come in", "put fog over it", "add mist",
                   "change the weather to fog", "in the fog", "turn it into a foggy day", "fog please"),
           "winter": ("make it winter", "let it snow", "add snow", "change the season to winter",
                      "put snow over it", "in winter", "turn it into a snowy day", "snow please",
                      "the same scene in the winter")},
    "id": {"rain": ("jadikan hujan", "buat turun hujan", "tambah hujan", "ubah cuaca menjadi hujan",
                    "saat hujan", "beri hujan"),
           "fog": ("jadikan berkabut", "buat kabut turun", "tambah kabut", "ubah cuaca menjadi kabut",
                   "dalam kabut", "beri kabut"),
           "winter": ("jadikan musim dingin", "buat salju turun", "tambahkan salju",
                      "ubah musim menjadi musim dingin", "saat turun salju lebat", "beri salju")},
}
TIME_ORDERS, WEATHER_ORDERS = (
    {language: {name: ways + _filled(INTO_LIGHT[language], named[language][name])
                for name, ways in table.items()} for language, table in plain.items()}
    for plain, named in ((PLAIN_TIME_ORDERS, LIGHTS), (PLAIN_WEATHER_ORDERS, WEATHERS_NAMED)))
"""The first of each is the plainest."""
KEEP_ORDERS = {
    "en": ("keep it as it is", "change nothing", "the same picture", "leave everything", "do nothing"),
    "id": ("biarkan seperti ini", "jangan ubah apa pun", "gambar yang sama", "jangan diapa-apakan"),
}
COMBINE_ORDERS = {
    "en": ("put the {} from image 1 into the scene of image 2",
           "place the {} of image 1 in image 2", "move the {} of the first image to the second",
           "the {} from the first image in the setting of the second image",
           "show the {} of image 1 where image 2 is"),
    "id": ("letakkan {} dari gambar 1 di latar gambar 2", "taruh {} gambar 1 di gambar 2",
           "pindahkan {} gambar pertama ke gambar kedua", "{} gambar 1 dengan latar gambar 2"),
}
LIGHT_ORDERS = {"en": (" in the style of image 3", " with the light of image 3"),
               "id": (" dengan gaya gambar 3", " dengan cahaya gambar 3")}
MOVE_ORDERS = {"en": ("put the {name} {where}", "move the {name} {where}", "place the {name} {where}",
                      "the {name} belongs {where}", "I want the {name} {where}"),
               "id": ("pindahkan {name} {where}", "taruh {name} {where}", "letakkan {name} {where}",
                      "{name}nya {where} saja")}

POLITE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "en": (("please ", "can you ", "could you ", "would you ", "kindly ", "just ", "now ", "ok, ",
            "I want you to ", "I need you to ", "let us ", "try to ", "go ahead and ", "hi, ",
            "will you please "),
           (" please", " for me", "?", " thanks", ", thank you", " if possible", "!", ".", " now",
            ", leave the rest", " and keep everything else")),
    "id": (("tolong ", "mohon ", "coba ", "bisa ", "bisakah ", "harap ", "ayo ", "sekarang ", "minta ",
            "boleh ", "hai, "),
           (" ya", " dong", "?", " saja", ", terima kasih", " kalau bisa", "!", ".", " deh",
            ", sisanya biarkan")),
}
"""The words that people say before and after an order."""
