"""Pre-trains the Qwen3-shaped text encoder to name what a caption says; afterwards it is frozen.

    python -m iris_training.text_encoder --folder RUN

Linear heads must read every attribute off the last layer the transformer sees, both at the prompt's
end and at a random padding row: the pipeline attends to padding rows too.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from transformers import Qwen3Config, Qwen3ForCausalLM

from .captions import caption
from .checkpoints import required, start_from
from .edits import KINDS, Edit, instruction, sample_edit
from .loop import IGNORED, Loop, Losses, Optimizers, Stage, split
from .run import Run, stage_arguments
from .scene import WITHOUT_WEATHER, PlacedObject, Scene, sample_varied
from .tokenizer import PADDING, PromptTokenizer
from .vocabulary import (BACKGROUNDS, FAR_SIDES, OBJECTS, SIDES, SIZES, STUDIO_NAMES, TIMES,
                         TINTS, WEATHERS)

ENCODER = "text_encoder.pt"
ORDERS = 0.3  # of the texts are instructions
ALL_SIDES = SIDES + FAR_SIDES
ATTRIBUTES = {
    "background": len(BACKGROUNDS), "time": len(TIMES), "studio": len(STUDIO_NAMES), "count": 4,
    "first": len(OBJECTS) + 1, "second": len(OBJECTS) + 1, "first_tint": len(TINTS) + 1,
    "second_tint": len(TINTS) + 1, "first_size": len(SIZES), "second_size": len(SIZES),
    "first_side": len(ALL_SIDES), "second_side": len(ALL_SIDES), "kind": len(KINDS) + 1,
    "weather": len(WEATHERS),
}


def build(run: Run, tokenizer: PromptTokenizer) -> Qwen3ForCausalLM:
    """A fresh text encoder."""
    sizes = run.configuration.text_encoder
    special = {name: tokenizer.id_of(text)
               for name, text in (("pad_token_id", PADDING), ("eos_token_id", "<|im_end|>"))}
    return Qwen3ForCausalLM(Qwen3Config(
        vocab_size=run.configuration.tokenizer.vocabulary, hidden_size=sizes.hidden_size,
        intermediate_size=sizes.intermediate_size, num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads, num_key_value_heads=sizes.key_value_heads,
        head_dim=sizes.head_dim, max_position_embeddings=512, tie_word_embeddings=True,
        bos_token_id=None, rope_parameters={"rope_type": "default", "rope_theta": 1e4},
        **special)).to(run.device)


class TextFeatures(nn.Module):
    """Runs the layers the transformer sees and joins their outputs, `[B, L, joint_attention_dim]`.

    The last layer, which nothing reads, is skipped.
    """

    def __init__(self, model: Qwen3ForCausalLM, out_layers: Sequence[int]) -> None:
        super().__init__()
        self.model = model
        self._layers = tuple(out_layers)
        self._outputs: dict[int, torch.Tensor] = {}
        for index in self._layers:
            model.model.layers[index - 1].register_forward_hook(self._keeper(index))
        model.model.layers[-1].forward = lambda hidden, *_, **__: hidden

    def _keeper(self, index: int) -> Callable[..., None]:
        def keep(_module: nn.Module, _inputs: tuple, output: torch.Tensor) -> None:
            self._outputs[index] = output[0] if isinstance(output, tuple) else output
        return keep

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Hidden states of tokens and padding rows alike."""
        device = self.model.device
        self.model.model(input_ids=ids.to(device), attention_mask=mask.to(device), use_cache=False)
        return torch.cat([self._outputs[index] for index in self._layers], -1)


def _object_attributes(name: str, placed: PlacedObject | None) -> dict[str, int]:
    if placed is None:
        return {name: len(OBJECTS)}
    tint = len(TINTS) if placed.tint is None else placed.tint
    return {name: placed.index, f"{name}_tint": tint, f"{name}_size": SIZES.index(placed.size)}


def scene_attributes(scene: Scene) -> dict[str, int]:
    """The attributes that a caption of the scene says."""
    objects = [*scene.objects, None, None]
    values = {"background": BACKGROUNDS.index(scene.background), "count": len(scene.objects),
              "kind": len(KINDS)}
    values |= _object_attributes("first", objects[0]) | _object_attributes("second", objects[1])
    if scene.background == "studio":
        values["studio"] = STUDIO_NAMES.index(scene.studio_colour)
    else:
        values["time"] = TIMES.index(scene.time)
    if scene.background not in WITHOUT_WEATHER:
        values["weather"] = WEATHERS.index(scene.weather)
    for name, placed in zip(("first", "second"), objects):
        if placed:
            values[f"{name}_side"] = ALL_SIDES.index(placed.side)
    return values


def edit_attributes(edit: Edit) -> dict[str, int]:
    """The attributes that an instruction says."""
    values = {"kind": KINDS.index(edit.kind)}
    if edit.kind == "time":
        values["time"] = TIMES.index(edit.target.time)
    if edit.kind == "weather":
        values["weather"] = WEATHERS.index(edit.target.weather)
    if edit.kind == "background":
        values["background"] = BACKGROUNDS.index(edit.target.background)
    if edit.changed and edit.kind != "together":
        values["first"] = edit.changed.index
    if edit.kind == "add" and len(edit.target.objects) == 1:
        values |= _object_attributes("first", edit.changed)
        values["first_side"] = ALL_SIDES.index(edit.subject.side)
    if edit.kind in ("recolour", "replace"):
        tint = edit.successor.tint
        values["second_tint"] = len(TINTS) if tint is None else tint
    if edit.kind == "replace":
        values["second"] = edit.successor.index
    return values


class Heads(nn.ModuleDict):
    """One linear reader per attribute."""

    def __init__(self, run: Run) -> None:
        width = run.configuration.text_encoder.hidden_size
        super().__init__({name: nn.Linear(width, size) for name, size in ATTRIBUTES.items()})
        self.to(run.device)

    def losses(self, rows: torch.Tensor, labels: list[dict[str, int]]
               ) -> tuple[torch.Tensor, dict[str, float]]:
        """The sum of the attributes' losses, and each one's accuracy."""
        total, accuracy = torch.zeros((), device=rows.device), {}
        for name, head in self.items():
            target = torch.tensor([label.get(name, IGNORED) for label in labels]).to(rows.device)
            given = target != IGNORED
            if not given.any():
                continue
            logits = head(rows[given]).float()
            total = total + F.cross_entropy(logits, target[given])
            accuracy[name] = float((logits.argmax(1) == target[given]).float().mean())
        return total, accuracy


def sample_batch(rng: random.Random, count: int) -> tuple[list[str], list[dict[str, int]]]:
    """Captions and instructions with their attributes."""
    prompts, labels = [], []
    for _ in range(count):
        if rng.random() < ORDERS:
            edit = sample_edit(rng, rng.choice((*5 * (None,), "combine", "relight", "together")))
            prompts.append(instruction(edit, rng))
            labels.append(edit_attributes(edit))
        else:
            scene = sample_varied(rng)
            prompts.append(caption(scene, rng))
            labels.append(scene_attributes(scene))
    return prompts, labels


def reading_rows(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The states `[B, L, C]` at each prompt's end and at one random padding row after it."""
    rows, length = torch.arange(len(mask)), mask.shape[1]
    ends = mask.sum(1) - 1
    offsets = (torch.rand(len(mask)) * (length - ends)).long()
    padding = (ends + offsets).clamp(max=length - 1)
    return torch.cat([hidden[rows, ends], hidden[rows, padding]])


def load_encoder(run: Run, tokenizer: PromptTokenizer, name: str = ENCODER) -> Qwen3ForCausalLM:
    """The pre-trained encoder."""
    model = build(run, tokenizer)
    model.load_state_dict(required(run.path(name))["model"])
    return model


def split_parameters(model: Qwen3ForCausalLM) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """The used layers' matrices for Muon, and whatever else is used."""
    unused = (f"layers.{len(model.model.layers) - 1}.", "model.norm")
    used = [(name, p) for name, p in model.named_parameters()
            if not any(part in name for part in unused)]
    return split(used, "layers.")


def main(options: Sequence[str] | None = None) -> None:
    """Trains and keeps `text_encoder.pt`."""
    parser = stage_arguments(__doc__, steps=2400)
    parser.add_argument("--batch", type=int, default=96)
    parser.add_argument("--initial", type=Path, help="checkpoint to take matching weights from")
    arguments = parser.parse_args(options)
    run = Run.of(arguments)
    torch.manual_seed(arguments.seed)
    sizes, tokenizer = run.configuration.text_encoder, PromptTokenizer(run.path("tokenizer"))
    model = build(run, tokenizer)
    features, heads = TextFeatures(model, sizes.out_layers), Heads(run)
    start_from(arguments.initial, {"model": model, "heads": heads})
    matrices, others = split_parameters(model)
    optimizers = Optimizers(matrices, [*others, *heads.parameters()], 2e-3, 2e-3)
    loop = Loop(Stage(run, "text_encoder", {"model": model, "heads": heads}, optimizers),
                arguments, keep=0.95)

    def losses() -> Losses:
        prompts, labels = sample_batch(loop.rng, arguments.batch)
        ids, mask = tokenizer(prompts, sizes.max_length)
        with run.autocast():
            rows = reading_rows(features(ids, mask)[..., -sizes.hidden_size:], mask)
        loss, accuracy = heads.losses(rows.float(), labels + labels)
        return loss, {"loss": loss.item(), **accuracy}

    loop.train(losses)


if __name__ == "__main__":
    main()
