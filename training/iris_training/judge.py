"""A judge that is not the model: a small network that names what each part of a picture shows.

    python -m iris_training.judge train --folder RUN
    python -m iris_training.judge score --folder RUN --checkpoint student.pt

It is trained on renders passed through the autoencoder, disturbed by noise and shifts, with the
class of every 32-pixel square as its target. Always read its score on real renders first.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from .captions import caption
from .latents import decode_tokens, load_autoencoder, pixels_of
from .loop import Journal, Ranks, learning_rate_scale, load, save, wait_out_pause
from .sampling import load_transformer, sample
from .scene import Scene, object_box, sample_scene
from .transformer import SEMANTIC_CLASSES, Pool, Prompts
from .vocabulary import BACKGROUNDS, LANGUAGES, OBJECTS, TIMES

SIDE = 256
GRID = 8
IGNORED = -100
DECODED_SHARE = 8  # one picture in so many is a decoded latent, the others are renders


class Judge(nn.Module):
    """A convolutional network of stride 32 with a class per square and a time per picture."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 24, 48, 96, 128, 160)
        self.body = nn.Sequential(*(self._stage(a, b) for a, b in zip(widths, widths[1:])))
        self.mix = nn.Sequential(nn.Conv2d(160, 160, 3, 1, 1), nn.BatchNorm2d(160), nn.ReLU())
        self.squares = nn.Conv2d(160, SEMANTIC_CLASSES, 1)
        self.time = nn.Linear(160, len(TIMES))

    @staticmethod
    def _stage(inputs: int, outputs: int) -> nn.Module:
        return nn.Sequential(nn.Conv2d(inputs, outputs, 3, 2, 1), nn.BatchNorm2d(outputs),
                             nn.ReLU())

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Class logits `[B, K, 8, 8]` and time logits `[B, 4]` for pictures of 256 pixels."""
        features = self.mix(self.body(pictures))
        return self.squares(features), self.time(features.mean((2, 3)))


def disturbed(pictures: torch.Tensor) -> torch.Tensor:
    """Noise, blur and small shifts, so that the judge does not live off exact pixels."""
    shift = (random.randint(-5, 5), random.randint(-5, 5))
    pictures = torch.roll(pictures, shift, (2, 3))
    if random.random() < 0.3:
        pictures = F.avg_pool2d(pictures, 3, 1, 1)
    return pictures + torch.randn_like(pictures) * 0.1 * torch.rand(len(pictures), 1, 1, 1)


def time_labels(scenes: list[Scene]) -> torch.Tensor:
    """Each scene's time; a studio has none."""
    return torch.tensor([IGNORED if scene.background == "studio" else TIMES.index(scene.time)
                         for scene in scenes])


def train(run: Path, steps: int, batch: int) -> None:
    """Trains on decoded latents and keeps `judge.pt`."""
    pool, autoencoder, model = Pool(run, f"scene-{SIDE}x{SIDE}"), load_autoencoder(run), Judge()
    optimizer = torch.optim.AdamW(model.parameters(), 3e-3, weight_decay=0.05)
    journal = Journal(run, "judge", 0, steps, Ranks(), 50)
    for step in range(steps):
        indices = torch.randint(0, len(pool.items), (batch,)).tolist()
        scenes = [pool.items[index] for index in indices]
        coded = batch // DECODED_SHARE
        with torch.autocast("cpu", torch.bfloat16):
            decoded = decode_tokens(autoencoder, pool.tokens[0][indices[:coded]].float(),
                                    SIDE, SIDE).float()
            rendered = pixels_of(scenes[coded:], SIDE, SIDE)
            squares, time = model(disturbed(torch.cat([decoded, rendered])))
        loss = (F.cross_entropy(squares.float().flatten(2), pool.classes[indices])
                + F.cross_entropy(time.float(), time_labels(scenes), ignore_index=IGNORED))
        optimizer.zero_grad()
        loss.backward()
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * learning_rate_scale(step, steps)
        optimizer.step()
        journal.advance()
        if journal.is_due(step + 1):
            journal.report(step + 1, loss=loss.item())
    save(run / "judge.pt", {"model": model.state_dict()})


def verdict(squares: torch.Tensor, time: torch.Tensor, scene: Scene) -> dict[str, list[bool]]:
    """What is right in one picture, from its class and time logits."""
    classes = squares.argmax(0)
    free = torch.ones_like(classes, dtype=torch.bool)
    found: list[bool] = []
    for placed in scene.objects:
        x, y, side = (round(value / (SIDE // GRID)) for value in object_box(placed, SIDE, SIDE))
        box = (slice(max(0, y), y + side), slice(max(0, x), x + side))
        free[box] = False
        objects = squares[(slice(0, len(OBJECTS)), *box)].mean((1, 2))
        named = (classes[box] == placed.index).float().mean() >= 0.25
        found.append(bool(named) and int(objects.argmax()) == placed.index)
    backgrounds = squares[len(OBJECTS):][:, free].mean(1).reshape(len(BACKGROUNDS), 2).sum(1)
    right = {"background": [int(backgrounds.argmax()) == BACKGROUNDS.index(scene.background)],
             "object" if len(found) < 2 else "pair": found}
    if scene.background != "studio":
        right["time"] = [int(time.argmax()) == TIMES.index(scene.time)]
    return right


@torch.no_grad()
def judged(model: Judge, pictures: torch.Tensor, scenes: list[Scene]) -> dict[str, float]:
    """The share of right backgrounds, times, single objects and objects of pairs."""
    small = F.interpolate(pictures, (SIDE, SIDE), mode="area")
    squares, time = model(small)
    gathered: dict[str, list[bool]] = {}
    for index, scene in enumerate(scenes):
        for name, values in verdict(squares[index], time[index], scene).items():
            gathered.setdefault(name, []).extend(values)
    return {name: sum(values) / len(values) for name, values in gathered.items() if values}


def score(run: Path, checkpoint: str, size: int, count: int, steps: int,
          guidance: float) -> None:
    """Prints the judge's figures for real renders and for samples, per language."""
    judge = Judge()
    judge.load_state_dict(load(run / "judge.pt")["model"])
    judge.eval()
    model, prompts = load_transformer(run / checkpoint), Prompts(run)
    autoencoder, rng = load_autoencoder(run), random.Random(424242)
    for language in LANGUAGES:
        scenes = [sample_scene(rng, rng.choice((1, 1, 2))) for _ in range(count // 2)]
        texts = [caption(scene, rng, language) for scene in scenes]
        pictures = []
        for start in range(0, len(texts), 16):
            wait_out_pause()
            tokens = sample(model, prompts, texts[start:start + 16], (size, size), steps,
                            guidance, seed=start)
            pictures.append(decode_tokens(autoencoder, tokens, size, size))
        print(language, "renders", judged(judge, pixels_of(scenes, size, size), scenes))
        print(language, "samples", judged(judge, torch.cat(pictures), scenes))


def main() -> None:
    """Trains the judge or lets it score a checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("train", "score"))
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--training-steps", type=int, default=600)
    parser.add_argument("--checkpoint", default="student.pt")
    parser.add_argument("--size", type=int, default=SIDE)
    parser.add_argument("--count", type=int, default=96)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--guidance", type=float, default=1.0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    if arguments.action == "train":
        train(arguments.folder, arguments.training_steps, arguments.batch)
    else:
        score(arguments.folder, arguments.checkpoint, arguments.size, arguments.count,
              arguments.steps, arguments.guidance)


if __name__ == "__main__":
    main()
