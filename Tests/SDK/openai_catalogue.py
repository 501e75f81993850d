"""Meets every code of the catalogue of errors with the official openai package.

    python Tests/SDK/openai_catalogue.py http://127.0.0.1:8080 any-key

Wants a double of the service: below `/answer/CODE` it answers everything with the error of that code,
below `/after/FIELD` twice 429 with that field and then an image; `/tries/NAME` tells how often the
name before was asked for and how many seconds apart. Ends with status 1 if a check fails.
"""

import sys
import urllib.parse

import openai
from judging import MODEL, SIZE, caught, check, expect, main, image_of

# Status, type and codes as the contract lists them; what the package raises; whether it asks again.
CATALOGUE = [
    (400, "invalid_request_error", openai.BadRequestError, False, [
        "invalid_request_error", "model_not_found", "invalid_base64", "invalid_image",
        "unsupported_image_format", "image_too_large",
    ]),
    (401, "authentication_error", openai.AuthenticationError, False, ["authentication_error"]),
    (402, "insufficient_quota", openai.APIStatusError, False, ["insufficient_quota"]),
    (403, "permission_error", openai.PermissionDeniedError, False, [
        "account_suspended", "email_not_verified", "permission_error",
    ]),
    (404, "invalid_request_error", openai.NotFoundError, False, ["not_found"]),
    (405, "invalid_request_error", openai.APIStatusError, False, ["method_not_allowed"]),
    (409, "invalid_request_error", openai.ConflictError, True, ["request_in_progress"]),
    (413, "request_too_large", openai.APIStatusError, False, ["request_too_large"]),
    (415, "invalid_request_error", openai.APIStatusError, False, ["unsupported_media_type"]),
    (422, "invalid_request_error", openai.UnprocessableEntityError, False, [
        "idempotency_mismatch",
    ]),
    (429, "rate_limit_error", openai.RateLimitError, True, [
        "rpm_exceeded", "concurrency_exceeded", "backend_busy",
    ]),
    (429, "rate_limit_error", openai.RateLimitError, False, ["rpd_exceeded"]),
    (500, "backend_error", openai.InternalServerError, True, ["internal_error"]),
    (502, "backend_error", openai.InternalServerError, True, ["backend_error"]),
    (503, "backend_unavailable", openai.InternalServerError, True, ["backend_unavailable"]),
    (504, "backend_timeout", openai.InternalServerError, False, ["backend_timeout"]),
]


def below(client, *path):
    """The client of another part of the double."""
    parts = "/".join(urllib.parse.quote(part, safe="") for part in path)
    return client.with_options(base_url=f"{str(client.base_url).rstrip('/')}/{parts}/v1")


def generate(client):
    return client.images.with_raw_response.generate(model=MODEL, prompt="a fox", size=SIZE)


def tries(client, name):
    """The number of requests to the service, and the seconds between them."""
    path = urllib.parse.quote(name, safe="")
    seen = client.get(f"/tries/{path}", cast_to=object)
    return seen["count"], seen["gaps"]


def each():
    """The rows, a code each."""
    for status, kind, error_class, is_retried, codes in CATALOGUE:
        for code in codes:
            yield status, kind, error_class, is_retried, code


@check
def the_double_has_every_code(client):
    known = client.get("/codes", cast_to=object)["codes"]
    expect(sorted(known) == sorted(code for *_, code in each()), f"the service has {known}")


def meet(client, status, kind, error_class, is_retried, code):
    error = caught(error_class, code, "field", lambda: generate(below(client, "answer", code)))
    expect(error.status_code == status, f"status {error.status_code}, not {status}")
    expect(error.type == kind, f"type {error.type}, not {kind}")
    expect(f"the words of {code}" in error.message, f"message {error.message}")
    if status in (409, 429):
        headers = error.response.headers
        expect(int(headers["retry-after"]) >= 1 and int(headers["retry-after-ms"]) >= 1,
               "no time to come back")
    count, _ = tries(client, code)
    expect(count == (3 if is_retried else 1), f"it was asked {count} times")


for row in each():
    def meet_one(client, row=row):
        meet(client, *row)

    meet_one.__name__ = f"meet_{row[-1]}"
    check(meet_one)


def returns_after(client, field, seconds):
    """The package's own waits are at most 0.5 and 1 seconds."""
    raw = generate(below(client, "after", field))
    image_of(raw.parse())
    expect(raw.retries_taken == 2, f"{raw.retries_taken} retries")
    count, gaps = tries(client, field)
    expect(count == 3, f"it was asked {count} times")
    expect(all(gap >= seconds for gap in gaps), f"it came back after {gaps} s, not {seconds}")


@check
def milliseconds_to_wait_are_obeyed(client):
    returns_after(client, "retry-after-ms: 1300", 1.3)


@check
def seconds_to_wait_are_obeyed(client):
    returns_after(client, "retry-after: 2", 2)


@check
def milliseconds_win_over_seconds(client):
    returns_after(client, "retry-after-ms: 1200, retry-after: 50", 1.2)


@check
def fewer_retries_are_fewer_tries(client):
    caught(
        openai.RateLimitError, "backend_busy", None,
        lambda: generate(
            below(client, "after", "retry-after-ms: 20").with_options(max_retries=1)
        ),
    )
    count, _ = tries(client, "retry-after-ms: 20")
    expect(count == 2, f"it was asked {count} times")


def connect(base, key):
    print(f"openai {openai.__version__}")
    return openai.OpenAI(base_url=base, api_key=key, timeout=120)


if __name__ == "__main__":
    sys.exit(main(__doc__, connect))
