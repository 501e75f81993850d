"""Sends a running service what its OpenAPI document allows, and what it does not, by schemathesis.

    pip install -r Tests/SDK/requirements.txt
    python Tests/SDK/openapi_cases.py http://127.0.0.1:8080 esk_live_…

The same cases every time. Ends with status 1 if an answer is a 5xx, has a status, a content type, a
header or a body that the document does not have, or accepts what the document forbids; and if the
cases missed what they are for.
"""

import collections
import os
import sys
import tempfile

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


@schemathesis.hook
def before_call(context, case, kwargs):
    """Makes every image that will be drawn a small one."""
    if isinstance(case.body, dict) and case.body.get("size", None) in (None, "", "auto"):
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


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    base, key = sys.argv[1:]
    command = ["run", base.rstrip("/") + "/openapi.json", "-H", f"Authorization: Bearer {key}"]
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
        for operation in ["POST /v1/images/generations", "POST /v1/images/edits"]
        for code in [200, 400]
        if not ANSWERS[operation][code]
    ]
    if missed:
        print(f"no case was answered by {'; '.join(missed)}")
    return 1 if status or missed else 0


if __name__ == "__main__":
    sys.exit(main())
