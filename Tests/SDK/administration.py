"""The administration as the scripts that judge the dashboard use it.

The environment has its address in IRIS_ADMIN and its token in IRIS_ADMIN_TOKEN.
"""

import json
import os
import urllib.request

from judging import MODEL, SIZE


def ask(path, body=None):
    """What the administration says, to a change if there is a body."""
    request = urllib.request.Request(
        os.environ["IRIS_ADMIN"] + "/admin/v1" + path, data=body and json.dumps(body).encode(),
        headers={"authorization": f"Bearer {os.environ['IRIS_ADMIN_TOKEN']}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def render(site, key):
    """Has a small picture made with a key."""
    body = {"model": MODEL, "prompt": "a red fox", "size": SIZE, "num_steps": 1}
    request = urllib.request.Request(
        site.base + "/v1/images/generations", data=json.dumps(body).encode(),
        headers={"authorization": f"Bearer {key}", "content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


def sign_in(page, name="alice"):
    page.fill("#token", os.environ["IRIS_ADMIN_TOKEN"])
    page.fill("#actor", name)
    page.click("#sign-in [type=submit]")
    page.wait_for_selector(".cards")


def view(page, name, heading):
    page.click(f"#views [href='#/{name}']")
    page.wait_for_selector(f"#view h1:text-is('{heading}')")


def admin(site, **options):
    return site.page(site=os.environ["IRIS_ADMIN"], path="/admin", key=False, **options)
