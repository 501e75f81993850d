#!/usr/bin/env python3
"""Write Tests/Fixtures/weights/quantized.safetensors: bytes of every quantised format, and what they stand for.

    pip install numpy torch gguf comfy-kitchen safetensors
    python Tests/Reference/quantized_blocks.py

The values are those of gguf.quants.dequantize and of the eager backend of comfy-kitchen, in float32. Bytes are
random, so that every code occurs; scales are chosen finite, some of them subnormal.
"""
import pathlib

import comfy_kitchen.backends.eager.quantization as comfy
import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as T
from safetensors.numpy import save_file

TARGET = pathlib.Path(__file__).parents[1] / "Fixtures/weights/quantized.safetensors"
# Where the float16 scales of a block are.
SCALES = {
    T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q8_0: [0], T.Q2_K: [80, 82], T.Q3_K: [108],
    T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208], T.IQ4_NL: [0], T.IQ4_XS: [0], T.MXFP4: [],
}


def blocks(random):
    """For each type of ggml 256 or 512 values in whole blocks, the second half with subnormal scales."""
    tensors = {}
    for kind, places in SCALES.items():
        values, size = gguf.GGML_QUANT_SIZES[kind]
        count = max(256 // values, 2)
        data = random.integers(0, 256, (count, size), np.uint8)
        for place in places:
            scale = random.standard_normal(count).astype(np.float16)
            scale[count // 2:] = (scale[count // 2:].astype(np.float32) * 2.0**-18).astype(np.float16)
            data[:, place:place + 2] = scale[:, None].view(np.uint8)
        if kind is T.MXFP4:
            data[:, 0] = random.integers(100, 150, count)
            data[:2, 0] = [0, 1]
        tensors[f"{kind.name}.bytes"] = data
        tensors[f"{kind.name}.values"] = gguf.quants.dequantize(data, kind).astype(np.float32)
    return tensors


def layers(random):
    """Layers as ComfyUI stores them, with tiles that are not full."""
    torch.manual_seed(int(random.integers(1 << 30)))
    tensors = {}
    for name, shape in {"nvfp4": (33, 80), "nvfp4_tall": (129, 16)}.items():
        w = torch.randn(shape)
        padded = torch.nn.functional.pad(w, (0, 0, 0, -shape[0] % 16))
        factor = torch.tensor(w.abs().max().item() / (448 * 6))
        q, s = comfy.quantize_nvfp4(padded, factor)
        tensors |= {
            f"{name}.weight": q.numpy(), f"{name}.weight_scale": s.view(torch.uint8).numpy(),
            f"{name}.weight_scale_2": factor.numpy(),
            f"{name}.values": comfy.dequantize_nvfp4(q, factor, s, torch.float32).numpy()}
    w = torch.randn(48, 96) * torch.exp(torch.randn(48, 1))
    q, s = comfy.quantize_mxfp8(torch.nn.functional.pad(w, (0, 0, 0, -48 % 32)))
    tensors |= {
        "mxfp8.weight": q.view(torch.uint8).numpy(), "mxfp8.weight_scale": s.view(torch.uint8).numpy(),
        "mxfp8.values": comfy.dequantize_mxfp8(q, s, torch.float32).numpy()}
    codes = torch.arange(256, dtype=torch.uint8)
    for name, kind in {"e4m3": torch.float8_e4m3fn, "e5m2": torch.float8_e5m2}.items():
        tensors[f"{name}.values"] = codes.view(kind).float().numpy()
    return tensors


def main():
    random = np.random.default_rng(7)
    tensors = blocks(random) | layers(random)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()}, TARGET)
    print(f"{TARGET}: {TARGET.stat().st_size} bytes, {len(tensors)} tensors")


if __name__ == "__main__":
    main()
