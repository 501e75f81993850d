"""Renders the README's contact sheets with the program, at the default size, seed 1.

    python contact_sheet.py --iris ../.build/release/iris --output ../Documentation/images/sheet.webp
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import textwrap
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

PROMPTS = (
    "a red fox on a beach at sunset", "kucing oren tidur di kasur",
    "a serene Indonesian beach at sunset, photorealistic, golden hour",
    "warung kopi pinggir jalan Jakarta malam", "an elephant in a meadow on a sunny day",
    "a snowman in the forest under a starry sky", "perahu layar di laut saat senja",
    "a blue car in the city at night", "masjid di sawah malam hari",
    "a robot on a pink background", "a purple balloon over the mountains",
    "a cat and a soccer ball in the desert", "seekor harimau di hutan",
    "a cup of coffee in the snow", "a castle in the mountains in a storm",
    "two penguins in the snow", "secangkir kopi di kamar tidur",
    "a yellow umbrella on the right on a city street", "a horse in the rice fields at dawn",
    "a cactus in the desert at golden hour", "kupu-kupu biru di taman",
    "an airplane above the sea", "a birthday cake on a plain blue background",
    "three ducks on the beach",
)
COMPARED = ("a cat in front of mountains", "two penguins on the beach", "a castle in the snow",
            "sebuah mobil merah di kota siang hari")
SIDE, COLUMNS, LINE, WRAP = 320, 4, 22, 36
STRANGERS = (
    "high quality professional photo of a cat, cinematic lighting, bokeh",
    "masterpiece, best quality, castle, highly detailed, 8k", "can you make a robot?",
    "a fluffy dog next to a colorful house", "tolong dong gambarin kaktus, makasih ya",
    "a majestic tiger in the forest, golden hour, trending on artstation",
    "an oak tree with a bicycle", "a rabbit under an umbrella",
    "a lion in the savanna", "portrait of a woman reading a book", "a motorcycle on a city street",
    "a fox in the meadow in thick fog",
)
"""Prompts as strangers type them, those that fail among them."""


def rendered(iris: Path, prompt: str, options: list[str]) -> Image.Image:
    """One image of the program, at its default size."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "image.png"
        subprocess.run([iris, "generate", prompt, "--seed", "1", "--output", output, "--quiet",
                        *options], check=True, stdout=subprocess.DEVNULL)
        return Image.open(output).convert("RGB")


def sheet_of(cells: list[tuple[Image.Image, str]], columns: int) -> Image.Image:
    """Images in rows, each with its text below."""
    rows, height = -(-len(cells) // columns), SIDE + 2 * LINE + 14
    sheet = Image.new("RGB", (columns * (SIDE + 8) + 8, rows * height + 8), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(16)
    for number, (image, text) in enumerate(cells):
        x, y = 8 + number % columns * (SIDE + 8), 8 + number // columns * height
        sheet.paste(image.resize((SIDE, SIDE), Image.Resampling.LANCZOS), (x, y))
        for line, words in enumerate(textwrap.wrap(text, WRAP)[:2]):
            draw.text((x, y + SIDE + 4 + LINE * line), words, fill="black", font=font)
    return sheet


def main() -> None:
    """Renders and lays out the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--iris", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--options", default="", help="more options of every render, in one string")
    parser.add_argument("--compare", metavar="N,N", help="numbers of steps: a row of few prompts "
                        "for each, instead of the 24")
    parser.add_argument("--strangers", action="store_true", help="prompts as strangers type them, "
                        "instead of the 24")
    arguments = parser.parse_args()
    options = arguments.options.split()
    if arguments.compare:
        cells = [(rendered(arguments.iris, prompt, [*options, "--steps", steps]),
                  f"{steps} steps: {prompt}")
                 for steps in arguments.compare.split(",") for prompt in COMPARED]
    else:
        prompts = STRANGERS if arguments.strangers else PROMPTS
        cells = [(rendered(arguments.iris, prompt, options), prompt) for prompt in prompts]
    sheet = sheet_of(cells, COLUMNS)
    sheet.save(arguments.output, quality=90)


if __name__ == "__main__":
    main()
