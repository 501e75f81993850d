"""Lays out a run from an exported model, so that training can go on where its checkpoints are gone.

    python -m iris_training.resume_export --model ../models/iris-tiny --folder RUN

The run gets the sizes, the tokenizer, the autoencoder with its statistics, the text encoder and the
distilled transformer, as `exported.pt`; `transformer --initial RUN/exported.pt` goes on from it.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from diffusers import AutoencoderKLFlux2, Flux2Transformer2DModel
from transformers import Qwen3ForCausalLM

from .checkpoints import save
from .configuration import RUN_FILE


def configuration_of(model: Path) -> dict[str, Any]:
    """The sizes that an exported directory's files say; others stay the embedded model's."""
    index, encoder, transformer, autoencoder = (
        json.loads((model / name).read_text()) for name in
        ("model_index.json", "text_encoder/config.json", "transformer/config.json",
         "vae/config.json"))
    kept = ("block_out_channels", "decoder_block_out_channels", "layers_per_block",
            "latent_channels")
    return {
        "tokenizer": {"vocabulary": encoder["vocab_size"]},
        "autoencoder": {name: autoencoder[name] for name in kept},
        "text_encoder": {
            "hidden_size": encoder["hidden_size"],
            "intermediate_size": encoder["intermediate_size"],
            "heads": encoder["num_attention_heads"],
            "key_value_heads": encoder["num_key_value_heads"], "head_dim": encoder["head_dim"],
            "out_layers": index["text_encoder_out_layers"],
            "max_length": index["max_sequence_length"]},
        "transformer": {
            "double_layers": transformer["num_layers"],
            "single_layers": transformer["num_single_layers"],
            "heads": transformer["num_attention_heads"],
            "axes_dims_rope": transformer["axes_dims_rope"],
            "rope_theta": transformer["rope_theta"], "mlp_ratio": transformer["mlp_ratio"]},
        "export": {"native_sizes": index["native_sizes"]},
    }


def checkpoints_of(model: Path) -> dict[str, dict[str, Any]]:
    """The checkpoints of a run by their names, from an exported directory's weights."""
    autoencoder = AutoencoderKLFlux2.from_pretrained(model / "vae").float()
    encoder = Qwen3ForCausalLM.from_pretrained(model / "text_encoder").float()
    transformer = Flux2Transformer2DModel.from_pretrained(model / "transformer").float()
    weights = transformer.state_dict()
    return {
        "autoencoder.pt": {"average": autoencoder.state_dict()},
        "statistics.pt": {"mean": autoencoder.bn.running_mean,
                          "variance": autoencoder.bn.running_var},
        "text_encoder.pt": {"model": encoder.state_dict()},
        "exported.pt": {"model": weights, "average": weights},
    }


def main(options: Sequence[str] | None = None) -> None:
    """Writes configuration, tokenizer and checkpoints; what exists already is left alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args(options)
    model, folder = arguments.model, arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / RUN_FILE).exists():
        (folder / RUN_FILE).write_text(json.dumps(configuration_of(model), indent=2) + "\n")
    if not (folder / "tokenizer").exists():
        shutil.copytree(model / "tokenizer", folder / "tokenizer")
    for name, content in checkpoints_of(model).items():
        if not (folder / name).exists():
            save(folder / name, content)


if __name__ == "__main__":
    main()
