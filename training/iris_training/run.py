"""A training run: its folder, the sizes of its networks, and what computes it."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.distributed as distributed

from .attention import use_plain_attention
from .configuration import Configuration

PAUSE_FILE = os.environ.get("IRIS_TRAINING_PAUSE", "")
"""While a file of this name exists, every stage sleeps between steps."""


def wait_out_pause() -> None:
    """Sleeps while the pause file exists."""
    while PAUSE_FILE and os.path.exists(PAUSE_FILE):
        time.sleep(2)


class Ranks:
    """The processes that share a stage: one, or several started by `torchrun`."""

    def __init__(self, device: torch.device) -> None:
        self.count = int(os.environ.get("WORLD_SIZE", "1"))
        self.index = int(os.environ.get("RANK", "0"))
        if self.count > 1:
            distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")

    @property
    def is_first(self) -> bool:
        """True for the process that reports and saves."""
        return self.index == 0

    def meet(self) -> None:
        """Waits until every process is here."""
        if self.count > 1:
            distributed.barrier()

    def average_gradients(self, parameters: Sequence[torch.Tensor]) -> None:
        """Replaces every gradient by its mean over the ranks."""
        if self.count == 1:
            return
        gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in parameters]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        distributed.all_reduce(flat)
        flat /= self.count
        offset = 0
        for parameter in parameters:
            parameter.grad = flat[offset:offset + parameter.numel()].view_as(parameter)
            offset += parameter.numel()


class Run:
    """A folder of data and checkpoints, its configuration, and the device that computes."""

    def __init__(self, folder: Path, configuration: Path | None = None, device: str = "cpu",
                 bfloat16: bool = False) -> None:
        self.folder = folder
        self.configuration = Configuration.of_run(folder, configuration)
        self.device = _device(device)
        self.bfloat16 = bfloat16
        self.ranks = Ranks(self.device)

    @staticmethod
    def of(arguments: argparse.Namespace) -> Run:
        """The run that a stage's options name."""
        torch.set_num_threads(arguments.threads)
        if arguments.device == "cpu":
            use_plain_attention()
        return Run(arguments.folder, arguments.config, arguments.device, arguments.bfloat16)

    def path(self, name: str) -> Path:
        """A file of the run."""
        return self.folder / name

    def ages(self, *names: str) -> dict[str, int]:
        """Times at which files were last written, in nanoseconds; 0 where there is no file."""
        paths = {name: self.path(name) for name in names}
        return {name: path.stat().st_mtime_ns if path.exists() else 0
                for name, path in paths.items()}

    def autocast(self) -> torch.autocast:
        """The context in which networks are computed: bfloat16 unless that is off."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16)


def _device(name: str) -> torch.device:
    """The CPU, or this process's GPU."""
    if name == "cpu":
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise SystemExit("--device cuda: torch finds no CUDA device")
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    torch.cuda.set_device(device)
    return device


def run_arguments(description: str | None) -> argparse.ArgumentParser:
    """The options of everything that computes with a run's networks."""
    parser = argparse.ArgumentParser(description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="folder of data and checkpoints")
    parser.add_argument("--config", type=Path, help="sizes of the networks, TOML or JSON; kept in "
                        "the folder by its first stage, the embedded model's if unsaid")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--threads", type=int, default=1, help="torch's threads on the CPU")
    parser.add_argument("--bfloat16", action=argparse.BooleanOptionalAction, default=True,
                        help="autocast; off on CPUs without AVX512_BF16 or AMX")
    return parser


def stage_arguments(description: str | None, steps: int) -> argparse.ArgumentParser:
    """The options of every stage that trains."""
    parser = run_arguments(description)
    parser.add_argument("--steps", type=int, default=steps, help="steps in all, resumed ones too")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save-every", type=int, default=200)
    return parser
