"""Inputs and outputs of each stage of the model, for comparing one stage at a time."""

import json

import numpy as np
import torch

from adapters import ADAPTERS, Adapted
from images import SyntheticImage
from tokenizer import FOX, HAT, STORM, UNICODE, rendered

TEXT_ROWS = 24
TARGET_TOKENS, REFERENCE_TOKENS = (5, 7), ((3, 4), (4, 2))
LORA_STRENGTH = 0.8


class Tap:
    """Collects what modules return during a `with` block, the first time each is called."""

    def __init__(self):
        self.tensors, self.hooks = {}, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for hook in self.hooks:
            hook.remove()

    def put(self, key, value):
        self.tensors.setdefault(key, value.detach().squeeze(0).clone().contiguous())

    def watch(self, module, *keys):
        """Stores the module's outputs under these keys, in order."""

        def hook(_module, _arguments, output):
            outputs = output if isinstance(output, (tuple, list)) else [output]
            for key, value in zip(keys, outputs):
                self.put(key, value)

        self.hooks.append(module.register_forward_hook(hook))


def tokens(pipeline, prompt, length):
    return pipeline.tokenizer(
        rendered(pipeline.tokenizer, prompt),
        return_tensors="pt",
        padding="max_length",
        truncation=True,
        max_length=length,
    )


def text_stage(pipeline, preset):
    """The layers' outputs and the embedding of one prompt, with padding rows.

    Of a long prompt only the first layer's, so that the file stays small; its embedding holds three more.
    """
    encoded = tokens(pipeline, UNICODE if preset.text_tokens > 100 else FOX, preset.text_tokens)
    states = pipeline.text_encoder(
        **encoded, output_hidden_states=True, use_cache=False
    ).hidden_states
    embedding = torch.cat([states[k] for k in preset.text_out_layers], -1)
    last = 1 if preset.text_tokens > 100 else max(preset.text_out_layers)
    return {
        "input_ids": encoded["input_ids"][0],
        "attention_mask": encoded["attention_mask"][0],
        **{f"hidden.{k}": states[k][0] for k in range(1, last + 1)},
        "prompt_embedding": embedding[0],
    }


def padding_cases(pipeline):
    """Ids after padding and truncation, which may cut the end of the template."""
    rows = []
    for prompt, length in ((FOX, 48), ("", 16), (HAT + UNICODE, 40), ("", 8)):
        encoded = tokens(pipeline, prompt, length)
        rows.append(
            dict(
                prompt=prompt,
                length=length,
                ids=encoded["input_ids"][0].tolist(),
                real=int(encoded["attention_mask"].sum()),
            )
        )
    return rows


def grid(time, height, width):
    return torch.tensor([(time, y, x, 0) for y in range(height) for x in range(width)])


def transformer_inputs(pipeline, preset, seed):
    """A call with two references of different shapes; the text is a real embedding, cut short."""
    text, _ = pipeline.encode_prompt(
        STORM, max_sequence_length=TEXT_ROWS, text_encoder_out_layers=preset.text_out_layers
    )
    shapes = [(0, *TARGET_TOKENS)] + [
        (10 + 10 * i, *shape) for i, shape in enumerate(REFERENCE_TOKENS)
    ]
    image_ids = torch.cat([grid(*shape) for shape in shapes])
    stream = torch.Generator().manual_seed(seed)
    hidden = torch.randn((1, len(image_ids), 4 * preset.latent_channels), generator=stream)
    text_ids = torch.tensor([(0, 0, 0, row) for row in range(TEXT_ROWS)])
    return dict(
        hidden_states=hidden,
        encoder_hidden_states=text,
        timestep=torch.tensor([0.877134264]),
        img_ids=image_ids[None],
        txt_ids=text_ids[None],
    )


def watch_transformer(tap, model):
    embedding = model.time_guidance_embed
    tap.watch(embedding.time_proj, "timestep.sinusoid")
    tap.watch(embedding, "timestep.embedding")
    tap.watch(model.double_stream_modulation_img, "modulation.image")
    tap.watch(model.double_stream_modulation_txt, "modulation.text")
    tap.watch(model.single_stream_modulation, "modulation.single")
    tap.watch(model.x_embedder, "embedded.image")
    tap.watch(model.context_embedder, "embedded.text")
    for i, block in enumerate(model.transformer_blocks):
        tap.watch(block, f"double.{i}.text", f"double.{i}.image")
    first = model.transformer_blocks[0]
    tap.watch(first.norm1, "double.0.norm1")
    tap.watch(first.attn.norm_q, "double.0.norm_q")
    tap.watch(first.attn, "double.0.attention.image", "double.0.attention.text")
    tap.watch(first.ff, "double.0.feed_forward.image")
    tap.watch(first.ff_context, "double.0.feed_forward.text")
    for i, block in enumerate(model.single_transformer_blocks):
        tap.watch(block, f"single.{i}")
    tap.watch(model.norm_out, "output.norm")
    tap.watch(model.proj_out, "velocity")


def transformer_stage(pipeline, preset, seed):
    """Every block's output for one call, and the rotary tables."""
    inputs = transformer_inputs(pipeline, preset, seed)
    model = pipeline.transformer
    with Tap() as tap:
        watch_transformer(tap, model)
        model(**inputs, guidance=None, return_dict=False)
    for name, ids in (("image", inputs["img_ids"]), ("text", inputs["txt_ids"])):
        cosine, sine = model.pos_embed(ids[0])
        tap.put(f"rotary.{name}.cosine", cosine)
        tap.put(f"rotary.{name}.sine", sine)
    for key, value in inputs.items():
        tap.put("input." + key, value)
    return tap.tensors


def lora_stage(pipeline, preset, seed, adapters):
    """The velocity of the same call under each adapter file."""
    inputs = transformer_inputs(pipeline, preset, seed)
    results = {}
    for adapter in ADAPTERS:
        with Adapted(pipeline, adapters, adapter.file, LORA_STRENGTH):
            velocity = pipeline.transformer(**inputs, guidance=None, return_dict=False)[0][0]
        results[adapter.file] = velocity.clone()
    return results


def watch_autoencoder(tap, model):
    sides = (("encoder", model.encoder, "down_blocks"), ("decoder", model.decoder, "up_blocks"))
    for side, part, blocks in sides:
        tap.watch(part.conv_in, f"{side}.conv_in")
        for i, block in enumerate(getattr(part, blocks)):
            tap.watch(block, f"{side}.{blocks}.{i}")
        tap.watch(getattr(part, blocks)[1].resnets[0], f"{side}.{blocks}.1.resnets.0")
        tap.watch(part.mid_block.attentions[0], f"{side}.mid.attention")
        tap.watch(part.mid_block, f"{side}.mid")
        tap.watch(part.conv_norm_out, f"{side}.norm_out")
    tap.watch(model.quant_conv, "moments")
    tap.watch(model.post_quant_conv, "decoder.post_quant_conv")


def autoencoder_stage(pipeline, preset, seed):
    """Both directions on small oblong images, level by level."""
    unit = preset.pixels_per_token
    image = SyntheticImage(3 * unit, 2 * unit, seed).image()
    pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255 * 2 - 1
    packed = torch.randn(
        (1, 4 * preset.latent_channels, 3, 2), generator=torch.Generator().manual_seed(seed)
    )
    bn, config = pipeline.vae.bn, pipeline.vae.config
    deviation = torch.sqrt(bn.running_var.view(1, -1, 1, 1) + config.batch_norm_eps)
    latents = pipeline._unpatchify_latents(packed * deviation + bn.running_mean.view(1, -1, 1, 1))
    with Tap() as tap:
        watch_autoencoder(tap, pipeline.vae)
        tokens = pipeline._pack_latents(pipeline._encode_vae_image(pixels, generator=None))
        decoded = pipeline.vae.decode(latents, return_dict=False)[0]
    tap.put("input.pixels", pixels)
    tap.put("output.tokens", tokens)
    tap.put("input.tokens", pipeline._pack_latents(packed))
    tap.put("input.latents", latents)
    tap.put("output.decoded", decoded)
    return tap.tensors


def schedule_stage(pipeline):
    """Sigmas and timesteps for several sizes (in tokens) and step counts."""
    from diffusers.pipelines.flux2.pipeline_flux2_klein import compute_empirical_mu

    sizes = [
        (256, 1),
        (256, 2),
        (256, 4),
        (1024, 4),
        (2304, 4),
        (2304, 20),
        (4096, 4),
        (4096, 50),
        (4300, 4),
        (4301, 4),
        (4356, 4),
        (4080, 8),
        (16384, 28),
    ]
    rows = []
    for length, steps in sizes:
        mu = compute_empirical_mu(length, steps)
        pipeline.scheduler.set_timesteps(sigmas=np.linspace(1.0, 1 / steps, steps), mu=mu)
        rows.append(
            dict(
                tokens=length,
                steps=steps,
                mu=mu,
                timesteps=pipeline.scheduler.timesteps.tolist(),
                sigmas=pipeline.scheduler.sigmas.tolist(),
            )
        )
    return rows


def sinusoids():
    """The timestep's sinusoid for every usual width, where one unit in a frequency shows most."""
    from diffusers.models.embeddings import get_timestep_embedding

    options = dict(flip_sin_to_cos=True, downscale_freq_shift=0)
    return {
        f"width.{width}": get_timestep_embedding(torch.tensor([1000.0]), width, **options)[0]
        for width in (32, 64, 128, 256, 512)
    }


def noise_table():
    """The ends of the initial noise of several seeds and lengths, for the generator alone."""
    rows = []
    for seed, count in (
        (42, 16),
        (0, 40),
        (2**32 - 1, 1000),
        (2**32, 17),
        (2**40 + 5, 64),
        (2**53 - 1, 33),
    ):
        values = torch.randn(count, generator=torch.Generator().manual_seed(seed))
        rows.append(
            dict(seed=seed, count=count, first=values[:16].tolist(), last=values[-16:].tolist())
        )
    return rows


def dump(path, rows):
    text = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text(f"[\n{text}\n]\n", encoding="utf-8")
