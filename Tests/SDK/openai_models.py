"""Asks for each of two models of a service, with the official openai package.

    python Tests/SDK/openai_models.py http://127.0.0.1:8080 esk_live_…

The service must have been started with the models `epithre-iris` and `small`, the latter also called `dall-e-3`,
at 0.02 an image, up to 128x128 and two images a request. Ends with status 1 if a check fails.
"""

import base64
import sys

import openai
from judging import MODEL, SIZE, caught, check, expect, main, png

SMALL = "small"


@check
def both_are_listed(client):
    models = {model.id: model for model in client.models.list()}
    expect(list(models) == [MODEL, SMALL, "dall-e-3"], f"listed are {list(models)}")
    expect(models["dall-e-3"].root == SMALL, "the alias does not name its model")
    expect(models[SMALL].owned_by == "operator", "the owner is another")
    expect(models[SMALL].price == "0.02", f"the price is {models[SMALL].price}")
    expect(models[MODEL].loras == ["none"], f"the LoRAs are {models[MODEL].loras}")
    expect(client.models.retrieve(SMALL).limits["max_size"] == "128x128", "the limits are others")


@check
def each_renders(client):
    pictures = []
    for model in (MODEL, SMALL, "dall-e-3"):
        answer = client.images.generate(
            model=model, prompt="a red fox", size=SIZE, extra_body={"seed": 7}
        )
        expect(answer.model == (MODEL if model == MODEL else SMALL), f"{answer.model} rendered")
        pictures.append(base64.b64decode(answer.data[0].b64_json))
    expect(pictures[0] != pictures[1], "both drew the same")
    expect(pictures[1] == pictures[2], "the alias drew something else")


@check
def each_edits(client):
    for model in (SMALL, MODEL):
        answer = client.images.edit(model=model, prompt="a red fox", image=png(), size=SIZE)
        expect(answer.model == model, f"{answer.model} rendered")


@check
def each_has_its_limits(client):
    answer = client.images.generate(model=SMALL, prompt="a red fox", size=SIZE, n=2)
    expect(len(answer.data) == 2, "they are not two images")
    caught(
        openai.BadRequestError, "invalid_request_error", "n",
        lambda: client.images.generate(model=MODEL, prompt="a red fox", size=SIZE, n=2),
    )
    caught(
        openai.BadRequestError, "invalid_request_error", "size",
        lambda: client.images.generate(model=SMALL, prompt="a red fox", size="256x256"),
    )


@check
def a_third_is_not_there(client):
    caught(
        openai.BadRequestError, "model_not_found", "model",
        lambda: client.images.generate(model="flux", prompt="a red fox", size=SIZE),
    )


def connect(base, key):
    print(f"openai {openai.__version__}")
    return openai.OpenAI(base_url=base + "/v1", api_key=key, timeout=120)


if __name__ == "__main__":
    sys.exit(main(__doc__, connect))
