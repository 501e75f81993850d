"""The words that people put around the thing they want, none of which is drawn.

Openings, adjectives and quality words in English and Indonesian, mixed with words from CLDR that
mean nothing here and with words coined of them, so that whatever is unknown is left aside.
"""

from __future__ import annotations

import random

from .unknown import coined_word, unknown_word

MEDIA: dict[str, tuple[str, ...]] = {
    "en": ("photo", "photograph", "picture", "image", "drawing", "painting", "illustration", "sketch",
           "portrait", "render", "poster", "sticker", "icon", "watercolor", "cartoon", "postcard",
           "snapshot", "print", "artwork", "clip art", "3d model", "oil painting", "pencil drawing",
           "digital painting", "comic", "mural", "closeup", "wide shot", "pixel art"),
    "id": ("foto", "gambar", "ilustrasi", "lukisan", "sketsa", "poster", "stiker", "ikon", "kartun",
           "potret", "karya seni", "cat minyak", "gambar pensil", "komik", "cetakan", "desain",
           "wallpaper", "kartu pos"),
}
ASKING: dict[str, tuple[str, ...]] = {
    "en": ("please draw {}", "draw us {}", "paint {}", "create {}", "generate an image of {}", "make {}",
           "show me {}", "I want {}", "I would like to have {}", "can you draw {}", "could you paint {}",
           "give me {}", "I need {}", "let me see {}", "we are looking for {}", "imagine {}",
           "please make an image with {} in it", "what about {}", "design {}", "visualize {}",
           "produce {}", "how about {}?", "now {}", "{}, please", "{} for my son",
           "{} for a birthday card", "I dreamed of {}", "here is {}", "look, {}", "just {}", "only {}",
           "there is {}", "this is {}", "an image in which {} can be seen", "subject: {}",
           "prompt: {}", "nothing but {}", "do {}", "will you draw {}?"),
    "id": ("gambar {}", "gambarkanlah {}", "buatkan {}", "tolong gambar {}", "buat gambar {}",
           "saya ingin {}", "aku mau {}", "bisakah kamu menggambar {}", "tunjukkan {}", "perlihatkan {}",
           "lukiskan {}", "beri saya {}", "mohon buatkan {}", "bikin {}", "minta {}", "{} ya",
           "{} dong", "ada {}", "ini {}", "bayangkan {}", "hanya {}", "gambar yang berisi {}",
           "kami butuh {}", "{} untuk anak saya", "bolehkah {}", "ciptakan {}", "bagaimana dengan {}?"),
}
ADJECTIVES: dict[str, tuple[str, ...]] = {
    "en": ("fuzzy", "colourful", "mighty", "polished", "tired", "pretty", "great", "retro", "worn",
           "bright", "grumpy", "stylish", "metal", "modern", "strange", "fat", "slim", "sweet", "proud",
           "glass", "plastic", "paper", "stone", "painted", "broken", "clean", "dirty", "soft", "hard",
           "smooth", "rough", "young", "wild", "tame", "lazy", "busy", "famous", "simple", "complex",
           "perfect", "realistic looking", "friendly", "evil", "crazy", "silly", "noisy", "quiet",
           "fast", "slow", "heavy", "light", "tall", "short", "wide", "round", "square", "shaggy",
           "furry", "hairy", "bald", "frozen", "burning", "flying", "dancing", "smiling", "laughing",
           "crying", "jumping", "running", "dreaming", "singing", "gentle", "fierce", "rare", "common",
           "cheap", "expensive", "luxurious", "humble", "delicate", "solid", "floating", "melting",
           "abstract", "geometric", "surreal", "epic", "legendary", "iconic", "typical", "traditional",
           "rustic", "medieval", "cosmic", "alien", "electric", "mechanical", "robotic", "stuffed",
           "origami", "lego", "clay", "marble", "bronze", "leather", "woolen", "silky", "glossy", "matte",
           "pale", "deep", "detailed", "vivid", "muted", "bold", "charming", "clever", "wise", "naughty",
           "nice", "awesome", "amazing", "incredible", "wonderful", "fantastic", "superb", "cool", "cozy",
           "warm", "fresh", "ripe", "tasty", "holy", "secret", "hidden", "lost", "forgotten", "best"),
    "id": ("halus", "berwarna", "perkasa", "mulus", "lelah", "manis", "hebat", "jadul", "usang", "terang",
           "pemarah", "bergaya", "logam", "modern", "asing", "gendut", "kurus", "bangga", "kaca",
           "plastik", "kertas", "batu", "bersih", "lembut", "keras", "muda", "jinak", "malas", "sibuk",
           "terkenal", "sederhana", "sempurna", "ramah", "jahat", "gila", "konyol", "berisik", "tenang",
           "cepat", "lambat", "berat", "ringan", "tinggi", "pendek", "lebar", "bulat", "berbulu lebat",
           "beku", "terbakar", "menari", "tersenyum", "tertawa", "menangis", "melompat", "berlari",
           "bermimpi", "bernyanyi", "galak", "langka", "murah", "mahal", "rapuh", "melayang", "abstrak",
           "epik", "legendaris", "tradisional", "klasik", "bersejarah", "elektrik", "mekanik", "pucat",
           "detail", "mencolok", "menawan", "pintar", "bijak", "nakal", "keren", "luar biasa",
           "menakjubkan", "fantastis", "hangat", "segar", "matang", "lezat", "suci", "rahasia",
           "tersembunyi", "hilang", "terlupakan", "terbaik", "paling bagus"),
}
QUALITIES: dict[str, tuple[str, ...]] = {
    "en": ("high quality", "highly detailed", "sharp", "in focus", "studio lighting", "soft light",
           "dramatic lighting", "backlit", "hd", "4k", "8k", "high resolution", "hyperrealistic",
           "photorealistic", "lifelike", "film grain", "depth of field", "wide angle", "telephoto lens",
           "50mm lens", "f 2.8", "iso 100", "long exposure", "professional", "award winner",
           "trending", "featured on behance", "unreal", "octane", "rendered in 3d", "ray traced",
           "cinematic", "moody", "dreamy", "minimal", "clean lines", "vector art", "flat colours",
           "vibrant", "rich colors", "high contrast", "low contrast", "pastel tones", "warm tones",
           "cold tones", "symmetrical", "centered", "full shot", "beautiful composition", "masterwork",
           "top quality", "very aesthetic", "no people", "no text", "without a frame", "artgerm",
           "greg rutkowski", "in the style of monet", "picasso style", "pixar style", "disney style",
           "anime style", "manga", "art deco", "baroque", "pop art", "retro style", "vaporwave",
           "cyberpunk", "fantasy art", "children's book", "hand drawn", "ink", "gouache", "charcoal",
           "crayon", "thick outlines", "smooth shading", "textured", "stylised", "stunning", "cute",
           "happy mood", "peaceful", "calm", "for a t-shirt", "as a logo", "white border",
           "black and white", "monochrome", "sepia", "instagram", "national geographic", "kodak", "nikon", "--ar 16:9", "--v 5", "(best quality:1.2)"),
    "id": ("kualitas terbaik", "sangat detail", "tajam", "fokus", "cahaya lembut", "cahaya dramatis",
           "hd", "4k", "resolusi tinggi", "hiperrealistis", "fotorealistis", "asli", "profesional",
           "sinematik", "minimalis", "warna cerah", "warna kaya", "kontras tinggi", "nada hangat",
           "komposisi indah", "tanpa teks", "tanpa orang", "gaya kartun", "gaya anime", "gaya batik",
           "seni digital", "cat air", "pensil warna", "garis tebal", "tekstur halus", "elegan",
           "memukau", "lucu", "damai", "untuk kaos", "sebagai logo", "bergaya retro", "seni pop",
           "buku cerita", "karya terbaik", "sudut lebar", "lensa makro", "estetik", "mirip asli",
           "seperti nyata", "hitam putih", "monokrom", "bagus sekali", "rapi", "penuh detail"),
}
BEFORE_MEDIUM: dict[str, tuple[str, ...]] = {
    "en": ("high quality", "beautiful", "professional", "detailed", "stunning", "lifelike", "cinematic",
           "simple", "award winning", "old", "multicoloured", "hyper realistic", "aged", "black and white",
           "minimalist", "4k", "macro", "cute", "nice", "amazing"),
    "id": ("indah", "profesional", "detail", "realistis", "sinematik", "sederhana", "keren", "bagus",
           "hitam putih", "lawas", "berkualitas", "cantik", "menarik"),
}
FILLERS: dict[str, tuple[str, ...]] = {
    "en": tuple("""a an the my our your their some any this that these which who what when while because
        although so and or but if then for of to from about with within really very quite rather too also
        always never often sometimes maybe perhaps certainly please thanks hello dear friend friends family
        school office project class teacher team company website blog article chapter novel poem song
        birthday wedding holiday weekend gift present surprise idea thought dream memory feeling mood story
        tale legend want need would could should might must will can have had has been being was were is are
        am do does did make made making show shown showing see seen look looking feel think thinking know
        known hope hoping try trying use used using give given something anything everything nothing thing
        things kind sort way part bit lot more most less least much many few each every other another same
        different own only just even still again already soon later today tomorrow yesterday year month week
        hour minute people everyone someone nobody children kids mother father brother sister grandmother
        that I we you they he she it me us them""".split()),
    "id": tuple("""yang dan atau tetapi karena supaya agar jika kalau ketika sambil untuk dari ke pada dalam
        dengan tentang seperti sebagai saya aku kami kita kamu anda dia mereka ini itu tersebut sebuah suatu
        para semua setiap beberapa banyak sedikit sekali sangat agak cukup lebih paling juga hanya saja lagi
        masih sudah belum akan sedang pernah selalu sering kadang mungkin pasti tolong terima kasih halo
        teman sahabat keluarga sekolah kantor proyek kelas guru tim perusahaan situs artikel bab novel puisi
        lagu pernikahan liburan hadiah kejutan ide pikiran mimpi kenangan perasaan cerita kisah dongeng ingin
        mau perlu butuh bisa boleh harus membuat dibuat melihat terlihat merasa berpikir tahu berharap
        mencoba memakai memberi sesuatu apa siapa mana bagaimana mengapa hal macam cara bagian lain sama
        berbeda sendiri nanti besok kemarin tahun bulan minggu menit orang anak ibu ayah kakak adik
        nenek kakek rumahku mereka""".split()),
}
"""Words of the sentences around a wish."""
JOINTS: dict[str, tuple[str, ...]] = {
    "en": (": ", ", ", " of ", " with ", ", namely ", ", showing ", ", that is ", ". ", " and ", " about "),
    "id": (": ", ", ", " yaitu ", " dengan ", " berisi ", " yakni ", ". ", " dan ", " tentang "),
}
MADE_UP = 0.35  # share of adjectives and qualities that are any unknown words


def _any_word(language: str, rng: random.Random) -> str:
    """A word that means nothing here, or one that is no word."""
    return coined_word(language, rng) if rng.random() < 0.3 else unknown_word(language, rng)


def adjective(language: str, rng: random.Random) -> str:
    """Something said of a thing that makes no difference to it."""
    if rng.random() < MADE_UP:
        return _any_word(language, rng)
    return rng.choice(ADJECTIVES[language])


def quality(language: str, rng: random.Random) -> str:
    """One of the things that are said after commas."""
    if rng.random() < MADE_UP:
        return " ".join(_any_word(language, rng) for _ in range(rng.choice((1, 2, 2, 3))))
    if rng.random() < 0.2:
        return f"{adjective(language, rng)} {rng.choice(MEDIA[language])}"
    return rng.choice(QUALITIES[language])


def qualities(language: str, rng: random.Random, most: int = 12) -> str:
    """Some of them, mostly few, now and then a dozen."""
    count = min(most, rng.choice((1, 1, 2, 2, 3, 4, 6, 8, 12)))
    return ", ".join(quality(language, rng) for _ in range(count))


def _medium(language: str, rng: random.Random) -> str:
    """"a beautiful photo of ", "foto indah "."""
    medium = rng.choice(MEDIA[language])
    before = ([rng.choice(BEFORE_MEDIUM[language]) for _ in range(rng.choice((0, 1, 1, 2)))]
              if rng.random() < 0.8 else [_any_word(language, rng)])
    if language == "id":
        return " ".join((medium, *before)) + " "
    words = " ".join((*before, medium))
    article = rng.choice(("", "an " if words[0] in "aeio" else "a ", "the "))
    return article + words + rng.choice((" of ", " of ", " of ", " with ", ": ", " showing "))


def ramble(language: str, rng: random.Random) -> str:
    """Half a sentence, or more than one, that asks for nothing."""
    return " ".join(_any_word(language, rng) if rng.random() < 0.15
                    else rng.choice(FILLERS[language]) for _ in range(rng.randrange(4, 22)))


def wrapped(text: str, language: str, rng: random.Random) -> str:
    """A caption in a wrapper: what it asks for stays the same."""
    draw = rng.random()
    if draw < 0.12:
        text = ramble(language, rng) + rng.choice(JOINTS[language]) + text
    elif draw < 0.18:
        text = f"{_medium(language, rng)}{text} {quality(language, rng)}"
    elif draw < 0.36:
        text = _medium(language, rng) + text
    elif draw < 0.6:
        text = rng.choice(ASKING[language]).format(text)
    elif draw < 0.72:
        text = f"{qualities(language, rng, 6)}, {text}"
    elif draw < 0.8:
        text = rng.choice(ASKING[language]).format(_medium(language, rng) + text)
    else:
        return f"{text}, {qualities(language, rng)}"
    return f"{text}, {qualities(language, rng, 6)}" if rng.random() < 0.5 else text
