"""Teaches the text encoder to hear the plainest caption in whatever else says the same.

    python -m iris_training.paraphrases --folder RUN --initial RUN/text_encoder-before.pt

The student's tokens must move under any caption, wrapped, paraphrased or in other words, as they
move under the plainest one; under unknown words as without them, or as in a meadow by day where
nothing else is said; and under any order as under the plainest order of the same edit. Readers
must go on finding in a text what it says. Only the text encoder changes.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F

from .batches import Batch, Grid, Mix
from .captions import (WRAPPED, background_phrase, bare_caption, caption, plain_caption, time_phrase,
                       unknown_phrase)
from .checkpoints import start_from
from .edits import Edit, instruction, plain_instruction
from .loop import Loop, Losses, Optimizers, Stage
from .photographs import PHOTOGRAPH
from .phrases import ENDINGS, LANDSCAPE_NOUNS, OPENINGS
from .pixels import Size, parsed_size
from .run import Run, stage_arguments
from .sampling import SERVICE_SHIFT, SERVICE_STEPS, denoise, initial_noise, service_sigmas
from .scene import Scene, sample_scene, sample_varied
from .text_encoder import (Heads, TextFeatures, build, reading_rows, sample_batch,
                           split_parameters)
from .tokenizer import PromptTokenizer
from .transformer import load_transformer, padded_length, velocity
from .unknown import coined_word, unknown_word
from .vocabulary import LANGUAGES
from .wrappers import wrapped

SAME, PLACED, BARE = 0.15, 0.1, 0.35
"""Shares of pairs: one caption twice, unknown words with a place, and objects without one; `--unknown`
are unknown words alone, the rest captions beside the plainest of their scenes."""
JOINTS = {"en": (" of ", " with ", " in ", " and ", " "), "id": (" dengan ", " di ", " dan ", " ")}
TOWNS = ("Jakarta", "Bandung", "Bali", "Indonesia", "Paris", "London", "Tokyo", "New York")
NAMED = 0.4  # share of the places without objects that have a town's name and need no city
PLAIN = {"en": "a meadow during the day", "id": "padang rumput siang hari"}
READERS_ALONE = 120  # steps of the first start: new readers would only disturb the encoder
NOISED = 0.5  # share of the orders that begin at the noised image, as below a strength of 1


def unknown_things(language: str, rng: random.Random) -> str:
    """One to three things that are not drawn."""
    things = []
    for _ in range(rng.choice((1, 2, 2, 3))):
        draw = rng.random()
        if draw < 0.6:
            things.append(unknown_phrase(language, rng))
        else:
            things.append((coined_word if draw < 0.85 else unknown_word)(language, rng))
    text = things[0]
    for thing in things[1:]:
        text += rng.choice(JOINTS[language]) + thing
    return text


def caption_pair(rng: random.Random, varied: bool, unknown: float,
                 in_wrapper: float) -> tuple[str, str]:
    """A caption that says what to draw, and one that must do the same."""
    language, draw = rng.choice(LANGUAGES), rng.random()
    scene = (sample_varied if varied else sample_scene)(rng)
    if draw < SAME:
        text = plain_caption(scene, language) if rng.random() < 0.5 else caption(
            scene, rng, language, in_wrapper)
        return text, text
    if draw < SAME + unknown:
        opening = rng.choice(OPENINGS[language]) if rng.random() < 0.3 else ""
        text = opening + unknown_things(language, rng) + rng.choice(("", *ENDINGS[language]))
        return PLAIN[language], wrapped(text, language, rng) if rng.random() < 0.2 else text
    if draw < SAME + unknown + PLACED:
        return _placed_pair(rng, language)
    if draw < SAME + unknown + PLACED + BARE:
        scene = replace(sample_scene(rng, rng.choice((1, 1, 2)), "meadow"), time="day")
        return (plain_caption(scene, rng.choice(("en", language))),
                bare_caption(scene, language, rng, in_wrapper))
    return (plain_caption(scene, rng.choice(("en", language))),
            caption(scene, rng, language, in_wrapper))


def _placed_pair(rng: random.Random, language: str) -> tuple[str, str]:
    """A place, and the same with unknown things in it or a town's name after it."""
    scene = sample_scene(rng, 0)
    time = time_phrase(scene, language, rng)
    if rng.random() < NAMED and scene.background in LANDSCAPE_NOUNS[language]:
        noun = rng.choice(LANDSCAPE_NOUNS[language][scene.background])
        joint = " in " if language == "en" else rng.choice((" ", " di "))
        return f"{noun} {time}".strip(), f"{noun}{joint}{rng.choice(TOWNS)} {time}".strip()
    where = background_phrase(scene, language, rng)
    things = unknown_things(language, rng)
    return f"{where} {time}".strip(), f"{things} {where} {time}".strip()


def order_pair(edit: Edit, rng: random.Random) -> tuple[str, str]:
    """The plainest order of an edit, and any."""
    language = rng.choice(LANGUAGES)
    return plain_instruction(edit, rng, language), instruction(edit, rng, language)


def is_simple(edit: Edit) -> bool:
    """Returns whether an edit is of drawn images with one object at most, in no weather."""
    scenes = (edit.target, *edit.references)
    return edit.kind != "keep" and all(scene.weather == "clear" and len(scene.objects) < 2
                                       and scene.background != PHOTOGRAPH for scene in scenes)


class Lesson:
    """The encoder that learns, what it was before, and the student that compares the two."""

    def __init__(self, run: Run, arguments: argparse.Namespace) -> None:
        sizes = run.configuration.text_encoder
        self._run, self._longest, self._width = run, sizes.max_length, sizes.hidden_size
        self._varied, self._reading = arguments.varied, arguments.reading
        self._unknown, self._in_wrapper = arguments.unknown, arguments.wrapped
        self._texts, self._plain_length = arguments.texts, arguments.plain_length or self._longest
        self._alone = 0 if run.path("text_encoder.pt").exists() else READERS_ALONE
        self._tokenizer = PromptTokenizer(run.path("tokenizer"))
        self.model, before = build(run, self._tokenizer), build(run, self._tokenizer)
        self.heads = Heads(run)
        start_from(arguments.initial, {"model": self.model, "heads": self.heads})
        before.load_state_dict(self.model.state_dict())
        self._features = TextFeatures(self.model, sizes.out_layers)
        self._former = TextFeatures(before, sizes.out_layers).requires_grad_(False)
        self._student = load_transformer(run, run.path(arguments.checkpoint))

    def captions(self, size: Size, count: int, rng: random.Random) -> Losses:
        """The difference between captions that must do the same."""
        pairs = [caption_pair(rng, self._varied, self._unknown, self._in_wrapper) for _ in range(count)]
        noise = initial_noise(self._run, count, size, rng.randrange(1 << 30))
        grid, step = [Grid.whole(size)], rng.choice((0, 0, 1, 2, 3))
        return self._losses(pairs, noise, grid, (0, step), [], str(size[0]), rng)

    def orders(self, batch: Batch, rng: random.Random) -> Losses:
        """The same of orders, beside the images that they are about."""
        pairs = [order_pair(item, rng) for item in batch.items if isinstance(item, Edit)]
        counted = [self._varied or is_simple(item) for item in batch.items if isinstance(item, Edit)]
        noise, begin = torch.randn_like(batch.clean), 0
        if len(batch.references) == 1 and rng.random() < NOISED:
            sigma, begin = service_sigmas(SERVICE_STEPS, SERVICE_SHIFT)[1], 1
            noise = (1 - sigma) * batch.references[0] + sigma * noise
        steps = (begin, rng.choice((begin, begin, 1, 2, 3)))
        pairs = [pair if counts else (pair[0], pair[0]) for pair, counts in zip(pairs, counted)]
        return self._losses(pairs, noise, batch.grids, steps, batch.references, batch.name, rng)

    def _losses(self, pairs: list[tuple[str, str]], noise: torch.Tensor, grids: list[Grid],
                steps: tuple[int, int], references: list[torch.Tensor], name: str,
                rng: random.Random) -> Losses:
        said, asked = zip(*pairs)
        sigmas, (begin, step) = service_sigmas(SERVICE_STEPS, SERVICE_SHIFT), steps
        level = noise.new_full((len(noise),), sigmas[step])
        with self._run.autocast():
            with torch.no_grad():
                text = self._former(*self._tokenizer(list(said), self._plain_length)).float()
                moved = denoise(self._student, noise, text, None, grids, sigmas[begin:step + 1],
                                1.0, references)
                target = velocity(self._student, moved, level, text, grids, references)
            text = self._features(*self._tokenizer(list(asked), self._longest)).float()
            output = velocity(self._student, moved, level, text, grids, references)
        loss = F.mse_loss(output.float(), target.float())
        reading, accuracy = self._read(rng)
        return loss + self._reading * reading, {name: loss.item(), "reading": reading.item(),
                                                **accuracy}

    def _read(self, rng: random.Random) -> tuple[torch.Tensor, dict[str, float]]:
        """The readers' loss on fresh texts; while they are new it does not touch the encoder."""
        prompts, labels = sample_batch(rng, self._texts)
        ids, mask = self._tokenizer(prompts, self._longest)
        length = padded_length(mask, rng, self._longest)
        ids, mask = ids[:, :length], mask[:, :length]
        with self._run.autocast():
            rows = reading_rows(self._features(ids, mask)[..., -self._width:], mask)
        rows = rows.detach() if self._alone > 0 else rows
        self._alone -= 1
        return self.heads.losses(rows.float(), labels + labels)


def _parser() -> argparse.ArgumentParser:
    parser = stage_arguments(__doc__, steps=1000)
    parser.add_argument("--initial", type=Path, required=True, help="the encoder before")
    parser.add_argument("--checkpoint", default="student.pt")
    parser.add_argument("--sizes", default="256:16,256:16,768:2",
                        help="size:count of the batches of captions, drawn evenly")
    parser.add_argument("--mix", default="", help="pools of edits, as elsewhere, for orders")
    parser.add_argument("--orders", type=float, default=0.35, help="share of the batches, with a mix")
    parser.add_argument("--budget", type=int, default=2400, help="tokens of a batch of orders")
    parser.add_argument("--varied", action=argparse.BooleanOptionalAction, default=True,
                        help="off while the student knows no weather and nothing beside others")
    parser.add_argument("--unknown", type=float, default=0.1, help="share of unknown words alone")
    parser.add_argument("--wrapped", type=float, default=WRAPPED,
                        help="share of captions in a wrapper")
    parser.add_argument("--reading", type=float, default=0.1, help="weight of the readers' loss")
    parser.add_argument("--texts", type=int, default=96, help="that the readers read in a step")
    parser.add_argument("--plain-length", type=int, help="tokens that what is said is padded to, "
                        "where the student was trained with fewer than the run's")
    parser.add_argument("--rate", type=float, default=5e-4)
    return parser


def main(options: Sequence[str] | None = None) -> None:
    """Goes on training the text encoder, and keeps `text_encoder.pt`."""
    arguments = _parser().parse_args(options)
    run = Run.of(arguments)
    torch.manual_seed(arguments.seed)
    lesson = Lesson(run, arguments)
    matrices, others = split_parameters(lesson.model)
    optimizers = Optimizers(matrices, [*others, *lesson.heads.parameters()], arguments.rate,
                            arguments.rate)
    stage = Stage(run, "text_encoder", {"model": lesson.model, "heads": lesson.heads}, optimizers)
    loop = Loop(stage, arguments, "paraphrases", warmup=10, decay=0.6, keep=0.9)
    sizes = [(parsed_size(size), int(count)) for size, count in
             (entry.split(":") for entry in arguments.sizes.split(","))]
    mix = Mix(run, arguments.mix, loop.seed) if arguments.mix else None

    def losses() -> Losses:
        if mix and loop.rng.random() < arguments.orders:
            return lesson.orders(mix.batch(loop.rng, arguments.budget), loop.rng)
        return lesson.captions(*loop.rng.choice(sizes), loop.rng)

    loop.train(losses)


if __name__ == "__main__":
    main()
