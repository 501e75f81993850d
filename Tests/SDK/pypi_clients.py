"""Asks a running service with clients from PyPI, each as it comes, in a virtual environment of its own.

    iris serve --model-aliases dall-e-2,dall-e-3,gpt-image-1 --model-optional --oversize scale \
      --max-size 128 --max-edit-size 128
    python3 Tests/SDK/pypi_clients.py http://127.0.0.1:8080 esk_live_… [CLIENT…]

Without names all of them: some 1.5 GB below .build/pypi, which is kept. The two limits keep images small,
and the checks know them. A client that pip cannot get is NOT TESTED, in so many words, and no failure,
unless IRIS_TEST_CLIENTS=required. Ends with status 1 if a check fails.

`--install` only gets the clients that `./iris test` asks with, and `--installed` says whether they are
there: both by their status.
"""

import asyncio
import base64
import contextlib
import io
import os
import pathlib
import subprocess
import sys
import tempfile
import venv

from judging import MODEL, expect, png

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLIENTS = {}
# The versions that `./iris test` asks with besides the newest.
OLDER = ["openai_0", "openai_1", "openai_2"]
PROMPT = "a red fox"


def client(*packages):
    """Registers what asks with some packages, which come with all that they need."""

    def register(function):
        CLIENTS[function.__name__] = (packages, function)
        return function

    return register


def is_png(data, told="the image"):
    data = base64.b64decode(data, validate=True) if isinstance(data, str) else data
    expect(data and data.startswith(b"\x89PNG\r\n\x1a\n"), f"{told} is no PNG")


def fails(error, call):
    """Expects what cannot work not to: the documentation says so."""
    try:
        call()
    except error:
        return
    raise AssertionError("it worked")


@client("openai==0.28.1")
def openai_0(base, key):
    import openai

    openai.api_base, openai.api_key = base, key
    answer = openai.Image.create(
        prompt=PROMPT, model=MODEL, n=1, size="1024x1024", response_format="b64_json"
    )
    is_png(answer["data"][0]["b64_json"])
    answer = openai.Image.create(prompt=PROMPT, size="256x256")
    is_png(answer["data"][0]["b64_json"])
    # Its edits have `n` and `size` as text, and no model unless one is given.
    answer = openai.Image.create_edit(image=png(), prompt=PROMPT, n=1, size="64x64")
    is_png(answer["data"][0]["b64_json"])
    answer = openai.Image.create_edit(
        image=io.BytesIO(png()), prompt=PROMPT, model=MODEL, response_format="b64_json"
    )
    is_png(answer["data"][0]["b64_json"])
    try:
        openai.Image.create(prompt=PROMPT, model="nope")
        raise AssertionError("an unknown model was served")
    except openai.error.InvalidRequestError as error:
        expect(error.param == "model" and error.code == "model_not_found", f"{error!r}")
    models = [model["id"] for model in openai.Model.list()["data"]]
    expect(MODEL in models and "dall-e-3" in models, f"{models}")


def openai_any(base, key):
    import openai

    asks = openai.OpenAI(base_url=base, api_key=key, timeout=120)
    answer = asks.images.generate(prompt=PROMPT, size="1024x1024")
    is_png(answer.data[0].b64_json)
    expect(answer.model == MODEL, f"{answer.model}")
    expect(answer.size == "128x128", f"{answer.size}")
    expect([warning["code"] for warning in answer.warnings] == ["size_scaled"], f"{answer.warnings}")
    answer = asks.images.generate(
        prompt=PROMPT, model="dall-e-3", quality="hd", style="vivid", response_format="b64_json"
    )
    is_png(answer.data[0].b64_json)
    for image in [png(), io.BytesIO(png()), ("a.png", png(), "image/png")]:
        is_png(asks.images.edit(image=image, prompt=PROMPT, model="gpt-image-1").data[0].b64_json)
    is_png(asks.images.edit(image=png(), prompt=PROMPT, size="1024x1024").data[0].b64_json)
    two = asks.images.edit(image=[png(), png()], prompt=PROMPT, model=MODEL)
    is_png(two.data[0].b64_json)
    strictly_typed(answer, two)
    stream(asks)
    names = [model.id for model in asks.models.list().data]
    expect(MODEL in names and "dall-e-3" in names, f"{names}")
    expect(asks.models.retrieve("dall-e-3").root == MODEL, "the alias does not say whose it is")


def strictly_typed(*answers):
    """The SDK builds answers without checking them; its types do when asked.

    Before version 3 they have three sizes, which are no size of a service that draws others.
    """
    for answer in answers:
        told = answer.model_dump(exclude={"warnings", "size"})
        type(answer).model_validate(told, strict=True)
        usage = answer.usage
        details = getattr(usage, "output_tokens_details", None)
        tokens = details["image_tokens"] if isinstance(details, dict) else details.image_tokens
        expect(tokens == usage.output_tokens, f"{usage}")
        expect(answer.background == "opaque" and answer.quality == "medium", f"{answer.quality}")


def stream(asks):
    events = list(
        asks.images.generate(
            prompt=PROMPT, model=MODEL, size="64x64", stream=True, partial_images=1
        )
    )
    kinds = [event.type for event in events]
    expect(kinds == ["image_generation.partial_image", "image_generation.completed"], f"{kinds}")
    for event in events:
        told = {**event.model_dump(exclude={"warnings"}), "size": "1024x1024"}
        type(event).model_validate(told, strict=True)


@client("openai==1.0.0", "httpx<0.28")
def openai_1_0(base, key):
    import openai

    # It has no parameter for the model yet.
    asks = openai.OpenAI(base_url=base, api_key=key, timeout=120)
    answer = asks.images.generate(prompt=PROMPT, size="1024x1024", response_format="b64_json")
    is_png(answer.data[0].b64_json)
    is_png(asks.images.edit(image=png(), prompt=PROMPT, size="256x256").data[0].b64_json)
    fails(openai.BadRequestError, lambda: asks.images.generate(prompt=PROMPT, response_format="url"))
    expect(MODEL in [model.id for model in asks.models.list().data], "the model is not listed")


@client("openai==1.109.1")
def openai_1(base, key):
    openai_any(base, key)


@client("openai==2.54.0")
def openai_2(base, key):
    openai_any(base, key)


@client("openai==3.57.0")
def openai_3(base, key):
    openai_any(base, key)


@client("litellm==1.110.2")
def litellm(base, key):
    import litellm

    # `openai/` is LiteLLM's word for whatever speaks this API, and stays behind.
    for model in [f"openai/{MODEL}", "openai/dall-e-3", "openai/gpt-image-1"]:
        answer = litellm.image_generation(
            prompt=PROMPT, model=model, api_base=base, api_key=key, size="1024x1024"
        )
        is_png(answer.data[0].b64_json, model)
    # Parameters that the provider does not know go into extra_body.
    answer = litellm.image_generation(
        prompt=PROMPT, model=f"openai/{MODEL}", api_base=base, api_key=key, size="64x64",
        extra_body={"seed": 7},
    )
    is_png(answer.data[0].b64_json)
    for image in [[io.BytesIO(png())], [io.BytesIO(png()), io.BytesIO(png())]]:
        answer = litellm.image_edit(
            image=image, prompt=PROMPT, model=f"openai/{MODEL}", api_base=base, api_key=key
        )
        is_png(answer.data[0].b64_json)


@client("langchain-openai==1.7.4", "langchain-community==0.4.2")
def langchain(base, key):
    from langchain_community.utilities.dalle_image_generator import DallEAPIWrapper

    wrapper = DallEAPIWrapper(
        model="dall-e-3", base_url=base, api_key=key, max_retries=0
    )
    # The request is served; the wrapper joins URLs, and there are none.
    fails(TypeError, lambda: wrapper.run(PROMPT))
    is_png(wrapper.client.generate(model=MODEL, prompt=PROMPT, size="64x64").data[0].b64_json)


@client("haystack-ai==3.4.1")
def haystack(base, key):
    from haystack.components.generators import OpenAIImageGenerator
    from haystack.utils import Secret

    for options in [{"model": MODEL, "size": "128x128"}, {"model": "gpt-image-1"}]:
        generator = OpenAIImageGenerator(
            api_base_url=base, api_key=Secret.from_token(key), timeout=600, **options
        )
        is_png(generator.run(PROMPT)["images"][0])


@client("llama-index-tools-openai-image-generation==0.7.0", "openai==3.57.0", "pillow")
def llama_index(base, key):
    from llama_index.tools.openai.image_generation.base import OpenAIImageGenerationToolSpec

    # It has no parameter for the address; its client reads the environment.
    os.environ["OPENAI_BASE_URL"] = base
    with tempfile.TemporaryDirectory() as folder:
        tool = OpenAIImageGenerationToolSpec(api_key=key, cache_dir=folder)
        for options in [{}, {"model": "dall-e-2", "size": "256x256"}]:
            [path] = tool.image_generation(PROMPT, download=True, **options)
            is_png(pathlib.Path(path).read_bytes())
        import openai

        fails(openai.BadRequestError, lambda: tool.image_generation(PROMPT))


@client("semantic-kernel==1.45.0")
def semantic_kernel(base, key):
    from openai import AsyncOpenAI
    from semantic_kernel.connectors.ai.open_ai import (
        OpenAITextToImage, OpenAITextToImageExecutionSettings,
    )
    from semantic_kernel.connectors.ai.open_ai.prompt_execution_settings import (
        open_ai_text_to_image_execution_settings as execution,
    )

    async def ask():
        service = OpenAITextToImage(
            ai_model_id=MODEL, async_client=AsyncOpenAI(base_url=base, api_key=key)
        )
        for side in [None, 256, 1024]:
            size = side and execution.ImageSize(width=side, height=side)
            settings = OpenAITextToImageExecutionSettings(size=size)
            is_png((await service.generate_images(PROMPT, settings=settings))[0])
        is_png((await service.edit_image(PROMPT, image_files=[io.BytesIO(png())]))[0])

    asyncio.run(ask())


@client("pydantic-ai-slim[openai]==2.68.0")
def pydantic_ai(base, key):
    from pydantic_ai import BinaryImage
    from pydantic_ai.images.openai import OpenAIImageGenerationModel
    from pydantic_ai.providers.openai import OpenAIProvider

    async def ask():
        for name in [MODEL, "gpt-image-1"]:
            model = OpenAIImageGenerationModel(
                name, provider=OpenAIProvider(base_url=base, api_key=key)
            )
            result = await model.generate(PROMPT)
            is_png(result.images[0].content.data)
            result = await model.generate(PROMPT, settings={"openai_size": "1024x1024"})
            is_png(result.images[0].content.data)
            expect(result.usage.output_tokens == 64, f"{result.usage}")
            source = BinaryImage(data=png(), media_type="image/png")
            result = await model.generate(PROMPT, images=[source])
            is_png(result.images[0].content.data)

    asyncio.run(ask())


@client("agno==3.1.10", "openai==3.57.0")
def agno(base, key):
    from agno.tools.dalle import DalleTools
    from agno.tools.openai import OpenAITools

    # It has no parameter for the address; its client reads the environment.
    os.environ["OPENAI_BASE_URL"] = base
    for options in [
        {"image_model": MODEL}, {"image_model": "gpt-image-1", "image_size": "1024x1024"},
        {"image_model": "dall-e-3", "image_quality": "hd", "image_style": "vivid"},
    ]:
        result = OpenAITools(api_key=key, **options).generate_image(PROMPT)
        expect(result.images, result.content)
        is_png(result.images[0].content)
    # The request is served; the tool looks for URLs alone.
    expect(not DalleTools(api_key=key).create_image(PROMPT).images, "DalleTools found an image")


def installed(name):
    """The Python of a client's environment, and what tells of its packages, present or not."""
    folder = pathlib.Path(os.environ.get("IRIS_PYPI_CLIENTS", ROOT / ".build/pypi")) / name
    python, stamp = folder / "bin/python", folder / "packages"
    wanted = "\n".join(CLIENTS[name][0])
    return folder, python, stamp, wanted, stamp.exists() and stamp.read_text() == wanted


def python_for(name):
    """The Python of a client's environment, made if need be; nothing if pip cannot get a package."""
    folder, python, stamp, wanted, is_there = installed(name)
    if is_there:
        return python
    # Packages that are as old as the client would have been then, where newer ones do not suit it.
    pins = ["-c", ROOT / "Tests/SDK/constraints.txt"] if name in OLDER else []
    try:
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run(
            [python, "-m", "pip", "--no-input", "--disable-pip-version-check", "--retries", "1",
             "install", "-q", "--no-compile", *pins, *CLIENTS[name][0]],
            check=True, capture_output=True, text=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        print((getattr(error, "stderr", None) or str(error)).strip(), file=sys.stderr, flush=True)
        return None
    stamp.write_text(wanted)
    return python


def judge(name, base, key):
    """Asks in this Python, and returns the exit status."""
    base = base.rstrip("/") + "/v1"
    with contextlib.redirect_stdout(sys.stderr):
        CLIENTS[name][1](base, key)
    return 0


def main():
    arguments = sys.argv[1:]
    if arguments[:1] == ["--inside"]:
        return judge(*arguments[1:])
    if arguments == ["--install"]:
        return 0 if all([python_for(name) for name in OLDER]) else 1
    if arguments == ["--installed"]:
        return 0 if all(installed(name)[-1] for name in OLDER) else 1
    if len(arguments) < 2 or set(arguments[2:]) - set(CLIENTS):
        print(__doc__, file=sys.stderr)
        print(f"clients: {' '.join(CLIENTS)}", file=sys.stderr)
        return 2
    base, key, *names = arguments
    failed, missing = [], []
    for name in names or CLIENTS:
        packages = " ".join(CLIENTS[name][0])
        python = python_for(name)
        if python is None:
            missing.append(name)
            print(f"{name:16} NOT TESTED: pip could not get {packages}", flush=True)
            continue
        outcome = subprocess.run(
            [python, __file__, "--inside", name, base, key], capture_output=True, text=True,
            env={**os.environ, "PYTHONPATH": "", "OPENAI_API_KEY": key},
        )
        if outcome.returncode:
            failed.append(name)
            print(outcome.stderr, flush=True)
        print(f"{name:16} {'FAILED' if outcome.returncode else 'ok'}: {packages}", flush=True)
    if missing:
        print(f"NOT TESTED: {' '.join(missing)}", flush=True)
    return 1 if failed or missing and os.environ.get("IRIS_TEST_CLIENTS") == "required" else 0


if __name__ == "__main__":
    sys.exit(main())
