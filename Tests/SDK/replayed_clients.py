"""Sends a running service what clients send that do not come from PyPI, as their sources have it.

    iris serve --model-aliases dall-e-3,gpt-image-1 --model-optional --oversize scale \
      --max-size 128 --max-edit-size 128
    python3 Tests/SDK/replayed_clients.py http://127.0.0.1:8080 esk_live_…

The requests are those of the clients with nothing set but address, key and, where that can be set, the model.
Needs nothing but Python. Ends with status 1 if a check fails.
"""

import json
import sys
import urllib.error
import urllib.request

from judging import MODEL, check, expect, main, png


class Service:
    """Where requests go."""

    def __init__(self, base, key):
        self.base, self.key = base, key

    def send(self, path, body=None, content_type=None, headers=()):
        fields = {"Authorization": f"Bearer {self.key}", **dict(headers)}
        if content_type:
            fields["Content-Type"] = content_type
        request = urllib.request.Request(self.base + "/v1" + path, data=body, headers=fields)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def post(self, path, members, content_type="application/json", headers=()):
        return self.send(path, json.dumps(members).encode(), content_type, headers)

    def post_form(self, parts, boundary, headers=()):
        """Parts of a name, a value or a file, and perhaps a filename and a type."""
        body = b""
        for name, value, *file in parts:
            head = f'Content-Disposition: form-data; name="{name}"'
            if file:
                head += f'; filename="{file[0]}"\r\nContent-Type: {file[1]}'
            value = value if isinstance(value, bytes) else value.encode()
            body += f"--{boundary}\r\n{head}\r\n\r\n".encode() + value + b"\r\n"
        body += f"--{boundary}--\r\n".encode()
        return self.send("/images/edits", body, f"multipart/form-data; boundary={boundary}", headers)


def drawn(answer):
    status, body = answer
    expect(status == 200, f"{status} {body}")
    expect(body["data"][0]["b64_json"].startswith("iVBORw0KGgo"), "no PNG")
    expect(body["model"] == MODEL, f"{body['model']}")
    return body


def refused(answer, parameter):
    status, body = answer
    expect(status == 400 and body["error"]["param"] == parameter, f"{status} {body}")


@check
def openai_node(service):
    """openai-node 7.5.0: JSON as it is called; a form of Node's FormData."""
    stainless = {"x-stainless-lang": "js", "x-stainless-retry-count": "0"}
    members = {"model": MODEL, "prompt": "a red fox", "size": "1024x1024"}
    drawn(service.post("/images/generations", members, headers=stainless))
    boundary = "----formdata-undici-041524130867"
    parts = [("image", png(), "photo.png", "image/png"), ("prompt", "a red fox"), ("model", MODEL)]
    drawn(service.post_form(parts, boundary, stainless))
    # A list becomes image[].
    parts[:1] = [("image[]", png(), "a.png", "image/png"), ("image[]", png(), "b.png", "image/png")]
    drawn(service.post_form(parts, boundary, stainless))


@check
def ai_sdk(service):
    """@ai-sdk/openai: `response_format` unless it knows the model; files are blobs."""
    members = {
        "model": MODEL, "prompt": "a red fox", "n": 1, "size": "1024x1024",
        "response_format": "b64_json",
    }
    drawn(service.post("/images/generations", members))
    parts = [
        ("model", MODEL), ("prompt", "a red fox"), ("image", png(), "blob", "image/png"), ("n", "1"),
        ("size", "1024x1024"),
    ]
    drawn(service.post_form(parts, "----formdata-undici-076281905553"))


@check
def n8n(service):
    """The OpenAI node: options as they are filled in, model from a list."""
    for model in ["dall-e-3", "gpt-image-1"]:
        members = {"prompt": "a red fox", "model": model, "quality": "standard", "size": "1024x1024"}
        if model == "dall-e-3":
            members |= {"response_format": "b64_json", "style": "vivid"}
        drawn(service.post("/images/generations", members))
    members["response_format"] = "url"
    refused(service.post("/images/generations", members), "response_format")
    parts = [
        ("image[]", png(), "data.png", "image/png"), ("prompt", "a red fox"), ("model", "gpt-image-1"),
        ("n", "1"), ("size", "1024x1024"), ("quality", "auto"),
    ]
    drawn(service.post_form(parts, "--------------------------515890814546601021194782"))


@check
def lobe_chat(service):
    """openaiCompatibleFactory: `auto` left out, `input_fidelity` with every edit."""
    drawn(service.post("/images/generations", {"model": MODEL, "n": 1, "prompt": "a red fox"}))
    members = {
        "model": "dall-e-3", "n": 1, "response_format": "b64_json", "prompt": "a red fox",
        "quality": "hd", "size": "1792x1024",
    }
    drawn(service.post("/images/generations", members))
    parts = [
        ("model", MODEL), ("n", "1"), ("input_fidelity", "high"), ("prompt", "a red fox"),
        ("image", png(), "image.png", "image/png"),
    ]
    body = drawn(service.post_form(parts, "----formdata-undici-030017652841"))
    expect(body["warnings"][0]["code"] == "parameter_ignored", f"{body['warnings']}")


@check
def libre_chat(service):
    """OpenAIImageTools: one fixed model unless the environment names another."""
    members = {
        "model": "gpt-image-1", "prompt": "a red fox", "n": 1, "background": "auto",
        "output_format": "png", "quality": "auto", "size": "auto",
    }
    drawn(service.post("/images/generations", members))
    parts = [
        ("model", "gpt-image-1"), ("prompt", "a red fox"), ("quality", "auto"), ("size", "auto"),
        ("image[]", png(), "fox.png", "image/png"), ("image[]", png(), "sea.png", "image/png"),
    ]
    drawn(service.post_form(parts, "--------------------------846284037120986313350183"))


@check
def open_webui(service):
    """routers/images.py: aiohttp's JSON and forms."""
    members = {
        "model": MODEL, "prompt": "a red fox", "n": 1, "size": "512x512",
        "response_format": "b64_json",
    }
    drawn(service.post("/images/generations", members))
    parts = [
        ("model", MODEL), ("prompt", "a red fox"), ("n", "1"), ("size", "512x512"),
        ("response_format", "b64_json"), ("image", png(), "image.png", "image/png"),
    ]
    drawn(service.post_form(parts, "d6ee76cb72dc4e2abb5d0ee4cd5b35b8"))


@check
def go_openai(service):
    """image.go: a form has every field, and the model only if it is set."""
    drawn(service.post("/images/generations", {"prompt": "a red fox", "size": "1024x1024"}))
    parts = [
        ("image", png(), "photo.png", "image/png"), ("prompt", "a red fox"), ("n", "0"), ("size", ""),
        ("response_format", ""),
    ]
    drawn(service.post_form(parts, "8b1c0d7d0b1f0a4d1c1d4a0e7f2c1b3a9d8e7f6a5b4c3d2e1f0a9b8c7d6e"))
    # An io.Reader without a name: filepath.Base of nothing is a dot.
    parts[0] = ("image", png(), ".", "application/octet-stream")
    drawn(service.post_form(parts + [("model", MODEL)], "8b1c0d7d0b1f0a4d1c1d4a0e7f2c1b3a"))


@check
def spring_ai(service):
    """OpenAiImageOptions: what is set; `spring.ai.openai.image.options.*`."""
    members = {
        "prompt": "a red fox", "model": MODEL, "n": 1, "size": "1024x1024", "quality": "standard",
        "response_format": "b64_json", "style": "vivid", "user": "spring",
    }
    drawn(service.post("/images/generations", members))


@check
def dify(service):
    """The OpenAI tool: two models, three sizes."""
    members = {"model": "gpt-image-1", "prompt": "a red fox", "size": "1536x1024", "n": 1}
    drawn(service.post("/images/generations", members))
    parts = [
        ("model", "gpt-image-1"), ("prompt", "a red fox"), ("size", "1024x1536"), ("n", "1"),
        ("image[]", png(), "input_image.png", "image/png"),
    ]
    drawn(service.post_form(parts, "f1b0a1c3f1d84e3f8b0b27d70f3ef7aa"))


@check
def browser_form(service):
    """A form of a page whose file inputs for mask and second image are not used."""
    unused = ("", "application/octet-stream")
    parts = [
        ("model", MODEL), ("prompt", "a red fox"), ("negative_prompt", ""), ("size", "64X64"),
        ("image[]", png(), "photo.png", "image/png"), ("image[]", b"", *unused),
        ("mask", b"", *unused),
    ]
    drawn(service.post_form(parts, "----WebKitFormBoundary7MA4YWxkTrZu0gW"))


@check
def model_lists(service):
    """Open WebUI, n8n and LobeChat offer what is listed."""
    status, body = service.send("/models")
    names = [model["id"] for model in body["data"]]
    expect(status == 200 and names[0] == MODEL and "gpt-image-1" in names, f"{names}")


if __name__ == "__main__":
    sys.exit(main(__doc__, Service))
