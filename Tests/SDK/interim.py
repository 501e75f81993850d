"""Shows that `102 Processing` reaches the clients that survive it, and no others.

    python Tests/SDK/interim.py http://127.0.0.1:8080 esk_live_…

Wants a service whose renders outlast the interval of its interim answers. Ends with status 1 if a
check fails.
"""

import asyncio
import http.client
import json
import socket
import sys
import threading
import urllib.parse

import openai
from judging import MODEL, SIZE, check, expect, main, image_of, png

INTERIM = b"HTTP/1.1 102 Processing\r\n\r\n"


class Tee:
    """Passes connections on to a service, and keeps what the service sent."""

    def __init__(self, base):
        url = urllib.parse.urlsplit(base)
        self.service = (url.hostname, url.port)
        self.received = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            service = socket.create_connection(self.service)
            for source, sink, keeps in [(client, service, False), (service, client, True)]:
                threading.Thread(
                    target=self.copy, args=(source, sink, keeps), daemon=True
                ).start()

    def copy(self, source, sink, keeps):
        try:
            while data := source.recv(1 << 16):
                if keeps:
                    self.received += data
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def through_a_tee(client, ask, is_interim, **options):
    """Asks through a tee, and expects interim answers before the answer, or none at all."""
    tee = Tee(client.base)
    other = openai.OpenAI(
        base_url=tee.base + "/v1", api_key=client.key, timeout=120, max_retries=0, **options
    )
    ask(other)
    first = tee.received[: len(INTERIM)]
    if is_interim:
        expect(first == INTERIM, f"the service began with {first}")
        expect(b"HTTP/1.1 200 OK\r\n" in tee.received, "no answer after it")
    else:
        expect(INTERIM not in tee.received, "there was an interim answer")


def generate(client):
    image_of(client.images.generate(model=MODEL, prompt="a fox", size=SIZE))


@check
def a_generation_survives_it(client):
    through_a_tee(client, generate, True)


@check
def an_edit_survives_it(client):
    through_a_tee(
        client,
        lambda other: image_of(
            other.images.edit(model=MODEL, prompt="a fox", image=png(), size=SIZE)
        ),
        True,
    )


@check
def an_asynchronous_client_survives_it(client):
    tee = Tee(client.base)

    async def ask():
        async with openai.AsyncOpenAI(
            base_url=tee.base + "/v1", api_key=client.key, timeout=120, max_retries=0
        ) as other:
            image_of(await other.images.generate(model=MODEL, prompt="a fox", size=SIZE))

    asyncio.run(ask())
    expect(tee.received.startswith(INTERIM), f"the service began with {tee.received[:40]}")


@check
def a_stream_gets_none(client):
    def ask(other):
        events = list(
            other.images.generate(model=MODEL, prompt="a fox", size=SIZE, stream=True)
        )
        expect(events[-1].type == "image_generation.completed", f"{events[-1].type}")

    through_a_tee(client, ask, False)


@check
def another_language_gets_none(client):
    through_a_tee(client, generate, False, default_headers={"X-Stainless-Lang": "go"})


@check
def a_client_that_it_would_break_gets_none(client):
    """http.client, and with it requests, takes the first status after 100 for the answer."""
    url = urllib.parse.urlsplit(client.base)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=120)
    body = json.dumps({"model": MODEL, "prompt": "a fox", "size": SIZE})
    headers = {"Authorization": f"Bearer {client.key}", "Content-Type": "application/json"}
    connection.request("POST", "/v1/images/generations", body, headers)
    answer = connection.getresponse()
    expect(answer.status == 200, f"status {answer.status}")
    expect("b64_json" in json.load(answer)["data"][0], "no image")


class Target:
    def __init__(self, base, key):
        self.base, self.key = base, key


if __name__ == "__main__":
    sys.exit(main(__doc__, Target))
