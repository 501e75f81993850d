"""A judge that is not the model: two small networks that name what an image shows.

    python -m iris_training.judge --folder RUN

One sees the whole image and names its background, time of day and weather; the other sees the
square where an object should stand and names the object, or none, and its colour. Both learn from
fresh renders of many sizes, disturbed by blur, noise, shifts and, for some, a style or a pass
through the autoencoder.
`scoring` puts their answers about renders that they never saw beside those about samples.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn
from tqdm import tqdm

from .checkpoints import kept, required, start_from
from .latents import decoded_images, load_autoencoder, tokens_of
from .loop import IGNORED, Loop, Losses, Optimizers, Stage, seeded
from .pixels import pixels_of
from .run import Run, stage_arguments, wait_out_pause
from .scene import WITHOUT_WEATHER, PlacedObject, Scene, object_box, render, sample_varied
from .styles import STYLES
from .vocabulary import BACKGROUNDS, FAR_SIDES, OBJECTS, SIDES, TIMES, TINTS, WEATHERS
from .vocabulary import SIZES as OBJECT_SIZES

SCENE_SIDE, CROP_SIDE = 96, 64
MARGIN = 0.1  # of a square's side, seen around it
SIZES = ((256, 256), (384, 384), (512, 512), (768, 768), (960, 960), (768, 512), (512, 768))
SMALL_SIZES = SIZES[:2]  # of images in a style, whose filters take long on large ones
CODED_SIZE = (256, 256)
RATE = 2e-3
STYLED_SHARE = 0.35  # of the images are in a style
STRONGEST = 1.2  # beyond, as at the 1.5 that `scoring` ends at, it has seen nothing
SCENE_CLASSES = (len(BACKGROUNDS), len(TIMES), len(WEATHERS))
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
    """Names backgrounds, times and weathers of whole images, objects and colours of squares."""

    def __init__(self) -> None:
        super().__init__()
        self.scenes = _network(sum(SCENE_CLASSES))
        self.squares = _network(len(OBJECTS) + 1 + len(TINTS) + 1)

    def scene(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Logits of background, time and weather for `[B, 3, 96, 96]` in [-1, 1]."""
        return self.scenes(images).float().split(SCENE_CLASSES, 1)

    def square(self, crops: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Logits of object and tint for `[B, 3, 64, 64]` in [-1, 1]."""
        return self.squares(crops).float().split([len(OBJECTS) + 1, len(TINTS) + 1], 1)


def shrunk(image: Image.Image, side: int) -> Image.Image:
    """An image made a square of so many pixels a side."""
    return image.convert("RGB").resize((side, side), Image.Resampling.BOX)


def crop(image: Image.Image, placed: PlacedObject) -> Image.Image:
    """The square where an object should be, with a margin."""
    x, y, side = object_box(placed, image.width, image.height)
    margin = round(MARGIN * side)
    return shrunk(image.crop((x - margin, y - margin, x + side + margin, y + side + margin)),
                  CROP_SIDE)


@dataclass
class Examples:
    """Images of one size, `[side, side, 3]` bytes each, and their labels."""

    images: list[np.ndarray] = field(default_factory=list)
    labels: list[tuple[int, ...]] = field(default_factory=list)

    def add(self, image: Image.Image, labels: tuple[int, ...]) -> None:
        """Adds one."""
        self.images.append(np.asarray(image))
        self.labels.append(labels)

    def batch(self, count: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
        """Random ones: images and labels."""
        chosen = torch.randint(0, len(self.images), (count,)).tolist()
        images = pixels_of([self.images[k] for k in chosen])
        return images.to(device), torch.tensor([self.labels[k] for k in chosen]).to(device)


def scene_labels(scene: Scene) -> tuple[int, int, int]:
    """Background, time and weather; a studio has no time, and no weather is seen indoors."""
    time = IGNORED if scene.background == "studio" else TIMES.index(scene.time)
    weather = IGNORED if scene.background in WITHOUT_WEATHER else WEATHERS.index(scene.weather)
    return BACKGROUNDS.index(scene.background), time, weather


def square_labels(placed: PlacedObject) -> tuple[int, int]:
    """Object and tint; the tint of what cannot be tinted does not matter."""
    if not OBJECTS[placed.index].tintable:
        return placed.index, IGNORED
    return placed.index, UNTINTED if placed.tint is None else placed.tint


def empty_place(scene: Scene, width: int, height: int, rng: random.Random) -> PlacedObject | None:
    """A place where an object might have been and none is."""
    size = rng.choice(OBJECT_SIZES)
    side = rng.choice(SIDES if size == "normal" or rng.random() < 0.7 else FAR_SIDES)
    place = PlacedObject(0, size, side, flying=rng.random() < 0.2)
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
    """The image moved towards the style, past it where the strength is above 1."""
    plain, styled = (np.asarray(one, np.float32) for one in (image, STYLES[style](image)))
    return Image.fromarray((plain + strength * (styled - plain)).clip(0, 255).astype(np.uint8))


def collect(run: Run, count: int, coded: int, rng: random.Random) -> tuple[Examples, Examples]:
    """Renders scenes, the first through the autoencoder, and cuts them up: scenes and squares."""
    autoencoder = load_autoencoder(run)
    wholes, squares = Examples(), Examples()
    for number in tqdm(range(count), desc="judge's images", mininterval=20):
        wait_out_pause()
        scene = with_more_colours(sample_varied(rng), rng)
        styled = rng.random() < STYLED_SHARE
        size = rng.choice(SMALL_SIZES if styled else SIZES)
        if number < coded:
            tokens = tokens_of(run, autoencoder, [render(scene, *CODED_SIZE)])
            image = decoded_images(autoencoder, tokens, CODED_SIZE)[0]
        else:
            image = render(scene, *size)
        if styled:
            image = in_style(image, rng.choice(tuple(STYLES)), rng.uniform(0.2, STRONGEST))
        wholes.add(shrunk(image, SCENE_SIDE), scene_labels(scene))
        for placed in scene.objects:
            squares.add(crop(image, placed), square_labels(placed))
        if empty := empty_place(scene, *image.size, rng):
            squares.add(crop(image, empty), (NOTHING, IGNORED))
    return wholes, squares


def draw_examples(run: Run, arguments: argparse.Namespace) -> tuple[Examples, Examples]:
    """The examples that this rank drew when they were first asked for."""
    key = {"seed": arguments.seed, "images": arguments.images, "coded": arguments.coded,
           "sources": run.ages("autoencoder.pt", "statistics.pt")}
    path = run.path(f"judge-images-{run.ranks.index}.pt")
    return kept(path, key, lambda: collect(run, arguments.images, arguments.coded,
                                           seeded(arguments.seed, run.ranks, 0)))


def disturbed(images: torch.Tensor, rng: random.Random) -> torch.Tensor:
    """Noise, blur, shifts and light, so that the judge does not live off exact pixels."""
    reach, device = images.shape[-1] // 16, images.device
    shift = (rng.randint(-reach, reach), rng.randint(-reach, reach))
    images = torch.roll(images, shift, (2, 3))
    if rng.random() < 0.5:
        kernel = rng.choice((3, 5))
        images = F.avg_pool2d(images, kernel, 1, kernel // 2, count_include_pad=False)
    light = 1 + 0.08 * torch.randn(len(images), 1, 1, 1, device=device)
    noise = torch.randn_like(images) * 0.12
    return images * light + noise * torch.rand(len(images), 1, 1, 1, device=device)


def loss_of(logits: tuple[torch.Tensor, ...], labels: torch.Tensor) -> torch.Tensor:
    """The sum of the questions' losses."""
    return torch.stack([F.cross_entropy(guess, labels[:, k], ignore_index=IGNORED,
                                        label_smoothing=0.05)
                        for k, guess in enumerate(logits)]).sum()


def load_judge(run: Run) -> Judge:
    """The trained judge."""
    judge = Judge()
    judge.load_state_dict(required(run.path("judge.pt"))["model"])
    return judge.eval().requires_grad_(False)


def _parser() -> argparse.ArgumentParser:
    parser = stage_arguments(__doc__, steps=1500)
    parser.add_argument("--initial", type=Path, help="judge to begin from, as when scenes change")
    parser.add_argument("--images", type=int, default=9000)
    parser.add_argument("--coded", type=int, default=1200, help="of them, through the autoencoder")
    parser.add_argument("--batch", type=int, default=96)
    return parser


def main(options: Sequence[str] | None = None) -> None:
    """Draws images, then trains both networks, or goes on training them, and keeps `judge.pt`."""
    arguments = _parser().parse_args(options)
    run = Run.of(arguments)
    scenes, squares = draw_examples(run, arguments)
    torch.manual_seed(arguments.seed)  # ranks begin with one judge
    model = Judge().to(run.device)
    start_from(arguments.initial, {"model": model})
    optimizers = Optimizers([], model.parameters(), 0, RATE, adam_decay=0.05)
    loop = Loop(Stage(run, "judge", {"model": model}, optimizers), arguments)

    def losses() -> Losses:
        total = torch.zeros((), device=run.device)
        for examples, answer, share in ((scenes, model.scene, 2), (squares, model.square, 1)):
            images, labels = examples.batch(arguments.batch // share, run.device)
            with run.autocast():
                logits = answer(disturbed(images, loop.rng))
            total = total + loss_of(logits, labels)
        return total, {"loss": total.item()}

    loop.train(losses)


if __name__ == "__main__":
    main()
