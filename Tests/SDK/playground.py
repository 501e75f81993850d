#!/usr/bin/env python3
"""Judges the playground of a running service, which has the embedded model, in a browser.

    python3 Tests/SDK/playground.py http://127.0.0.1:8080 KEY [CHECK ...]
"""

import base64
import json
import os
import pathlib
import sys
import urllib.request

from browser import ask, ask_for_long, draw, eventually, files, finished, run, says, shift, text, visit
from judging import check, expect, png, special

HOSTILE = """<img src=x onerror="window.hit=1">'"&lt;"""


def usage(site):
    request = urllib.request.Request(site.base + "/v1/usage", headers={"authorization": f"Bearer {site.key}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


@check
def first_visit_to_picture(site):
    with site.page(key=False) as page:
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        print(f"first contentful paint after {paint:.0f} ms")
        page.fill("#prompt", "a red fox on a beach at sunset")
        page.fill("#seed", "1")
        page.click("#go")
        page.fill("#key", site.key)
        page.click("dialog [type=submit]")
        finished(page)
        expect(page.get_attribute("#picture", "alt") == "a red fox on a beach at sunset", "the picture has no text")
        expect(page.evaluate("document.getElementById('picture').naturalWidth") == 768, "the picture is not shown")
        expect("768 × 768 · 4 steps · seed 1" in text(page, "#facts"), text(page, "#facts"))
        expect(page.locator("#pictures img").count() == 1, "the strip has no picture")
        with page.expect_download() as download:
            page.click("#download")
        kept = pathlib.Path(download.value.path()).read_bytes()
        expect(kept.startswith(b"\x89PNG") and download.value.suggested_filename == "iris-1.png", "no download")
        shift(page)


@check
def nothing_that_is_not_allowed(site):
    with site.page() as page:
        for name in ["model", "negative", "count", "format", "quality"]:
            expect(page.is_hidden(f"#{name}-field"), f"{name} is offered")
        page.set_input_files("#files", files(site, "one.png"))
        expect(page.locator("#mask").count() == 0, "a mask is offered")
        expect(page.is_enabled("[name=edit-mode][value=reference]") and page.is_enabled("#strength"), "the mode is not offered")


@check
def partial_images_and_progress(site):
    with site.page() as page:
        page.evaluate("""() => {
          window.seen = [];
          new MutationObserver(() => window.seen.push(document.getElementById("status").textContent))
            .observe(document.getElementById("status"), { childList: true });
          window.previews = 0;
          new MutationObserver(() => {
            if (document.getElementById("picture").hasAttribute("data-preview")) window.previews += 1;
          }).observe(document.getElementById("picture"), { attributes: true, attributeFilter: ["src"] });
        }""")
        draw(page, "a blue car in the city at night", steps=8)
        seen = page.evaluate("window.seen")
        expect("Step 8 of 8" in seen and any(line.startswith("Starting") for line in seen), seen)
        expect(page.evaluate("window.previews") >= 2, "no previews")
        shift(page)


@check
def edit_with_two_references(site):
    with site.page() as page:
        with page.expect_file_chooser() as chooser:
            page.click("#add-image")
        chooser.value.set_files(files(site, "first.png", "second.png"))
        expect(page.is_disabled("#strength"), "strength has no effect with two images")
        page.focus('[aria-label="Move first.png to the right"]')
        page.keyboard.press("Enter")
        order = page.eval_on_selector_all("#references img", "all => all.map(each => each.alt)")
        expect(order == ["second.png", "first.png"], order)
        focused = page.evaluate("document.activeElement.ariaLabel")
        expect(focused == "Move first.png to the left", f"the focus is at {focused}")
        page.evaluate("""() => {
          const { fetch } = window;
          window.fetch = (path, options) => {
            if (options?.body) window.sent = [...options.body].map(([name, value]) => [name, value.name ?? value]);
            return fetch(path, options);
          };
        }""")
        draw(page, "both in one picture")
        sent = page.evaluate("window.sent")
        expect([value for name, value in sent if name == "image[]"] == ["second.png", "first.png"], sent)
        expect(not {"strength", "size", "seed"} & {name for name, _ in sent}, sent)
        page.click("#use")
        expect(page.locator("#references li").count() == 3, "the picture is no reference")
        page.click('[aria-label="Remove first.png"]')
        page.click('[aria-label="Remove second.png"]')
        expect(page.is_enabled("#strength"), "strength is for one image")
        draw(page, "the same in winter", strength="0.5")
        expect("edit strength 0.5" in text(page, "#facts"), text(page, "#facts"))


@check
def images_that_are_pasted_or_dropped(site):
    event = """([kind, target, name, data]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(data)], name, { type: "image/png" }));
      const options = { bubbles: true, cancelable: true };
      if (kind === "paste") document.dispatchEvent(new ClipboardEvent("paste", { ...options, clipboardData: transfer }));
      else for (const each of ["dragenter", "dragover", kind])
        document.querySelector(target).dispatchEvent(new DragEvent(each, { ...options, dataTransfer: transfer }));
    }"""
    with site.page() as page:
        page.evaluate(event, ["paste", "", "pasted.png", list(png())])
        for index in range(4):
            page.evaluate(event, ["drop", "#frame", f"dropped-{index}.png", list(png())])
        expect(page.locator("#references li").count() == 5 and page.is_disabled("#add-image"), "not five images")
        expect(page.is_hidden("#drop"), "the target stays")
        page.evaluate(event, ["drop", "#frame", "sixth.png", list(png())])
        expect("room for five" in text(page, "#notes"), text(page, "#notes"))
        expect(page.locator("#references li").count() == 5, "a sixth image")
        page.drag_and_drop("#references li:nth-child(1)", "#references li:nth-child(3)")
        order = page.eval_on_selector_all("#references img", "all => all.map(each => each.alt)")
        expect(order[2] == "pasted.png", order)


@check
def stop_really_stops(site):
    with site.page() as page:
        ask_for_long(page, site, "two penguins in the snow")
        says(page, "Step")
        expect(usage(site)["now"]["in_progress"] == 1, "nothing is in progress")
        before = usage(site)["now"]["credit"]
        # Nor is it the second half of a double click.
        page.wait_for_timeout(600)
        page.click("#go")
        expect(text(page, "#status").startswith("Stopped"), text(page, "#status"))
        expect(text(page, "#go") == "Generate", "the button still stops")
        expect(eventually(page, lambda: usage(site)["now"]["in_progress"] == 0), "the render goes on")
        now = usage(site)["now"]
        expect(float(now["credit"]) > float(before), "what was reserved was not given back")
        expect(page.locator("#pictures li").count() == 0, "a place is left")
        draw(page, "two penguins in the snow", steps=4)


@check
def the_place_in_the_queue(site):
    with site.page() as first, site.page() as second, site.page() as third:
        ask_for_long(first, site, "a lighthouse in a storm")
        says(first, "Step")
        ask_for_long(second, site, "a lighthouse in a storm")
        says(second, "In the queue: place 1")
        ask(third, "a lighthouse in a storm", steps=4)
        says(third, "In the queue: place 2")
        first.click("#go")
        says(third, "In the queue: place 1")
        second.click("#go")
        finished(third)


@check
def warnings_and_errors(site):
    with site.page(console=["400"]) as page:
        draw(page, "a red xyzzyplugh", width=300, height=256)
        notes = text(page, "#notes")
        expect("unknown_words" in notes and "xyzzyplugh" in notes, notes)
        expect("size_rounded" in notes and "rounded down" in notes, notes)
        odd = site.folder / "photo.heic"
        odd.write_bytes(b"\0\0\0\x18ftypheic" + bytes(64))
        page.set_input_files("#files", str(odd))
        ask(page, "the same in winter")
        page.wait_for_selector("#notes [role=alert]")
        notes = text(page, "#notes")
        expect("unsupported_image_format" in notes and "HEIC" in notes, notes)
        expect("Try again" not in notes, "asking again is no help")
        page.click('[aria-label="Close"]')
        expect(text(page, "#notes") == "", "it stays")


@check
def a_service_that_cannot_be_reached(site):
    with site.page(console=["ERR_INTERNET_DISCONNECTED"]) as page:
        page.context.set_offline(True)
        ask(page, "a tree on a hill", steps=2)
        page.wait_for_selector("#notes [role=alert]")
        expect("unreachable" in text(page, "#notes"), text(page, "#notes"))
        page.context.set_offline(False)
        page.click("text=Try again")
        finished(page)


@check
def a_key_that_is_wrong(site):
    with site.page(key=False, console=["401"]) as page:
        ask(page, "a tree on a hill", steps=2)
        for key in ["esk_live_wrong", "a kéy"]:
            page.fill("#key", key)
            page.click("dialog [type=submit]")
            page.wait_for_selector("dialog [role=alert]")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog", state="detached")
        expect(text(page, "#go") == "Generate", "it goes on")
        page.click("#key-button")
        page.fill("#key", site.key)
        page.click("dialog [type=submit]")
        page.wait_for_selector("dialog", state="detached")
        stored = page.evaluate("[sessionStorage.getItem('iris.key'), localStorage.getItem('iris.key')]")
        expect(stored == [site.key, None], "it is kept for longer than the session")
        page.click("#key-button")
        page.check("dialog [type=checkbox]")
        page.fill("#key", site.key)
        page.click("dialog [type=submit]")
        page.wait_for_selector("dialog", state="detached")
        page.reload()
        page.wait_for_load_state("networkidle")
        expect(text(page, "#key-state").startswith(site.key[:9]), "it was not kept")
        page.click("#key-button")
        page.click("text=Forget the key")
        expect(page.evaluate("localStorage.getItem('iris.key')") is None, "it was not forgotten")


@check
def hostile_texts(site):
    with site.page() as page:
        path = site.folder / """"><img src=x onerror=window.hit=1>.png"""
        path.write_bytes(png(192, 192))
        page.set_input_files("#files", str(path))
        draw(page, HOSTILE)
        page.click("#code summary")
        for tab in ["python", "javascript", "curl"]:
            page.click(f"#tab-{tab}")
            expect("onerror" in text(page, "#code-text"), tab)
        page.reload()
        page.wait_for_selector("#pictures img")
        page.click("#pictures button")
        expect(page.get_attribute("#picture", "alt") == HOSTILE, page.get_attribute("#picture", "alt"))
        page.click("#repeat")
        finished(page)
        expect(page.evaluate("window.hit") is None, "a text became markup")
        expect(page.locator("img[src='x']").count() == 0, "a text became an image")


@check
def pictures_are_kept_with_what_made_them(site):
    with site.page() as page:
        # A slow machine: what is shown is kept only a while later.
        page.evaluate("""() => {
          const { createImageBitmap } = window;
          window.createImageBitmap = (...all) => new Promise((go) => setTimeout(go, 500)).then(() => createImageBitmap(...all));
        }""")
        draw(page, "a cat on a sofa", seed=5)
        draw(page, "a dog in a park", seed=6, steps=2)
        page.reload()
        page.wait_for_selector("#pictures li:nth-child(2) img")
        page.click("#pictures li:nth-child(2) button")
        expect(page.get_attribute("#picture", "alt") == "a cat on a sofa" and "seed 5" in text(page, "#facts"), "lost")
        page.click("#repeat")
        finished(page)
        expect(page.input_value("#prompt") == "a cat on a sofa" and "seed 5" in text(page, "#facts"), "not repeated")
        page.click("#seed-new")
        expect(page.input_value("#seed") == "", "the seed stays")
        page.click("#seed-again")
        expect(page.input_value("#seed") == "5", "the seed is another")
        page.click("#delete")
        page.locator("#pictures li:nth-child(3)").wait_for(state="detached")
        page.on("dialog", lambda dialog: dialog.accept())
        page.click("#clear")
        page.locator("#pictures li").first.wait_for(state="detached")
        page.reload()
        page.wait_for_load_state("networkidle")
        expect(page.locator("#pictures img").count() == 0 and page.is_visible("#strip-empty"), "they are back")


@check
def what_is_asked_before_the_service_is_known(site):
    with site.page() as page:
        draw(page, "a cat on a sofa", seed=5, steps=2, width=256, height=256)
        waiting = []
        page.context.route("**/v1/models", lambda route: waiting.append(route))
        page.reload()
        page.locator("#pictures button").click()
        page.click("#repeat")
        page.click("#go", click_count=2)
        page.wait_for_timeout(300)
        expect(len(waiting) == 1 and page.locator("#pictures li").count() == 1, "it has not waited")
        waiting[0].continue_()
        finished(page)
        page.locator("#pictures li:nth-child(2) img").wait_for()
        expect("256 × 256 · 2 steps · seed 5" in text(page, "#facts"), text(page, "#facts"))
        expect(page.locator("#pictures li").count() == 2, "it was asked for more than once")
    with site.page(console=["503", "Failed to load"]) as page:
        page.context.route("**/v1/models", lambda route: route.fulfill(status=503, body="{}"))
        page.reload()
        page.wait_for_selector("#notes [role=alert]")
        page.fill("#prompt", "a cat")
        page.click("#go")
        page.wait_for_timeout(200)
        expect(page.locator("#pictures li").count() == 0, "it asks a service that it does not know")
        page.context.unroute_all()
        page.click("text=Try again")
        page.wait_for_load_state("networkidle")
        draw(page, "a cat on a sofa", steps=2, width=256, height=256)


@check
def the_request_as_code(site):
    with site.page() as page:
        page.fill("#prompt", """it's a "red" fox $HOME `x` \\ 狐""")
        page.fill("#seed", "7")
        for name, value in {"width": 256, "height": 256}.items():
            page.fill(f"#{name}", str(value))
        page.click("#code summary")
        expect(site.key not in page.content(), "the code has the key")
        environment = os.environ | {"IRIS_KEY": site.key}
        run(site, environment, "bash", text(page, "#code-text").split(" |\n")[0] + " > answer.json")
        curled = base64.b64decode(json.loads((site.folder / "answer.json").read_text())["data"][0]["b64_json"])
        page.click("#tab-python")
        run(site, environment, "python", text(page, "#code-text"))
        expect((site.folder / "picture.png").read_bytes() == curled, "Python has another picture")
        page.click("#tab-javascript")
        run(site, environment, "javascript", text(page, "#code-text"))
        expect((site.folder / "picture.png").read_bytes() == curled, "JavaScript has another picture")
        page.set_input_files("#files", files(site, """o'ne "1".png""", "two.png"))
        for tab in ["curl", "python", "javascript"]:
            page.click(f"#tab-{tab}")
            run(site, environment, tab.replace("curl", "bash"), text(page, "#code-text").split(" |\n")[0])


@special
def a_service_without_keys(site):
    with site.page(key=False) as page:
        draw(page, "a tree on a hill", steps=2)
        expect(page.is_hidden("#key-button") and page.is_hidden("#usage-link"), "it asks for a key")
        page.click("#code summary")
        expect("IRIS_KEY" not in text(page, "#code-text"), "the code has a key")


if __name__ == "__main__":
    sys.exit(visit(__doc__))
