"""Teaches the text encoder to leave words aside that mean nothing, and what near words mean.

    python -m iris_training.unknown_words --folder RUN --initial RUN/text_encoder-before.pt

The student's tokens must move under a caption with unknown words as they move under the same
caption without them, or as in a meadow by day where nothing else is said; and under an object's
other names as under its first. Ordinary captions must go on doing what they did.
"""

from __future__ import annotations

import random
from pathlib import Path

import torch
import torch.nn.functional as F

from .batches import Grid
from .captions import (background_phrase, caption, time_phrase, unknown_names, unknown_phrase,
                       with_article)
from .edits import instruction, sample_edit
from .latents import parsed_size
from .loop import (Journal, Means, Optimizers, Ranks, Stage, learning_rate_scale, seeded,
                   stage_arguments, start_from)
from .phrases import ENDINGS, LANDSCAPE_NOUNS, OPENINGS
from .sampling import (SERVICE_SHIFT, SERVICE_STEPS, denoise, initial_noise, load_transformer,
                       service_sigmas)
from .scene import sample_scene
from .text_encoder import MAX_LENGTH, Heads, TextFeatures, build, split_parameters
from .tokenizer import PromptTokenizer
from .transformer import velocity
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


def main() -> None:
    """Goes on training the text encoder, and keeps `text_encoder.pt`."""
    parser = stage_arguments(__doc__, steps=1000)
    parser.add_argument("--initial", type=Path, required=True, help="the encoder before")
    parser.add_argument("--checkpoint", default="student.pt")
    parser.add_argument("--sizes", default="256:16,256:16,768:2",
                        help="size:count of the batches, drawn evenly")
    parser.add_argument("--rate", type=float, default=5e-4)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    ranks, run = Ranks(), arguments.folder
    tokenizer = PromptTokenizer(run / "tokenizer")
    model, before, heads = build(tokenizer), build(tokenizer), Heads()
    start_from(arguments.initial, {"model": model, "heads": heads})
    before.load_state_dict(model.state_dict())
    features, former = TextFeatures(model), TextFeatures(before).requires_grad_(False)
    student = load_transformer(run / arguments.checkpoint)
    optimizers = Optimizers(*split_parameters(model), arguments.rate, arguments.rate)
    stage = Stage(run / "text_encoder.pt", {"model": model, "heads": heads}, optimizers, 0.97)
    stage.resume()
    rng = seeded(arguments.seed, ranks, stage.step)
    sigmas = service_sigmas(SERVICE_STEPS, SERVICE_SHIFT)
    sizes = [(parsed_size(size), int(count)) for size, count in
             (entry.split(":") for entry in arguments.sizes.split(","))]
    journal = Journal(run, "unknown_words", stage.step, arguments.steps, ranks,
                      arguments.save_every)
    means = Means(0.9)
    while stage.step < arguments.steps:
        size, count = rng.choice(sizes)
        said, asked = zip(*(sample_pair(rng) for _ in range(count)))
        grid, step = [Grid.whole(size)], rng.choice((0, 0, 1, 2, 3))
        noise = initial_noise(count, size, rng.randrange(1 << 30))
        level = torch.full((count,), sigmas[step])
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bfloat16):
            with torch.no_grad():
                text = former(*tokenizer(list(said), MAX_LENGTH)).float()
                moved = denoise(student, noise, text, None, grid, sigmas[:step + 1])
                target = velocity(student, moved, level, text, grid)
            text = features(*tokenizer(list(asked), MAX_LENGTH)).float()
            output = velocity(student, moved, level, text, grid)
        loss = F.mse_loss(output.float(), target.float())
        loss.backward()
        stage.update(ranks, learning_rate_scale(stage.step, arguments.steps, 10, 0.6))
        means.add(**{str(size[0]): loss.item()})
        journal.record(stage, **means.values)


if __name__ == "__main__":
    main()
