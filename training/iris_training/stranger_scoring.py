"""Scores what strangers type: of how many tries everything that must be seen is there.

    python -m iris_training.scoring --folder RUN --iris ../.build/release/iris --what strangers

Every try uses the program's defaults, so that an edit goes as far as it does for a person.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter
from tqdm import tqdm

from .judge import NOTHING
from .photographs import LUMA
from .pixels import Size, psnr
from .questions import UNTOUCHED_BAR, Program, Questions, Tally, edit_happened, report, untouched
from .scene import PlacedObject, Scene, object_box, render
from .strangers import ROWS, Arrangement, Try, photograph_order, sample_try
from .vocabulary import LANGUAGES

SEED = 20_261_129
VISIBLE = 24.0  # dB at most between an image and the same in a style
REPORTED = 12  # prompts that missed, named in the report
BLOCK = 32  # pixels of a token's side, along which patches show
PATCHES = 1.25  # times the source's, at most: the ratio of edges along tokens to others
LIKE = 0.72  # mean correlation of blocks with the source's, at least, where only light changes
SAME = 22.0  # dB to the source, at least, where nothing was asked that can be done
LIGHT_BARS = {"night": ("luminance", 0.75), "storm": ("colour or luminance", 0.85),
              "sunset": ("blue of red", 0.85)}
"""The measures that must fall, each to at most this share of the source's."""


def in_order(questions: Questions, attempt: Try, image: Image.Image) -> dict[str, bool | None]:
    """Answers about one try; None where a question does not arise."""
    background, time = questions.setting_of(image)
    wanted, edit = attempt.wanted, attempt.edit
    arranged = (any(_stands(questions, image, way) for way in attempt.arrangements)
                if attempt.arrangements else None)
    rest = untouched_rest(questions, attempt, image)
    return {
        "objects": arranged,
        "gone": all(questions.object_at(image, one)[0] == NOTHING for one in attempt.gone)
        if attempt.gone and not edit else None,
        "background": background in (attempt.backgrounds or (wanted.background,))
        if "background" in attempt.said else None,
        "time": time == wanted.time if "time" in attempt.said else None,
        "weather": questions.weather_of(image) == wanted.weather
        if "weather" in attempt.said else None,
        "happened": edit_happened(questions, edit, image) if edit else None,
        "rest": None if rest is None else rest >= UNTOUCHED_BAR["lenient"],
    }


def _stands(questions: Questions, image: Image.Image, way: Arrangement) -> bool:
    return all(questions.object_at(image, one)[0] == one.index for one in way)


def untouched_rest(questions: Questions, attempt: Try, image: Image.Image) -> float | None:
    """PSNR to the source of what an order leaves alone; None where there is no such thing."""
    if attempt.edit:
        return untouched(attempt.edit, image.size, image)
    if not attempt.references or len(attempt.references) > 1 or attempt.said:
        return None
    new = {way[-1] for way in attempt.arrangements if _stands(questions, image, way)}
    source = np.asarray(render(attempt.references[0], *image.size))
    rest = np.ones(source.shape[:2], bool)
    for placed in new:
        x, y, side = object_box(placed, *image.size)
        rest[max(0, y):y + side + BLOCK // 2, max(0, x):x + side] = False
    return psnr(source[rest], np.asarray(image)[rest])


def score_row(program: Program, questions: Questions, row: str, size: Size, count: int) -> None:
    """Scores one row, in both languages in turn."""
    tally, missed, rng = Tally(), [], random.Random(f"{SEED} {row}")
    for number in tqdm(range(count), desc=f"{row} {size[0]}", mininterval=20):
        attempt = sample_try(row, LANGUAGES[number % 2], rng)
        images = [render(scene, *size) for scene in attempt.references]
        image = program.render("edit" if images else "generate", attempt.prompt, size, images)
        answers = in_order(questions, attempt, image)
        if row == "style":
            answers["visible"] = _style_shows(program, attempt, size, image)
        clean = all(answer is not False for answer in answers.values())
        tally.add(clean=clean, **{f"clean {LANGUAGES[number % 2]}": clean}, **answers)
        if not clean:
            missed.append(f"{program.count} {attempt.prompt}")
    report(program, f"strangers {row}", size, samples=tally.summary(),
           missed={"prompts": " | ".join(missed[:REPORTED])})


def _style_shows(program: Program, attempt: Try, size: Size, image: Image.Image) -> bool:
    """Returns whether a style at its default strength is plainly seen, and what is drawn stays."""
    program.count -= 1  # the same seed
    styled = program.render("generate", attempt.prompt, size, [], ("--lora", "anime"))
    return psnr(np.asarray(image), np.asarray(styled)) <= VISIBLE


@dataclass(frozen=True)
class Measures:
    """The measures of a change of light, in patches or evenly."""

    luminance: float
    colour: float
    blue_of_red: float
    patches: float

    @staticmethod
    def of(image: Image.Image) -> Measures:
        """Measures one image."""
        pixels = np.asarray(image).astype(np.float32)
        grey = pixels @ LUMA
        means = pixels.mean((0, 1))
        return Measures(float(grey.mean()), float((pixels.max(2) - pixels.min(2)).mean()),
                        float(means[2] / max(1.0, means[0])), patchiness(grey))


def patchiness(grey: np.ndarray) -> float:
    """Returns the ratio of edges along the lines between tokens to those elsewhere."""
    ratios = []
    for edges in (np.abs(np.diff(grey, axis=0)).mean(1), np.abs(np.diff(grey, axis=1)).mean(0)):
        between = np.arange(len(edges)) % BLOCK == BLOCK - 1
        ratios.append(edges[between].mean() / max(0.1, edges[~between].mean()))
    return float(np.mean(ratios))


def structure_kept(first: Image.Image, second: Image.Image) -> float:
    """Mean correlation of the two images' blocks that have structure, whatever their light."""
    blocks = []
    for image in (first, second):
        smooth = image.convert("L").filter(ImageFilter.GaussianBlur(2))
        grey = np.asarray(smooth).astype(np.float32)
        rows, columns = grey.shape[0] // BLOCK, grey.shape[1] // BLOCK
        grid = grey[:rows * BLOCK, :columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)
        each = grid.transpose(0, 2, 1, 3).reshape(rows * columns, BLOCK * BLOCK)
        blocks.append(each - each.mean(1, keepdims=True))
    deviations = [block.std(1) for block in blocks]
    correlation = (blocks[0] * blocks[1]).mean(1) / np.maximum(deviations[0] * deviations[1], 1e-3)
    return float(np.average(correlation, weights=deviations[0]))


def light_answers(kind: str, source: Image.Image, image: Image.Image) -> dict[str, bool | None]:
    """Answers about a photograph whose light should have changed, or nothing at all."""
    before, after = Measures.of(source), Measures.of(image)
    shares = {"luminance": after.luminance / before.luminance,
              "blue of red": after.blue_of_red / before.blue_of_red,
              "colour or luminance": min(after.luminance / before.luminance,
                                         after.colour / max(1.0, before.colour))}
    measure, bar = LIGHT_BARS.get(kind, ("luminance", 0.0))
    return {"light": shares[measure] <= bar if kind != "keep" else None,
            "no patches": after.patches <= PATCHES * before.patches,
            "structure": structure_kept(source, image) >= LIKE,
            "same": psnr(np.asarray(source), np.asarray(image)) >= SAME if kind == "keep" else None}


def squares_of(folder: Path, size: Size) -> list[Image.Image]:
    """The middles of a folder's photographs, in one size."""
    paths = sorted(path for path in folder.iterdir() if path.suffix in (".jpg", ".png", ".webp"))
    return [cropped(Image.open(path).convert("RGB"), size) for path in paths]


def cropped(image: Image.Image, size: Size) -> Image.Image:
    """The largest middle of an image in the shape of a size, scaled to it."""
    scale = min(image.width / size[0], image.height / size[1])
    width, height = size[0] * scale, size[1] * scale
    left, top = (image.width - width) / 2, (image.height - height) / 2
    return image.resize(size, Image.Resampling.LANCZOS, (left, top, left + width, top + height))


def score_photographs(program: Program, folder: Path, size: Size, count: int) -> None:
    """Scores orders about photographs: the light changes evenly, and nothing else does."""
    photographs, tally, missed = squares_of(folder, size), Tally(), []
    rng = random.Random(f"{SEED} photographs")
    for number in tqdm(range(count), desc=f"photographs {size[0]}", mininterval=20):
        language, source = LANGUAGES[number % 2], photographs[number % len(photographs)]
        kind, prompt = photograph_order(language, rng)
        image = program.render("edit", prompt, size, [source])
        answers = light_answers(kind, source, image)
        clean = all(answer is not False for answer in answers.values())
        tally.add(clean=clean, **{f"clean {kind}": clean}, **answers)
        if not clean:
            missed.append(f"{program.count} {prompt}")
    report(program, "strangers photographs", size, samples=tally.summary(),
           missed={"prompts": " | ".join(missed[:REPORTED])})


def score_strangers(program: Program, questions: Questions, size: Size, count: int,
                    rows: Sequence[str] = ROWS, photographs: Path | None = None) -> None:
    """Scores the rows, each with so many tries; photographs where a folder of them is named."""
    for row in rows:
        if row != "photographs":
            score_row(program, questions, row, size, count)
        elif photographs:
            score_photographs(program, photographs, size, count)
