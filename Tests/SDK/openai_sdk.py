"""Asks a running service with the official openai package, and judges every answer.

    pip install -r Tests/SDK/requirements.txt
    python Tests/SDK/openai_sdk.py http://127.0.0.1:8080 esk_live_…

The service must draw small images within seconds, and have a queue that 16 requests overfill
(`--queue 8`). Ends with status 1 if a check fails.
"""

import asyncio
import base64
import io
import struct
import sys
import threading

import openai
from judging import MODEL, SIZE, check, expect, main, image_of, png


def named(name="photo.png"):
    file = io.BytesIO(png())
    file.name = name
    return file


def side(data):
    return struct.unpack(">II", data[16:24])


@check
def generate(client):
    answer = client.images.generate(model=MODEL, prompt="a fox", size=SIZE)
    expect(side(image_of(answer)) == (64, 64), "the image has another size")
    expect(answer.usage.output_tokens == 16, f"{answer.usage.output_tokens} output tokens")
    expect(answer.usage.total_tokens == answer.usage.input_tokens + 16, "the total is wrong")
    expect(answer.output_format == "png" and answer.size == SIZE, "format or size is wrong")


@check
def generate_with_extra_body(client):
    body = {"seed": 42, "num_steps": 2, "guidance_scale": 1.5}
    first = client.images.generate(model=MODEL, prompt="a fox", size=SIZE, extra_body=body)
    again = client.images.generate(model=MODEL, prompt="a fox", size=SIZE, extra_body=body)
    expect(first.data[0].seed == 42, "the seed is not told")
    expect(image_of(first) == image_of(again), "one seed made two images")


@check
def fields_without_meaning_are_ignored(client):
    image_of(
        client.images.generate(
            model=MODEL, prompt="a fox", size=SIZE, n=1, quality="high", style="vivid",
            moderation="low", user="u", background="opaque", response_format="b64_json",
        )
    )


def codes(warnings):
    return [warning["code"] for warning in warnings]


@check
def warnings_are_passed_through(client):
    body = {"lora_strength": 0.5}
    answer = client.images.generate(
        model=MODEL, prompt="a fox", size="100x64", quality="high", extra_body=body
    )
    expected = ["parameter_ignored", "size_rounded", "lora_strength_unused"]
    expect(codes(answer.warnings) == expected, f"{answer.warnings}")
    expect(answer.size == "96x64", "the size that was rendered is not told")
    last = list(
        client.images.generate(
            model=MODEL, prompt="a fox", size="100x64", stream=True, extra_body=body
        )
    )[-1]
    expect(codes(last.warnings) == expected[1:], f"{last.warnings}")
    answer = client.images.generate(model=MODEL, prompt="a fox", size=SIZE)
    expect(answer.warnings == [], f"{answer.warnings}")


@check
def edit_a_file(client):
    answer = client.images.edit(model=MODEL, prompt="a fox", image=named(), size=SIZE)
    expect(side(image_of(answer)) == (64, 64), "the image has another size")


@check
def edit_bytes(client):
    image_of(client.images.edit(model=MODEL, prompt="a fox", image=png()))


@check
def edit_a_tuple(client):
    image = ("photo.png", png(), "image/png")
    image_of(client.images.edit(model=MODEL, prompt="a fox", image=image))


@check
def edit_several_files(client):
    answer = client.images.edit(
        model=MODEL, prompt="a fox", image=[named("a.png"), named("b.png"), png()], size=SIZE
    )
    image_of(answer)
    expect(answer.usage.input_tokens_details.image_tokens > 0, "no image tokens")


@check
def edit_with_extra_body(client):
    body = {"seed": 7, "strength": 0.5, "num_steps": 2}
    answer = client.images.edit(
        model=MODEL, prompt="a fox", image=png(), size=SIZE, extra_body=body
    )
    expect(answer.data[0].seed == 7, "the seed is not told")


@check
def edit_as_json(client):
    body = {
        "model": MODEL, "prompt": "a fox", "size": SIZE,
        "images": [{"image_url": "data:image/png;base64," + base64.b64encode(png()).decode()}],
    }
    answer = client.post("/images/edits", body=body, cast_to=openai.types.ImagesResponse)
    image_of(answer)


@check
def edit_as_json_through_extra_headers(client):
    image_of(
        client.images.edit(
            model=MODEL, prompt="a fox", image=[], size=SIZE,
            extra_headers={"Content-Type": "application/json"},
            extra_body={"images": [base64.b64encode(png()).decode()]},
        )
    )


@check
def asynchronous_client(client):
    async def ask():
        async with openai.AsyncOpenAI(
            base_url=client.base_url, api_key=client.api_key, timeout=120
        ) as other:
            image_of(await other.images.generate(model=MODEL, prompt="a fox", size=SIZE))
            image_of(await other.images.edit(model=MODEL, prompt="a fox", image=png(), size=SIZE))
            stream = await other.images.generate(
                model=MODEL, prompt="a fox", size=SIZE, stream=True
            )
            streamed([event async for event in stream], "image_generation", 0)

    asyncio.run(ask())


def streamed(events, kind, partials):
    expect(events[-1].type == f"{kind}.completed", f"the last event is {events[-1].type}")
    expect(events[-1].usage.output_tokens == 16, "the usage is missing")
    expect(base64.b64decode(events[-1].b64_json).startswith(b"\x89PNG"), "no PNG")
    indices = [event.partial_image_index for event in events[:-1]]
    expect(indices == list(range(partials)), f"partial images {indices}")
    for event in events[:-1]:
        expect(event.type == f"{kind}.partial_image", f"an event is {event.type}")
        expect(base64.b64decode(event.b64_json).startswith(b"\x89PNG"), "a partial image is no PNG")


@check
def stream_a_generation(client):
    events = list(
        client.images.generate(
            model=MODEL, prompt="a fox", size=SIZE, stream=True, partial_images=2
        )
    )
    streamed(events, "image_generation", 2)


@check
def stream_an_edit(client):
    events = list(
        client.images.edit(
            model=MODEL, prompt="a fox", image=png(), size=SIZE, stream=True, partial_images=1
        )
    )
    streamed(events, "image_edit", 1)


@check
def raw_response(client):
    raw = client.images.with_raw_response.generate(model=MODEL, prompt="a fox", size=SIZE)
    expect(raw.status_code == 200, f"status {raw.status_code}")
    expect(raw.headers["content-type"] == "application/json", "another content type")
    expect(raw.headers["x-request-id"], "no x-request-id")
    answer = raw.parse()
    expect(answer._request_id == raw.headers["x-request-id"], "another request id")


@check
def models(client):
    listed = client.models.list().data
    expect(MODEL in [model.id for model in listed], f"models {listed}")
    expect(client.models.retrieve(MODEL).object == "model", "no model object")


@check
def a_client_that_gives_up(client):
    impatient = client.with_options(timeout=0.3, max_retries=0)
    try:
        impatient.images.generate(
            model=MODEL, prompt="a fox", size="768x768", extra_body={"num_steps": 50}
        )
    except openai.APITimeoutError:
        pass
    generate(client)


@check
def full_queue(client):
    busy, done, other = [], [], []

    def ask():
        try:
            # Long enough for the queue to fill before they are done.
            client.with_options(max_retries=0).images.generate(
                model=MODEL, prompt="a fox", size="256x256", extra_body={"num_steps": 30}
            )
            done.append(1)
        except openai.RateLimitError as error:
            busy.append(error)
        except Exception as error:
            other.append(error)

    threads = [threading.Thread(target=ask) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expect(not other, f"{len(other)} other errors, as {other[:1]!r}")
    expect(busy and done, f"{len(done)} rendered, {len(busy)} refused")
    expect(all(error.code == "backend_busy" for error in busy), f"code {busy[0].code}")
    headers = busy[0].response.headers
    expect(int(headers["retry-after"]) >= 1, "no retry-after")
    expect(int(headers["retry-after-ms"]) >= 1, "no retry-after-ms")


@check
def a_busy_service_is_asked_again(client):
    retries, errors = [], []

    def ask():
        try:
            raw = client.with_options(max_retries=100).images.with_raw_response.generate(
                model=MODEL, prompt="a fox", size="256x256", extra_body={"num_steps": 15}
            )
            image_of(raw.parse())
            retries.append(raw.retries_taken)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expect(not errors, f"{len(errors)} errors, as {errors[:1]!r}")
    expect(any(retries), "nobody had to ask again")


def connect(base, key):
    print(f"openai {openai.__version__}")
    return openai.OpenAI(base_url=base + "/v1", api_key=key, timeout=120)


if __name__ == "__main__":
    sys.exit(main(__doc__, connect))
