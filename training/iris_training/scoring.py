"""Lets the judge score what the program itself renders, beside fresh renders of the same scenes.

    python -m iris_training.scoring --folder RUN --iris ../.build/release/iris --what scenes

Scenes and captions are drawn from seeds of their own. Edits send the program a PNG of the source
scene; "untouched" is the PSNR to the source where the renders of source and target agree, and does
not arise where that is nearly nowhere, as after most changes of the time of day.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

from .captions import caption, plain_object
from .clouds import haze
from .edits import Edit, instruction, sample_edit
from .judge import in_style, load_judge
from .photographs import PHOTOGRAPH
from .pixels import Size, parsed_size, psnr
from .questions import (UNTOUCHED_BAR, Program, Questions, Tally, edit_happened, report,
                        untouched)
from .run import Run
from .scene import PlacedObject, Scene, object_box, render, sample_scene
from .stranger_scoring import score_strangers
from .strangers import ROWS
from .styles import STYLES
from .vocabulary import LANGUAGES, OBJECTS, keywords, object_names

TESTED_EDITS = ("time", "replace", "recolour", "add", "remove", "weather")
STRAY_COLUMNS, STRAY = 24, 22.0  # blocks across an image; difference of 255, on average of nine, that shows
CLOUDS_END = 0.4  # share of an image's height that clouds stay above


def likeness(image: Image.Image, scene: Scene) -> float:
    """PSNR to a render of the scene below the clouds, the one thing that captions leave open."""
    top = round(CLOUDS_END * image.height)
    drawn, rendered = np.asarray(image), np.asarray(render(scene, *image.size))
    return psnr(drawn[top:], rendered[top:])


def is_alone(image: Image.Image, scene: Scene) -> bool:
    """Returns whether nothing stands beside a scene's objects that a render has not, below the clouds.

    The judge is asked about the places of objects alone, so that it misses what is drawn twice.
    """
    drawn, rendered = (np.asarray(one).astype(np.float32)
                       for one in (image, render(scene, *image.size)))
    side = image.width // STRAY_COLUMNS
    rows = image.height // side
    grid = np.abs(drawn - rendered).mean(2)[:rows * side, :STRAY_COLUMNS * side]
    differences = grid.reshape(rows, side, STRAY_COLUMNS, side).mean((1, 3))
    for placed in scene.objects:
        x, y, width = object_box(placed, *image.size)
        differences[max(0, y // side - 1):(y + width) // side + 2,
                    max(0, x // side - 1):(x + width) // side + 2] = 0
    below = differences[round(CLOUDS_END * rows):]
    # Three blocks by three: a tuft of grass that is missing fills less.
    fields = np.lib.stride_tricks.sliding_window_view(below, (3, 3)).mean((2, 3))
    return bool(fields.max() < STRAY)


def score_scenes(program: Program, questions: Questions, size: Size, count: int) -> None:
    """Background, time, objects, colours and clouds, per language, beside fresh renders."""
    samples, renders, rng = Tally(), Tally(), random.Random(20_261_121)
    for number in tqdm(range(count), mininterval=20):
        language = LANGUAGES[number % 2]
        scene = sample_scene(rng)
        image = program.render("generate", caption(scene, rng, language), size, [])
        for name in (f"{language} ", "all "):
            questions.tally(samples, image, scene, name)
        samples.add(**{"likeness dB": likeness(image, scene),
                       "haze": haze(np.asarray(image), scene)})
        rendered = render(scene, *size)
        questions.tally(renders, rendered, scene)
        renders.add(haze=haze(np.asarray(rendered), scene))
    report(program, "scenes", size, renders=renders.summary(), samples=samples.summary())


def score_words(program: Program, questions: Questions, size: Size, _count: int) -> None:
    """Scores whether each name and keyword of an object, with nothing else said, gives it."""
    tally, renders, missed = Tally(), Tally(), []
    for language, prompt in (("en", "{} on the beach"), ("id", "{} di pantai")):
        for index in tqdm(range(len(OBJECTS)), mininterval=20):
            flying = OBJECTS[index].places[0] == "s"
            placed = PlacedObject(index, "normal", "centre", flying=flying)
            names = object_names(index, language)
            beach = Scene("beach", "day", "red", (placed,), 0)
            renders.add(names=questions.shows(render(beach, *size), beach))
            for word in names:
                image = program.render("generate", prompt.format(word), size, [])
                right = questions.object_at(image, placed)[0] == index
                what = ("first name" if word == names[0] else
                        "keyword" if word in keywords(index, language) else "synonym")
                tally.add(**{what: right, f"{language} {what}": right})
                if not right:
                    missed.append(word)
    report(program, "words", size, renders=renders.summary(),
           samples=tally.summary() | {"missed": ", ".join(missed)})


def score_names(program: Program, questions: Questions, size: Size, _count: int) -> None:
    """Scores whether an object's usual name, with nothing else said, gives it once, in a meadow by day."""
    tally, missed = Tally(), []
    for language in LANGUAGES:
        for index in tqdm(range(len(OBJECTS)), mininterval=20):
            placed = PlacedObject(index, "normal", "centre", flying=OBJECTS[index].places[0] == "s")
            prompt = plain_object(placed, language)
            image = program.render("generate", prompt, size, [])
            answers = {"found": questions.object_at(image, placed)[0] == index,
                       "alone": is_alone(image, Scene("meadow", "day", "red", (placed,), 0))}
            tally.add(**answers, **{f"{language} {name}": yes for name, yes in answers.items()})
            if not all(answers.values()):
                missed.append(prompt)
    report(program, "names", size, samples=tally.summary() | {"missed": ", ".join(missed)})


def _drawn_edit(rng: random.Random, kind: str) -> Edit:
    """An edit of a drawn image: what photographs show has no name that the judge could give."""
    while (edit := sample_edit(rng, kind)).references[0].background == PHOTOGRAPH:
        pass
    return edit


def score_edits(program: Program, questions: Questions, size: Size, count: int) -> None:
    """Scores whether edits of one reference do what was asked and leave the rest."""
    score_edits_of(TESTED_EDITS, program, questions, size, count)


def score_moves(program: Program, questions: Questions, size: Size, count: int) -> None:
    """The same of edits that leave the object alone and change everything else."""
    score_edits_of(("background",), program, questions, size, count)


def score_edits_of(kinds: tuple[str, ...], program: Program, questions: Questions, size: Size,
                   count: int) -> None:
    """Scores edits of the kinds, in turn and in both languages, beside renders of their targets."""
    tally, renders, rng = Tally(), Tally(), random.Random(20_261_122)
    for number in tqdm(range(count), mininterval=20):
        edit = _drawn_edit(rng, kinds[number % len(kinds)])
        prompt = instruction(edit, rng, LANGUAGES[number // len(kinds) % 2])
        image = program.render("edit", prompt, size, [render(edit.references[0], *size)])
        happened, quality = edit_happened(questions, edit, image), untouched(edit, size, image)
        tally.add(**{"happened": happened, "happened " + edit.kind: happened,
                     "untouched dB": quality})
        renders.add(happened=edit_happened(questions, edit, render(edit.target, *size)))
        for name, bar in UNTOUCHED_BAR.items():
            tally.add(**{f"untouched {name}": None if quality is None else quality >= bar})
    report(program, f"edits {kinds}", size, renders=renders.summary(), samples=tally.summary())


def score_combinations(program: Program, questions: Questions, size: Size, count: int) -> None:
    """Scores whether the object of image 1 is in the setting of image 2."""
    tally, renders, rng = Tally(), Tally(), random.Random(20_261_123)
    for number in tqdm(range(count), mininterval=20):
        edit = sample_edit(rng, "combine")
        images = [render(scene, *size) for scene in edit.references]
        image = program.render("edit", instruction(edit, rng, LANGUAGES[number % 2]), size, images)
        there = questions.object_at(image, edit.subject)[0] == edit.subject.index
        setting = questions.setting_of(image)[0] == edit.target.background
        tally.add(object=there, setting=setting, both=there and setting)
        renders.add(both=questions.shows(render(edit.target, *size), edit.target))
    report(program, "combinations", size, renders=renders.summary(), samples=tally.summary())


def edge_strength(image: Image.Image) -> float:
    """Mean absolute luminance gradient."""
    grey = np.asarray(image.convert("L")).astype(np.float64)
    return float(np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean())


def distinct_colours(image: Image.Image) -> int:
    """Colours of at least a thousandth of the pixels, channels in 16 steps."""
    pixels = (np.asarray(image).astype(np.int64) // 16) @ np.array([256, 16, 1])
    counts = np.unique(pixels, return_counts=True)[1]
    return int((counts >= pixels.size / 1000).sum())


def score_styles(program: Program, questions: Questions, size: Size, count: int) -> None:
    """Measures what each style does to light, edges and colours, and to what the judge sees.

    Beside it what the judge sees of fresh renders that are moved towards the style as far.
    """
    base_options, folder = program.options, program.folder
    for style in STYLES:
        for strength in (0.0, 0.3, 0.6, 0.9, 1.2, 1.5):
            tally, renders, rng = Tally(), Tally(), random.Random(20_261_124)
            program.count, program.options = 0, base_options
            program.folder = folder / f"{style}-{strength}"
            program.folder.mkdir(exist_ok=True)
            if strength:
                program.options = [*base_options, "--lora", style, "--lora-strength", str(strength)]
            for number in range(count):
                scene = sample_scene(rng, 1)
                prompt = caption(scene, rng, LANGUAGES[number % 2])
                image = program.render("generate", prompt, size, [])
                questions.tally(tally, image, scene)
                tally.add(luminance=np.asarray(image.convert("L")).mean(),
                          edges=edge_strength(image), colours=distinct_colours(image))
                styled = in_style(render(scene, *size), style, strength)
                questions.tally(renders, styled, scene)
            report(program, f"{style} {strength}", size, samples=tally.summary(),
                   renders=renders.summary())


ACTIONS: dict[str, Callable[..., None]] = {
    "scenes": score_scenes, "words": score_words, "names": score_names, "edits": score_edits,
    "moves": score_moves, "combinations": score_combinations, "styles": score_styles,
    "strangers": score_strangers,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--iris", type=Path, required=True, help="the program")
    parser.add_argument("--what", choices=ACTIONS, default="scenes")
    parser.add_argument("--size", default="768")
    parser.add_argument("--asked", type=parsed_size, help="what the program is asked for instead, "
                        "in the same shape, where it scales its native sizes")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--options", default="", help="more options of every render, in one string")
    parser.add_argument("--rows", default=",".join(ROWS), help="of strangers: which of them")
    parser.add_argument("--photographs", type=Path, help="of strangers: a folder of photographs")
    parser.add_argument("--keep", type=Path, help="folder that keeps the images")
    return parser


def main(options: Sequence[str] | None = None) -> None:
    """Scores one thing at one size."""
    arguments = _parser().parse_args(options)
    torch.set_num_threads(1)
    questions = Questions(load_judge(Run(arguments.folder)))
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        options = ["--steps", str(arguments.steps), *arguments.options.split()]
        program = Program(arguments.iris.absolute(), options, folder, arguments.asked)
        if arguments.what in ("edits", "moves", "combinations"):
            program.options = [*options, "--strength", "1"]
        action, rest = ACTIONS[arguments.what], {}
        if arguments.what == "strangers":
            rest = {"rows": arguments.rows.split(","), "photographs": arguments.photographs}
        action(program, questions, parsed_size(arguments.size), arguments.count, **rest)


if __name__ == "__main__":
    main()
