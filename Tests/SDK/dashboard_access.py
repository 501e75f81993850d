#!/usr/bin/env python3
"""Judges how people get along with the dashboard of a running service in a browser: by keyboard alone, in a hurry, and
where a session or the service ends.

    python3 Tests/SDK/dashboard_access.py http://127.0.0.1:8080 KEY [CHECK ...]

The environment has the address of the administration in IRIS_ADMIN and its token in IRIS_ADMIN_TOKEN.
"""

import os
import pathlib
import sys

from administration import admin, ask, sign_in, view
from browser import ask_for_long, eventually, says, shift, text, visit
from judging import check, expect

# Where the focus is: the name of what has it, and why it cannot be seen, if so.
FOCUS = """() => {
  const element = document.activeElement;
  const name = element.ariaLabel || element.labels?.[0]?.textContent || element.textContent.trim().slice(0, 80);
  if (element === document.body) return [name, "it is nowhere"];
  const { outlineStyle, outlineWidth, outlineOffset } = getComputedStyle(element);
  if (outlineStyle === "none") return [name, "nothing surrounds it"];
  const room = parseFloat(outlineWidth) + parseFloat(outlineOffset);
  const box = element.getBoundingClientRect();
  for (let each = element.parentElement; each; each = each.parentElement) {
    if (getComputedStyle(each).overflowX === "visible") continue;
    const outer = each.getBoundingClientRect();
    const isCut = box.top - room < outer.top || box.bottom + room > outer.bottom;
    if (isCut) return [name, "what surrounds it is cut"];
  }
  return [name, ""];
}"""


def focus(page):
    """Returns the name of what has the focus, which must be seen."""
    name, problem = page.evaluate(FOCUS)
    expect(problem == "", f"the focus at {name[:60]!r}: {problem}")
    return name


def tab(page, wanted, most=60, key="Tab"):
    """Goes on to something by its name, and returns what was passed."""
    passed = []
    for _ in range(most):
        page.keyboard.press(key)
        passed.append(focus(page))
        if passed[-1].startswith(wanted):
            return passed
    raise AssertionError(f"{wanted} is not among {passed}")


def enter(page, *texts):
    """Fills the fields of a dialog, one after the other, and sends them."""
    page.wait_for_selector("dialog")
    for text in texts:
        focus(page)
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")


def named(path, name):
    return [each for each in ask(f"{path}?limit=1000")["data"] if each["name"] == name]


@check
def accounts_by_keyboard_alone(site):
    with admin(site) as page:
        focus(page)
        page.keyboard.type(os.environ["IRIS_ADMIN_TOKEN"])
        page.keyboard.press("Tab")
        page.keyboard.type("keys")
        page.keyboard.press("Enter")
        page.wait_for_selector(".cards")
        expect(focus(page) == "Status", focus(page))
        tab(page, "Accounts")
        page.keyboard.press("Enter")
        page.wait_for_selector("#view h1:text-is('Accounts')")
        tab(page, "New account")
        page.keyboard.press("Enter")
        enter(page, "Keyboard Ltd", "3.00")
        page.get_by_role("cell", name="Keyboard Ltd").wait_for()
        expect(focus(page) == "New account", focus(page))
        tab(page, "Credit")
        page.keyboard.press("Enter")
        enter(page, "1.50", "a gift")
        page.wait_for_selector("td:text-is('4.50')")
        expect(focus(page) == "Credit", focus(page))
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog", state="detached")
        expect(focus(page) == "Credit", focus(page))
        for name in ["Suspend", "Resume"]:
            tab(page, name, most=1) if name == "Suspend" else expect(focus(page) == name, focus(page))
            page.keyboard.press("Enter")
            page.wait_for_selector(f"tr:has-text('Keyboard Ltd') .state:text-is('{'active' if name == 'Resume' else 'suspended'}')")
        expect(focus(page) == "Suspend", focus(page))


@check
def keys_by_keyboard_alone(site):
    with admin(site) as page:
        sign_in(page)
        tab(page, "Keys")
        page.keyboard.press("Enter")
        page.wait_for_selector("#view h1:text-is('Keys')")
        tab(page, "New key")
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog")
        page.keyboard.type("by keyboard")
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog .secret")
        expect(focus(page).startswith("esk_live_"), "the token is not at hand")
        tab(page, "Done")
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog", state="detached")
        expect(focus(page) == "New key", focus(page))
        tab(page, "A minute, by keyboard")
        page.keyboard.press("Control+a")
        page.keyboard.type("7")
        page.keyboard.press("Tab")
        limit = lambda: named("/keys", "by keyboard")[0]["limits"]["rpm"]
        expect(eventually(page, lambda: limit() == 7), f"the limit is {limit()}")
        expect(focus(page) == "A day, by keyboard", focus(page))
        # Emptied by mistake, it stays.
        page.keyboard.press("Control+a")
        page.keyboard.press("Delete")
        page.keyboard.press("Enter")
        field = page.locator("[aria-label='A day, by keyboard']")
        expect(eventually(page, lambda: field.input_value() == "10000"), f"the limit is {field.input_value()!r}")
        tab(page, "Rotate")
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog")
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog .secret")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog", state="detached")
        expect(focus(page) == "Rotate", focus(page))
        tab(page, "Revoke", most=1)
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog")
        tab(page, "Revoke", most=2)
        page.keyboard.press("Enter")
        page.wait_for_selector("tr:has-text('by keyboard') .state:text-is('revoked')")
        expect(focus(page).startswith("by keyboard"), focus(page))
        tab(page, "Sign out", key="Shift+Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector("#sign-in")
        expect(focus(page) == "Token", focus(page))


@check
def lists_by_keyboard_alone(site):
    account = ask("/accounts", {"name": "Pages Ltd"})["id"]
    for number in range(60):
        ask(f"/accounts/{account}/credit", {"amount": "0.01", "note": f"page {number}"})
    with admin(site, width=768) as page:
        sign_in(page)
        tab(page, "Ledger")
        page.keyboard.press("Enter")
        page.wait_for_selector("#view h1:text-is('Ledger')")
        tab(page, "Account")
        page.keyboard.type("Pages Ltd")
        page.locator("td:text-is('page 0')").wait_for()
        tab(page, "More")
        page.keyboard.press("Enter")
        page.locator("td:text-is('page 59')").wait_for()
        # The button is gone, and the first of the new lines has the focus.
        expect("page 49" in focus(page), focus(page))
        tab(page, "CSV")
        with page.expect_download() as download:
            page.keyboard.press("Enter")
        lines = pathlib.Path(download.value.path()).read_text().splitlines()
        expect(len(lines) == 1 + len(ask(f"/ledger?account={account}&limit=1000")["data"]), lines[:2])
        tab(page, "Clear filters", key="Shift+Tab")
        page.keyboard.press("Enter")
        page.locator("td:text-is('default')").first.wait_for()
        expect(focus(page) == "Account", focus(page))


@check
def nothing_moves_during_a_render(site):
    for width in [1280, 360]:
        with admin(site, width=width) as page, site.page() as other:
            sign_in(page)
            ask_for_long(other, site, "two penguins in the snow")
            page.locator("td:text-is('rendering')").wait_for()
            region = page.get_by_role("region", name="Renders in progress")
            region.evaluate("(element) => { element.scrollLeft = 40; element.focus(); }")
            left = region.evaluate("(element) => element.scrollLeft")
            seconds = page.get_by_role("region", name="Renders in progress").locator("tbody td").last
            before = seconds.inner_text()
            expect(eventually(page, lambda: seconds.inner_text() != before), "it stands still")
            now = region.evaluate("(element) => [element === document.activeElement, element.scrollLeft]")
            expect(now == [True, left], f"{width}: the region was replaced: {now}")
            other.click("#go")
            says(other, "Stopped")
            page.locator("td:text-is('rendering')").first.wait_for(state="detached")
            shift(page)


@check
def a_second_click_is_no_second_request(site):
    with admin(site) as page:
        sign_in(page)
        # An answer takes as long as from another continent.
        page.route("**/admin/v1/**", lambda route: (page.wait_for_timeout(150), route.continue_()))
        view(page, "accounts", "Accounts")
        page.dblclick("text=New account")
        page.wait_for_selector("dialog")
        expect(page.locator("dialog").count() == 1, "two dialogs")
        page.fill("dialog [name=name]", "Twice Ltd")
        for _ in range(2):
            page.keyboard.press("Enter")
        page.wait_for_selector("dialog", state="detached")
        row = page.locator("tr", has_text="Twice Ltd").first
        row.wait_for()
        expect(len(named("/accounts", "Twice Ltd")) == 1, "two accounts")
        row.locator("text=Credit").click()
        page.fill("dialog [name=amount]", "1")
        page.fill("dialog [name=note]", "once")
        page.dblclick("dialog .main")
        page.wait_for_selector("dialog", state="detached")
        row.locator("td:text-is('6.00')").wait_for()
        page.unroute_all()
        row.locator("text=Suspend").dblclick()
        row.locator("text=suspended").wait_for()
        page.wait_for_timeout(200)
        expect([named("/accounts", "Twice Ltd")[0][name] for name in ["state", "credit"]] == ["suspended", "6.00"],
               named("/accounts", "Twice Ltd"))
        for number in range(60):
            ask("/accounts", {"name": f"many {number}"})
        view(page, "keys", "Keys")
        view(page, "accounts", "Accounts")
        page.dblclick("text=More")
        page.locator("td:text-is('many 59')").wait_for()
        page.wait_for_load_state("networkidle")
        ids = page.locator("tbody td:nth-child(2)").all_inner_texts()
        expect(len(ids) == len(set(ids)), "a page twice")


@check
def what_is_made_is_seen(site):
    for number in range(55):
        ask("/keys", {"name": f"crowd {number}"})
    with admin(site) as page:
        sign_in(page)
        view(page, "keys", "Keys")
        page.click("text=New key")
        page.fill("dialog [name=name]", "the latest")
        page.click("dialog button.main")
        page.click("text=Done")
        page.get_by_role("cell", name="the latest", exact=True).wait_for()
        while page.is_visible("text=More"):
            count = page.locator("tbody tr").count()
            page.click("text=More")
            expect(eventually(page, lambda: page.locator("tbody tr").count() > count), "no more")
        expect(page.get_by_role("cell", name="the latest", exact=True).count() == 1, "it is there twice")
    # An error is seen, and closed, wherever the list is.
    with admin(site, console=["400"]) as page:
        sign_in(page)
        view(page, "keys", "Keys")
        field = page.locator("[aria-label^='A minute, crowd']").last
        field.fill("many")
        field.press("Enter")
        note = page.locator("#problem .note")
        note.wait_for()
        top = note.evaluate("(element) => element.getBoundingClientRect().top")
        expect(0 <= top < 800, f"the problem is at {top}")
        expect(eventually(page, lambda: field.input_value() == "60"), field.input_value())
        page.click("[aria-label=Close]")
        note.wait_for(state="detached")
        shift(page)


@check
def a_session_that_ends(site):
    with admin(site, console=["401"]) as page:
        sign_in(page)
        view(page, "accounts", "Accounts")
        page.click("text=New account")
        page.fill("dialog [name=name]", "Late Ltd")
        page.context.clear_cookies()
        page.click("dialog button.main")
        page.wait_for_selector("#sign-in:visible")
        expect(page.locator("dialog").count() == 0 and "has ended" in text(page, "#problem"), text(page, "#problem"))
        expect(page.evaluate("document.activeElement.id") == "token", "the focus is elsewhere")
        page.fill("#token", os.environ["IRIS_ADMIN_TOKEN"])
        page.keyboard.press("Enter")
        page.wait_for_selector("#view h1:text-is('Accounts')")
        expect(text(page, "#problem") == "", text(page, "#problem"))


@check
def two_tabs(site):
    with admin(site, console=["401", "403"]) as page:
        sign_in(page)
        view(page, "accounts", "Accounts")
        other = page.context.new_page()
        other.goto(page.url)
        other.wait_for_selector("#view h1")
        other.click("#sign-out")
        sign_in_again = lambda: (other.fill("#token", os.environ["IRIS_ADMIN_TOKEN"]), other.keyboard.press("Enter"))
        other.wait_for_selector("#sign-in:visible")
        sign_in_again()
        other.wait_for_selector("#view h1")
        page.click("text=New account")
        page.fill("dialog [name=name]", "Tab Ltd")
        page.click("dialog button.main")
        page.locator("tr", has_text="Tab Ltd").wait_for()


@check
def a_service_that_is_away_for_a_while(site):
    with admin(site, console=["ERR_INTERNET_DISCONNECTED", "401"]) as page:
        sign_in(page)
        page.context.set_offline(True)
        page.wait_for_selector("#problem .note")
        expect("cannot be reached" in text(page, "#problem"), text(page, "#problem"))
        page.click("#sign-out")
        page.wait_for_timeout(300)
        expect(page.is_hidden("#sign-in"), "it looks as if the session had ended")
        page.context.set_offline(False)
        page.wait_for_selector("#problem .note", state="detached")
        expect(page.is_visible(".cards"), "the state is gone")
        shift(page)
        # A service that was started again knows no sessions.
        page.context.set_offline(True)
        page.wait_for_selector("#problem .note")
        page.context.clear_cookies()
        page.context.set_offline(False)
        page.wait_for_selector("#sign-in:visible")
        expect("has ended" in text(page, "#problem"), text(page, "#problem"))


if __name__ == "__main__":
    sys.exit(visit(__doc__))
