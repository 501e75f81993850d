"""Lays out a run from an exported model, so that training can go on where its checkpoints are gone.

    python -m iris_training.resume_export --model ../models/iris-tiny --folder RUN

The run gets the tokenizer, the autoencoder with its statistics, the text encoder and the distilled
transformer, as `exported.pt`; `transformer --initial RUN/exported.pt` goes on from it.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from diffusers import AutoencoderKLFlux2, Flux2Transformer2DModel
from transformers import Qwen3ForCausalLM

from .loop import save


def main() -> None:
    """Writes tokenizer and checkpoints; what exists already is left alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    model, run = arguments.model, arguments.folder
    if not (run / "tokenizer").exists():
        shutil.copytree(model / "tokenizer", run / "tokenizer")
    autoencoder = AutoencoderKLFlux2.from_pretrained(model / "vae").float()
    encoder = Qwen3ForCausalLM.from_pretrained(model / "text_encoder").float()
    transformer = Flux2Transformer2DModel.from_pretrained(model / "transformer").float()
    weights = transformer.state_dict()
    contents = {
        "autoencoder.pt": {"average": autoencoder.state_dict()},
        "statistics.pt": {"mean": autoencoder.bn.running_mean,
                          "variance": autoencoder.bn.running_var},
        "text_encoder.pt": {"model": encoder.state_dict()},
        "exported.pt": {"model": weights, "average": weights},
    }
    for name, content in contents.items():
        if not (run / name).exists():
            save(run / name, content)


if __name__ == "__main__":
    main()
