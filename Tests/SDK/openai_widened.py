"""Asks for what a service has only where its operator lets it, with the official openai package.

    python Tests/SDK/openai_widened.py http://127.0.0.1:8080 esk_live_…

The service must have been started with `--images-per-request 3 --output-formats jpeg,webp --masks
--negative-prompts --image-folder FOLDER --image-url http://images.example/made`. Ends with status 1 if a
check fails.
"""

import base64
import sys
import urllib.error
import urllib.request

import openai
from judging import MODEL, SIZE, caught, check, expect, main, mask, png

PLACE = "http://images.example/made/"


def files(answer):
    return [base64.b64decode(image.b64_json, validate=True) for image in answer.data]


@check
def several_images(target):
    answer = target.client.images.generate(
        model=MODEL, prompt="a fox", size=SIZE, n=3, extra_body={"seed": 7}
    )
    expect(len(set(files(answer))) == 3, "they are not three images")
    expect([image.seed for image in answer.data] == [7, 8, 9], "the seeds do not follow")
    expect(answer.usage.output_tokens == 48, f"{answer.usage.output_tokens} output tokens")
    single = target.client.images.generate(
        model=MODEL, prompt="a fox", size=SIZE, extra_body={"seed": 9}
    )
    expect(files(single)[0] == files(answer)[2], "the last is not that of its seed")


@check
def more_than_are_allowed(target):
    caught(
        openai.BadRequestError, "invalid_request_error", "n",
        lambda: target.client.images.generate(model=MODEL, prompt="a fox", size=SIZE, n=4),
    )


@check
def webp_and_jpeg(target):
    for name, start in (("webp", b"RIFF"), ("jpeg", b"\xff\xd8\xff")):
        answer = target.client.images.generate(
            model=MODEL, prompt="a fox", size=SIZE, output_format=name, output_compression=60
        )
        expect(answer.output_format == name, f"the answer says {answer.output_format}")
        expect(files(answer)[0].startswith(start), f"no {name}")
        expect(answer.warnings == [], f"{answer.warnings}")


@check
def a_stream_of_webp(target):
    events = list(
        target.client.images.generate(
            model=MODEL, prompt="a fox", size=SIZE, stream=True, partial_images=1,
            output_format="webp", n=2,
        )
    )
    kinds = [event.type.split(".")[1] for event in events]
    expect(kinds == ["partial_image", "partial_image", "completed", "completed"], f"{kinds}")
    for event in events:
        expect(event.output_format == "webp", "an event is of another format")
        expect(base64.b64decode(event.b64_json).startswith(b"RIFF"), "an event has no WebP")


@check
def an_edit_with_a_mask(target):
    arguments = dict(model=MODEL, prompt="a fox", image=png(), size=SIZE)
    body = {"seed": 3, "edit_mode": "reference"}
    half = target.client.images.edit(**arguments, mask=mask(), extra_body=body)
    whole = target.client.images.edit(**arguments, extra_body=body)
    kept = target.client.images.edit(**arguments, mask=png(), extra_body=body)
    expect(len({files(answer)[0] for answer in (half, whole, kept)}) == 3, "the mask has no effect")
    # One without transparency counts by its light: of the one colour that it has, nothing is repainted.
    expect([w["code"] for w in kept.warnings] == ["mask_uniform"], f"{kept.warnings}")


@check
def three_edits_with_a_mask_in_webp(target):
    answer = target.client.images.edit(
        model=MODEL, prompt="a fox", image=[png()], mask=("mask.png", mask(), "image/png"), size=SIZE,
        n=3, output_format="webp",
    )
    expect(len(set(files(answer))) == 3, "they are not three images")
    expect(all(file.startswith(b"RIFF") for file in files(answer)), "not all are WebP")


@check
def a_negative_prompt(target):
    def ask(**body):
        return files(
            target.client.images.generate(
                model=MODEL, prompt="a fox", size=SIZE,
                extra_body={"seed": 5, "guidance_scale": 4} | body,
            )
        )[0]

    expect(ask() != ask(negative_prompt="a dog"), "the negative prompt has no effect")


@check
def images_by_url(target):
    answer = target.client.images.generate(
        model=MODEL, prompt="a fox", size=SIZE, n=2, response_format="url"
    )
    for image in answer.data:
        expect(image.b64_json is None and image.url.startswith(PLACE), f"the URL is {image.url}")
        place = target.base + "/made/" + image.url.removeprefix(PLACE)
        with urllib.request.urlopen(place, timeout=60) as response:
            expect(response.headers["content-type"] == "image/png", "no PNG is told")
            expect(response.read().startswith(b"\x89PNG"), "no PNG is there")
        try:
            urllib.request.urlopen(place[:-1] + ("0" if place[-1] != "0" else "1"), timeout=60)
        except urllib.error.HTTPError as error:
            expect(error.code == 403, f"status {error.code} without a signature")
        else:
            raise AssertionError("another signature opens it")


class Target:
    def __init__(self, base, key):
        print(f"openai {openai.__version__}")
        self.base = base
        self.client = openai.OpenAI(base_url=base + "/v1", api_key=key, timeout=120)


if __name__ == "__main__":
    sys.exit(main(__doc__, Target))
