"""Trains the FLUX.2-shaped transformer on cached latents.

    torchrun --nproc-per-node 2 -m iris_training.transformer --folder RUN --mix scene-256x256:1

Two helps that cost nothing at run time: the text encoder is pre-trained and frozen, and a linear
head on a middle block must name what each token shows, since the layout of a scene is known.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import Flux2Transformer2DModel
from torch import nn

from .captions import caption
from .edits import Edit, instruction
from .latents import TOKEN_PIXELS
from .loop import (Journal, Means, Optimizers, Ranks, Stage, learning_rate_scale, load, seeded,
                   stage_arguments)
from .scene import Scene, object_box
from .text_encoder import MAX_LENGTH, OUT_LAYERS, WIDTH, TextFeatures, load_features
from .tokenizer import PromptTokenizer
from .vocabulary import BACKGROUNDS, OBJECTS

HIDDEN = 192
CONFIG = {
    "patch_size": 1, "in_channels": 128, "num_layers": 2, "num_single_layers": 4,
    "attention_head_dim": 64, "num_attention_heads": HIDDEN // 64,
    "joint_attention_dim": len(OUT_LAYERS) * WIDTH, "timestep_guidance_channels": 256,
    "mlp_ratio": 3.0, "axes_dims_rope": (16, 16, 16, 16), "rope_theta": 2000,
    "guidance_embeds": False,
}
SEMANTIC_CLASSES = len(OBJECTS) + 2 * len(BACKGROUNDS)
SEMANTIC_WEIGHT = 0.1
OBJECT_WEIGHT = 2.5  # of an object's tokens in the loss; backgrounds are learned early
HORIZON_SHARE = 0.6  # rows above count as the background's upper half
CAPTION_DROPOUT = 0.1
REFERENCE_SPACING = 10  # between the T coordinates of references


def build() -> Flux2Transformer2DModel:
    """A fresh transformer that predicts nothing yet and is modulated gently."""
    model = Flux2Transformer2DModel(**CONFIG)
    nn.init.zeros_(model.proj_out.weight)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "modulation" in name or "norm_out" in name:
                parameter.mul_(0.1)
    return model


def image_ids(width: int, height: int, time: int = 0) -> torch.Tensor:
    """Coordinates `(T, H, W, L)` of an image's tokens, row by row; sides in tokens."""
    return torch.cartesian_prod(torch.tensor([time]), torch.arange(height), torch.arange(width),
                                torch.arange(1)).float()


def text_ids(length: int) -> torch.Tensor:
    """Coordinates of the text tokens."""
    zero = torch.arange(1)
    return torch.cartesian_prod(zero, zero, zero, torch.arange(length)).float()


def velocity(model: Flux2Transformer2DModel, noisy: torch.Tensor, sigma: torch.Tensor,
             text: torch.Tensor, size: tuple[int, int],
             references: list[torch.Tensor]) -> torch.Tensor:
    """The model's velocity for the noisy tokens; references share the picture's size here."""
    width, height = size[0] // TOKEN_PIXELS, size[1] // TOKEN_PIXELS
    ids = [image_ids(width, height)]
    ids += [image_ids(width, height, REFERENCE_SPACING * (k + 1)) for k in range(len(references))]
    output = model(hidden_states=torch.cat([noisy, *references], 1), encoder_hidden_states=text,
                   timestep=sigma, img_ids=torch.cat(ids), txt_ids=text_ids(text.shape[1]),
                   guidance=None, return_dict=False)[0]
    return output[:, :noisy.shape[1]]


def token_classes(scene: Scene, width: int, height: int) -> torch.Tensor:
    """What each token shows: an object, or the upper or lower half of a background."""
    columns, rows = width // TOKEN_PIXELS, height // TOKEN_PIXELS
    upper = len(OBJECTS) + 2 * BACKGROUNDS.index(scene.background)
    classes = torch.full((rows, columns), upper)
    classes[round(HORIZON_SHARE * rows):] += 1
    for placed in scene.objects:
        x, y, side = (value / TOKEN_PIXELS for value in object_box(placed, width, height))
        left, top = max(0, round(x)), max(0, round(y))
        classes[top:round(y + side), left:round(x + side)] = placed.index
    return classes.flatten()


class Pool:
    """The cached items of one kind and size, growing as chunks appear."""

    def __init__(self, run: Path, name: str) -> None:
        self._pattern = (run / "latents", f"{name}-*.pt")
        kind, size = name.split("-")
        self.has_references = kind != "scene"
        width, height = map(int, size.split("x"))
        self.size = (width, height)
        self._seen: set[Path] = set()
        self.items: list[Scene | Edit] = []
        self.tokens: list[torch.Tensor] = []
        self.classes = torch.zeros(0, (width // TOKEN_PIXELS) * (height // TOKEN_PIXELS))
        self.refresh()

    def refresh(self) -> None:
        """Takes in chunks that have appeared."""
        folder, pattern = self._pattern
        for path in sorted(set(folder.glob(pattern)) - self._seen):
            chunk = load(path)
            self._seen.add(path)
            self.items += chunk["items"]
            self.tokens = [torch.cat([old, new]) for old, new in
                           zip(self.tokens or [t[:0] for t in chunk["tokens"]], chunk["tokens"])]
            if not self.has_references:
                classes = [token_classes(scene, *self.size) for scene in chunk["items"]]
                self.classes = torch.cat([self.classes.long(), torch.stack(classes)])

    @property
    def tokens_per_item(self) -> int:
        """Image tokens of one item, references included."""
        return len(self.tokens) * self.tokens[0].shape[1]


@dataclass
class Batch:
    """Clean tokens, prompts, reference tokens and, for scenes, token classes."""

    clean: torch.Tensor
    prompts: list[str]
    references: list[torch.Tensor]
    classes: torch.Tensor | None
    size: tuple[int, int]

    @property
    def name(self) -> str:
        """What the batch is, for the journal."""
        kind = ("scene", "edit", "combine")[len(self.references)]
        return f"{kind}{self.size[0]}"


def draw_batch(pool: Pool, budget: int, rng: random.Random) -> Batch:
    """About `budget` tokens of items, text included."""
    count = max(1, budget // (pool.tokens_per_item + 32))
    indices = [rng.randrange(len(pool.items)) for _ in range(count)]
    items = [pool.items[index] for index in indices]
    write = instruction if pool.has_references else caption
    prompts = ["" if rng.random() < CAPTION_DROPOUT else write(item, rng) for item in items]
    clean, *references = (tokens[indices].float() for tokens in pool.tokens)
    classes = None if pool.has_references else pool.classes[indices]
    return Batch(clean, prompts, references, classes, pool.size)


class Prompts:
    """Prompts to the frozen encoder's features, padded to one of several lengths."""

    def __init__(self, run: Path, lengths: tuple[int, ...] = (32, 32, 40, MAX_LENGTH)) -> None:
        self._tokenizer = PromptTokenizer(run / "tokenizer")
        self._features: TextFeatures = load_features(run, self._tokenizer)
        self._lengths = lengths

    @torch.no_grad()
    def __call__(self, prompts: list[str], rng: random.Random | None = None) -> torch.Tensor:
        """Features, `[B, L, C]`; without `rng` at the length the pipeline uses."""
        length = rng.choice(self._lengths) if rng else MAX_LENGTH
        return self._features(*self._tokenizer(prompts, length)).float()


class SemanticHead(nn.Module):
    """Names every image token from a middle single-stream block."""

    def __init__(self, model: Flux2Transformer2DModel) -> None:
        super().__init__()
        self.linear = nn.Linear(HIDDEN, SEMANTIC_CLASSES)
        self._hidden: torch.Tensor | None = None
        model.single_transformer_blocks[1].register_forward_hook(self._keep)

    def _keep(self, _module: nn.Module, _inputs: tuple, output: torch.Tensor) -> None:
        self._hidden = output

    def loss(self, classes: torch.Tensor) -> torch.Tensor:
        """Cross-entropy over the image tokens of the last forward pass."""
        image = self._hidden[:, -classes.shape[1]:]
        return F.cross_entropy(self.linear(image).flatten(0, 1).float(), classes.flatten())


def sample_sigmas(count: int, shift: float) -> torch.Tensor:
    """Logit-normal noise levels, shifted towards noise."""
    u = torch.sigmoid(torch.randn(count))
    return shift * u / (1 + (shift - 1) * u)


def training_shift(tokens: int) -> float:
    """More noise for larger pictures: 2 at 64 tokens, growing with the root of their number."""
    return 2.0 * (tokens / 64) ** 0.25


class Mix:
    """Pools with weights, from `scene-256x256:7,edit-256x256:3`; empty pools wait their turn."""

    def __init__(self, run: Path, text: str, seed: int) -> None:
        pairs = [entry.rsplit(":", 1) for entry in text.split(",")]
        self._pools = [Pool(run, name) for name, _ in pairs]
        self._weights = [float(weight) for _, weight in pairs]
        self._rng = random.Random(seed)

    def refresh(self) -> None:
        """Takes in chunks that have appeared."""
        for pool in self._pools:
            pool.refresh()

    def draw(self) -> Pool:
        """A pool by weight; ranks with equal seeds draw alike."""
        weights = [w if pool.items else 0 for pool, w in zip(self._pools, self._weights)]
        return self._rng.choices(self._pools, weights)[0]


def split_matrices(model: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """The blocks' weight matrices for Muon, and the rest."""
    named = list(model.named_parameters())
    is_matrix = lambda name, p: p.ndim == 2 and "transformer_blocks" in name
    return ([p for name, p in named if is_matrix(name, p)],
            [p for name, p in named if not is_matrix(name, p)])


def training_loss(model: Flux2Transformer2DModel, semantics: SemanticHead, batch: Batch,
                  text: torch.Tensor) -> dict[str, torch.Tensor]:
    """The flow-matching loss and, for scenes, the semantic one."""
    noise, clean = torch.randn_like(batch.clean), batch.clean
    sigma = sample_sigmas(len(clean), training_shift(clean.shape[1]))
    level = sigma[:, None, None]
    noisy = (1 - level) * clean + level * noise
    output = velocity(model, noisy, sigma, text, batch.size, batch.references)
    errors = (output.float() - (noise - clean)).square().mean(-1)
    if batch.classes is None:
        return {batch.name: errors.mean()}
    weights = torch.where(batch.classes < len(OBJECTS), OBJECT_WEIGHT, 1.0)
    losses = {batch.name: (errors * weights).sum() / weights.sum()}
    losses["semantic"] = semantics.loss(batch.classes)
    return losses


def main() -> None:
    """Trains, or goes on training, and keeps `transformer.pt`."""
    parser = stage_arguments(__doc__, steps=8000)
    parser.add_argument("--mix", default="scene-256x256:1")
    parser.add_argument("--budget", type=int, default=3000, help="tokens per rank and step")
    parser.add_argument("--rate", type=float, default=2e-3, help="Muon's; AdamW's is 0.6 of it")
    parser.add_argument("--decay", type=float, default=0.35, help="share of steps that decay")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    ranks, run = Ranks(), arguments.folder
    prompts, model = Prompts(run), build()
    semantics = SemanticHead(model)
    matrices, others = split_matrices(model)
    optimizers = Optimizers(matrices, [*others, *semantics.parameters()], arguments.rate,
                            0.6 * arguments.rate, weight_decay=0.01)
    stage = Stage(run / "transformer.pt", {"model": model, "semantics": semantics.linear},
                  optimizers, decay=0.99)
    stage.resume()
    rng = seeded(arguments.seed, ranks, stage.step)
    mix = Mix(run, arguments.mix, arguments.seed + stage.step)
    journal = Journal(run, "transformer", stage.step, arguments.steps, ranks,
                      arguments.save_every)
    means = Means()
    while stage.step < arguments.steps:
        if stage.step % 100 == 0:
            mix.refresh()
        batch = draw_batch(mix.draw(), arguments.budget, rng)
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bfloat16):
            losses = training_loss(model, semantics, batch, prompts(batch.prompts, rng))
        weights = {"semantic": SEMANTIC_WEIGHT}
        sum(weights.get(name, 1) * loss for name, loss in losses.items()).backward()
        stage.update(ranks, learning_rate_scale(stage.step, arguments.steps,
                                                decay=arguments.decay))
        means.add(**{name: loss.item() for name, loss in losses.items()})
        journal.advance()
        if journal.is_due(stage.step):
            journal.report(stage.step, **means.values)
            stage.save()


if __name__ == "__main__":
    main()
