"""Pre-trains the Qwen3-shaped text encoder to name what a caption says; afterwards it is frozen.

    python -m iris_training.text_encoder --folder RUN

Linear heads must read every attribute off the last layer the transformer sees, both at the prompt's
end and at a random padding row: the pipeline attends to padding rows too.
"""

from __future__ import annotations

import random
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from transformers import Qwen3Config, Qwen3ForCausalLM

from .captions import caption
from .edits import KINDS, Edit, instruction, sample_edit
from .loop import (Journal, Means, Optimizers, Ranks, Stage, learning_rate_scale, load, seeded,
                   stage_arguments, start_from)
from .scene import PlacedObject, Scene, sample_scene
from .tokenizer import PADDING, VOCABULARY, PromptTokenizer
from .vocabulary import BACKGROUNDS, OBJECTS, SIDES, SIZES, STUDIO_NAMES, TIMES, TINTS

OUT_LAYERS = (1, 2, 3)
"""Hidden states the transformer sees; index `k` is the output of layer `k - 1`.

The last layer's output passes the final norm in the reference, so it is never among them.
"""
LAYERS = 4
WIDTH = 192
MAX_LENGTH = 64
IGNORED = -100
ATTRIBUTES = {
    "background": len(BACKGROUNDS), "time": len(TIMES), "studio": len(STUDIO_NAMES), "count": 4,
    "first": len(OBJECTS) + 1, "second": len(OBJECTS) + 1, "first_tint": len(TINTS) + 1,
    "second_tint": len(TINTS) + 1, "first_size": len(SIZES), "second_size": len(SIZES),
    "first_side": len(SIDES), "kind": len(KINDS) + 1,
}


def build(tokenizer: PromptTokenizer) -> Qwen3ForCausalLM:
    """A fresh text encoder."""
    special = {name: tokenizer.id_of(text)
               for name, text in (("pad_token_id", PADDING), ("eos_token_id", "<|im_end|>"))}
    return Qwen3ForCausalLM(Qwen3Config(
        vocab_size=VOCABULARY, hidden_size=WIDTH, intermediate_size=512,
        num_hidden_layers=LAYERS, num_attention_heads=4, num_key_value_heads=2, head_dim=48,
        max_position_embeddings=512, tie_word_embeddings=True, bos_token_id=None,
        rope_parameters={"rope_type": "default", "rope_theta": 1e4}, **special))


class TextFeatures(nn.Module):
    """Runs the layers the transformer sees and joins their outputs, `[B, L, 3 * WIDTH]`."""

    def __init__(self, model: Qwen3ForCausalLM) -> None:
        super().__init__()
        self.model = model
        self._outputs: dict[int, torch.Tensor] = {}
        for index in OUT_LAYERS:
            model.model.layers[index - 1].register_forward_hook(self._keeper(index))
        model.model.layers[max(OUT_LAYERS)].forward = lambda hidden, *_, **__: hidden

    def _keeper(self, index: int):
        def keep(_module: nn.Module, _inputs: tuple, output: torch.Tensor) -> None:
            self._outputs[index] = output[0] if isinstance(output, tuple) else output
        return keep

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Hidden states of tokens and padding rows alike."""
        self.model.model(input_ids=ids, attention_mask=mask, use_cache=False)
        return torch.cat([self._outputs[index] for index in OUT_LAYERS], -1)


def _object_attributes(name: str, placed: PlacedObject | None) -> dict[str, int]:
    if placed is None:
        return {name: len(OBJECTS)}
    tint = len(TINTS) if placed.tint is None else placed.tint
    return {name: placed.index, f"{name}_tint": tint, f"{name}_size": SIZES.index(placed.size)}


def scene_attributes(scene: Scene) -> dict[str, int]:
    """What a caption of the scene says."""
    objects = [*scene.objects, None, None]
    values = {"background": BACKGROUNDS.index(scene.background), "count": len(scene.objects),
              "kind": len(KINDS)}
    values |= _object_attributes("first", objects[0]) | _object_attributes("second", objects[1])
    if scene.background == "studio":
        values["studio"] = STUDIO_NAMES.index(scene.studio_colour)
    else:
        values["time"] = TIMES.index(scene.time)
    if objects[0]:
        values["first_side"] = SIDES.index(objects[0].side)
    return values


def edit_attributes(edit: Edit) -> dict[str, int]:
    """What an instruction says."""
    values = {"kind": KINDS.index(edit.kind)}
    if edit.kind == "time":
        values["time"] = TIMES.index(edit.target.time)
    if edit.kind == "background":
        values["background"] = BACKGROUNDS.index(edit.target.background)
    if edit.changed:
        values["first"] = edit.changed.index
    if edit.kind == "add":
        values |= _object_attributes("first", edit.changed)
        values["first_side"] = SIDES.index(edit.changed.side)
    if edit.kind == "recolour":
        values["second_tint"] = edit.replacement.tint
    if edit.kind == "replace":
        values["second"] = edit.replacement.index
        tint = edit.replacement.tint
        values["second_tint"] = len(TINTS) if tint is None else tint
    return values


class Heads(nn.ModuleDict):
    """One linear reader per attribute."""

    def __init__(self) -> None:
        super().__init__({name: nn.Linear(WIDTH, size) for name, size in ATTRIBUTES.items()})

    def losses(self, rows: torch.Tensor, labels: list[dict[str, int]]
               ) -> tuple[torch.Tensor, dict[str, float]]:
        """The sum of the attributes' losses, and each one's accuracy."""
        total, accuracy = torch.zeros(()), {}
        for name, head in self.items():
            target = torch.tensor([label.get(name, IGNORED) for label in labels])
            given = target != IGNORED
            if not given.any():
                continue
            logits = head(rows[given]).float()
            total = total + F.cross_entropy(logits, target[given])
            accuracy[name] = float((logits.argmax(1) == target[given]).float().mean())
        return total, accuracy


def sample_batch(rng: random.Random, count: int) -> tuple[list[str], list[dict[str, int]]]:
    """Captions and instructions, four to one, with their attributes."""
    prompts, labels = [], []
    for _ in range(count):
        if rng.random() < 0.2:
            edit = sample_edit(rng, rng.choice((None, None, None, None, "combine", "relight")))
            prompts.append(instruction(edit, rng))
            labels.append(edit_attributes(edit))
        else:
            scene = sample_scene(rng)
            prompts.append(caption(scene, rng))
            labels.append(scene_attributes(scene))
    return prompts, labels


def reading_rows(features: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The last layer's state at each prompt's end and at one random padding row after it."""
    last = features[..., -WIDTH:]
    rows, length = torch.arange(len(mask)), mask.shape[1]
    ends = mask.sum(1) - 1
    offsets = (torch.rand(len(mask)) * (length - ends)).long()
    return torch.cat([last[rows, ends], last[rows, (ends + offsets).clamp(max=length - 1)]])


def load_features(run: Path, tokenizer: PromptTokenizer) -> TextFeatures:
    """The pre-trained encoder, frozen."""
    model = build(tokenizer)
    model.load_state_dict(load(run / "text_encoder.pt")["model"])
    return TextFeatures(model).eval().requires_grad_(False)


def split_parameters(model: Qwen3ForCausalLM) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """The used layers' matrices for Muon, and whatever else is used."""
    used = [(name, p) for name, p in model.named_parameters()
            if f"layers.{LAYERS - 1}." not in name and "model.norm" not in name]
    is_matrix = lambda name, p: p.ndim == 2 and "layers." in name
    return ([p for name, p in used if is_matrix(name, p)],
            [p for name, p in used if not is_matrix(name, p)])


def main() -> None:
    """Trains and keeps `text_encoder.pt`."""
    parser = stage_arguments(__doc__, steps=2400)
    parser.add_argument("--batch", type=int, default=96)
    parser.add_argument("--initial", type=Path, help="checkpoint to take matching weights from")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    ranks, run = Ranks(), arguments.folder
    tokenizer = PromptTokenizer(run / "tokenizer")
    model = build(tokenizer)
    features, heads = TextFeatures(model), Heads()
    start_from(arguments.initial, {"model": model, "heads": heads})
    matrices, others = split_parameters(model)
    optimizers = Optimizers(matrices, [*others, *heads.parameters()], 2e-3, 2e-3)
    stage = Stage(run / "text_encoder.pt", {"model": model, "heads": heads}, optimizers, 0.99)
    stage.resume()
    rng = seeded(arguments.seed, ranks, stage.step)
    journal = Journal(run, "text_encoder", stage.step, arguments.steps, ranks,
                      arguments.save_every)
    means = Means(0.95)
    while stage.step < arguments.steps:
        prompts, labels = sample_batch(rng, arguments.batch)
        ids, mask = tokenizer(prompts, rng.choice((40, 40, 48, MAX_LENGTH)))
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bfloat16):
            rows = reading_rows(features(ids, mask), mask)
        loss, accuracy = heads.losses(rows.float(), labels + labels)
        loss.backward()
        stage.update(ranks, learning_rate_scale(stage.step, arguments.steps))
        means.add(loss=loss.item(), **accuracy)
        journal.record(stage, **means.values)


if __name__ == "__main__":
    main()
