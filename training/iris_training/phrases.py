"""Ways to say a background, a time of day or a style, per language."""

from __future__ import annotations

BACKGROUND_PHRASES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "beach": ("at the beach", "on a beach", "on a sandy beach", "on a tropical beach",
                  "on the shore", "by the sea shore", "on the coast", "at the seaside"),
        "sea": ("at sea", "in the sea", "on the ocean", "on the open water"),
        "mountains": ("in the mountains", "in front of mountains", "with mountains behind",
                      "in a mountain valley"),
        "city": ("in the city", "on a city street", "with a city skyline", "in a big town",
                 "in downtown Jakarta", "in New York", "in Tokyo", "on the street"),
        "forest": ("in a forest", "in the woods", "among pine trees", "in the jungle"),
        "desert": ("in the desert", "on sand dunes", "in the Sahara"),
        "meadow": ("in a meadow", "in a green field", "on the grass", "in a park", "in a garden",
                   "in the countryside", "on green hills", "in the sky"),
        "snow": ("in the snow", "on snowy hills", "in a snowy landscape", "in a winter landscape"),
        "bedroom": ("in a bedroom", "on a bed", "in a room", "on the bed", "indoors"),
        "stall": ("at a street stall", "in front of a roadside stall", "by a small street shop",
                  "at a street market", "in front of a warung"),
        "rice fields": ("in the rice fields", "on rice terraces", "in a paddy field"),
    },
    "id": {
        "beach": ("di pantai", "di tepi pantai", "di pantai berpasir", "di pantai tropis",
                  "di pantai Bali"),
        "sea": ("di laut", "di tengah laut", "di lautan", "di samudra"),
        "mountains": ("di pegunungan", "di depan gunung", "dengan latar gunung", "di gunung"),
        "city": ("di kota", "di jalan kota", "dengan gedung-gedung kota", "di kota Jakarta",
                 "di jalan raya"),
        "forest": ("di hutan", "di tengah hutan", "di hutan pinus", "di rimba"),
        "desert": ("di gurun", "di gurun pasir", "di padang pasir"),
        "meadow": ("di padang rumput", "di lapangan hijau", "di taman", "di kebun",
                   "di langit"),
        "snow": ("di salju", "di bukit bersalju", "di pemandangan musim dingin"),
        "bedroom": ("di kamar tidur", "di kasur", "di tempat tidur", "di kamar"),
        "stall": ("di warung pinggir jalan", "di depan warung", "di warung kopi", "di warung",
                  "di pasar"),
        "rice fields": ("di sawah", "di persawahan", "di sawah terasering"),
    },
}

LANDSCAPE_NOUNS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "beach": ("a beach", "a tropical beach", "a sandy beach", "a serene Indonesian beach",
                  "a coast"),
        "sea": ("the sea", "the ocean", "calm open sea"),
        "mountains": ("mountains", "a mountain landscape", "a mountain range"),
        "city": ("a city", "a city street", "a city skyline", "the city of Jakarta",
                 "New York", "Tokyo", "a town"),
        "forest": ("a forest", "a pine forest", "the woods"),
        "desert": ("a desert", "sand dunes"),
        "meadow": ("a meadow", "a green field", "a flower meadow", "hills of grass",
                   "green hills", "the countryside"),
        "snow": ("snowy hills", "a winter landscape", "a snowy landscape"),
        "bedroom": ("a bedroom", "a cosy room", "a bed in a room"),
        "stall": ("a street stall", "a roadside stall", "a warung", "a small street shop"),
        "rice fields": ("rice fields", "rice terraces", "a paddy field"),
    },
    "id": {
        "beach": ("pantai", "pantai tropis", "pantai berpasir", "pantai Indonesia"),
        "sea": ("laut", "lautan", "samudra luas"),
        "mountains": ("pegunungan", "gunung", "pemandangan gunung"),
        "city": ("kota", "jalan kota", "kota Jakarta", "gedung-gedung kota"),
        "forest": ("hutan", "hutan pinus", "rimba"),
        "desert": ("gurun", "gurun pasir", "padang pasir"),
        "meadow": ("padang rumput", "padang bunga", "lapangan hijau"),
        "snow": ("bukit bersalju", "salju", "pemandangan musim dingin"),
        "bedroom": ("kamar tidur", "kamar", "kasur di kamar"),
        "stall": ("warung", "warung pinggir jalan", "warung kopi pinggir jalan", "pasar"),
        "rice fields": ("sawah", "persawahan", "sawah terasering"),
    },
}

TIME_PHRASES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "day": ("during the day", "on a sunny day", "under a blue sky", "in the morning",
                "at noon", "in daylight"),
        "sunset": ("at sunset", "at golden hour", "at dusk", "with an orange sunset sky",
                   "in the evening", "at sunset, golden hour", "at dawn", "at sunrise",
                   "in the golden hour", "with golden hour lighting", "under a golden hour sky"),
        "night": ("at night", "under a starry sky", "by moonlight", "under the moon",
                  "at midnight", "in the dark", "late at night"),
        "storm": ("in a storm", "with dark storm clouds", "with lightning", "in stormy weather",
                  "under dark clouds", "during a thunderstorm"),
    },
    "id": {
        "day": ("siang hari", "pada hari yang cerah", "di bawah langit biru", "pagi hari"),
        "sunset": ("saat matahari terbenam", "saat senja", "senja", "sore hari",
                   "saat matahari terbit", "pada jam keemasan", "di waktu golden hour"),
        "night": ("malam hari", "malam", "di bawah langit berbintang", "di malam hari",
                  "tengah malam"),
        "storm": ("saat badai", "dengan awan gelap", "saat hujan badai", "dengan petir"),
    },
}

TIME_NOUNS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "day": ("a sunny day", "a blue sky", "a bright morning", "daylight"),
        "sunset": ("sunset", "a sunset", "a golden sunset", "dusk", "golden hour", "sunrise"),
        "night": ("night", "a starry night", "a night sky", "a starry sky", "the moon"),
        "storm": ("a storm", "a thunderstorm", "lightning", "dark clouds"),
    },
    "id": {
        "day": ("hari yang cerah", "langit biru", "pagi"),
        "sunset": ("matahari terbenam", "senja", "sore", "matahari terbit"),
        "night": ("malam", "malam berbintang", "langit malam", "bulan"),
        "storm": ("badai", "hujan badai", "petir", "awan gelap"),
    },
}
"""Times as the subject: "sunset over the ocean", "senja di pantai"."""

WEATHER_PHRASES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "rain": ("in the rain", "on a rainy day", "in rainy weather", "in heavy rain",
                 "with rain falling", "under rain clouds", "when it rains", "in a drizzle"),
        "fog": ("in fog", "in thick fog", "on a foggy day", "in the mist", "in foggy weather",
                "with fog all around", "in a misty haze", "hidden by fog"),
        "winter": ("in winter", "in snowfall", "on a winter day", "with snow falling",
                   "when it snows", "covered in snow", "in snowy weather", "with snow everywhere"),
    },
    "id": {
        "rain": ("saat hujan", "di tengah hujan", "pada hari hujan", "di bawah hujan",
                 "dalam hujan lebat", "waktu hujan turun", "di cuaca hujan"),
        "fog": ("dalam kabut", "dalam kabut tebal", "saat berkabut", "di cuaca berkabut",
                "dengan kabut", "pada hari berkabut"),
        "winter": ("di musim dingin", "saat salju turun", "di musim salju", "dengan salju turun",
                   "yang bersalju", "di cuaca bersalju", "ditutupi salju"),
    },
}

WEATHER_NOUNS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "rain": ("rain", "a rainy day", "heavy rain", "drizzle"),
        "fog": ("fog", "a foggy day", "thick mist", "mist"),
        "winter": ("winter", "snowfall", "a winter day", "falling snow"),
    },
    "id": {
        "rain": ("hujan", "hari hujan", "hujan lebat", "gerimis"),
        "fog": ("kabut", "kabut pagi", "hari berkabut"),
        "winter": ("musim dingin", "salju turun", "hari bersalju"),
    },
}
"""Weather as the subject, as in `TIME_NOUNS`."""

STUDIO_PHRASES: dict[str, tuple[str, ...]] = {
    "en": ("on a plain {} background", "on a {} background", "in a {} studio",
           "against a {} wall"),
    "id": ("dengan latar {}", "di studio {}", "dengan latar belakang {} polos"),
}

STUDIO_NOUNS: dict[str, tuple[str, ...]] = {
    "en": ("a plain {} background", "an empty {} studio"),
    "id": ("latar {} polos", "studio {} kosong"),
}

OPENINGS: dict[str, tuple[str, ...]] = {
    "en": ("a photo of ", "an illustration of ", "a picture of ", "draw ", "a drawing of ",
           "a painting of ", "please paint "),
    "id": ("foto ", "gambar ", "ilustrasi ", "lukisan ", "buatkan gambar "),
}
ENDINGS: dict[str, tuple[str, ...]] = {
    "en": (", photorealistic", ", highly detailed", ", cinematic lighting", ", digital art",
           ", 4k", ", beautiful", ", masterpiece", ", soft light", ", cartoon style"),
    "id": (", fotorealistis", ", sangat detail", ", indah", ", gaya kartun", ", seni digital",
           ", 4k", ", pencahayaan sinematik"),
}
ADJECTIVES: dict[str, tuple[str, ...]] = {
    "en": ("cute", "beautiful", "happy", "lonely", "funny", "old", "new"),
    "id": ("lucu", "cantik", "bahagia", "sendirian", "tua", "baru"),
}
ACTIVITIES: dict[str, tuple[str, ...]] = {
    "en": ("sleeping", "sitting", "standing", "walking", "resting", "playing"),
    "id": ("tidur", "duduk", "berdiri", "berjalan", "beristirahat", "bermain"),
}
SIZE_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {"small": ("small", "tiny", "little")}, "id": {"small": ("kecil", "mungil")},
}
SIDE_PHRASES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {"left": ("on the left", "at the left side"),
           "right": ("on the right", "at the right side")},
    "id": {"left": ("di sebelah kiri", "di kiri"), "right": ("di sebelah kanan", "di kanan")},
}
FAR_SIDE_PHRASES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {"far left": ("on its left", "on the left"), "far right": ("on its right", "", "")},
    "id": {"far left": ("di kirinya", "di sebelah kiri"), "far right": ("di kanannya", "", "")},
}
"""Where something small stands beside the main thing; on the right unless said."""
CONNECTORS: dict[str, tuple[str, ...]] = {
    "en": ("with", "next to", "beside", "near", "under", "by", "close to", "alongside",
           "together with", "plus", "in front of", "behind", "along with", "and also", "as well as",
           "who sits next to", "standing near", "and next to it", "and beside it"),
    "id": ("dengan", "di samping", "di dekat", "dekat", "di bawah", "bersama", "di sebelah",
           "beserta", "serta", "sama", "di depan", "di belakang", "dan juga", "berdiri di samping",
           "dan di sampingnya", "ditemani"),
}
"""Words between two things, of which the first named stands left."""
