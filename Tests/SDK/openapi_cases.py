"""Sends a running service what its OpenAPI document allows, and what it does not, by schemathesis.

    pip install -r Tests/SDK/requirements.txt
    python Tests/SDK/openapi_cases.py http://127.0.0.1:8080 esk_live_…
    python Tests/SDK/openapi_cases.py http://127.0.0.1:9465 iris_admin_… admin

The second is its administration, in which every other id is that of an account or a key made for the
case. The same cases every time. Ends with status 1 if an answer is a 5xx, has a status, a content type, a
header or a body that the document does not have, or accepts what the document forbids; and if the
cases missed what they are for.
"""

import collections
import itertools
import json
import os
import sys
import tempfile
import urllib.request

import schemathesis
import schemathesis.cli

ANSWERS = collections.defaultdict(collections.Counter)

OPTIONS = [
    "--seed", "1", "--generation-deterministic", "--phases", "examples,coverage,fuzzing",
    "--max-examples", "40", "--continue-on-failure", "--checks", "all",
    # Rules that no schema can say: that bytes are an image, that two parameters must agree.
    "--exclude-checks", "positive_data_acceptance",
    "--suppress-health-check", "all", "--request-timeout", "120", "--no-color",
]


MADE = itertools.count()


def make(base, token, kind):
    """Makes an account or a key, and returns its id."""
    request = urllib.request.Request(
        f"{base}/admin/v1/{kind}", data=json.dumps({"name": "case"}).encode(),
        headers={"Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["id"]


@schemathesis.hook
def before_call(context, case, kwargs):
    """Makes every image that will be drawn a small one, and gives every other case an id that there is."""
    if "{id}" in case.path and case.path.startswith("/admin/") and next(MADE) % 2:
        base, token = sys.argv[1].rstrip("/"), sys.argv[2]
        case.path_parameters["id"] = make(base, token, case.path.split("/")[3])
    if isinstance(case.body, dict) and case.path.startswith("/v1/"):
        if case.body.get("size", None) in (None, "", "auto"):
            case.body["size"] = "64x64"


@schemathesis.hook
def after_call(context, case, response):
    ANSWERS[case.operation.label][response.status_code] += 1


def run(command):
    try:
        schemathesis.cli.schemathesis(command)
    except SystemExit as end:
        return end.code
    return 0


def operations(base):
    """The operations of the document."""
    with urllib.request.urlopen(f"{base}/openapi.json") as answer:
        paths = json.load(answer)["paths"]
    return [
        f"{method.upper()} {path}"
        for path, item in paths.items()
        for method in item
        if method in ("get", "post", "put", "patch", "delete")
    ]


def wanted(base, is_admin):
    """The answers that there must be of each operation, if the cases are to be any good."""
    if not is_admin:
        return [
            (operation, code)
            for operation in ["POST /v1/images/generations", "POST /v1/images/edits"]
            for code in [200, 400]
        ]
    # A session is for browsers, and has other answers.
    return [
        (operation, 200)
        for operation in operations(base)
        if "/admin/" in operation and not operation.endswith("/session")
    ]


def main():
    if len(sys.argv) not in (3, 4):
        print(__doc__, file=sys.stderr)
        return 2
    base, key, *kind = sys.argv[1:]
    base = base.rstrip("/")
    command = ["run", base + "/openapi.json", "-H", f"Authorization: Bearer {key}"]
    # It keeps files where it runs.
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        status = run(command + OPTIONS)
        os.chdir("/")
    for operation, counts in sorted(ANSWERS.items()):
        told = ", ".join(f"{count} of {code}" for code, count in sorted(counts.items()))
        print(f"{operation:32} {told}")
    missed = [
        f"{operation}: {code}"
        for operation, code in wanted(base, kind == ["admin"])
        if not ANSWERS[operation][code]
    ]
    if missed or not ANSWERS:
        print(f"no case was answered by {'; '.join(missed)}")
        return 1
    return 1 if status else 0


if __name__ == "__main__":
    sys.exit(main())
