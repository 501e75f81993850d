"""Renders scenes and edits and stores their latents in chunks, which the transformer trains on.

    python -m iris_training.latents --folder RUN --kind scene --size 256 --chunks 6

Chunks can be added while the transformer trains: it looks for new ones from time to time.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence

import torch
from diffusers import AutoencoderKLFlux2
from PIL import Image
from tqdm import tqdm

from .autoencoder import build
from .checkpoints import load, required, save
from .edits import KINDS as EDITS
from .edits import Edit, sample_edit
from .photographs import PHOTOGRAPH
from .pixels import Size, image_of, parsed_size, pixels_of
from .run import Run, run_arguments, wait_out_pause
from .scene import Scene, render, sample_bare, sample_scene, sample_varied
from .vocabulary import BACKGROUNDS

TOKEN_PIXELS = 32
KINDS = ("scene", "edit", "combine", "relight", "together")
FLYING_SHARE = 0.2  # of the items, at least, show something that flies: left to chance a tenth do
SMALL_SHARE = 0.3  # at least show something small, which is two tokens a side at 256 pixels
STATISTICS_SCENES = 384  # of 256 pixels, that mean and variance of the latents are measured on
STATISTICS_BATCH = 16


def load_autoencoder(run: Run) -> AutoencoderKLFlux2:
    """The averaged autoencoder; its latent statistics once they are measured."""
    model = build(run)
    model.load_state_dict(required(run.path("autoencoder.pt"))["average"])
    if statistics := load(run.path("statistics.pt")):
        model.bn.running_mean.copy_(statistics["mean"])
        model.bn.running_var.copy_(statistics["variance"])
    return model.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def finished_autoencoder(run: Run) -> AutoencoderKLFlux2:
    """The autoencoder, with the separately trained decoder when there is one."""
    model = load_autoencoder(run)
    if decoder := load(run.path("decoder.pt")):
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


@torch.no_grad()
def encode_patches(run: Run, model: AutoencoderKLFlux2, pixels: torch.Tensor) -> torch.Tensor:
    """Latent means as patches that are not normalised yet, `[B, 4C, h, w]`."""
    pixels = pixels.to(run.device).contiguous(memory_format=torch.channels_last)
    with run.autocast():
        return patchify(model.encode(pixels).latent_dist.mean.float())


def _deviation(model: AutoencoderKLFlux2) -> torch.Tensor:
    return (model.bn.running_var[:, None, None] + model.config.batch_norm_eps).sqrt()


def encode_tokens(run: Run, model: AutoencoderKLFlux2, pixels: torch.Tensor) -> torch.Tensor:
    """Normalised tokens, `[B, N, 4C]`, row by row, of pixels in [-1, 1]."""
    patches = encode_patches(run, model, pixels)
    normalised = (patches - model.bn.running_mean[:, None, None]) / _deviation(model)
    return normalised.flatten(2).transpose(1, 2)


def tokens_of(run: Run, model: AutoencoderKLFlux2, images: Sequence[Image.Image]) -> torch.Tensor:
    """Normalised tokens of images of one size, `[B, N, 4C]`."""
    return encode_tokens(run, model, pixels_of(images))


def latents_of(model: AutoencoderKLFlux2, tokens: torch.Tensor, size: Size) -> torch.Tensor:
    """The latents that the decoder reads, from normalised tokens of images of a size in pixels."""
    h, w = size[1] // TOKEN_PIXELS, size[0] // TOKEN_PIXELS
    patches = tokens.transpose(1, 2).reshape(len(tokens), -1, h, w)
    return unpatchify(patches * _deviation(model) + model.bn.running_mean[:, None, None])


@torch.no_grad()
def decode_tokens(model: AutoencoderKLFlux2, tokens: torch.Tensor, size: Size) -> torch.Tensor:
    """Pixels in [-1, 1] from normalised tokens, an image at a time."""
    latents = latents_of(model, tokens, size)
    return torch.cat([model.decode(one[None]).sample for one in latents]).clamp(-1, 1)


def decoded_images(model: AutoencoderKLFlux2, tokens: torch.Tensor,
                   size: Size) -> list[Image.Image]:
    """The images of normalised tokens."""
    return [image_of(one) for one in decode_tokens(model, tokens, size)]


def measure_statistics(run: Run, seed: int) -> None:
    """Sets the mean and variance of every patch channel from fresh scenes of 256 pixels."""
    model, rng, patches = load_autoencoder(run), random.Random(seed), []
    for _ in range(STATISTICS_SCENES // STATISTICS_BATCH):
        scenes = [sample_scene(rng) for _ in range(STATISTICS_BATCH)]
        pixels = pixels_of([render(scene, 256) for scene in scenes])
        patches.append(encode_patches(run, model, pixels).cpu())
    every = torch.cat(patches)
    save(run.path("statistics.pt"), {"mean": every.mean((0, 2, 3)),
                                     "variance": every.var((0, 2, 3))})


def sample_items(kind: str, rng: random.Random, count: int, backgrounds: tuple[str, ...],
                 bare: float = 0.0, edits: tuple[str, ...] = ()) -> list[Scene | Edit]:
    """Scenes, edits of one reference, or edits of two or three; of some backgrounds.

    A share `bare` of the scenes is what is drawn where a caption names no place: a meadow by day.
    Edits are of the kinds in `edits`, evenly, where it names any.
    """
    return [sample_bare(rng) if kind == "scene" and rng.random() < bare else
            _sample_item(kind, rng, rng.random() < FLYING_SHARE, rng.random() < SMALL_SHARE,
                         backgrounds, edits) for _ in range(count)]


def _sample_item(kind: str, rng: random.Random, flying: bool, small: bool,
                 backgrounds: tuple[str, ...], edits: tuple[str, ...]) -> Scene | Edit:
    """One item; with something in the air, or something small, if that is asked for."""
    while True:
        item: Scene | Edit
        if kind == "scene":
            item = sample_varied(rng)
        else:
            asked = rng.choice(edits) if edits else None
            item = sample_edit(rng, asked if kind == "edit" else kind)
        objects = [placed for scene in scenes_of(item) for placed in scene.objects]
        if (scenes_of(item)[0].background in (*backgrounds, PHOTOGRAPH)
                and (not flying or any(placed.flying for placed in objects))
                and (not small or any(placed.size == "small" for placed in objects))):
            return item


def scenes_of(item: Scene | Edit) -> list[Scene]:
    """The target first, then the references."""
    return [item] if isinstance(item, Scene) else [item.target, *item.references]


def make_chunk(run: Run, model: AutoencoderKLFlux2, kind: str, sizes: tuple[Size, Size], count: int,
               backgrounds: tuple[str, ...], bare: float, edits: tuple[str, ...],
               seed: int) -> dict:
    """Items and their tokens: `tokens[k]` belongs to image `k`, `[count, N, 4C]` float16.

    `sizes` are those of most images and of the first of several references.
    """
    items = sample_items(kind, random.Random(seed), count, backgrounds, bare, edits)
    number = len(scenes_of(items[0]))
    chosen = [sizes[0]] * number
    if number > 2:
        chosen[1] = sizes[1]
    groups: list[list[torch.Tensor]] = [[] for _ in chosen]
    batch = max(1, 8 * 256 ** 2 // (sizes[0][0] * sizes[0][1]))
    title = f"{kind} {sizes[0][0]}x{sizes[0][1]}"
    for start in tqdm(range(0, count, batch), desc=title, mininterval=20):
        wait_out_pause()
        scenes = [scenes_of(item) for item in items[start:start + batch]]
        for position, group in enumerate(groups):
            images = [render(each[position], *chosen[position]) for each in scenes]
            group.append(tokens_of(run, model, images).half().cpu())
    return {"items": items, "sizes": chosen, "tokens": [torch.cat(group) for group in groups]}


def parsed_backgrounds(text: str) -> tuple[str, ...]:
    """`"mountains,beach"`; not indoors, where nothing flies and a share of the items must."""
    names = tuple(text.split(","))
    outdoors = [name for name in BACKGROUNDS if name not in ("bedroom", "studio")]
    if unknown := [name for name in names if name not in outdoors]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not among {', '.join(outdoors)}")
    return names


def parsed_edits(text: str) -> tuple[str, ...]:
    """`"add,remove"`: kinds of edits of one reference."""
    names = tuple(text.split(","))
    single = [name for name in EDITS if name not in KINDS]
    if unknown := [name for name in names if name not in single]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not among {', '.join(single)}")
    return names


def _parser() -> argparse.ArgumentParser:
    parser = run_arguments(__doc__)
    parser.add_argument("--kind", choices=KINDS, default="scene")
    parser.add_argument("--size", default="256", help="side, or WIDTHxHEIGHT, multiples of 32")
    parser.add_argument("--first-size", help="of the first of several references")
    parser.add_argument("--first", type=int, default=0, help="number of the first chunk")
    parser.add_argument("--chunks", type=int, default=6)
    parser.add_argument("--count", type=int, default=1000, help="items per chunk")
    parser.add_argument("--backgrounds", type=parsed_backgrounds, default=BACKGROUNDS,
                        help="of the targets, outdoors, for those that are learned last")
    parser.add_argument("--bare", type=float, default=0.0,
                        help="share of the scenes that are in a meadow by day, as where no place is said")
    parser.add_argument("--edits", type=parsed_edits, default=(),
                        metavar="KIND,…", help="kinds of edits of one reference, all if unsaid")
    parser.add_argument("--seed", type=int, default=1)
    return parser


def main(options: Sequence[str] | None = None) -> None:
    """Adds chunks that do not exist yet; measures the statistics first."""
    arguments = _parser().parse_args(options)
    run, size = Run.of(arguments), parsed_size(arguments.size)
    sizes = (size, parsed_size(arguments.first_size) if arguments.first_size else size)
    if not run.path("statistics.pt").exists():
        measure_statistics(run, arguments.seed)
    model = load_autoencoder(run)
    for number in range(arguments.first, arguments.first + arguments.chunks):
        path = run.path(f"latents/{arguments.kind}-{size[0]}x{size[1]}-{number:03}.pt")
        if not path.exists():
            seed = hash((arguments.seed, number, KINDS.index(arguments.kind), size))
            save(path, make_chunk(run, model, arguments.kind, sizes, arguments.count,
                                  arguments.backgrounds, arguments.bare, arguments.edits, seed))


if __name__ == "__main__":
    main()
