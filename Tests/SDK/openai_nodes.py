"""Asks two services of one store for one image under one idempotency key, fifty times at once.

    pip install -r Tests/SDK/requirements.txt
    python Tests/SDK/openai_nodes.py http://127.0.0.1:8080 http://127.0.0.1:8081 esk_live_… [SHA256]

By the official openai package, which asks again by itself where a service says that the image is in
progress on the other one. Prints the SHA-256 of the body, which all answers must have: that of SHA256,
if it is given. Then asks each service for another image under the key, which must be refused. Ends with
status 1 if something fails.
"""

import concurrent.futures
import hashlib
import sys

import openai
from judging import MODEL, caught, expect, image_of

COUNT = 50
KEY = {"Idempotency-Key": "order-1"}


def ask(client, prompt="a fox"):
    return client.images.with_raw_response.generate(
        model=MODEL, prompt=prompt, size="256x256", extra_body={"num_steps": 20, "seed": 5},
        extra_headers=KEY,
    )


def main():
    if len(sys.argv) not in (4, 5):
        print(__doc__, file=sys.stderr)
        return 2
    first, second, key, *known = sys.argv[1:]
    clients = [
        openai.OpenAI(base_url=base + "/v1", api_key=key, timeout=300, max_retries=100)
        for base in (first, second)
    ]
    with concurrent.futures.ThreadPoolExecutor(COUNT) as pool:
        answers = list(pool.map(lambda number: ask(clients[number % 2]), range(COUNT)))
    image_of(answers[0].parse())
    digests = {hashlib.sha256(answer.content).hexdigest() for answer in answers}
    expect(len(digests) == 1, f"{len(digests)} different bodies")
    expect(not known or set(known) == digests, "another body than before")
    retries = sum(answer.retries_taken for answer in answers)
    for client in clients:
        error = caught(
            openai.UnprocessableEntityError, "idempotency_mismatch", None,
            lambda: ask(client, "another fox"),
        )
        expect(error.status_code == 422, f"status {error.status_code}")
    print(f"{COUNT} equal answers after {retries} retries, and another request refused")
    print(digests.pop())
    return 0


if __name__ == "__main__":
    sys.exit(main())
