"""Writes a pipeline directory of random weights in the layout of the published checkpoints."""

import json
import shutil
import zlib
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from tokenizer import ADDED_TOKENS, write_tokenizer

COMPONENTS = {
    "text_encoder": "model",
    "transformer": "diffusion_pytorch_model",
    "vae": "diffusion_pytorch_model",
}


def generator(seed, tag):
    """An independent stream of random numbers for each purpose."""
    return torch.Generator().manual_seed((seed * 1000003 + zlib.crc32(tag.encode())) & 0x7FFFFFFF)


def gain(component, name):
    """Lets every branch contribute about one; default initialisers leave them near zero."""
    leaf = name.split(".")[-2] if "." in name else name
    if leaf in ("o_proj", "down_proj"):
        return 0.5
    if "modulation" in name or "norm_out" in name:
        return 2.0
    if "time_guidance_embed" in name:
        return 1.5
    return 1.2 if component == "vae" else 1.0


def randomise(model, seed, component, storage):
    """Fills a model with random values that the storage type represents exactly."""

    def put(target, value):
        target.copy_(value.to(storage).float() if target.is_floating_point() else value)

    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator(seed, f"{component}/{name}"))
            if name.endswith("bias"):
                put(parameter, 0.1 * noise)
            elif parameter.ndim == 1:
                put(parameter, 1 + 0.15 * noise)
            elif "embed_tokens" in name:
                put(parameter, noise)
            else:
                put(parameter, gain(component, name) * noise / parameter[0].numel() ** 0.5)
        for name, buffer in model.named_buffers():
            stream = generator(seed, f"{component}/{name}")
            if name == "bn.running_mean":
                put(buffer, 0.3 * torch.randn(buffer.shape, generator=stream))
            elif name == "bn.running_var":
                put(buffer, 0.3 + 1.7 * torch.rand(buffer.shape, generator=stream))
            elif name == "bn.num_batches_tracked":
                buffer.fill_(1234)
    return model.eval()


def make_text_encoder(preset, base):
    from transformers import Qwen3Config, Qwen3ForCausalLM

    rows = (
        -(-(base + len(ADDED_TOKENS) + 40) // 64) * 64
    )  # the table is padded past the last added token
    return Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=rows,
            hidden_size=preset.text_hidden,
            intermediate_size=preset.text_intermediate,
            num_hidden_layers=preset.text_layers,
            num_attention_heads=preset.text_heads,
            num_key_value_heads=preset.text_key_value_heads,
            head_dim=preset.text_head_width,
            rms_norm_eps=1e-6,
            max_position_embeddings=40960,
            tie_word_embeddings=preset.text_tied_embeddings,
            rope_parameters={"rope_type": "default", "rope_theta": 1000000.0},
            attention_bias=False,
            use_sliding_window=False,
            sliding_window=None,
            max_window_layers=preset.text_layers,
            bos_token_id=base,
            eos_token_id=base + 2,
            pad_token_id=None,
        )
    ).float()


def make_transformer(preset):
    from diffusers import Flux2Transformer2DModel

    return Flux2Transformer2DModel(
        patch_size=1,
        in_channels=4 * preset.latent_channels,
        out_channels=None,
        num_layers=preset.double_blocks,
        num_single_layers=preset.single_blocks,
        attention_head_dim=preset.head_width,
        num_attention_heads=preset.heads,
        joint_attention_dim=len(preset.text_out_layers) * preset.text_hidden,
        timestep_guidance_channels=preset.timestep_channels,
        mlp_ratio=preset.mlp_ratio,
        axes_dims_rope=preset.rope_axes,
        rope_theta=2000,
        eps=1e-6,
        guidance_embeds=False,
    ).float()


def make_autoencoder(preset):
    from diffusers import AutoencoderKLFlux2

    levels = len(preset.encoder_channels)
    optional = (
        {}
        if preset.decoder_channels is None
        else {"decoder_block_out_channels": preset.decoder_channels}
    )
    return AutoencoderKLFlux2(
        block_out_channels=preset.encoder_channels,
        layers_per_block=preset.resnets_per_level,
        latent_channels=preset.latent_channels,
        norm_num_groups=preset.norm_groups,
        sample_size=1024,
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        **optional,
    ).float()


def make_scheduler(preset):
    from diffusers import FlowMatchEulerDiscreteScheduler

    return FlowMatchEulerDiscreteScheduler(
        num_train_timesteps=1000,
        shift=3.0,
        use_dynamic_shifting=preset.dynamic_shift,
        base_shift=0.5,
        max_shift=1.15,
        base_image_seq_len=256,
        max_image_seq_len=4096,
        time_shift_type="exponential",
    )


def write_model(folder, preset, seed, key_style="v4"):
    """Writes a whole directory: random weights, tokenizer, configurations."""
    from diffusers import Flux2KleinPipeline
    from transformers import AutoTokenizer

    folder = Path(folder)
    folder.mkdir(parents=True)
    own_tokenizer = folder / "tokenizer.own"
    base = write_tokenizer(own_tokenizer, seed, preset.vocabulary)
    models = {
        "text_encoder": make_text_encoder(preset, base),
        "transformer": make_transformer(preset),
        "vae": make_autoencoder(preset),
    }
    storage = {
        "text_encoder": preset.text_storage,
        "transformer": preset.transformer_storage,
        "vae": preset.autoencoder_storage,
    }
    for name, model in models.items():
        randomise(model, seed, name, getattr(torch, storage[name]))
    pipeline = Flux2KleinPipeline(
        scheduler=make_scheduler(preset),
        tokenizer=AutoTokenizer.from_pretrained(own_tokenizer),
        is_distilled=True,
        **models,
    )
    pipeline.save_pretrained(folder, safe_serialization=True)
    # The saved tokenizer is re-serialised in a newer style than the published folders have.
    shutil.rmtree(folder / "tokenizer")
    own_tokenizer.rename(folder / "tokenizer")
    for name, stem in COMPONENTS.items():
        store_as(folder / name / f"{stem}.safetensors", getattr(torch, storage[name]))
    set_key_style(folder, key_style)
    complete_index(folder, preset)


def store_as(path, storage):
    """Rewrites a weight file with its floating-point tensors in another type."""
    tensors = {k: v.to(storage) if v.is_floating_point() else v for k, v in load_file(path).items()}
    save_file(tensors, path, metadata={"format": "pt"})


def edit_json(path, change):
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content, indent=2), encoding="utf-8")


def set_key_style(folder, style):
    """Spells the text encoder's configuration as transformers 4 (the published files) or 5 does."""

    def older(config):
        theta = int(config.pop("rope_parameters")["rope_theta"])
        config.pop("layer_types", None)
        config.update(
            rope_theta=theta,
            rope_scaling=None,
            torch_dtype=config.pop("dtype", "float32"),
            transformers_version="4.51.0",
        )

    def newer(config):
        theta = float(config.pop("rope_theta"))
        config.pop("rope_scaling", None)
        config.update(
            rope_parameters={"rope_type": "default", "rope_theta": theta},
            layer_types=["full_attention"] * config["num_hidden_layers"],
            dtype=config.pop("torch_dtype"),
            transformers_version="5.23.0",
        )

    path = Path(folder) / "text_encoder" / "config.json"
    current = "v5" if "rope_parameters" in json.loads(path.read_text()) else "v4"
    if current != style:
        edit_json(path, older if style == "v4" else newer)


def complete_index(folder, preset):
    """States in the index what differs from klein, under the keys a model directory may carry."""

    def change(index):
        index["tokenizer"][1] = "Qwen2TokenizerFast"
        if preset.text_out_layers != (9, 18, 27):
            index["text_encoder_out_layers"] = list(preset.text_out_layers)
        if preset.text_tokens != 512:
            index["max_sequence_length"] = preset.text_tokens

    edit_json(folder / "model_index.json", change)


def shard(folder, component, parts=3):
    """Rewrites one component as several files and an index."""
    stem = COMPONENTS[component]
    directory = Path(folder) / component
    single = directory / f"{stem}.safetensors"
    tensors = load_file(single)
    size = {k: v.numel() * v.element_size() for k, v in tensors.items()}
    limit = sum(size.values()) // parts + 1
    groups, filled = [{}], 0
    for name in sorted(tensors):
        if groups[-1] and filled + size[name] > limit and len(groups) < parts:
            groups.append({})
            filled = 0
        groups[-1][name] = tensors[name]
        filled += size[name]
    places = {}
    for i, group in enumerate(groups):
        file = f"{stem}-{i + 1:05d}-of-{len(groups):05d}.safetensors"
        save_file(group, directory / file, metadata={"format": "pt"})
        places.update(dict.fromkeys(group, file))
    index = {"metadata": {"total_size": sum(size.values())}, "weight_map": places}
    (directory / f"{stem}.safetensors.index.json").write_text(json.dumps(index, indent=2))
    single.unlink()
