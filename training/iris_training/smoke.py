"""Runs every stage for a few steps with the smallest networks, and checks what each leaves behind.

    python -m iris_training.smoke --folder RUN --iris ../.build/release/iris

It ends with a model that diffusers, and Iris where the program is named, load and draw alike. Its
images are noise: what is shown is that the stages fit together, learn, and can be resumed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from PIL import Image

from . import (autoencoder, check_export, dataset, decoder, distillation, export, fidelity, judge,
               kept_apart, latents, lora, low_noise, paraphrases, refinement, resume_export,
               sampling, scoring, text_encoder, tokenizer, transformer)
from .checkpoints import required
from .configuration import DEFAULT
from .pixels import psnr

CONFIGURATION = DEFAULT.parent / "smoke.toml"
PROMPT = "a red fox on a beach at sunset"
SIDE, SEED = 256, 1
LONG_SCHEDULE = 8  # steps, of which the last are below the low-noise adapter's boundary
ALIKE = 45.0  # dB, as the goldens allow between two programs' rounding


def check(holds: bool, what: str) -> None:
    """Ends the run where something is not as it must be."""
    if not holds:
        raise SystemExit(f"smoke: {what}")


class Smoke:
    """A run of every stage, in a folder of its own."""

    def __init__(self, folder: Path, device: str, bfloat16: bool) -> None:
        check(not folder.exists() or not any(folder.iterdir()), f"{folder} is not empty")
        self.folder, self.run, self.model = folder, folder / "run", folder / "model"
        self._options = ["--device", device, "--bfloat16" if bfloat16 else "--no-bfloat16"]

    def stage(self, module: ModuleType, *options: str | int | Path) -> None:
        """Runs a stage as its command line would, and says how long it took."""
        began = time.monotonic()
        module.main(["--folder", str(self.run), *map(str, options)])
        name = module.__name__.rpartition(".")[2]
        print(f"smoke: {name}, {time.monotonic() - began:.1f} s", flush=True)

    def network(self, module: ModuleType, *options: str | int | Path) -> None:
        """Runs a stage that computes with networks."""
        self.stage(module, *self._options, *options)

    def training(self, module: ModuleType, steps: int, *options: str | int | Path) -> None:
        """Runs a stage that trains."""
        self.network(module, "--steps", steps, "--save-every", 5, *options)

    def weights(self, name: str, part: str = "model") -> dict[str, torch.Tensor]:
        """A part of a checkpoint."""
        return required(self.run / f"{name}.pt")[part]

    def check_learning(self, journal: str, figure: str, steps: int) -> None:
        """Checks that a figure of a journal fell, and that the journal ends with the last step."""
        lines = [json.loads(line) for line in (self.run / f"{journal}.jsonl").open()]
        values = [line[figure] for line in lines if figure in line]
        check(lines[-1]["step"] == steps, f"{journal} ends at step {lines[-1]['step']}")
        check(len(values) > 1 and values[-1] < values[0], f"{journal}: {figure} went {values}")
        print(f"smoke: {journal}: {figure} from {values[0]} to {values[-1]}", flush=True)

    def check_moved(self, before: dict[str, torch.Tensor], after: dict[str, torch.Tensor],
                    parts: tuple[str, ...] = ("",)) -> None:
        """Checks that training changed weights, and only such whose names begin with `parts`."""
        check(all(value.isfinite().all() for value in after.values()), "weights are not finite")
        moved = {name for name in before if not torch.equal(before[name], after[name])}
        check(bool(moved), "training moved nothing")
        strays = sorted(name for name in moved if not name.startswith(parts))
        check(not strays, f"training moved {strays[:3]} …, not only {parts}")


def train_encoders(smoke: Smoke) -> None:
    """Tokenizer, scenes, autoencoder and text encoder; the autoencoder in two goes."""
    smoke.stage(tokenizer, "--config", CONFIGURATION)
    smoke.stage(dataset, "--counts", "256:64,768:52")
    for steps in (20, 30):
        smoke.training(autoencoder, steps, "--pixels", 32768)
    smoke.check_learning("autoencoder", "loss", 30)
    smoke.training(text_encoder, 120, "--batch", 32)
    smoke.check_learning("text_encoder", "loss", 120)


def train_transformers(smoke: Smoke) -> None:
    """Latents of every kind, the transformer, and the stages that make the student of it."""
    for kind, count in (("scene", 48), ("edit", 24), ("combine", 16), ("relight", 8),
                        ("together", 16)):
        smoke.network(latents, "--kind", kind, "--chunks", 1, "--count", count)
    mix = ("--mix", "scene-256x256:3,edit-256x256:1,combine-256x256:1,relight-256x256:1,"
           "together-256x256:1")
    smoke.training(transformer, 160, "--budget", 1500, *mix)  # beyond the warm-up of 60
    for figure in ("scene-256x256", "shown", "place"):
        smoke.check_learning("transformer", figure, 160)
    few = ("--budget", 800, *mix)
    smoke.training(distillation, 6, *few)
    smoke.training(refinement, 6, *few, "--teach-encoder", "5e-4")
    smoke.check_moved(smoke.weights("text_encoder-untaught"), smoke.weights("text_encoder"))
    weights = [smoke.weights(name, "average") for name in ("transformer", "distilled", "student")]
    smoke.check_moved(weights[0], weights[1])
    smoke.check_moved(weights[1], weights[2])
    smoke.training(low_noise, 6, *few)
    adapter = smoke.weights("low_noise")
    ups = [value for name, value in adapter.items() if ".lora_B." in name]
    check(bool(ups) and all(value.any() for value in ups), "the low-noise adapter learned nothing")


def train_rest(smoke: Smoke) -> None:
    """Paraphrases, decoder, a style and the judge; the last two in two goes, drawn once."""
    before = smoke.run / "text_encoder-before.pt"
    (smoke.run / "text_encoder.pt").rename(before)
    smoke.training(paraphrases, 4, "--initial", before, "--sizes", "256:4", "--budget", 600,
                   "--mix", "edit-256x256:1,combine-256x256:1")
    smoke.check_moved(required(before)["model"], smoke.weights("text_encoder"))
    smoke.training(decoder, 6, "--mix", "scene-256x256:1")
    smoke.check_moved(smoke.weights("autoencoder", "average"), smoke.weights("decoder", "average"),
                      ("decoder.", "bn."))  # the statistics, which `latents` measured
    drawn = [smoke.run / "lora-dark-pairs-0.pt", smoke.run / "judge-images-0.pt"]
    ages = []
    for steps in (20, 30):
        smoke.training(lora, steps // 5, "--style", "dark", "--pairs", "256:8", "--budget", 600,
                       "--output", smoke.folder / "dark.safetensors")
        smoke.training(judge, steps, "--images", 80, "--coded", 4, "--batch", 32)
        ages.append([path.stat().st_mtime_ns for path in drawn])
    check(ages[0] == ages[1], "what a stage had drawn was drawn again when it was resumed")
    smoke.check_learning("judge", "loss", 30)


def check_exports(smoke: Smoke) -> None:
    """Exports, makes a run of the export, and exports that: the weights must be the same bytes."""
    smoke.stage(export, "--output", smoke.model)
    again = Smoke(smoke.folder / "again", "cpu", False)
    again.run.mkdir(parents=True)
    again.stage(resume_export, "--model", smoke.model)
    again.stage(export, "--output", again.model, "--checkpoint", "exported.pt")
    for path in sorted(again.model.rglob("*.safetensors")):
        same = path.read_bytes() == (smoke.model / path.relative_to(again.model)).read_bytes()
        check(same, f"{path.name} is not what it was exported from")
    smoke.network(sampling, "--checkpoint", "student.pt", "--count", 2,
                  "--output", smoke.folder / "sheet.png")
    smoke.network(fidelity, "--output", smoke.folder / "photograph.png")


def draw_with_diffusers(smoke: Smoke) -> dict[str, np.ndarray]:
    """Renders in few steps, in many, and with the style; the three must differ."""
    pipeline = check_export.load_pipeline(smoke.model)
    drawn = {f"{steps} steps": check_export.render(pipeline, smoke.model, PROMPT, SIDE, SEED, steps)
             for steps in (4, LONG_SCHEDULE)}
    pipeline.unload_lora_weights()
    pipeline.load_lora_weights(smoke.folder / "dark.safetensors")
    drawn["style"] = pipeline(
        prompt=PROMPT, width=SIDE, height=SIDE, num_inference_steps=4, guidance_scale=1.0,
        generator=torch.Generator().manual_seed(SEED),
        **check_export.text_settings(smoke.model)).images[0]
    images = {name: np.asarray(image) for name, image in drawn.items()}
    for name, image in images.items():
        check(image.shape == (SIDE, SIDE, 3) and image.std() > 1, f"{name}: nothing is drawn")
    check(len({image.tobytes() for image in images.values()}) == 3, "steps or style do nothing")
    return images


def check_iris(smoke: Smoke, iris: Path, expected: dict[str, np.ndarray]) -> None:
    """Renders the same with Iris, and scores two scenes with the judge."""
    subprocess.run([iris, "model", smoke.model], check=True, stdout=subprocess.DEVNULL)
    options: dict[str, list[str | Path]] = {
        "4 steps": ["--steps", "4"], f"{LONG_SCHEDULE} steps": ["--steps", str(LONG_SCHEDULE)],
        "style": ["--lora", smoke.folder / "dark.safetensors", "--lora-strength", "1"]}
    for name, image in expected.items():
        output = smoke.folder / f"iris {name}.png"
        subprocess.run([iris, "generate", PROMPT, "--model", smoke.model, "--size",
                        f"{SIDE}x{SIDE}", "--seed", str(SEED), "--output", output, "--quiet",
                        *options[name]], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        likeness = psnr(np.asarray(Image.open(output).convert("RGB")), image)
        check(likeness > ALIKE, f"{name}: Iris and diffusers are {likeness:.1f} dB apart")
        print(f"smoke: iris, {name}: {likeness:.1f} dB to diffusers", flush=True)
    for what in ("scenes", "strangers"):
        smoke.stage(scoring, "--iris", iris, "--what", what, "--size", SIDE, "--count", 2,
                    "--rows", "wrappers,removal,together", "--options", f"--model {smoke.model}")


def main(options: Sequence[str] | None = None) -> None:
    """Runs everything in an empty folder."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="empty, or not there yet")
    parser.add_argument("--iris", type=Path, help="the program, to draw with it too")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--bfloat16", action=argparse.BooleanOptionalAction, default=True)
    arguments = parser.parse_args(options)
    began = time.monotonic()
    check(not kept_apart.repeated(), f"trained on what judges it: {kept_apart.repeated()}")
    smoke = Smoke(arguments.folder, arguments.device, arguments.bfloat16)
    train_encoders(smoke)
    train_transformers(smoke)
    train_rest(smoke)
    check_exports(smoke)
    expected = draw_with_diffusers(smoke)
    if arguments.iris:
        check_iris(smoke, arguments.iris.absolute(), expected)
    print(f"smoke: every stage ran, in {(time.monotonic() - began) / 60:.1f} minutes")


if __name__ == "__main__":
    main()
