"""Provokes every error that a running service has, by the official openai package, and judges them.

    pip install -r Tests/SDK/requirements.txt
    python Tests/SDK/openai_errors.py http://127.0.0.1:8080 esk_live_… [CHECK …]

The last checks want a service in a special state, and run only when they are named. Ends with status
1 if a check fails.
"""

import sys

import openai
from judging import MODEL, SIZE, caught, check, expect, main, image_of, png, special


@check
def bad_requests(client):
    refused = "invalid_request_error"
    cases = [
        (dict(size="961x64"), {}, refused, "size"),
        (dict(size="tall"), {}, refused, "size"),
        (dict(n=2), {}, refused, "n"),
        (dict(response_format="url"), {}, refused, "response_format"),
        (dict(background="transparent"), {}, refused, "background"),
        (dict(output_format="webp"), {}, refused, "output_format"),
        (dict(prompt=""), {}, refused, "prompt"),
        (dict(prompt="x" * 2001), {}, refused, "prompt"),
        (dict(model="dall-e-3"), {}, "model_not_found", "model"),
        ({}, dict(num_steps=51), refused, "num_steps"),
        ({}, dict(num_steps="4"), refused, "num_steps"),
        ({}, dict(seed=-2), refused, "seed"),
        ({}, dict(guidance_scale=0.5), refused, "guidance_scale"),
        ({}, dict(lora="absent"), refused, "lora"),
        ({}, dict(sead=1), refused, "sead"),
    ]
    for arguments, body, code, param in cases:
        arguments = dict(model=MODEL, prompt="a fox", size=SIZE) | arguments
        error = caught(
            openai.BadRequestError, code, param,
            lambda: client.images.generate(**arguments, extra_body=body),
        )
        expect(error.type == refused, f"type {error.type}")


@check
def bad_images(client):
    cases = [
        (b"no image", "unsupported_image_format"),
        (png()[:-30], "invalid_image"),
        (png() + bytes((20 << 20) + 1 - len(png())), "image_too_large"),
    ]
    for image, code in cases:
        caught(
            openai.BadRequestError, code, "image",
            lambda: client.images.edit(model=MODEL, prompt="a fox", image=image),
        )
    body = {"model": MODEL, "prompt": "a fox", "image": "%%%"}
    caught(
        openai.BadRequestError, "invalid_base64", "image",
        lambda: client.post("/images/edits", body=body, cast_to=object),
    )


@check
def too_large(client):
    error = caught(
        openai.APIStatusError, "request_too_large", None,
        lambda: client.images.edit(model=MODEL, prompt="a fox", image=bytes(51 << 20)),
    )
    expect(error.status_code == 413, f"status {error.status_code}")


@check
def wrong_keys(client):
    for key in ["esk_live_wrong", "sk-other", client.api_key[:-1] + "!"]:
        other = client.with_options(api_key=key)
        error = caught(
            openai.AuthenticationError, "authentication_error", None,
            lambda: other.images.generate(model=MODEL, prompt="a fox", size=SIZE),
        )
        expect(key not in str(error), "the key is echoed")


@check
def absent(client):
    caught(
        openai.NotFoundError, "model_not_found", "model",
        lambda: client.models.retrieve("absent"),
    )
    caught(
        openai.NotFoundError, "not_found", None,
        lambda: client.post("/absent", body={}, cast_to=object),
    )


@check
def methods_and_media(client):
    error = caught(
        openai.APIStatusError, "method_not_allowed", None,
        lambda: client.get("/images/generations", cast_to=object),
    )
    expect(error.status_code == 405, f"status {error.status_code}")
    expect(error.response.headers["allow"] == "POST", "no Allow")
    error = caught(
        openai.APIStatusError, "unsupported_media_type", None,
        lambda: client.images.edit(
            model=MODEL, prompt="a fox", image=png(), extra_headers={"Content-Type": "text/plain"}
        ),
    )
    expect(error.status_code == 415, f"status {error.status_code}")


@special
def a_revoked_key(client):
    caught(openai.AuthenticationError, "authentication_error", None, lambda: generate(client))


@special
def a_busy_service(client):
    """Wants a service whose queue is full until it has refused this once."""
    raw = client.with_options(max_retries=20).images.with_raw_response.generate(
        model=MODEL, prompt="a fox", size=SIZE
    )
    image_of(raw.parse())
    expect(raw.retries_taken >= 1, "it was not refused")


@special
def a_late_render(client):
    """Wants `--deadline 1`, and must be seen once by the service."""
    body = {"num_steps": 50, "guidance_scale": 2}
    error = caught(
        openai.InternalServerError, "backend_timeout", None,
        lambda: client.images.generate(
            model=MODEL, prompt="a fox", size="960x960", extra_body=body
        ),
    )
    expect(error.status_code == 504 and error.type == "backend_timeout", f"{error!r}")
    expect(error.response.headers["x-should-retry"] == "false", "it may be retried")


@special
def a_draining_service(client):
    """Wants a service that was told to end and waits; without retries, for it stays like this."""
    error = caught(
        openai.InternalServerError, "backend_unavailable", None,
        lambda: generate(client.with_options(max_retries=0)),
    )
    expect(error.status_code == 503 and error.type == "backend_unavailable", f"{error!r}")
    expect(int(error.response.headers["retry-after"]) >= 1, "no retry-after")


@special
def a_fault_inside(client):
    """Wants a model whose weights are no numbers."""
    error = caught(
        openai.InternalServerError, "internal_error", None,
        lambda: generate(client.with_options(max_retries=0)),
    )
    expect(error.status_code == 500 and error.type == "backend_error", f"{error!r}")
    expect(error.request_id in error.message, "the message does not name the request")


@special
def a_fault_inside_a_stream(client):
    """The same, when the answer has begun."""
    stream = client.images.generate(
        model=MODEL, prompt="a fox", size=SIZE, stream=True
    )
    try:
        list(stream)
    except openai.APIError as error:
        expect(type(error) is openai.APIError, f"raised {type(error).__name__}")
        expect(error.code == "internal_error", f"code {error.code}")
        return
    raise AssertionError("nothing was raised")


@special
def a_lora_that_cannot_be_used(client):
    """Wants a LoRA `broken` whose file is not there."""
    error = caught(
        openai.BadRequestError, "invalid_request_error", "lora",
        lambda: generate(client, lora="broken"),
    )
    expect("`broken`" in error.message and "No such file" in error.message, f"{error!r}")
    expect("broken" not in client.models.retrieve(MODEL).loras, "it is offered")


def generate(client, **body):
    return client.images.generate(model=MODEL, prompt="a fox", size=SIZE, extra_body=body)


def connect(base, key):
    print(f"openai {openai.__version__}")
    return openai.OpenAI(base_url=base + "/v1", api_key=key, timeout=120)


if __name__ == "__main__":
    sys.exit(main(__doc__, connect))
