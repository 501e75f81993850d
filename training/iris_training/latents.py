"""Renders scenes and edits and stores their latents in chunks, which the transformer trains on.

    python -m iris_training.latents --folder RUN --kind scene --size 256 --chunks 6

Chunks can be added while the transformer trains: it looks for new ones from time to time.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLFlux2
from PIL import Image
from tqdm import tqdm

from .autoencoder import build
from .edits import Edit, sample_edit
from .loop import load, save, wait_out_pause
from .scene import Scene, render, sample_scene
from .vocabulary import BACKGROUNDS

TOKEN_PIXELS = 32
Size = tuple[int, int]
"""Width and height in pixels."""
KINDS = ("scene", "edit", "combine", "relight")
FLYING_SHARE = 0.2  # of the items, at least, show something that flies: left to chance a tenth do
SMALL_SHARE = 0.3  # at least show something small, which is two tokens a side at 256 pixels


def load_autoencoder(run: Path) -> AutoencoderKLFlux2:
    """The averaged autoencoder; its latent statistics once they are measured."""
    model = build()
    model.load_state_dict(load(run / "autoencoder.pt")["average"])
    if statistics := load(run / "statistics.pt"):
        model.bn.running_mean.copy_(statistics["mean"])
        model.bn.running_var.copy_(statistics["variance"])
    return model.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def finished_autoencoder(run: Path) -> AutoencoderKLFlux2:
    """The autoencoder, with the separately trained decoder when there is one."""
    model = load_autoencoder(run)
    if decoder := load(run / "decoder.pt"):
        trained = {k: v for k, v in decoder["average"].items() if k.startswith("decoder.")}
        model.load_state_dict(model.state_dict() | trained)
    return model


def patchify(latents: torch.Tensor) -> torch.Tensor:
    """Folds 2 x 2 neighbours into channels: `[B, C, 2h, 2w]` to `[B, 4C, h, w]`."""
    b, c, h, w = latents.shape
    folded = latents.reshape(b, c, h // 2, 2, w // 2, 2).permute(0, 1, 3, 5, 2, 4)
    return folded.reshape(b, 4 * c, h // 2, w // 2)


def unpatchify(patches: torch.Tensor) -> torch.Tensor:
    """The inverse of `patchify`."""
    b, c, h, w = patches.shape
    unfolded = patches.reshape(b, c // 4, 2, 2, h, w).permute(0, 1, 4, 2, 5, 3)
    return unfolded.reshape(b, c // 4, 2 * h, 2 * w)


def pixels_of(scenes: list[Scene], width: int, height: int) -> torch.Tensor:
    """Rendered scenes in [-1, 1], `[B, 3, height, width]`."""
    pixels = np.stack([np.asarray(render(scene, width, height)) for scene in scenes])
    return torch.from_numpy(pixels.transpose(0, 3, 1, 2).copy()).float() / 127.5 - 1


@torch.no_grad()
def encode_patches(model: AutoencoderKLFlux2, pictures: torch.Tensor,
                   bfloat16: bool) -> torch.Tensor:
    """Latent means as patches that are not normalised yet."""
    pictures = pictures.contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        return patchify(model.encode(pictures).latent_dist.mean.float())


def tokens_of(model: AutoencoderKLFlux2, patches: torch.Tensor) -> torch.Tensor:
    """Normalised tokens, `[B, N, C]`, row by row."""
    mean = model.bn.running_mean[:, None, None]
    deviation = (model.bn.running_var[:, None, None] + model.config.batch_norm_eps).sqrt()
    return ((patches - mean) / deviation).flatten(2).transpose(1, 2)


def latents_of(model: AutoencoderKLFlux2, tokens: torch.Tensor, width: int,
               height: int) -> torch.Tensor:
    """What the decoder reads, from normalised tokens."""
    h, w = height // TOKEN_PIXELS, width // TOKEN_PIXELS
    deviation = (model.bn.running_var[:, None, None] + model.config.batch_norm_eps).sqrt()
    patches = tokens.transpose(1, 2).reshape(len(tokens), -1, h, w)
    return unpatchify(patches * deviation + model.bn.running_mean[:, None, None])


@torch.no_grad()
def decode_tokens(model: AutoencoderKLFlux2, tokens: torch.Tensor, width: int,
                  height: int) -> torch.Tensor:
    """Pictures in [-1, 1] from normalised tokens, one at a time."""
    latents = latents_of(model, tokens, width, height)
    return torch.cat([model.decode(one[None]).sample for one in latents]).clamp(-1, 1)


def image_of(picture: torch.Tensor) -> Image.Image:
    """A picture in [-1, 1], `[3, height, width]`, as 8-bit RGB."""
    pixels = ((picture.float() + 1) * 127.5).round().byte()
    return Image.fromarray(pixels.permute(1, 2, 0).numpy())


def measure_statistics(run: Path, seed: int, bfloat16: bool, count: int = 384) -> None:
    """Sets the mean and variance of every patch channel from fresh scenes of 256 pixels."""
    model, rng = load_autoencoder(run), random.Random(seed)
    patches = torch.cat([
        encode_patches(model, pixels_of([sample_scene(rng) for _ in range(16)], 256, 256),
                       bfloat16) for _ in range(count // 16)])
    save(run / "statistics.pt", {"mean": patches.mean((0, 2, 3)),
                                 "variance": patches.var((0, 2, 3))})


def sample_items(kind: str, rng: random.Random, count: int,
                 backgrounds: tuple[str, ...]) -> list[Scene] | list[Edit]:
    """Scenes, edits of one reference, or edits of two or three; of some backgrounds."""
    return [_sample_item(kind, rng, rng.random() < FLYING_SHARE, rng.random() < SMALL_SHARE,
                         backgrounds) for _ in range(count)]


def _sample_item(kind: str, rng: random.Random, flying: bool, small: bool,
                 backgrounds: tuple[str, ...]) -> Scene | Edit:
    """One item; with something in the air, or something small, if that is asked for."""
    while True:
        if kind == "scene":
            item = sample_scene(rng)
        else:
            item = sample_edit(rng, None if kind == "edit" else kind)
        objects = [placed for scene in pictures_of(item) for placed in scene.objects]
        if (pictures_of(item)[0].background in backgrounds
                and (not flying or any(placed.flying for placed in objects))
                and (not small or any(placed.size == "small" for placed in objects))):
            return item


def pictures_of(item: Scene | Edit) -> list[Scene]:
    """The target first, then the references."""
    return [item] if isinstance(item, Scene) else [item.target, *item.references]


def make_chunk(model: AutoencoderKLFlux2, kind: str, sizes: tuple[Size, Size], count: int,
               backgrounds: tuple[str, ...], seed: int, bfloat16: bool) -> dict:
    """Items and their tokens: `tokens[k]` belongs to picture `k`, `[count, N, C]` float16.

    `sizes` are those of most pictures and of the first of several references.
    """
    items = sample_items(kind, random.Random(seed), count, backgrounds)
    number = len(pictures_of(items[0]))
    chosen = [sizes[0]] * number
    if number > 2:
        chosen[1] = sizes[1]
    groups: list[list[torch.Tensor]] = [[] for _ in chosen]
    batch = max(1, 8 * 256 ** 2 // (sizes[0][0] * sizes[0][1]))
    title = f"{kind} {sizes[0][0]}x{sizes[0][1]}"
    for start in tqdm(range(0, count, batch), desc=title, mininterval=20):
        wait_out_pause()
        pictures = [pictures_of(item) for item in items[start:start + batch]]
        for position, group in enumerate(groups):
            pixels = pixels_of([scenes[position] for scenes in pictures], *chosen[position])
            group.append(tokens_of(model, encode_patches(model, pixels, bfloat16)).half())
    return {"items": items, "sizes": chosen, "tokens": [torch.cat(group) for group in groups]}


def parsed_size(text: str) -> Size:
    """`"256"` or `"768x512"`."""
    sides = [int(side) for side in text.split("x")]
    return sides[0], sides[-1]


def parsed_backgrounds(text: str) -> tuple[str, ...]:
    """`"mountains,beach"`; not indoors, where nothing flies and a share of the items must."""
    names = tuple(text.split(","))
    outdoors = [name for name in BACKGROUNDS if name not in ("bedroom", "studio")]
    if unknown := [name for name in names if name not in outdoors]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not among {', '.join(outdoors)}")
    return names


def main() -> None:
    """Adds chunks that do not exist yet; measures the statistics first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--kind", choices=KINDS, default="scene")
    parser.add_argument("--size", default="256", help="side, or WIDTHxHEIGHT, multiples of 32")
    parser.add_argument("--first-size", help="of the first of several references")
    parser.add_argument("--first", type=int, default=0, help="number of the first chunk")
    parser.add_argument("--chunks", type=int, default=6)
    parser.add_argument("--count", type=int, default=1000, help="items per chunk")
    parser.add_argument("--backgrounds", type=parsed_backgrounds, default=BACKGROUNDS,
                        help="of the targets, outdoors, for those that are learned last")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bfloat16", action=argparse.BooleanOptionalAction, default=True)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    run, size = arguments.folder, parsed_size(arguments.size)
    sizes = (size, parsed_size(arguments.first_size) if arguments.first_size else size)
    if not (run / "statistics.pt").exists():
        measure_statistics(run, arguments.seed, arguments.bfloat16)
    model = load_autoencoder(run)
    for number in range(arguments.first, arguments.first + arguments.chunks):
        path = run / "latents" / f"{arguments.kind}-{size[0]}x{size[1]}-{number:03}.pt"
        if not path.exists():
            seed = hash((arguments.seed, number, KINDS.index(arguments.kind), size))
            save(path, make_chunk(model, arguments.kind, sizes, arguments.count,
                                  arguments.backgrounds, seed, arguments.bfloat16))


if __name__ == "__main__":
    main()
