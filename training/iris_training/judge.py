"""A judge that is not the model: two small networks that name what a picture shows.

    python -m iris_training.judge --folder RUN

One sees the whole picture and names its background and time of day; the other sees the square where
an object should stand and names the object, or none, and its colour. Both learn from fresh renders
of many sizes, disturbed by blur, noise, shifts and, for some, a style or a pass through the
autoencoder.
`scoring` puts their answers about renders that they never saw beside those about samples.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKLFlux2
from PIL import Image
from torch import nn
from tqdm import tqdm

from .batches import IGNORED
from .latents import (decode_tokens, encode_patches, image_of, load_autoencoder, pixels_of,
                      tokens_of)
from .loop import (Journal, Optimizers, Ranks, Stage, learning_rate_scale, load, seeded,
                   stage_arguments, start_from, wait_out_pause)
from .scene import PlacedObject, Scene, object_box, render, sample_scene
from .styles import STYLES
from .vocabulary import BACKGROUNDS, OBJECTS, SIDES, TIMES, TINTS
from .vocabulary import SIZES as OBJECT_SIZES

SCENE_SIDE, CROP_SIDE = 96, 64
MARGIN = 0.1  # of a square's side, seen around it
SIZES = ((256, 256), (384, 384), (512, 512), (768, 768), (960, 960), (768, 512), (512, 768))
SMALL_SIZES = SIZES[:2]  # of pictures in a style, whose filters take long on large ones
CODED_SIZE = 256
RATE = 2e-3
STYLED_SHARE = 0.35  # of the pictures are in a style
STRONGEST = 1.2  # beyond, as at the 1.5 that `scoring` ends at, it has seen nothing
NOTHING, UNTINTED = len(OBJECTS), len(TINTS)


def _network(outputs: int) -> nn.Module:
    widths = (3, 32, 64, 96, 160)
    layers: list[nn.Module] = []
    for inputs, width in zip(widths, widths[1:]):
        layers += [nn.Conv2d(inputs, width, 3, 2, 1), nn.BatchNorm2d(width), nn.ReLU(),
                   nn.Conv2d(width, width, 3, 1, 1), nn.BatchNorm2d(width), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(0.2),
                         nn.Linear(4 * widths[-1], outputs))


class Judge(nn.Module):
    """Names backgrounds and times of whole pictures, objects and colours of squares."""

    def __init__(self) -> None:
        super().__init__()
        self.scenes = _network(len(BACKGROUNDS) + len(TIMES))
        self.squares = _network(len(OBJECTS) + 1 + len(TINTS) + 1)

    def scene(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of background and time for `[B, 3, 96, 96]` in [-1, 1]."""
        return self.scenes(pictures).float().split([len(BACKGROUNDS), len(TIMES)], 1)

    def square(self, crops: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of object and tint for `[B, 3, 64, 64]` in [-1, 1]."""
        return self.squares(crops).float().split([len(OBJECTS) + 1, len(TINTS) + 1], 1)


def tensor(image: Image.Image, side: int) -> torch.Tensor:
    """A picture shrunk to a square in [-1, 1], `[3, side, side]`."""
    small = np.asarray(image.convert("RGB").resize((side, side), Image.BOX))
    return torch.from_numpy(small.transpose(2, 0, 1).copy()).float() / 127.5 - 1


def crop(image: Image.Image, placed: PlacedObject) -> torch.Tensor:
    """The square where an object should be, with a margin."""
    x, y, side = object_box(placed, image.width, image.height)
    margin = round(MARGIN * side)
    return tensor(image.crop((x - margin, y - margin, x + side + margin, y + side + margin)),
                  CROP_SIDE)


@dataclass
class Examples:
    """Pictures with their labels."""

    pictures: torch.Tensor
    labels: torch.Tensor


def scene_labels(scene: Scene) -> tuple[int, int]:
    """Background and time; a studio has no time."""
    time = IGNORED if scene.background == "studio" else TIMES.index(scene.time)
    return BACKGROUNDS.index(scene.background), time


def square_labels(placed: PlacedObject) -> tuple[int, int]:
    """Object and tint; the tint of what cannot be tinted does not matter."""
    if not OBJECTS[placed.index].tintable:
        return placed.index, IGNORED
    return placed.index, UNTINTED if placed.tint is None else placed.tint


def empty_place(scene: Scene, width: int, height: int, rng: random.Random) -> PlacedObject | None:
    """A place where an object might have been and none is."""
    place = PlacedObject(0, rng.choice(OBJECT_SIZES), rng.choice(SIDES), flying=rng.random() < 0.2)
    x, y, edge = object_box(place, width, height)
    for other in scene.objects:
        ox, oy, other_edge = object_box(other, width, height)
        if x < ox + other_edge and ox < x + edge and y < oy + other_edge and oy < y + edge:
            return None
    return place


def with_more_colours(scene: Scene, rng: random.Random) -> Scene:
    """The scene, often with objects that come in colours: scenes have few of them."""
    if rng.random() < 0.5:
        return scene
    tintable = [index for index, kind in enumerate(OBJECTS) if kind.tintable]
    objects = tuple(replace(placed, index=rng.choice(tintable), tint=rng.randrange(len(TINTS)))
                    for placed in scene.objects)
    return replace(scene, objects=objects)


def in_style(image: Image.Image, style: str, strength: float) -> Image.Image:
    """The picture moved towards the style, past it where the strength is above 1."""
    plain, styled = (np.asarray(one, np.float32) for one in (image, STYLES[style](image)))
    return Image.fromarray((plain + strength * (styled - plain)).clip(0, 255).astype(np.uint8))


def collect(run: Path, count: int, coded: int, rng: random.Random,
            bfloat16: bool) -> tuple[Examples, Examples]:
    """Renders scenes, some through the autoencoder, and cuts them up."""
    autoencoder = load_autoencoder(run)
    wholes, crops, whole_labels, crop_labels = [], [], [], []
    for number in tqdm(range(count), desc="judge's pictures", mininterval=20):
        wait_out_pause()
        scene = with_more_colours(sample_scene(rng), rng)
        styled = rng.random() < STYLED_SHARE
        size = rng.choice(SMALL_SIZES if styled else SIZES)
        image = (through_autoencoder(autoencoder, scene, bfloat16) if number < coded
                 else render(scene, *size))
        if styled:
            image = in_style(image, rng.choice(tuple(STYLES)), rng.uniform(0.2, STRONGEST))
        wholes.append(tensor(image, SCENE_SIDE))
        whole_labels.append(scene_labels(scene))
        for placed in scene.objects:
            crops.append(crop(image, placed))
            crop_labels.append(square_labels(placed))
        if empty := empty_place(scene, *image.size, rng):
            crops.append(crop(image, empty))
            crop_labels.append((NOTHING, IGNORED))
    return (Examples(torch.stack(wholes), torch.tensor(whole_labels)),
            Examples(torch.stack(crops), torch.tensor(crop_labels)))


@torch.no_grad()
def through_autoencoder(model: AutoencoderKLFlux2, scene: Scene, bfloat16: bool) -> Image.Image:
    """A render of 256 pixels, encoded and decoded."""
    pixels = pixels_of([scene], CODED_SIZE, CODED_SIZE)
    tokens = tokens_of(model, encode_patches(model, pixels, bfloat16))
    return image_of(decode_tokens(model, tokens, CODED_SIZE, CODED_SIZE)[0])


def disturbed(pictures: torch.Tensor, rng: random.Random) -> torch.Tensor:
    """Noise, blur, shifts and light, so that the judge does not live off exact pixels."""
    reach = pictures.shape[-1] // 16
    shift = (rng.randint(-reach, reach), rng.randint(-reach, reach))
    pictures = torch.roll(pictures, shift, (2, 3))
    if rng.random() < 0.5:
        kernel = rng.choice((3, 5))
        pictures = F.avg_pool2d(pictures, kernel, 1, kernel // 2, count_include_pad=False)
    light = 1 + 0.08 * torch.randn(len(pictures), 1, 1, 1)
    return pictures * light + torch.randn_like(pictures) * 0.12 * torch.rand(len(light), 1, 1, 1)


def loss_of(logits: tuple[torch.Tensor, torch.Tensor], labels: torch.Tensor) -> torch.Tensor:
    """The sum of both questions' losses."""
    return sum(F.cross_entropy(guess, labels[:, k], ignore_index=IGNORED, label_smoothing=0.05)
               for k, guess in enumerate(logits))


def train(arguments: argparse.Namespace, ranks: Ranks, scenes: Examples,
          squares: Examples) -> None:
    """Trains both networks, or goes on training them, and keeps `judge.pt`."""
    torch.manual_seed(arguments.seed)  # ranks begin with one judge
    run, model = arguments.folder, Judge()
    start_from(arguments.initial, {"model": model})
    optimizers = Optimizers([], model.parameters(), 0, RATE, adam_decay=0.05)
    stage = Stage(run / "judge.pt", {"model": model}, optimizers, decay=0.99)
    stage.resume()
    rng = seeded(arguments.seed, ranks, stage.step)
    journal = Journal(run, "judge", stage.step, arguments.steps, ranks, arguments.save_every)
    while stage.step < arguments.steps:
        total = torch.zeros(())
        for examples, answer, share in ((scenes, model.scene, 2), (squares, model.square, 1)):
            chosen = torch.randint(0, len(examples.pictures), (arguments.batch // share,))
            with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bfloat16):
                logits = answer(disturbed(examples.pictures[chosen], rng))
            total = total + loss_of(logits, examples.labels[chosen])
        total.backward()
        stage.update(ranks, learning_rate_scale(stage.step, arguments.steps))
        journal.record(stage, loss=total.item())


def load_judge(run: Path) -> Judge:
    """The trained judge."""
    judge = Judge()
    judge.load_state_dict(load(run / "judge.pt")["model"])
    return judge.eval().requires_grad_(False)


def main() -> None:
    """Renders, then trains."""
    parser = stage_arguments(__doc__, steps=1500)
    parser.add_argument("--initial", type=Path, help="judge to begin from, as when scenes change")
    parser.add_argument("--pictures", type=int, default=9000)
    parser.add_argument("--coded", type=int, default=1200)
    parser.add_argument("--batch", type=int, default=96)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    rng = seeded(arguments.seed, ranks := Ranks(), 0)
    scenes, squares = collect(arguments.folder, arguments.pictures, arguments.coded, rng,
                              arguments.bfloat16)
    train(arguments, ranks, scenes, squares)


if __name__ == "__main__":
    main()
