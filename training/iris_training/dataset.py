"""Renders the training scenes once, into arrays the stages map into memory.

    python -m iris_training.dataset --folder RUN
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from .scene import render, sample_scene

SEED_OF_SIZE = 7919  # scenes of different sizes must not repeat each other's random numbers


def rendered(folder: Path, size: int) -> np.ndarray:
    """The scenes of one size, `[count, size, size, 3]` uint8."""
    return np.load(folder / f"pixels{size}.npy", mmap_mode="r")


def render_all(folder: Path, size: int, count: int, seed: int) -> None:
    """Samples and renders `count` scenes at `size` pixels a side."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(seed * SEED_OF_SIZE + size)
    scenes = [sample_scene(rng) for _ in range(count)]
    pixels = np.lib.format.open_memmap(folder / f"pixels{size}.npy", "w+", np.uint8,
                                       (count, size, size, 3))
    for index, scene in enumerate(tqdm(scenes, desc=f"render {size}", mininterval=5)):
        pixels[index] = np.asarray(render(scene, size))
    pixels.flush()


def main(options: Sequence[str] | None = None) -> None:
    """Renders the sizes the stages need."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--counts", default="256:12000,768:800",
                        help="size:count pairs")
    arguments = parser.parse_args(options)
    for pair in arguments.counts.split(","):
        size, count = map(int, pair.split(":"))
        render_all(arguments.folder, size, count, arguments.seed)


if __name__ == "__main__":
    main()
