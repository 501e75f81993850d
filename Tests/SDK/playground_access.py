#!/usr/bin/env python3
"""Judges how everyone gets along with the playground of a running service, which has the embedded model: by
keyboard, on a phone, in another language, with a screen reader.

    python3 Tests/SDK/playground_access.py http://127.0.0.1:8080 KEY [CHECK ...]
"""

import sys
import time

from browser import accessible, draw, eventually, files, finished, shift, show, text, visit
from judging import check, expect


@check
def by_keyboard_alone(site):
    with site.page() as page:
        page.click("h1", force=True)
        visited = []
        for _ in range(40):
            page.keyboard.press("Tab")
            visited.append(page.evaluate("document.activeElement.id || document.activeElement.value || document.activeElement.textContent"))
            if visited[-1] == "code-panel" or "The same request" in visited[-1]:
                break
        wanted = ["prompt", "add-image", "go", "width", "height", "steps-range", "steps", "seed", "seed-new", "lora"]
        places = [visited.index(name) for name in wanted]
        expect(places == sorted(places), visited)
        page.focus("#prompt")
        page.keyboard.type("a lighthouse at night")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        expect(outline == "solid", "the focus cannot be seen")
        page.keyboard.press("Control+Enter")
        finished(page)
        page.focus("#code summary")
        page.keyboard.press("Enter")
        page.focus("#tab-curl")
        page.keyboard.press("ArrowRight")
        expect("OpenAI" in text(page, "#code-text"), "the arrow does not choose")


@check
def on_a_phone(site):
    with site.page(width=360, height=740, has_touch=True, is_mobile=True) as page:
        expect(page.evaluate("document.documentElement.scrollWidth") == 360, "it is wider than the phone")
        expect(not page.evaluate("document.getElementById('settings').open"), "the settings are open")
        draw(page, "a red fox on a beach at sunset")
        page.click("#settings summary")
        page.click("#code summary")
        expect(page.evaluate("document.documentElement.scrollWidth") == 360, "it became wider")
        small = page.evaluate("""() => [...document.querySelectorAll("button, a, select, summary")]
          .filter((each) => each.checkVisibility() && Math.min(each.offsetWidth, each.offsetHeight) < 24)
          .map((each) => each.id || each.textContent)""")
        expect(small == [], f"too small to touch: {small}")


@check
def asked_before_the_scripts_are_there(site):
    with site.page(width=360, locale="id-ID") as page:
        page.evaluate("localStorage.setItem('iris.theme', 'dark')")
        held = []
        page.context.route("**/assets/playground.js", lambda route: held.append(route))
        page.reload(wait_until="commit")
        page.locator("#go-word:text-is('Buat')").wait_for()
        expect(page.evaluate("document.documentElement.dataset.theme") == "dark", "the colours come later")
        expect(not page.evaluate("document.getElementById('settings').open"), "the settings close later")
        expect(eventually(page, lambda: held), "the script is not asked for")
        page.fill("#prompt", "kucing oren tidur di kasur")
        page.click("#go", click_count=2)
        held[0].continue_()
        finished(page, "Selesai")
        expect(page.locator("#pictures li").count() == 1 and page.url == site.base + "/", "it was sent otherwise")
        shift(page)


@check
def nothing_moves_on_a_small_screen(site):
    for width, locale, done in [(360, "id-ID", "Selesai"), (768, "id-ID", "Selesai"), (768, "en-US", "Done")]:
        with site.page(width=width, height=1024, locale=locale, console=["400"]) as page:
            page.fill("#prompt", "a red xyzzyplugh")
            if width == 360:
                page.click("#settings summary")
            page.fill("#seed", "4294967295")
            page.click("#go")
            finished(page, done)
            shift(page)
            # An answer that comes later than what follows a click may move brings the picture before it back.
            refuse = {"status": 400, "body": """{"error": {"code": "invalid_image", "message": "It is none."}}"""}
            page.context.route("**/v1/images/*", lambda route: (time.sleep(0.7), route.fulfill(**refuse)))
            page.click("#go")
            page.wait_for_selector("#notes [role=alert]")
            expect("seed" in text(page, "#facts") or "benih" in text(page, "#facts"), "the picture before is gone")
            shift(page)


@check
def in_indonesian(site):
    with site.page(locale="id-ID") as page:
        expect(text(page, "#go") == "Buat" and page.evaluate("document.documentElement.lang") == "id", "not translated")
        page.fill("#prompt", "kucing oren tidur di kasur")
        page.click("#go")
        finished(page, "Selesai")
        page.select_option("#language", "en")
        expect(text(page, "#go") == "Generate" and text(page, "#seed-again") == "Again", "not back in English")
        page.reload()
        page.wait_for_load_state("networkidle")
        expect(text(page, "#go") == "Generate", "the choice is forgotten")
        shift(page)


@check
def nothing_that_axe_finds(site):
    for scheme in ["light", "dark"]:
        for width in [360, 1280]:
            state = f"{scheme}, {width}"
            with site.page(width=width, color_scheme=scheme, bypass_csp=True) as page:
                accessible(page, f"{state}, empty")
                page.set_input_files("#files", files(site, "one.png", "two.png"))
                draw(page, "a red xyzzyplugh")
                if width == 360:
                    page.click("#settings summary")
                page.click("#code summary")
                accessible(page, f"{state}, with a picture")
                page.click("#key-button")
                accessible(page, f"{state}, with the dialog")


@check
def pictures_of_the_page(site):
    prompts = ["a red fox on a beach at sunset", "two penguins in the snow", "kucing oren tidur di kasur",
               "a blue car in the city at night", "a lighthouse in a storm"]
    for name, width, height, scheme in [
        ("playground", 1280, 860, "light"), ("playground-dark", 1280, 860, "dark"),
        ("playground-tablet", 768, 1024, "light"), ("playground-phone", 360, 740, "dark"),
    ]:
        with site.page(width=width, height=height, color_scheme=scheme) as page:
            for prompt in prompts[:1] if width < 768 else reversed(prompts):
                draw(page, prompt, seed=1)
            if width < 768:
                page.click("#settings summary")
            page.click("#prompt")
            show(page, name)
            shift(page)


if __name__ == "__main__":
    sys.exit(visit(__doc__))
