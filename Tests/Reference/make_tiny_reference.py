#!/usr/bin/env python3
"""Builds a random FLUX.2 [klein] model and records what diffusers computes with it.

    python make_tiny_reference.py --out out/a --seed 1 --preset tiny

Different seeds and presets give different, equally valid instances; the README lists the files.
"""

import argparse
import json
import os
import shutil
import sys
from pathlib import Path

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ[name] = "1"
os.environ.update(
    TOKENIZERS_PARALLELISM="false",
    HF_HUB_OFFLINE="1",
    DIFFUSERS_VERBOSITY="error",
    TRANSFORMERS_VERBOSITY="error",
    HF_HUB_DISABLE_PROGRESS_BARS="1",
)

import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

torch.set_num_threads(1)
torch.set_grad_enabled(False)

import adapters  # noqa: E402
import cases  # noqa: E402
import images  # noqa: E402
import random_model  # noqa: E402
import stages  # noqa: E402
from presets import PRESETS  # noqa: E402
from tokenizer import tokenizer_cases  # noqa: E402


def save(path, tensors):
    """Stores everything as float32: the few integers, position ids, are small."""
    save_file({k: v.float().contiguous().clone() for k, v in tensors.items()}, path)


def write_stages(out, pipeline, preset, seed):
    """Everything needed to test one stage at a time."""
    (out / "tokenizer.json").write_text(
        json.dumps(tokenizer_cases(out / "model" / "tokenizer"), indent=1, ensure_ascii=False),
        encoding="utf-8",
    )
    stages.dump(out / "padding.json", stages.padding_cases(pipeline))
    stages.dump(out / "schedule.json", stages.schedule_stage(pipeline))
    stages.dump(out / "noise.json", stages.noise_table())
    save(out / "sinusoid.safetensors", stages.sinusoids())
    save(out / "text.safetensors", stages.text_stage(pipeline, preset))
    save(out / "transformer.safetensors", stages.transformer_stage(pipeline, preset, seed))
    save(out / "lora.safetensors", stages.lora_stage(pipeline, preset, seed, out / "lora"))
    save(out / "autoencoder.safetensors", stages.autoencoder_stage(pipeline, preset, seed))


def kept(tensors):
    """Leaves out what is large and can be seen in the image, and the middle of long schedules."""
    steps = sum(1 for key in tensors if key.startswith("latents."))
    middle = {
        f"{kind}.{i}" for kind in ("latents", "velocity") for i in range(2, steps - 1) if steps > 6
    }
    return {k: v for k, v in tensors.items() if k != "decoded" and k not in middle}


def write_cases(out, pipeline, preset, names):
    """Whole renders: the image, and the tensors between the stages."""
    chosen = [case for case in cases.CASES if names is None or case.name in names]
    (out / "cases").mkdir()
    cases.write_references(out / "images", chosen)
    cases.write_list(out / "cases.json", preset, chosen)
    for case in chosen:
        image, tensors = cases.render(pipeline, preset, case, out / "lora")
        image.save(out / "cases" / f"{case.name}.png", optimize=True)
        save(out / "cases" / f"{case.name}.safetensors", kept(tensors))


def make(
    out,
    preset,
    seed,
    names=None,
    sharded=False,
    key_style="v4",
    with_stages=True,
    with_references=True,
    with_kinds=False,
):
    """Writes one instance into the folder `out`, replacing it."""
    out = Path(out)
    shutil.rmtree(out, ignore_errors=True)
    random_model.write_model(out / "model", preset, seed, key_style)
    if sharded:
        random_model.shard(out / "model", "text_encoder")
        random_model.shard(out / "model", "transformer")
    pipeline = cases.load_pipeline(out / "model")
    adapters.write_adapters(out / "lora", pipeline.transformer, seed)
    (out / "preset.json").write_text(
        json.dumps(dict(seed=seed, **preset.as_json()), indent=1) + "\n"
    )
    if with_stages:
        write_stages(out, pipeline, preset, seed)
    if with_references:
        images.write_reference_table(pipeline, out / "references")
    if with_kinds:
        # LyCORIS is needed for these alone.
        import adapter_kinds

        adapter_kinds.write(pipeline, preset, seed, out / "kinds")
    write_cases(out, pipeline, preset, names)


def parsed(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--preset", default="tiny", choices=PRESETS)
    parser.add_argument(
        "--set",
        nargs="*",
        default=[],
        metavar="KEY=JSON",
        help="other dimensions than the preset's",
    )
    parser.add_argument("--cases", nargs="*", help="names of cases; all by default")
    parser.add_argument(
        "--sharded", action="store_true", help="text encoder and transformer in several files"
    )
    parser.add_argument(
        "--key-style",
        choices=("v4", "v5"),
        default="v4",
        help="spelling of the text encoder's configuration: transformers 4 or 5",
    )
    return parser.parse_args(arguments)


def main(arguments):
    options = parsed(arguments)
    settings = {k: json.loads(v) for k, v in (pair.split("=", 1) for pair in options.set)}
    preset = PRESETS[options.preset].checked().overriding(settings)
    make(options.out, preset, options.seed, options.cases, options.sharded, options.key_style)


if __name__ == "__main__":
    main(sys.argv[1:])
