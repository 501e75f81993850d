"""The renders that are compared from end to end, and how diffusers renders them."""

import contextlib
import json
from dataclasses import dataclass

import numpy as np
import PIL.Image
import torch

from adapters import Adapted
from images import SyntheticImage, prepared
from tokenizer import FOX, HAT, STORM, UNICODE


@dataclass(frozen=True)
class Case:
    """One render, as a user asks for it. Sizes are in tokens, so that every model has them."""

    name: str
    prompt: str
    seed: int
    tokens_wide: int = 4
    tokens_high: int = 4
    steps: int = 4
    guidance: float = 1.0
    references: tuple = ()
    strength: float = 1.0
    lora: str | None = None
    lora_strength: float = 1.0
    negative: str = ""
    mask: SyntheticImage | None = None

    def size(self, preset):
        return (
            self.tokens_wide * preset.pixels_per_token,
            self.tokens_high * preset.pixels_per_token,
        )

    def as_json(self, preset):
        width, height = self.size(preset)
        return dict(
            name=self.name,
            prompt=self.prompt,
            seed=self.seed,
            width=width,
            height=height,
            steps=self.steps,
            guidance=self.guidance,
            references=[p.name for p in self.references],
            strength=self.strength,
            lora=self.lora,
            lora_strength=self.lora_strength,
            negative_prompt=self.negative,
            mask=self.mask and self.mask.name,
        )


ODD = SyntheticImage(100, 75, 11)
THREE = (SyntheticImage(72, 65, 12), SyntheticImage(83, 117, 13), SyntheticImage(130, 66, 14, "L"))

CASES = [
    Case("text", FOX, 42, 7, 5),
    Case("unicode", UNICODE, 7, 5, 6, steps=3),
    Case("empty", "", 0, 4, 5),
    Case("one_step", STORM, 1, 4, 4, steps=1),
    Case("twenty_steps", FOX, 2**32 - 1, 5, 4, steps=20),
    Case("large_seed", HAT, 2**40 + 5, 6, 4, steps=2),
    Case("edit", STORM, 3, 6, 4, references=(ODD,)),
    Case("edit_three", HAT, 4, 5, 6, references=THREE),
    Case("strength", STORM, 5, 6, 5, references=(ODD,), strength=0.75),
    Case("strength_half", STORM, 6, 4, 6, steps=5, references=(THREE[1],), strength=0.5),
    Case("strength_zero", STORM, 6, 5, 4, references=(ODD,), strength=0.0),
    Case("guidance", FOX, 8, 4, 6, steps=6, guidance=3.5),
    Case("guidance_edit", STORM, 9, 4, 4, steps=3, guidance=2.5, references=(ODD,)),
    Case("lora", FOX, 10, 5, 4, lora="peft.safetensors", lora_strength=0.8),
    Case(
        "lora_edit", STORM, 12, 4, 5, references=(ODD,), lora="kohya.safetensors", lora_strength=0.8
    ),
    Case("negative", FOX, 18, 4, 6, steps=3, guidance=3.0, negative=STORM),
    # Sources of the size of the result: others diffusers stretches, and Iris crops.
    Case(
        "inpaint", STORM, 15, 6, 5,
        references=(SyntheticImage(96, 80, 15),), mask=SyntheticImage(96, 80, 16, "L"),
    ),
    Case(
        "inpaint_strength", HAT, 16, 5, 6, steps=5, guidance=2.5,
        references=(SyntheticImage(80, 96, 17),), strength=0.6, mask=SyntheticImage(80, 96, 18),
    ),
    Case(
        "inpaint_reference", FOX, 17, 5, 4,
        references=(SyntheticImage(80, 64, 19), ODD), strength=0.8,
        mask=SyntheticImage(80, 64, 20, "L"),
    ),
]


def load_pipeline(folder, dtype=torch.float32):
    """The directory in diffusers, with guidance obeyed whatever the directory says."""
    from diffusers import Flux2KleinPipeline

    pipeline = Flux2KleinPipeline.from_pretrained(str(folder), dtype=dtype)
    pipeline.register_to_config(is_distilled=False)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


class Recorder:
    """Keeps what passes between the stages of one call of a pipeline."""

    def __init__(self, pipeline):
        self.pipeline, self.tensors = pipeline, {}
        self.names = ("prepare_latents", "prepare_image_latents", "encode_prompt")
        self.steps = 0

    def __enter__(self):
        pipeline, scheduler, decode = (
            self.pipeline,
            self.pipeline.scheduler,
            self.pipeline.vae.decode,
        )
        originals = {name: getattr(pipeline, name) for name in self.names}

        def prepare_image_latents(*arguments, **named):
            tokens, ids = result = originals["prepare_image_latents"](*arguments, **named)
            self.tensors["reference.tokens"], self.tensors["reference.ids"] = tokens[0], ids[0]
            return result

        def prepare_latents(*arguments, **named):
            result = originals["prepare_latents"](*arguments, **named)
            self.tensors["start"] = result[0][0]
            return result

        def step(velocity, timestep, latents, **named):
            result = type(scheduler).step(scheduler, velocity, timestep, latents, **named)
            self.tensors[f"velocity.{self.steps}"] = velocity[0]
            self.tensors[f"latents.{self.steps}"] = result[0][0]
            self.steps += 1
            return result

        def decode_latents(latents, **named):
            self.tensors["sigmas"], self.tensors["timesteps"] = (
                scheduler.sigmas,
                scheduler.timesteps,
            )
            result = decode(latents, **named)
            self.tensors["denoised"], self.tensors["decoded"] = latents[0], result[0][0]
            return result

        pipeline.prepare_image_latents, pipeline.prepare_latents = (
            prepare_image_latents,
            prepare_latents,
        )
        scheduler.step, pipeline.vae.decode = step, decode_latents
        return self.tensors

    def __exit__(self, *_):
        del self.pipeline.prepare_image_latents, self.pipeline.prepare_latents
        del self.pipeline.scheduler.step, self.pipeline.vae.decode


def first_step(case):
    """The rule of diffusers' inpaint pipeline for how many steps a strength skips."""
    if len(case.references) != 1:
        return 0
    return int(max(case.steps - min(case.steps * case.strength, case.steps), 0))


def covering(image, width, height):
    """An image scaled with its aspect until it covers a size, and cropped around its centre."""
    scale = max(width / image.width, height / image.height)
    wide = max(int(image.width * scale + 0.5), width)
    high = max(int(image.height * scale + 0.5), height)
    left, top = (wide - width) // 2, (high - height) // 2
    scaled = image.resize((wide, high), PIL.Image.Resampling.LANCZOS)
    return scaled.crop((left, top, left + width, top + height))


def strength_start(pipeline, preset, case, sigma):
    """Latents between the source, scaled and cropped to the output's shape, and the seed's noise."""
    reference = PIL.Image.fromarray(prepared(pipeline, case.references[0].image()))
    source = covering(reference, *case.size(preset))
    pixels = torch.from_numpy(np.array(source)).permute(2, 0, 1)[None].float() / 255 * 2 - 1
    clean = pipeline._encode_vae_image(pixels, generator=None)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(case.seed))
    return sigma * noise + (1 - sigma) * clean


def arguments_of(pipeline, preset, case):
    """The call of the pipeline for a case."""
    width, height = case.size(preset)
    call = dict(
        prompt=case.prompt,
        width=width,
        height=height,
        num_inference_steps=case.steps,
        guidance_scale=case.guidance,
        generator=torch.Generator().manual_seed(case.seed),
        output_type="pt",
        max_sequence_length=preset.text_tokens,
        text_encoder_out_layers=preset.text_out_layers,
    )
    if pipeline.dtype == torch.float64:  # would draw other numbers
        shape = (1, 4 * preset.latent_channels, case.tokens_high, case.tokens_wide)
        call["latents"] = torch.randn(shape, generator=call.pop("generator")).double()
    if case.references:
        call["image"] = [p.image() for p in case.references]
    if case.negative:
        call["negative_prompt_embeds"], _ = pipeline.encode_prompt(
            prompt=case.negative,
            max_sequence_length=preset.text_tokens,
            text_encoder_out_layers=preset.text_out_layers,
        )
    start = first_step(case)
    if start:
        from diffusers.pipelines.flux2.pipeline_flux2_klein import compute_empirical_mu

        sigmas = np.linspace(1.0, 1 / case.steps, case.steps)
        mu = compute_empirical_mu(
            image_seq_len=case.tokens_wide * case.tokens_high, num_steps=case.steps
        )
        pipeline.scheduler.set_timesteps(sigmas=sigmas, mu=mu)
        call["latents"] = strength_start(pipeline, preset, case, pipeline.scheduler.sigmas[start])
        call["sigmas"] = sigmas[start:]
    return call, start


def decode_only(pipeline, latents):
    """Decodes the source's latents as the pipeline does after its last step, for a render without steps."""
    deviation = torch.sqrt(
        pipeline.vae.bn.running_var.view(1, -1, 1, 1) + pipeline.vae.config.batch_norm_eps
    )
    packed = latents * deviation + pipeline.vae.bn.running_mean.view(1, -1, 1, 1)
    decoded = pipeline.vae.decode(pipeline._unpatchify_latents(packed), return_dict=False)[0]
    return pipeline.image_processor.postprocess(decoded, output_type="pt")


def render_masked(pipeline, preset, case):
    """Renders a case with a mask by diffusers' inpaint pipeline, as `render` does the others."""
    from diffusers import Flux2KleinInpaintPipeline

    pipeline = Flux2KleinInpaintPipeline(**pipeline.components, is_distilled=False)
    pipeline.set_progress_bar_config(disable=True)
    source, *others = [p.image() for p in case.references]

    def after_step(_, index, __, named):
        tensors[f"latents.{index}"] = named["latents"][0]
        return {}

    with torch.no_grad(), Recorder(pipeline) as tensors:
        image = pipeline(
            prompt=case.prompt,
            image=source,
            image_reference=others[0] if others else None,
            mask_image=case.mask.image(),
            strength=case.strength,
            num_inference_steps=case.steps,
            guidance_scale=case.guidance,
            generator=torch.Generator().manual_seed(case.seed),
            output_type="pt",
            max_sequence_length=preset.text_tokens,
            text_encoder_out_layers=preset.text_out_layers,
            callback_on_step_end=after_step,
        ).images
    skipped = int(max(case.steps - min(case.steps * case.strength, case.steps), 0))
    for name in ("sigmas", "timesteps"):
        tensors[name] = tensors[name][skipped:]
    return image, tensors


def render(pipeline, preset, case, adapters):
    """Renders a case; returns the image and the tensors seen on the way."""
    image, tensors = (
        render_masked(pipeline, preset, case)
        if case.mask
        else render_unmasked(pipeline, preset, case, adapters)
    )
    levels = (image[0].permute(1, 2, 0).float().numpy() * 255).round().astype("uint8")
    return PIL.Image.fromarray(levels), tensors


def render_unmasked(pipeline, preset, case, adapters):
    adapted = contextlib.nullcontext()
    if case.lora:
        adapted = Adapted(pipeline, adapters, case.lora, case.lora_strength)
    with torch.no_grad(), adapted, Recorder(pipeline) as tensors:
        call, start = arguments_of(pipeline, preset, case)
        if start == case.steps:
            image = decode_only(pipeline, call["latents"])
        else:
            image = pipeline(**call).images
    return image, tensors


def write_references(folder, chosen):
    """Saves every reference image of some cases."""
    folder.mkdir(parents=True, exist_ok=True)
    used = {p for case in chosen for p in (*case.references, case.mask) if p}
    for image in used:
        image.image().save(folder / image.name, optimize=True)


def write_list(path, preset, cases):
    rows = ",\n".join(json.dumps(case.as_json(preset), ensure_ascii=False) for case in cases)
    path.write_text(f"[\n{rows}\n]\n", encoding="utf-8")
