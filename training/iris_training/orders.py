"""Ways to ask for an edit, per language and kind: plain, polite and terse."""

from __future__ import annotations

ORDERS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "remove": ("remove the {name}", "delete {name}", "erase that {name}", "get rid of every {name}",
                   "take away the {name}", "leave out the {name}", "cut out the {name}",
                   "this image without any {name}", "drop the {name}", "we do not need the {name}",
                   "the {name} must go", "clear away the {name}", "{name} gone", "hide the {name}"),
        "replace": ("replace the {name} with {new}", "change {name} into {new}",
                    "turn that {name} into {new}", "swap the {name} with {new}",
                    "exchange the {name} for {new}", "make the {name} {new}",
                    "use {new} in place of the {name}", "not the {name} but {new}",
                    "{new} where the {name} is", "transform the {name} to {new}"),
        "recolour": ("make the {name} {colour}", "paint that {name} {colour}",
                     "change the {name}'s colour to {colour}", "colour the {name} {colour}",
                     "turn the {name} {colour}", "a {colour} {name} instead", "{colour} for the {name}",
                     "the {name} in {colour}", "give the {name} a {colour} coat"),
        "add": ("add {new}", "put {new} here", "place {new} in the scene", "include {new}",
                "draw {new} into it", "there is {new} too", "with {new} as well", "also add {new}",
                "one more thing: {new}", "we need {new} here", "set {new} down there"),
        "together": ("the {name} and the {other} together", "put both in one image",
                     "both of them in a single scene", "join the two images", "show the two side by side",
                     "place the {name} beside the {other}", "unite the {name} with the {other}",
                     "bring both images together", "one image with both",
                     "the {name} of the first image and the {other} of the second image together"),
    },
    "id": {
        "remove": ("hapus {name}", "hilangkan si {name}", "buang semua {name}", "singkirkanlah {name}",
                   "hapuskan {name}nya", "gambar ini tanpa {name}", "keluarkan {name}",
                   "tidak perlu ada {name}", "ambil {name}nya", "bersihkan {name} dari gambar"),
        "replace": ("ganti {name} dengan {new}", "ubahlah {name} menjadi {new}", "ganti {name} jadi {new}",
                    "tukarkan {name} dengan {new}", "bukan {name} tapi {new}",
                    "{name}nya diganti {new}", "jadikan {name} sebagai {new}", "pakai {new} saja, bukan {name}"),
        "recolour": ("ubah warna {name} menjadi {colour}", "jadikan {name} {colour}",
                     "cat {name} menjadi {colour}", "warnai {name} {colour}", "{name} warna {colour}",
                     "ganti warna {name} ke {colour}", "buat {name} berwarna {colour}"),
        "add": ("tambahkan {new}", "taruh {new}", "letakkan {new} di sini", "masukkan {new}",
                "tambah {new}", "beri {new}", "gambar juga {new}", "juga {new}", "perlu {new} di sini",
                "buatkan {new} di sana"),
        "together": ("{name} dan {other} bersama", "keduanya dalam satu gambar saja",
                     "gabungkan kedua gambar", "tampilkan keduanya berdampingan",
                     "taruh {name} di samping {other}", "jadikan satu {name} dan {other}",
                     "dua-duanya di satu gambar", "{name} gambar 1 bersama {other} gambar 2"),
    },
}
"""The first of each is the plainest."""

TIME_ORDERS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {"day": ("make it daytime", "change the sky to a sunny blue sky", "turn it into day",
                   "make it day", "by daylight", "let the sun shine", "bright day", "a sunny day instead"),
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
WEATHER_ORDERS: dict[str, dict[str, tuple[str, ...]]] = {
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
