"""Batches of cached latents: pools of one kind and size, and what their tokens show."""

from __future__ import annotations

import argparse
import functools
import random
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from .captions import bare_caption, caption
from .checkpoints import required
from .edits import Edit, instruction
from .latents import TOKEN_PIXELS, scenes_of
from .loop import IGNORED
from .photographs import PHOTOGRAPH
from .pixels import Size, parsed_size
from .run import Run
from .scene import Scene, is_bare, object_box
from .vocabulary import BACKGROUNDS, LANGUAGES, OBJECTS

HORIZON_SHARE = 0.6  # rows above count as the background's upper half
CAPTION_DROPOUT = 0.1
BARE = 0.75  # share of the captions of objects in a meadow by day that name the objects alone
TEXT_TOKENS = 56  # of a prompt, on average, padding included
REPEATED = {"add": 3, "remove": 3, "weather": 2}
"""How many times an edit counts among its pool's: more where it takes long to learn. What is added on the far
left counts once: people seldom say a side, and the right is meant then."""
ALONE = 3  # times that one thing in the middle of a meadow by day counts among scenes: "a cat" means it
REFRESHED_EVERY = 100  # batches, after which chunks that have appeared are taken in


@dataclass(frozen=True)
class Grid:
    """The tokens of one image that take part: all of them, or the kept indices.

    Leaving out tokens, as masked training does (Zheng et al., arXiv:2306.09305), makes large
    images several times cheaper to learn from; the last steps see whole ones.
    """

    columns: int
    rows: int
    kept: torch.Tensor | None = None

    @property
    def count(self) -> int:
        """Tokens of the whole image."""
        return self.columns * self.rows

    @staticmethod
    def whole(size: Size) -> Grid:
        """Every token of an image of a size in pixels."""
        return Grid(size[0] // TOKEN_PIXELS, size[1] // TOKEN_PIXELS)

    def ids(self, time: int) -> torch.Tensor:
        """Coordinates `(T, H, W, L)`, row by row."""
        every = torch.cartesian_prod(torch.tensor([time]), torch.arange(self.rows),
                                     torch.arange(self.columns), torch.arange(1)).float()
        return every if self.kept is None else every[self.kept]

    def of(self, tokens: torch.Tensor) -> torch.Tensor:
        """The kept tokens, or classes, of whole images."""
        return tokens if self.kept is None else tokens[:, self.kept]


@functools.lru_cache(100_000)
def token_labels(scene: Scene, width: int, height: int) -> torch.Tensor:
    """Labels of each token, `[3, N]`: what it shows, and its row and column in its object.

    It shows an object, or the upper or lower half of a background; that has no row and column.
    What a photograph shows has no name.
    """
    columns, rows = width // TOKEN_PIXELS, height // TOKEN_PIXELS
    labels = torch.full((3, rows, columns), IGNORED)
    if scene.background != PHOTOGRAPH:
        labels[0] = len(OBJECTS) + 2 * BACKGROUNDS.index(scene.background)
        labels[0, round(HORIZON_SHARE * rows):] += 1
    for placed in scene.objects:
        x, y, side = (round(value / TOKEN_PIXELS) for value in object_box(placed, width, height))
        local = torch.arange(side)
        window = labels[:, max(0, y):y + side, max(0, x):x + side]
        window[0] = placed.index
        window[1] = local[max(0, -y):][:window.shape[1], None]
        window[2] = local[max(0, -x):][None, :window.shape[2]]
    return labels.flatten(1)


def shows_object(labels: torch.Tensor) -> torch.Tensor:
    """Which tokens of labels `[B, 3, N]` show an object, `[B, N]`."""
    return (labels[:, 0] >= 0) & (labels[:, 0] < len(OBJECTS))


class Chunks:
    """The cached chunks of a run, each loaded once however many pools draw from it."""

    def __init__(self, run: Run) -> None:
        self._folder = run.path("latents")
        self.loaded: dict[Path, dict] = {}

    def refresh(self) -> None:
        """Takes in chunks that have appeared."""
        for path in sorted(set(self._folder.glob("*.pt")) - self.loaded.keys()):
            self.loaded[path] = required(path)


@dataclass
class Batch:
    """Clean tokens, what they belong to, their scenes, prompts, reference tokens, labels of tokens,
    and grids."""

    clean: torch.Tensor
    items: list[Scene | Edit]
    scenes: list[Scene]
    prompts: list[str]
    references: list[torch.Tensor]
    labels: torch.Tensor
    grids: list[Grid]
    name: str

    @property
    def size(self) -> Size:
        """Width and height of the target in pixels."""
        return TOKEN_PIXELS * self.grids[0].columns, TOKEN_PIXELS * self.grids[0].rows

    def to(self, device: torch.device) -> Batch:
        """The batch with its tokens and labels on a device; grids index on the CPU."""
        return replace(self, clean=self.clean.to(device), labels=self.labels.to(device),
                       references=[tokens.to(device) for tokens in self.references])


@dataclass(frozen=True)
class Row:
    """One item of a chunk and which of its images are used: the target, then references."""

    chunk: dict
    index: int
    positions: tuple[int, ...]

    @property
    def item(self) -> Scene | Edit:
        """The scene or edit the images belong to."""
        return self.chunk["items"][self.index]

    @property
    def scenes(self) -> list[Scene]:
        """The scenes that the images show."""
        scenes = scenes_of(self.item)
        return [scenes[k] for k in self.positions]

    @property
    def sizes(self) -> list[Size]:
        """The sizes of the images in pixels."""
        return [self.chunk["sizes"][k] for k in self.positions]

    @property
    def layout(self) -> tuple:
        """Sizes of the images and where their objects are."""
        return tuple((size, tuple(sorted({object_box(placed, *size) for placed in scene.objects})))
                     for size, scene in zip(self.sizes, self.scenes))

    def prompt(self, rng: random.Random) -> str:
        """An instruction where references are used, else a caption of the one image."""
        if isinstance(self.item, Edit) and len(self.positions) > 1:
            return instruction(self.item, rng)
        scene = self.scenes[0]
        if is_bare(scene) and rng.random() < BARE:
            return bare_caption(scene, rng.choice(LANGUAGES), rng)
        return caption(scene, rng)

    def tokens(self, place: int) -> torch.Tensor:
        """Tokens of one of the images."""
        return self.chunk["tokens"][self.positions[place]][self.index]


def _is_alone(scene: Scene) -> bool:
    """Returns whether a scene is what the name of a thing alone means."""
    return (is_bare(scene) and len(scene.objects) == 1
            and (scene.objects[0].side, scene.objects[0].size) == ("centre", "normal"))


class Pool:
    """Items of one kind and size, from `edit-256x256`; `scene` takes images of every kind.

    A batch that leaves out tokens is drawn from items of one layout: it then has the same object
    tokens throughout. A whole one needs no more than equal sizes.
    """

    def __init__(self, name: str, chunks: Chunks) -> None:
        self.name, self._chunks = name, chunks
        self._kind, size = name.split("-")
        self.size = parsed_size(size)
        self._seen: set[Path] = set()
        self._layouts: dict[tuple, list[Row]] = {}
        self._shapes: dict[tuple[Size, ...], list[Row]] = {}
        self.refresh()

    def __bool__(self) -> bool:
        return bool(self._shapes)

    def refresh(self) -> None:
        """Takes in chunks that have been loaded."""
        for path in sorted(self._chunks.loaded.keys() - self._seen):
            chunk = self._chunks.loaded[path]
            self._seen.add(path)
            for index in range(len(chunk["items"])):
                for row in self._rows(path, chunk, index):
                    self._layouts.setdefault(row.layout, []).append(row)
                    self._shapes.setdefault(tuple(row.sizes), []).append(row)

    def _rows(self, path: Path, chunk: dict, index: int) -> list[Row]:
        every = range(len(chunk["sizes"]))
        item = chunk["items"][index]
        if self._kind != "scene":
            if not path.name.startswith(self.name):
                return []
            is_left = item.kind == "add" and item.subject.side == "far left"
            return (1 if is_left else REPEATED.get(item.kind, 1)) * [Row(chunk, index, tuple(every))]
        scenes = scenes_of(item)
        return [Row(chunk, index, (k,)) for k in every
                if chunk["sizes"][k] == self.size and scenes[k] not in scenes[:k]
                and scenes[k].background != PHOTOGRAPH
                for _ in range(ALONE if _is_alone(scenes[k]) else 1)]

    @property
    def sizes(self) -> list[Size]:
        """Sizes of an item's images; those of one pool differ little."""
        return next(iter(self._shapes.values()))[0].sizes

    def draw(self, count: int, rng: random.Random, kept: int | None) -> Batch:
        """A batch, all with the same kept tokens."""
        groups = list((self._shapes if kept is None else self._layouts).values())
        group = rng.choices(groups, [len(rows) for rows in groups])[0]
        rows = [rng.choice(group) for _ in range(count)]
        prompts = ["" if rng.random() < CAPTION_DROPOUT else row.prompt(rng) for row in rows]
        sizes, places = rows[0].sizes, range(len(rows[0].positions))
        labels = [torch.stack([token_labels(row.scenes[k], *sizes[k]) for row in rows])
                  for k in places]
        grids = kept_grids(sizes, [shows_object(shown) for shown in labels], kept)
        clean, *references = (grid.of(torch.stack([row.tokens(k) for row in rows])).float()
                              for k, grid in zip(places, grids))
        kept_labels = labels[0] if grids[0].kept is None else labels[0][..., grids[0].kept]
        items, scenes = [row.item for row in rows], [row.scenes[0] for row in rows]
        return Batch(clean, items, scenes, prompts, references, kept_labels, grids, self.name)


def kept_grids(sizes: list[Size], objects: list[torch.Tensor], kept: int | None) -> list[Grid]:
    """Grids of the objects' tokens and random others; images of equal size share one choice."""
    grids: dict[Size, Grid] = {}
    for size in sizes:
        grids[size] = whole = Grid.whole(size)
        if kept is None or whole.count <= 1.3 * kept:
            continue
        shown = torch.cat([mask for mask, other in zip(objects, sizes) if other == size])
        noise = -torch.empty(whole.count).exponential_().log()
        count = max(kept, int(0.6 * kept) + int(shown.any(0).sum()))
        indices = (shown.any(0) * 5 + noise).topk(min(count, whole.count)).indices.sort().values
        grids[size] = Grid(whole.columns, whole.rows, indices)
    return [grids[size] for size in sizes]


class Mix:
    """Pools with weights, from `scene-256x256:7,edit-256x256:3`; empty pools wait their turn.

    Ranks with equal seeds draw alike, so that their steps take equally long.
    """

    def __init__(self, run: Run, text: str, seed: int) -> None:
        pairs = [entry.rsplit(":", 1) for entry in text.split(",")]
        self._device, self._drawn = run.device, 0
        self._chunks = Chunks(run)
        self._chunks.refresh()
        self._pools = [Pool(name, self._chunks) for name, _ in pairs]
        self._weights = [float(weight) for _, weight in pairs]
        self._rng = random.Random(seed)

    def refresh(self) -> None:
        """Takes in chunks that have appeared."""
        self._chunks.refresh()
        for pool in self._pools:
            pool.refresh()

    def batch(self, rng: random.Random, budget: int, kept: int | None = None,
              whole: float = 1.0) -> Batch:
        """About `budget` tokens of one pool's items, text included.

        A share `whole` of the batches has every token, the others only `kept` ones of large images.
        """
        if self._drawn % REFRESHED_EVERY == 0:
            self.refresh()
        self._drawn += 1
        pool = self._rng.choices(self._pools, [w if pool else 0 for pool, w in
                                               zip(self._pools, self._weights)])[0]
        kept = None if self._rng.random() < whole else kept
        counts = [Grid.whole(size).count for size in pool.sizes]
        tokens = sum(count if kept is None else min(count, kept) for count in counts)
        count = max(1, budget // (tokens + TEXT_TOKENS))
        return pool.draw(count, rng, kept).to(self._device)


def mix_arguments(parser: argparse.ArgumentParser, kept: int, whole: float, budget: int) -> None:
    """Adds the options of what a stage's batches are drawn from, and how large they are."""
    parser.add_argument("--mix", default="scene-256x256:1",
                        help="pools of latents with their weights: KIND-WIDTHxHEIGHT:WEIGHT,…")
    parser.add_argument("--kept", type=int, default=kept, help="tokens kept of a large image")
    parser.add_argument("--whole", type=float, default=whole, help="share of batches kept whole")
    parser.add_argument("--budget", type=int, default=budget, help="tokens per rank and step")
