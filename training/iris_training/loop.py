"""What every training stage shares: ranks, schedules, averages, checkpoints, progress, pausing."""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
import torch.distributed as distributed
from tqdm import tqdm

from .muon import Muon

PAUSE_FILE = os.environ.get("IRIS_TRAINING_PAUSE", "")
"""While a file of this name exists, every stage sleeps between steps."""


def wait_out_pause() -> None:
    """Sleeps while the pause file exists."""
    while PAUSE_FILE and os.path.exists(PAUSE_FILE):
        time.sleep(2)


class Ranks:
    """The processes that share a stage: one, or several started by `torchrun`."""

    def __init__(self) -> None:
        self.count = int(os.environ.get("WORLD_SIZE", "1"))
        self.index = int(os.environ.get("RANK", "0"))
        if self.count > 1:
            distributed.init_process_group("gloo")

    @property
    def is_first(self) -> bool:
        """Whether this process reports and saves."""
        return self.index == 0

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


def learning_rate_scale(step: int, steps: int, warmup: int = 60, decay: float = 0.35) -> float:
    """Linear warm-up, a plateau, then linear decay to 2 % over the last `decay` of the steps."""
    remaining = (steps - step) / max(1, steps * decay)
    return min(1.0, (step + 1) / warmup) * max(0.02, min(1.0, remaining))


class Optimizers:
    """Muon for the weight matrices of the blocks, AdamW for everything else."""

    def __init__(self, matrices: Iterable[torch.Tensor], others: Iterable[torch.Tensor],
                 muon_rate: float, adam_rate: float, weight_decay: float = 0.0,
                 adam_decay: float = 0.0) -> None:
        matrices, others = list(matrices), list(others)
        self.parameters = matrices + others
        self._parts: list[tuple[torch.optim.Optimizer, float]] = []
        if matrices:
            self._parts.append((Muon(matrices, muon_rate, weight_decay=weight_decay), muon_rate))
        adam = torch.optim.AdamW(others, adam_rate, betas=(0.9, 0.98), weight_decay=adam_decay)
        self._parts.append((adam, adam_rate))

    def step(self, ranks: Ranks, scale: float, clip: float = 1.0) -> None:
        """Averages and clips the gradients, applies them at `scale` times the base rates."""
        ranks.average_gradients(self.parameters)
        torch.nn.utils.clip_grad_norm_(self.parameters, clip)
        for optimizer, rate in self._parts:
            for group in optimizer.param_groups:
                group["lr"] = rate * scale
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def state(self) -> list[dict]:
        """What a checkpoint needs to go on."""
        return [optimizer.state_dict() for optimizer, _ in self._parts]

    def restore(self, states: list[dict]) -> None:
        """Takes up a checkpoint's state."""
        for (optimizer, _), state in zip(self._parts, states, strict=True):
            optimizer.load_state_dict(state)


class Average:
    """An exponential moving average of a module's parameters, quick at first."""

    def __init__(self, module: torch.nn.Module, decay: float) -> None:
        self.values = {k: v.detach().clone() for k, v in module.state_dict().items()}
        self._decay = decay

    @torch.no_grad()
    def update(self, module: torch.nn.Module, step: int) -> None:
        """Moves the average towards the module's present values."""
        weight = 1 - min(self._decay, 1 - 1 / (step / 4 + 1))
        current = module.state_dict()
        floating = [k for k, v in self.values.items() if v.is_floating_point()]
        torch._foreach_lerp_([self.values[k] for k in floating],
                             [current[k] for k in floating], weight)


def save(path: Path, content: dict) -> None:
    """Writes a checkpoint so that a kill leaves the old or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".partial")
    torch.save(content, temporary)
    temporary.replace(path)


def load(path: Path) -> dict | None:
    """Reads a checkpoint, or nothing when the stage has not begun."""
    return torch.load(path, weights_only=False) if path.exists() else None


def start_from(path: Path | None, modules: dict[str, torch.nn.Module]) -> None:
    """Takes another run's weights where name and shape agree, as when the vocabulary has grown."""
    if path is None:
        return
    checkpoint = load(path)
    if checkpoint is None:
        raise SystemExit(f"there is no checkpoint {path}")
    for name, module in modules.items():
        given, current = checkpoint.get(name, {}), module.state_dict()
        fitting = {k: v for k, v in given.items() if k in current and current[k].shape == v.shape}
        if name == "model" and not fitting:
            raise SystemExit(f"nothing in {path} fits the model")
        module.load_state_dict(current | fitting)


class Stage:
    """A stage's resumable state: its modules, optimizers, average and step, kept in one file."""

    def __init__(self, path: Path, modules: dict[str, torch.nn.Module], optimizers: Optimizers,
                 decay: float) -> None:
        self.path, self.modules, self.optimizers = path, modules, optimizers
        self.average = Average(modules["model"], decay)
        self.step = 0

    def resume(self) -> None:
        """Takes up the checkpoint, if there is one; exits where weights alone are in its place."""
        checkpoint = load(self.path)
        if checkpoint is None:
            return
        if "optimizers" not in checkpoint:
            raise SystemExit(f"{self.path} holds weights without a training state: rename it, and "
                             "give it as --initial where the stage has that")
        for name, module in self.modules.items():
            module.load_state_dict(checkpoint[name])
        self.optimizers.restore(checkpoint["optimizers"])
        self.average.values, self.step = checkpoint["average"], checkpoint["step"]

    def update(self, ranks: Ranks, scale: float) -> None:
        """One optimizer step and its average, from the gradients at hand."""
        self.optimizers.step(ranks, scale)
        self.average.update(self.modules["model"], self.step)
        self.step += 1

    def save(self) -> None:
        """Writes the checkpoint."""
        modules = {name: module.state_dict() for name, module in self.modules.items()}
        save(self.path, {"step": self.step, "average": self.average.values,
                         "optimizers": self.optimizers.state(), **modules})


class Means:
    """Running means of figures for the journal."""

    def __init__(self, keep: float = 0.98) -> None:
        self.values: dict[str, float] = {}
        self._keep = keep

    def add(self, **figures: float) -> None:
        """Moves each mean towards a new value."""
        for name, value in figures.items():
            before = self.values.get(name, float(value))
            self.values[name] = self._keep * before + (1 - self._keep) * float(value)


def seeded(seed: int, ranks: Ranks, step: int) -> random.Random:
    """A source of this rank's choices from this step on; seeds torch alike."""
    rng = random.Random(f"{seed} of rank {ranks.index} from step {step}")
    torch.manual_seed(rng.getrandbits(63))
    return rng


class Journal:
    """A progress bar, and one JSON line per report in `<stage>.jsonl`."""

    def __init__(self, run: Path, stage: str, start: int, steps: int, ranks: Ranks,
                 save_every: int = 100) -> None:
        self._path = run / f"{stage}.jsonl"
        self._active = ranks.is_first
        self._began = time.monotonic()
        self._start = start
        self._every, self._steps = save_every, steps
        self._bar = tqdm(total=steps, initial=start, desc=stage, disable=not self._active,
                         mininterval=20, ncols=100)

    def advance(self) -> None:
        """Counts a step, after waiting out a pause."""
        wait_out_pause()
        self._bar.update(1)

    def is_due(self, step: int) -> bool:
        """Whether this rank reports and saves after so many steps."""
        return self._active and (step % self._every == 0 or step == self._steps)

    def report(self, step: int, **figures: float) -> None:
        """Notes figures beside the step and the seconds since this start."""
        line = {"step": step, "seconds": round(time.monotonic() - self._began, 1)}
        line |= {name: round(float(value), 4) for name, value in figures.items()}
        tqdm.write(json.dumps(line))
        with self._path.open("a") as file:
            file.write(json.dumps(line | {"clock": time.strftime("%H:%M:%S")}) + "\n")

    def record(self, stage: Stage, **figures: float) -> None:
        """Counts a stage's step; when a report is due, writes the figures and the checkpoint."""
        self.advance()
        if self.is_due(stage.step):
            self.report(stage.step, **figures)
            stage.save()


def stage_arguments(description: str, steps: int) -> argparse.ArgumentParser:
    """The options every stage has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--folder", type=Path, required=True, help="folder of data and checkpoints")
    parser.add_argument("--steps", type=int, default=steps, help="steps in all, resumed ones too")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="torch threads per rank")
    parser.add_argument("--save-every", type=int, default=200)
    parser.add_argument("--bfloat16", action=argparse.BooleanOptionalAction, default=True,
                        help="autocast; off on CPUs without AVX512_BF16 or AMX")
    return parser
