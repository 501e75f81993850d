"""Teaches the text encoder to leave words aside that mean nothing, and what near words mean.

    python -m iris_training.unknown_words --folder RUN --initial RUN/text_encoder-before.pt

The student's tokens must move under a caption with unknown words as they move under the same
caption without them, or as in a meadow by day where nothing else is said; and under an object's
other names as under its first. Ordinary captions must go on doing what they did.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F

from .batches import Grid
from .captions import (background_phrase, caption, time_phrase, unknown_names, unknown_phrase,
                       with_article)
from .checkpoints import start_from
from .edits import instruction, sample_edit
from .loop import Loop, Losses, Optimizers, Stage
from .phrases import ENDINGS, LANDSCAPE_NOUNS, OPENINGS
from .pixels import Size, parsed_size
from .run import Run, stage_arguments
from .sampling import SERVICE_SHIFT, SERVICE_STEPS, denoise, initial_noise, service_sigmas
from .scene import sample_scene
from .text_encoder import Heads, TextFeatures, build, split_parameters
from .tokenizer import PromptTokenizer
from .transformer import load_transformer, velocity
from .vocabulary import LANGUAGES, object_names

ORDINARY, NEAR, ALONE, PLACED = 0.34, 0.34, 0.1, 0.12
"""Shares of captions: ordinary ones, near words, unknown ones alone and with a place; the rest have
an object as well."""
ORDERS = 0.3  # share of orders to edit among the ordinary ones
ORDERED = (None, None, None, "combine", "relight")
JOINTS = {"en": (" of ", " with ", " in ", " and ", " "), "id": (" dengan ", " di ", " dan ", " ")}
TOWNS = ("Jakarta", "Bandung", "Bali", "Indonesia", "Paris", "London", "Tokyo", "New York")
COINED = 0.3  # share of the unknown words that are no words
ELSEWHERE = 0.85  # share of the near words that are said to be somewhere
NAMED = 0.4  # share of the places without objects that have a town's name and need no city
PLAIN = {"en": "a meadow during the day", "id": "padang rumput siang hari"}


def unknown_words(language: str, rng: random.Random) -> str:
    """One to three things that are not drawn."""
    words = _unknown(language, rng)
    for _ in range(rng.choice((0, 1, 1, 2))):
        words += rng.choice(JOINTS[language]) + _unknown(language, rng)
    return words


def _unknown(language: str, rng: random.Random) -> str:
    """Something from CLDR that is not drawn, or a word coined of two such."""
    if rng.random() >= COINED:
        return unknown_phrase(language, rng)
    first, second = (rng.choice(unknown_names(language)).split()[0].lower() for _ in range(2))
    word = first[:max(2, len(first) // 2)] + second[len(second) // 2:]
    return with_article(word, rng) if language == "en" else word


def near_pair(language: str, rng: random.Random) -> tuple[str, str]:
    """An object somewhere, by its first English name, and the same by any name of a language."""
    scene, elsewhere = sample_scene(rng, 1), rng.random() < ELSEWHERE
    index, article = scene.objects[0].index, rng.random() < 0.6

    def named(name: str, spoken: str) -> str:
        words = with_article(name, rng) if article and spoken == "en" else name
        if elsewhere:
            words += " " + background_phrase(scene, spoken, rng)
            words += " " + (time_phrase(scene, spoken, rng) if scene.time != "day" else "")
        return words.strip()

    first = object_names(index, "en")[0]
    return named(first, "en"), named(rng.choice(object_names(index, language)), language)


def sample_pair(rng: random.Random) -> tuple[str, str]:
    """A caption that says what to draw, and one that must do the same."""
    language, draw = rng.choice(LANGUAGES), rng.random()
    if draw < ORDINARY:
        text = (instruction(sample_edit(rng, rng.choice(ORDERED)), rng, language)
                if rng.random() < ORDERS else caption(sample_scene(rng), rng, language))
        return text, text
    if draw < ORDINARY + NEAR:
        return near_pair(language, rng)
    words, draw = unknown_words(language, rng), draw - NEAR
    if draw < ORDINARY + ALONE:
        opening = rng.choice(OPENINGS[language]) if rng.random() < 0.3 else ""
        return PLAIN[language], opening + words + rng.choice(("", *ENDINGS[language]))
    if draw < ORDINARY + ALONE + PLACED:
        scene = sample_scene(rng, 0)
        where, time = background_phrase(scene, language, rng), time_phrase(scene, language, rng)
        if rng.random() < NAMED and scene.background in LANDSCAPE_NOUNS[language]:
            noun = rng.choice(LANDSCAPE_NOUNS[language][scene.background])
            joint = " in " if language == "en" else rng.choice((" ", " di "))
            return f"{noun} {time}".strip(), f"{noun}{joint}{rng.choice(TOWNS)} {time}".strip()
        return f"{where} {time}".strip(), f"{words} {where} {time}".strip()
    text = caption(sample_scene(rng, 1), rng, language).rstrip(".")
    return text, text + rng.choice((" with ", ", ") if language == "en" else (" dengan ", ", ")
                                   ) + words


class Lesson:
    """The encoder that learns, what it was before, and the student that compares the two."""

    def __init__(self, run: Run, initial: Path, checkpoint: str) -> None:
        sizes = run.configuration.text_encoder
        self._run, self._longest = run, sizes.max_length
        self._tokenizer = PromptTokenizer(run.path("tokenizer"))
        self.model, before = build(run, self._tokenizer), build(run, self._tokenizer)
        self.heads = Heads(run)
        start_from(initial, {"model": self.model, "heads": self.heads})
        before.load_state_dict(self.model.state_dict())
        self._features = TextFeatures(self.model, sizes.out_layers)
        self._former = TextFeatures(before, sizes.out_layers).requires_grad_(False)
        self._student = load_transformer(run, run.path(checkpoint))

    def losses(self, size: Size, count: int, rng: random.Random) -> Losses:
        """The difference that the new encoder makes to a step of the student."""
        said, asked = zip(*(sample_pair(rng) for _ in range(count)))
        sigmas = service_sigmas(SERVICE_STEPS, SERVICE_SHIFT)
        grid, step = [Grid.whole(size)], rng.choice((0, 0, 1, 2, 3))
        noise = initial_noise(self._run, count, size, rng.randrange(1 << 30))
        level = noise.new_full((count,), sigmas[step])
        with self._run.autocast():
            with torch.no_grad():
                text = self._former(*self._tokenizer(list(said), self._longest)).float()
                moved = denoise(self._student, noise, text, None, grid, sigmas[:step + 1])
                target = velocity(self._student, moved, level, text, grid)
            text = self._features(*self._tokenizer(list(asked), self._longest)).float()
            output = velocity(self._student, moved, level, text, grid)
        loss = F.mse_loss(output.float(), target.float())
        return loss, {str(size[0]): loss.item()}


def _parser() -> argparse.ArgumentParser:
    parser = stage_arguments(__doc__, steps=1000)
    parser.add_argument("--initial", type=Path, required=True, help="the encoder before")
    parser.add_argument("--checkpoint", default="student.pt")
    parser.add_argument("--sizes", default="256:16,256:16,768:2",
                        help="size:count of the batches, drawn evenly")
    parser.add_argument("--rate", type=float, default=5e-4)
    return parser


def main(options: Sequence[str] | None = None) -> None:
    """Goes on training the text encoder, and keeps `text_encoder.pt`."""
    arguments = _parser().parse_args(options)
    run = Run.of(arguments)
    torch.manual_seed(arguments.seed)
    lesson = Lesson(run, arguments.initial, arguments.checkpoint)
    optimizers = Optimizers(*split_parameters(lesson.model), arguments.rate, arguments.rate)
    stage = Stage(run, "text_encoder", {"model": lesson.model, "heads": lesson.heads}, optimizers)
    loop = Loop(stage, arguments, "unknown_words", warmup=10, decay=0.6, keep=0.9)
    sizes = [(parsed_size(size), int(count)) for size, count in
             (entry.split(":") for entry in arguments.sizes.split(","))]
    loop.train(lambda: lesson.losses(*loop.rng.choice(sizes), loop.rng))


if __name__ == "__main__":
    main()
