"""Judges limits, credit and repetition by the official openai package.

    pip install -r Tests/SDK/requirements.txt
    python Tests/SDK/openai_limits.py http://127.0.0.1:8080 esk_live_… CHECK …

Each check says which options of `iris serve` it wants. Ends with status 1 if one fails.
"""

import concurrent.futures
import sys
import time

import openai
from judging import MODEL, SIZE, caught, expect, image_of, main, special


@special
def requests_a_minute(client):
    """Wants `--default-rpm 2`."""
    start = time.monotonic()
    for left in (1, 0):
        raw = client.images.with_raw_response.generate(model=MODEL, prompt="a fox", size=SIZE)
        image_of(raw.parse())
        expect(raw.headers["x-ratelimit-limit-requests"] == "2", f"{raw.headers}")
        expect(raw.headers["x-ratelimit-remaining-requests"] == f"{left}", f"{raw.headers}")
    error = caught(
        openai.RateLimitError, "rpm_exceeded", None,
        lambda: generate(client.with_options(max_retries=0)),
    )
    expect(error.type == "rate_limit_error", f"type {error.type}")
    wait = int(error.response.headers["retry-after-ms"])
    passed = (time.monotonic() - start) * 1000
    expect(60_000 - passed - 1 <= wait <= 60_000, f"{wait} ms to wait after {passed} ms")
    expect("x-should-retry" not in error.response.headers, "told not to retry")


@special
def requests_a_day(client):
    """Wants `--default-rpd 1`; the SDK must not wait and ask again."""
    image_of(generate(client))
    error = caught(openai.RateLimitError, "rpd_exceeded", None, lambda: generate(client))
    asked_once(error)
    expect(error.response.headers["x-should-retry"] == "false", "it may be retried")
    expect(int(error.response.headers["retry-after"]) <= 86_400, "a day has no more")


@special
def requests_at_once(client):
    """Wants `--default-concurrent 1`: the SDK waits as it is told, and everyone gets an image."""
    patient = client.with_options(max_retries=1000)

    def one(seed):
        raw = patient.images.with_raw_response.generate(
            model=MODEL, prompt="a fox", size="512x512", extra_body={"seed": seed, "num_steps": 50}
        )
        image_of(raw.parse())
        return raw.retries_taken

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        retries = list(pool.map(one, range(3)))
    expect(max(retries) >= 1, f"nobody was refused: {retries}")


@special
def no_quota(client):
    """Wants `--default-monthly-cap 0`, or a price above the credit; the SDK must not ask again."""
    error = caught(openai.APIStatusError, "insufficient_quota", None, lambda: generate(client))
    expect(error.status_code == 402 and error.type == "insufficient_quota", f"{error!r}")
    expect(error.response.headers["x-should-retry"] == "false", "it may be retried")
    asked_once(error)


@special
def a_suspended_account(client):
    """Wants the account of the key to be suspended."""
    error = caught(
        openai.PermissionDeniedError, "account_suspended", None, lambda: generate(client)
    )
    expect(error.type == "permission_error", f"type {error.type}")
    caught(openai.PermissionDeniedError, "account_suspended", None, client.models.list)


@special
def an_idempotency_key(client):
    """Wants no options; must be seen as one charge by the store."""
    key = {"Idempotency-Key": "order-1"}
    first = client.images.with_raw_response.generate(
        model=MODEL, prompt="a fox", size=SIZE, extra_headers=key
    )
    again = client.images.with_raw_response.generate(
        model=MODEL, prompt="a fox", size=SIZE, extra_headers=key
    )
    expect(first.content == again.content, "other bytes")
    image_of(again.parse())
    error = caught(
        openai.UnprocessableEntityError, "idempotency_mismatch", None,
        lambda: client.images.generate(
            model=MODEL, prompt="another fox", size=SIZE, extra_headers=key
        ),
    )
    expect(error.status_code == 422, f"status {error.status_code}")


@special
def a_time_out_and_its_resubmission(client):
    """Wants no options; must be seen as one charge by the store."""
    body = {"num_steps": 50, "guidance_scale": 2, "seed": 3}

    def ask(client, **headers):
        return client.images.with_raw_response.generate(
            model=MODEL, prompt="a fox", size="512x512", extra_body=body, extra_headers=headers
        )

    key = {"Idempotency-Key": "order-2"}
    hasty = client.with_options(timeout=0.3, max_retries=2)
    try:
        ask(hasty, **key)
        raise AssertionError("it was in time")
    except openai.APITimeoutError:
        pass
    first = ask(client, **key)
    image_of(first.parse())
    # The answer was there already: what the SDK sends by itself, when it asks again, gets it too.
    expect(ask(client, **key).content == first.content, "other bytes")


def asked_once(error):
    """The package numbers its tries."""
    expect(error.request.headers["x-stainless-retry-count"] == "0", "it was asked again")


def generate(client):
    return client.images.generate(model=MODEL, prompt="a fox", size=SIZE)


def connect(base, key):
    print(f"openai {openai.__version__}")
    return openai.OpenAI(base_url=base + "/v1", api_key=key, timeout=120)


if __name__ == "__main__":
    sys.exit(main(__doc__, connect))
