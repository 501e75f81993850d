#!/usr/bin/env python3
"""Judges the page of a key's use and the dashboard of a running service in a browser.

    python3 Tests/SDK/dashboard.py http://127.0.0.1:8080 KEY [CHECK ...]

The environment has the address of the administration in IRIS_ADMIN and its token in IRIS_ADMIN_TOKEN.
"""

import os
import pathlib
import sys

from administration import admin, ask, render, sign_in, view
from browser import accessible, draw, eventually, finished, shift, show, text, visit
from judging import check, expect

HOSTILE = """<img src=x onerror="window.hit=1">"""


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
            # An id may hold such a short name, too.
            page.get_by_role("cell", name=name, exact=True).wait_for()
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
def the_use_of_a_key_with_a_long_name(site):
    made = ask("/keys", {"name": "W" * 200, "mode": "test", "expires": "2099-12-31"})
    for width in [360, 768, 1280]:
        with site.page(path="/usage", key=False, width=width, locale="id-ID", bypass_csp=True,
                       console=["ERR_INTERNET_DISCONNECTED"]) as page:
            page.evaluate(f"sessionStorage.setItem('iris.key', '{made['token']}')")
            page.reload()
            page.wait_for_selector("#chart svg")
            expect(page.evaluate("document.documentElement.scrollWidth") <= width, f"{width}: it is too wide")
            expect("berlaku sampai 2099-12-31" in text(page, "#key-facts"), text(page, "#key-facts"))
            shift(page)
            accessible(page, f"{width}")
            page.context.set_offline(True)
            page.click("#refresh")
            page.wait_for_selector("#problem .note")
            accessible(page, f"{width}, with a problem")
            page.context.set_offline(False)
            page.click("#refresh")
            page.wait_for_selector("#problem .note", state="detached")
            page.click("#key-button")
            accessible(page, f"{width}, with the dialog")
            shift(page)


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
            finished(other)
            limit = row.locator("input").first
            limit.fill("1")
            limit.press("Tab")
            limits = lambda: [each["limits"]["rpm"] for each in ask("/keys?limit=1000")["data"]]
            expect(eventually(page, lambda: 1 in limits()), f"no key has the limit: {limits()}")
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
        expect(lines[0].startswith("sequence,at,") and any(",'=1+1" in line for line in lines), lines)
        expect(download.value.suggested_filename == "ledger.csv", download.value.suggested_filename)
        expect(len(lines) - 2 == len(ask("/ledger?limit=1000")["data"]), "the file lacks lines")


@check
def lists_are_narrowed(site):
    ask("/keys", {"name": "idle"})
    with site.page() as page:
        draw(page, "a red fox", width=256, height=256, steps=2)
    with admin(site, console=["400"]) as page:
        sign_in(page)
        view(page, "requests", "Requests")
        lines = page.locator("tbody tr")
        count = lines.count()
        expect(count > 0 and count == len(ask("/requests?limit=50")["data"]), count)
        none = page.locator(".none:visible")
        for name, value in [("key", "idle"), ("state", "reserved")]:
            page.select_option(f"#filter-{name}", label=value)
            none.wait_for()
            page.click("text=Clear filters")
            lines.first.wait_for()
        page.fill("#filter-status", "504")
        page.keyboard.press("Enter")
        none.wait_for()
        expect(page.url.endswith("#/requests?status=504"), page.url)
        page.reload()
        page.locator(".none:visible").wait_for()
        expect(page.input_value("#filter-status") == "504", "the address does not keep it")
        page.fill("#filter-status", "200")
        page.fill("#filter-day", ask("/requests?limit=1")["data"][0]["admitted"][:10])
        page.select_option("#filter-key", label="first")
        lines.first.wait_for()
        with page.expect_download() as download:
            page.click("text=CSV")
        rows = pathlib.Path(download.value.path()).read_bytes().decode().split("\r\n")
        key = page.input_value("#filter-key")
        wanted = len(ask(f"/requests?status=200&key={key}&limit=1000")["data"])
        expect(len(rows) - 2 == wanted and ",200," in rows[1], f"{len(rows)} lines for {wanted} requests")
        page.fill("#filter-day", "2020-02-29")
        none.wait_for()
        view(page, "ledger", "Ledger")
        page.select_option("#filter-key", label="first")
        page.locator("tbody td:text-is('charge')").first.wait_for()
        page.locator("tbody td:text-is('credit')").first.wait_for(state="detached")
        page.fill("#filter-day", "2020-02-29")
        none.wait_for()


@check
def the_model_and_the_nodes(site):
    with admin(site) as page:
        sign_in(page)
        status, node = ask("/status"), ask("/nodes")["data"][0]
        facts = text(page, "dl")
        expect(status["models"][0]["hash"] in facts and "dark, anime" in facts, facts)
        expect(page.locator("tr", has_text=node["id"]).locator(".state").inner_text() == "alive", "no node")


@check
def what_acts_on_a_line_stays_in_sight(site):
    for width in [360, 768, 1280]:
        with admin(site, width=width) as page:
            sign_in(page)
            view(page, "keys", "Keys")
            region = page.locator("#view .scroll")
            outer = region.bounding_box()
            for left in [0, 10_000]:
                region.evaluate("(element, left) => (element.scrollLeft = left)", left)
                cell = page.locator("tbody tr").first.locator("td").last
                box = cell.bounding_box()
                expect(cell.locator("button").count() == 2, "the last cell has no buttons")
                expect(abs(box["x"] + box["width"] - outer["x"] - outer["width"]) < 2, f"{width}: at {box}")


@check
def in_indonesian(site):
    with admin(site, locale="id-ID") as page:
        expect(text(page, "#sign-in button") == "Masuk", "not translated")
        sign_in(page)
        views = ["status", "accounts", "keys", "usage", "requests", "ledger", "audit"]
        visible = """() => [...document.querySelectorAll("#views a, h1, h2, th, .label, #view button, dt")]
          .map((each) => each.textContent)"""
        told = {}
        for language in ["id", "en"]:
            page.select_option("#language", language)
            for name in views:
                page.click(f"#views [href='#/{name}']")
                page.locator(f"#views [href='#/{name}'][aria-current=page]").wait_for()
                page.wait_for_load_state("networkidle")
                told[language, name] = page.evaluate(visible)
        # Words that both languages have, and names.
        same = {"Status", "Audit", "Id", "Token", "Model", "Hash", "No.", "CSV"}
        for name in views:
            left = {a for a, b in zip(told["id", name], told["en", name]) if a == b} - same
            expect(left == set(), f"{name}: {left} in English")


@check
def the_chart_equals_the_ledger(site):
    account = ask("/accounts", {"name": "Charts Ltd"})["id"]
    keys = [ask("/keys", {"name": f"chart {number}", "account": account}) for number in range(2)]
    for key, count in zip(keys, [1, 2]):
        for _ in range(count):
            render(site, key["token"])
    with admin(site) as page:
        sign_in(page)
        view(page, "usage", "Usage")
        title = page.locator("#view h2")
        for chosen, query in [
            ({}, ""), ({"account": account}, f"&account={account}"), ({"key": keys[0]["id"]}, f"&key={keys[0]['id']}"),
            ({"account": account, "key": keys[1]["id"]}, f"&key={keys[1]['id']}")]:
            page.click("text=Clear filters") if page.is_enabled("text=Clear filters") else None
            for name, value in chosen.items():
                page.select_option(f"#filter-{name}", value)
            charges = [each for each in ask(f"/ledger?limit=1000{query}")["data"] if each["kind"] == "charge"]
            spent = round(-sum(float(each["amount"]) for each in charges), 6)
            requests = len(ask(f"/requests?limit=1000{query}")["data"])
            images = sum(each["images"] for each in charges)
            expect(images > 0 and spent > 0, f"{query}: nothing was charged")
            for measure, name, total in [("", "Spent", spent), ("images", "Pictures", images), ("requests", "Requests", requests)]:
                page.select_option("#filter-measure", measure)
                title.filter(has_text=f"{name} by day, {total:g} together in 31 days").wait_for()
                expect(page.get_attribute("#chart svg", "aria-label") == title.inner_text(), "the chart has another name")
                bars = page.locator("#chart title").all_text_contents()
                expect(bars[-1].endswith(f": {total:g}") and len(bars) == 31, bars[-1])
        expect(page.locator("tbody tr").count() == 1, "the list is another")
        page.reload()
        title.filter(has_text=f"Requests by day, {requests} together").wait_for()
        shift(page)


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
    for width, scheme in [(1280, "light"), (1280, "dark"), (768, "dark"), (360, "light")]:
        with admin(site, width=width, color_scheme=scheme, bypass_csp=True, console=["ERR_FAILED"]) as page:
            accessible(page, f"{scheme} {width}, signing in")
            sign_in(page)
            for name in ["status", "accounts", "keys", "usage", "requests", "ledger", "audit"]:
                view(page, name, "Audit log" if name == "audit" else name.capitalize())
                accessible(page, f"{scheme} {width}, {name}")
                expect(page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is too wide")
                # The button that makes something, and those of a line.
                for button in page.locator("#view .head .main, tbody tr:first-child .actions button").all():
                    if button.inner_text() in ["Suspend", "Resume"]:
                        continue
                    button.click()
                    accessible(page, f"{scheme} {width}, {name}, {text(page, 'dialog h2')}")
                    page.keyboard.press("Escape")
                    page.wait_for_selector("dialog", state="detached")
            page.route("**/admin/v1/ledger*", lambda route: route.abort())
            page.click("#views [href='#/ledger']")
            page.wait_for_selector("#problem .note")
            accessible(page, f"{scheme} {width}, with a problem")


if __name__ == "__main__":
    sys.exit(visit(__doc__))
