#!/usr/bin/env python3
"""Judges the page of a key's use and the dashboard of a running service in a browser.

    python3 Tests/SDK/dashboard.py http://127.0.0.1:8080 KEY [CHECK ...]

The environment has the address of the administration in IRIS_ADMIN and its token in IRIS_ADMIN_TOKEN.
"""

import json
import os
import pathlib
import sys
import urllib.request

from browser import accessible, draw, says, shift, show, text, visit
from judging import check, expect

HOSTILE = """<img src=x onerror="window.hit=1">"""


def ask(path, body=None):
    """What the administration says, to a change if there is a body."""
    request = urllib.request.Request(
        os.environ["IRIS_ADMIN"] + "/admin/v1" + path, data=body and json.dumps(body).encode(),
        headers={"authorization": f"Bearer {os.environ['IRIS_ADMIN_TOKEN']}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
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


@check
def pictures_of_the_dashboard(site):
    with admin(site) as page:
        sign_in(page)
        view(page, "keys", "Keys")
        for name, mode in [("web shop", "live"), ("mobile app", "live"), ("ci", "test")]:
            page.click("text=New key")
            page.fill("dialog [name=name]", name)
            page.select_option("dialog [name=mode]", mode)
            page.click("dialog button.main")
            page.click("text=Done")
            page.locator("tbody tr", has_text=name).wait_for()
        for name in ["status", "keys"]:
            view(page, name, name.capitalize())
            show(page, "admin" if name == "keys" else f"admin-{name}")
        shift(page)


@check
def the_use_of_a_key(site):
    with site.page() as page:
        draw(page, "a red fox", width=256, height=256)
        page.click("#usage-link")
        page.wait_for_selector("#chart svg")
        days = ask("/usage?by=day")["data"]
        images = sum(each["images"] for each in days)
        expect(f"{images} together" in page.get_attribute("#chart svg", "aria-label"), "the chart is not the ledger")
        expect(text(page, "#day").startswith(str(images)), text(page, "#day"))
        page.select_option("#measure", "spent")
        page.click("summary")
        expect(text(page, "#rows td:nth-child(4)") == days[-1]["spent"], "the table is not the ledger")
        for width, scheme in [(1280, "light"), (360, "dark")]:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)
            expect(page.evaluate("document.documentElement.scrollWidth") <= width, "it is wider than the screen")
            if width > 360:
                show(page, "usage")
        shift(page)


@check
def the_use_without_a_key(site):
    with site.page(path="/usage", key=False) as page:
        page.fill("#key", site.key)
        page.click("dialog [type=submit]")
        page.wait_for_selector("#chart svg")
        expect("first" in text(page, "#key-name"), text(page, "#key-name"))


@check
def signing_in_and_out(site):
    with admin(site, console=["401"]) as page:
        page.fill("#token", "wrong")
        page.click("#sign-in [type=submit]")
        page.wait_for_selector("#problem .note")
        sign_in(page)
        page.reload()
        page.wait_for_selector(".cards")
        expect("iris_admin" not in page.evaluate("document.cookie"), "a script reads the cookie")
        page.click("#sign-out")
        page.wait_for_selector("#sign-in")
        page.reload()
        page.wait_for_selector("#sign-in")
        expect(page.locator(".cards").count() == 0, "still signed in")


@check
def a_key_is_made_used_limited_and_revoked(site):
    with admin(site) as page:
        sign_in(page)
        view(page, "keys", "Keys")
        page.click("text=New key")
        page.fill("dialog [name=name]", HOSTILE)
        page.click("dialog button.main")
        secret = page.wait_for_selector(".secret").inner_text()
        page.click("text=Done")
        row = page.locator("tbody tr", has_text=HOSTILE)
        with site.page(key=False, console=["401", "429"]) as other:
            other.fill("#prompt", "a tree")
            other.fill("#width", "256")
            other.fill("#height", "256")
            other.click("#go")
            other.fill("#key", secret)
            other.click("dialog [type=submit]")
            says(other, "Done")
            limit = row.locator("input").first
            limit.fill("1")
            limit.press("Tab")
            page.wait_for_timeout(300)
            other.click("#go")
            other.wait_for_selector("#notes [role=alert]")
            expect("rpm_exceeded" in text(other, "#notes"), text(other, "#notes"))
            row.locator("text=Revoke").click()
            page.click("dialog button.main")
            row.locator("text=revoked").wait_for()
            other.click("#go")
            other.wait_for_selector("dialog [role=alert]")
        expect(page.evaluate("window.hit") is None, "a name became markup")
        audit = ask("/audit?limit=1000")["data"]
        expect([each["actor"] for each in audit][-3:] == ["api:alice"] * 3, audit[-3:])


@check
def accounts_and_their_credit(site):
    with admin(site, console=["400"]) as page:
        sign_in(page)
        view(page, "accounts", "Accounts")
        page.click("text=New account")
        page.fill("dialog [name=name]", "Acme Ltd")
        page.fill("dialog [name=credit]", "12.50")
        page.click("dialog button.main")
        row = page.locator("tbody tr", has_text="Acme Ltd")
        row.wait_for()
        row.locator("text=Credit").click()
        page.fill("dialog [name=amount]", "much")
        page.fill("dialog [name=note]", "=1+1")
        page.click("dialog button.main")
        page.wait_for_selector("dialog [role=alert]:visible")
        page.fill("dialog [name=amount]", "-0.25")
        page.click("dialog button.main")
        page.wait_for_selector("td:text-is('12.25')")
        row.locator("text=Suspend").click()
        page.wait_for_selector("text=Resume")
        view(page, "ledger", "Ledger")
        with page.expect_download() as download:
            page.click("text=CSV")
        lines = pathlib.Path(download.value.path()).read_bytes().decode().split("\r\n")
        expect(lines[0].startswith("sequence,") and any(",'=1+1" in line for line in lines), lines)
        expect(len(lines) - 2 == len(ask("/ledger?limit=1000")["data"]), "the file lacks lines")


@check
def the_chart_of_spending(site):
    with admin(site) as page:
        sign_in(page)
        view(page, "usage", "Usage")
        label = page.wait_for_selector("#chart svg").get_attribute("aria-label")
        charges = [float(each["amount"]) for each in ask("/ledger?limit=1000")["data"] if each["kind"] == "charge"]
        expect(f"{-sum(charges):.3f} together" in label and sum(charges) < 0, f"{label}, and the ledger {charges}")


@check
def a_long_list(site):
    account = ask("/accounts", {"name": HOSTILE})["id"]
    for number in range(60):
        ask(f"/accounts/{account}/credit", {"amount": "0.01", "note": f"part {number}"})
    with admin(site) as page:
        sign_in(page)
        view(page, "ledger", "Ledger")
        expect(page.locator("tbody tr").count() == 50, "the first page has another length")
        page.click("text=More")
        page.locator("td:text-is('part 59')").wait_for()
        expect(page.is_hidden("text=More"), "there is more")
        view(page, "accounts", "Accounts")
        page.locator("tbody tr", has_text=HOSTILE).wait_for()
        expect(page.evaluate("window.hit") is None, "a name became markup")


@check
def every_view(site):
    for width, scheme in [(1280, "light"), (1280, "dark"), (360, "light")]:
        with admin(site, width=width, color_scheme=scheme, bypass_csp=True) as page:
            accessible(page, f"{scheme} {width}, signing in")
            sign_in(page)
            for name in ["status", "accounts", "keys", "usage", "requests", "ledger", "audit"]:
                view(page, name, "Audit log" if name == "audit" else name.capitalize())
                accessible(page, f"{scheme} {width}, {name}")
                expect(page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is too wide")


if __name__ == "__main__":
    sys.exit(visit(__doc__))
