#!/usr/bin/env python3
"""Judges what the playground offers where the operator lets requests ask for more, in a browser.

    python3 Tests/SDK/playground_widened.py http://127.0.0.1:8080 KEY [CHECK ...]

The service has the embedded model and was started with `--images-per-request 3 --output-formats jpeg,webp --masks
--negative-prompts --lora-strengths=-1:2`.
"""

import os
import sys

from browser import accessible, ask, ask_for_long, draw, files, finished, run, shift, show, text, visit
from judging import check, expect, mask, special

# Keeps what the page sends, and how it has painted a mask.
SEE = """() => {
  const { fetch } = window;
  window.fetch = (path, options) => {
    if (options?.body instanceof FormData) {
      window.sent = Object.fromEntries([...options.body].map(([name, value]) => [name, value.name ?? value]));
      window.mask = options.body.get("mask");
    } else if (options?.body) window.sent = JSON.parse(options.body);
    return fetch(path, options);
  };
}"""
# What a mask has at some points, each a part of its width and height: 255 is repainted.
LOOK = """async (points) => {
  const bitmap = await createImageBitmap(window.mask);
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  const at = ([x, y]) => context.getImageData(x * bitmap.width, y * bitmap.height, 1, 1).data[0];
  return { size: [bitmap.width, bitmap.height], values: points.map(at) };
}"""
POINTS = [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75]]


def edit(page, site, *names):
    """Begins an edit of images whose mask is asked for."""
    page.evaluate(SEE)
    page.set_input_files("#files", files(site, *(names or ["one.png"])))
    page.click("#mask")
    page.wait_for_selector("dialog.mask")


def stroke(page, *points):
    """Leads the pointer over the surface, through parts of its width and height."""
    box = page.locator(".easel canvas").bounding_box()
    for index, (x, y) in enumerate(points):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=5)
        if index == 0:
            page.mouse.down()
    page.mouse.up()


def ring_follows(page):
    """Asserts that the ring is around the pointer, and moves nothing else long after the last click."""
    page.wait_for_timeout(1000)
    box = page.locator(".easel canvas").bounding_box()
    for part in [0.5, 0.9]:
        place = {name: box[name] + part * box[size] for name, size in [("x", "width"), ("y", "height")]}
        page.mouse.move(place["x"], place["y"], steps=5)
        ring = page.locator(".ring").bounding_box()
        middle = [ring[name] + ring[size] / 2 for name, size in [("x", "width"), ("y", "height")]]
        off = max(abs(middle[0] - place["x"]), abs(middle[1] - place["y"]))
        expect(off < 2, f"the ring is at {middle}, the pointer at {place}")
    shift(page)


def painted(page):
    """Takes the mask over, asks for the picture, and returns how the mask was that was sent."""
    page.click("dialog.mask .main")
    page.wait_for_selector("dialog.mask", state="detached")
    draw(page, "a red fox in the snow", steps=2)
    return page.evaluate(LOOK, POINTS)


@check
def several_pictures_in_another_format(site):
    with site.page() as page:
        page.evaluate(SEE)
        page.evaluate("""() => {
          window.seen = [];
          new MutationObserver(() => window.seen.push(document.getElementById("status").textContent))
            .observe(document.getElementById("status"), { childList: true });
        }""")
        page.select_option("#format", "webp")
        draw(page, "a red fox", count=3, quality=60, seed=7, width=256, height=256)
        expect(text(page, "#price") == "3 × 0.005 USD", text(page, "#price"))
        page.locator("#pictures li:nth-child(3) img").wait_for()
        expect("seed 7" in text(page, "#facts") and "WEBP" in text(page, "#facts"), text(page, "#facts"))
        expect("Picture 3 of 3: Step 4 of 4" in page.evaluate("window.seen"), page.evaluate("window.seen"))
        sent = page.evaluate("window.sent")
        expect([sent[name] for name in ["n", "output_format", "output_compression"]] == [3, "webp", 60], sent)
        page.click("#pictures li:nth-child(2) button")
        expect("seed 8" in text(page, "#facts"), text(page, "#facts"))
        with page.expect_download() as download:
            page.click("#download")
        with open(download.value.path(), "rb") as file:
            expect(file.read(4) == b"RIFF" and download.value.suggested_filename == "iris-8.webp", "no WebP")
        page.reload()
        page.evaluate(SEE)
        page.locator("#pictures li:nth-child(3) button").click()
        expect("seed 9" in text(page, "#facts"), "their order is another")
        page.click("#repeat")
        finished(page)
        expect(page.evaluate("window.sent") == sent | {"seed": 7}, page.evaluate("window.sent"))
        expect("seed 7" in text(page, "#facts") and page.input_value("#count") == "3", "not repeated")
        shift(page)


@check
def stop_leaves_no_places(site):
    with site.page() as page:
        ask_for_long(page, site, "two penguins", count=3)
        page.locator("#status").filter(has_text="Step").wait_for()
        expect(page.locator("#pictures li").count() == 3, "no three places")
        page.wait_for_timeout(600)
        page.click("#go")
        page.locator("#status").filter(has_text="Stopped").wait_for()
        expect(page.locator("#pictures li").count() == 0, "places are left")


@check
def several_styles(site):
    with site.page() as page:
        page.evaluate(SEE)
        expect(page.is_disabled("#add-style"), "a second style without a first")
        page.select_option("#lora", "dark")
        page.focus("#add-style")
        page.keyboard.press("Enter")
        expect(page.evaluate("document.activeElement.id") == "lora-2", "the focus is elsewhere")
        expect(page.locator("#lora-2 option:enabled").count() == 2, "a style twice")
        page.select_option("#lora-2", "anime")
        expect(page.is_disabled("#add-style"), "there is no third style")
        draw(page, "a red fox", **{"lora-strength": "-0.5", "lora-strength-2": "1.8"}, steps=2)
        sent = page.evaluate("window.sent")
        wanted = [{"name": "dark", "strength": -0.5}, {"name": "anime", "strength": 1.8}]
        expect(sent["loras"] == wanted and "lora" not in sent, sent)
        expect("dark -0.5 · anime 1.8" in text(page, "#facts"), text(page, "#facts"))
        page.click('[aria-label="Remove style 1"]')
        draw(page, "a red fox", steps=2)
        sent = page.evaluate("window.sent")
        expect((sent["lora"], sent["lora_strength"]) == ("anime", 1.8) and "loras" not in sent, sent)
        page.click("#pictures li:nth-child(2) button")
        page.click("#repeat")
        finished(page)
        expect(page.evaluate("window.sent")["loras"] == wanted, "they are not repeated")


@check
def a_negative_prompt(site):
    with site.page() as page:
        page.evaluate(SEE)
        draw(page, "a red fox", negative="snow", steps=2)
        expect("negative_prompt_unused" in text(page, "#notes"), text(page, "#notes"))
        expect(page.locator("#negative-note[data-unused]").count() == 1, "nothing says so")
        draw(page, "a red fox", guidance="3")
        expect(page.evaluate("window.sent")["negative_prompt"] == "snow", "it is not sent")
        expect(text(page, "#notes") == "" and page.locator("#negative-note[data-unused]").count() == 0, "a warning")


@check
def edits_by_reference(site):
    with site.page() as page:
        page.evaluate(SEE)
        expect(page.is_disabled("[name=edit-mode][value=reference]"), "a mode of no edit")
        page.set_input_files("#files", files(site, "one.png"))
        page.check("[name=edit-mode][value=reference]", force=True)
        expect(page.is_disabled("#strength"), "a strength that has no effect")
        draw(page, "the same in winter", steps=2)
        sent = page.evaluate("window.sent")
        expect(sent["edit_mode"] == "reference" and "strength" not in sent, sent)
        expect(text(page, "#notes") == "" and "By reference" in text(page, "#facts"), text(page, "#facts"))
        page.check("[name=edit-mode][value=strength]", force=True)
        page.click("#repeat")
        finished(page)
        expect(page.is_checked("[name=edit-mode][value=reference]"), "it is not repeated")


@check
def a_mask_by_pointer(site):
    with site.page() as page:
        edit(page, site, "one.png", "two.png")
        stroke(page, [0.75, 0.25], [0.8, 0.3])
        page.click("text=Undo")
        stroke(page, [0.25, 0.25], [0.3, 0.3])
        stroke(page, [0.25, 0.75], [0.3, 0.75])
        page.check("dialog.mask [value=erase]", force=True)
        stroke(page, [0.25, 0.75], [0.3, 0.75])
        ring_follows(page)
        found = painted(page)
        expect(found == {"size": [192, 192], "values": [255, 0, 0]}, found)
        # The first image is the one that is kept, so that strength has something to act on.
        expect(page.evaluate("window.sent")["strength"] == "0.75" and text(page, "#notes") == "", text(page, "#notes"))
        expect("Mask" in text(page, "#facts"), text(page, "#facts"))
        page.reload()
        page.evaluate(SEE)
        page.locator("#pictures button").first.click()
        page.click("#repeat")
        finished(page)
        expect(page.evaluate(LOOK, POINTS) == found, "it is not repeated")
        page.click("#mask")
        page.click("text=Clear")
        page.click("dialog.mask .main")
        page.wait_for_selector(".veil", state="detached")
        draw(page, "a red fox in the snow")
        expect("mask" not in page.evaluate("window.sent"), "a mask without anything in it")


@check
def a_mask_by_keyboard(site):
    with site.page() as page:
        edit(page, site)
        page.keyboard.press("Tab")
        page.locator(".easel canvas").focus()
        for key in ["ArrowLeft"] * 5 + ["ArrowUp"] * 5 + ["Space"]:
            page.keyboard.press(key)
        for _ in range(10):
            page.keyboard.press("Shift+ArrowRight")
        for _ in range(7):
            page.keyboard.press("Control+z")
        found = painted(page)
        expect(found["values"] == [255, 0, 0], found)
        expect(page.evaluate("document.activeElement.id") != "", "the focus is lost")


@check
def a_mask_by_touch(site):
    with site.page(width=360, height=740, has_touch=True, is_mobile=True) as page:
        edit(page, site)
        box = page.locator(".easel canvas").bounding_box()
        session = page.context.new_cdp_session(page)
        at = lambda x, y: [{"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}]
        before = page.evaluate("document.querySelector('dialog.mask').scrollTop")
        session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": at(0.75, 0.25)})
        for part in range(10):
            session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": at(0.75, 0.25 - part / 50)})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        expect(page.evaluate("document.querySelector('dialog.mask').scrollTop") == before, "painting scrolls")
        page.click("dialog.mask .main")
        page.wait_for_selector("dialog.mask", state="detached")
        page.fill("#prompt", "a red fox")
        page.click("#go")
        finished(page)
        found = page.evaluate(LOOK, POINTS)
        expect(found["values"] == [0, 255, 0], found)


@check
def a_mask_from_a_file(site):
    with site.page() as page:
        edit(page, site)
        for name, data, problem in [
            ("broken.png", b"\x89PNG", "cannot be read"), ("wide.png", mask(128, 64), "another shape")]:
            (site.folder / name).write_bytes(data)
            page.set_input_files("dialog.mask [type=file]", str(site.folder / name))
            page.locator("dialog.mask [role=alert]").filter(has_text=problem).wait_for()
        # Its left half is transparent.
        (site.folder / "half.png").write_bytes(mask(64, 64))
        page.set_input_files("dialog.mask [type=file]", str(site.folder / "half.png"))
        page.wait_for_selector("dialog.mask [role=alert]", state="hidden")
        with page.expect_download() as download:
            page.click("text=Save")
        expect(download.value.suggested_filename == "mask.png", "no file")
        found = painted(page)
        expect(found == {"size": [192, 192], "values": [255, 0, 255]}, found)


@check
def all_of_it_as_code(site):
    with site.page() as page:
        edit(page, site)
        stroke(page, [0.25, 0.25], [0.3, 0.3])
        with page.expect_download() as download:
            page.click("text=Save")
        download.value.save_as(site.folder / "mask.png")
        page.click("dialog.mask .main")
        page.wait_for_selector(".veil")
        page.select_option("#lora", "dark")
        page.click("#add-style")
        page.select_option("#lora-2", "anime")
        page.select_option("#format", "jpeg")
        for name, value in {"prompt": "a fox's den", "seed": 7, "count": 2, "steps": 2, "guidance": 2,
                            "negative": "snow", "quality": 80}.items():
            page.fill(f"#{name}", str(value))
        page.click("#code summary")
        environment = os.environ | {"IRIS_KEY": site.key}
        made = {}
        for tab in ["curl", "python", "javascript"]:
            page.click(f"#tab-{tab}")
            for name in ["picture-1.jpg", "picture-2.jpg"]:
                (site.folder / name).unlink(missing_ok=True)
            code = text(page, "#code-text")
            if tab == "curl" and not os.access("/usr/bin/jq", os.X_OK):
                run(site, environment, "bash", code.split(" |\n")[0])
                continue
            run(site, environment, tab.replace("curl", "bash"), code)
            if (site.folder / "picture-1.jpg").exists():
                made[tab] = [(site.folder / f"picture-{number}.jpg").read_bytes() for number in [1, 2]]
        expect("python" in made and made["python"][0] != made["python"][1], "two times one picture")
        expect(all(each == made["python"] for each in made.values()), "they made different pictures")
        expect(made["python"][0].startswith(b"\xff\xd8"), "no JPEG")


@check
def all_of_it_by_keyboard(site):
    def tab(wanted, most=40):
        """Goes on by Tab to something, and returns what was passed."""
        passed = []
        for _ in range(most):
            page.keyboard.press("Tab")
            passed.append(page.evaluate("document.activeElement.id || document.activeElement.value"))
            if passed[-1] == wanted:
                return passed
        raise AssertionError(f"{wanted} is not among {passed}")

    with site.page() as page:
        page.evaluate(SEE)
        page.set_input_files("#files", files(site, "one.png", "two.png"))
        page.focus("#prompt")
        page.keyboard.type("a red fox")
        tab("mask")
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog.mask")
        expect(page.evaluate("document.activeElement.nodeName") == "CANVAS", "the focus is not on the image")
        expect(page.is_visible(".ring"), "nothing shows the brush")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog.mask", state="detached")
        expect(page.evaluate("document.activeElement.id") == "mask", "the focus is not back")
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog.mask")
        page.keyboard.press("Space")
        # Two brushes are one stop, and the mask needs no other: by Enter on a brush it would be used at once.
        page.keyboard.press("Tab")
        expect(page.evaluate("document.activeElement.value") == "paint", "no brush is next")
        for _ in range(6):
            page.keyboard.press("Tab")
        expect(page.evaluate("document.activeElement.textContent") == "Cancel", "the order is odd")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector(".veil")
        expect(page.evaluate("document.activeElement.id") == "mask", "the focus is not on the mask")
        tab("negative")
        page.keyboard.type("snow")
        tab("count-range")
        page.keyboard.press("ArrowRight")
        tab("lora")
        page.keyboard.type("da")
        tab("add-style")
        page.keyboard.press("Enter")
        page.keyboard.type("an")
        # The two modes are one stop.
        tab("strength")
        page.keyboard.press("ArrowRight")
        tab("format")
        page.keyboard.type("we")
        tab("quality")
        page.keyboard.press("Control+a")
        page.keyboard.type("70")
        page.focus("#prompt")
        page.keyboard.press("Control+Enter")
        finished(page)
        sent = page.evaluate("window.sent")
        wanted = {"negative_prompt": "snow", "n": "2", "edit_mode": "reference", "output_format": "webp",
                  "output_compression": "70", "mask": "mask.png"}
        expect({name: sent.get(name) for name in wanted} == wanted, sent)
        expect('"dark"' in sent["loras"] and '"anime"' in sent["loras"], sent)


@check
def one_of_several_models(site):
    def stub(route):
        response = route.fetch()
        document = response.json()
        model = document["data"][0]
        document["data"] = [
            model | {"id": "small"},
            model | {
                "id": "<b>large", "loras": ["none", "film"],
                "defaults": model["defaults"] | {"num_steps": 30, "guidance_scale": 4.0},
                "limits": model["limits"] | {"max_size": "512x512", "max_steps": 40, "max_n": 1},
                "capabilities": ["image_generation"], "output_formats": ["png"], "price": "0.07"},
            model | {"id": "gpt-image-1", "root": "small"},
        ]
        route.fulfill(response=response, json=document)

    with site.page(console=["400"]) as page:
        page.context.route("**/v1/models", stub)
        page.reload()
        page.wait_for_load_state("networkidle")
        page.evaluate(SEE)
        names = page.eval_on_selector_all("#model option", "all => all.map(each => each.value)")
        expect(names == ["small", "<b>large"], names)
        page.set_input_files("#files", files(site, "one.png"))
        page.fill("#count", "2")
        page.fill("#negative", "snow")
        expect(page.is_visible("#mask"), "a mask is not offered")
        page.select_option("#model", "<b>large")
        expect(page.locator("#mask").count() == 0, "a mask is offered")
        for name in ["negative", "count", "format"]:
            expect(page.is_hidden(f"#{name}-field"), f"{name} is offered")
        expect(text(page, "#price") == "0.07 USD a picture", text(page, "#price"))
        page.click('[aria-label="Remove one.png"]')
        values = [page.input_value(f"#{name}") for name in ["steps", "guidance", "width"]]
        expect(values == ["30", "4", "512"] and page.get_attribute("#steps", "max") == "40", values)
        styles = page.eval_on_selector_all("#lora option", "all => all.map(each => each.value)")
        expect(styles == ["none", "film"], styles)
        ask(page, "a red fox")
        page.wait_for_selector("#notes [role=alert]")
        sent = page.evaluate("window.sent")
        expect(sent["model"] == "<b>large" and not {"guidance_scale", "negative_prompt", "n"} & set(sent), sent)
        expect("model_not_found" in text(page, "#notes"), text(page, "#notes"))
        shift(page)


@special
def each_of_two_models(site):
    """The second, `small`, is at 0.02, up to 128x128, without LoRAs, and takes two images of a request and masks."""
    with site.page() as page:
        page.evaluate(SEE)
        expect(page.locator("#model option").count() == 2, "an alias is a model of its own")
        draw(page, "a red fox", seed=1, steps=2)
        expect(page.evaluate("window.sent")["model"] == "epithre-iris", "the first is another")
        expect(text(page, "#price") == "0.005 USD a picture" and page.is_hidden("#count-field"), text(page, "#price"))
        page.select_option("#model", "small")
        expect(page.input_value("#width") == "128" and page.locator("#lora option").count() == 1, "not its own limits")
        page.fill("#count", "2")
        expect(text(page, "#price") == "2 × 0.02 USD", text(page, "#price"))
        draw(page, "a blue car", seed=1, steps=2)
        page.locator("#pictures li:nth-child(3) img").wait_for()
        expect("128 × 128" in text(page, "#facts"), text(page, "#facts"))
        # What a picture of the other model was made by brings its model along.
        page.click("#pictures li:nth-child(3) button")
        page.click("#repeat")
        finished(page)
        sent = page.evaluate("window.sent")
        expect(sent["model"] == "epithre-iris" and "n" not in sent and sent["size"] == "768x768", sent)
        expect(page.input_value("#model") == "epithre-iris", "the page shows another model")


@check
def nothing_that_axe_finds(site):
    for scheme in ["light", "dark"]:
        for width in [360, 768, 1280]:
            state = f"{scheme}, {width}"
            with site.page(width=width, color_scheme=scheme, bypass_csp=True, locale="id-ID") as page:
                if width == 360:
                    page.click("#settings summary")
                page.select_option("#lora", "dark")
                page.click("#add-style")
                page.select_option("#format", "jpeg")
                edit(page, site)
                stroke(page, [0.25, 0.25], [0.6, 0.6])
                accessible(page, f"{state}, painting")
                page.click("dialog.mask .main")
                page.wait_for_selector(".veil")
                accessible(page, f"{state}, with everything")
                expect(page.evaluate("document.documentElement.scrollWidth") <= width, f"{state}: too wide")
                small = page.evaluate("""() => [...document.querySelectorAll("button, a, select, summary")]
                  .filter((each) => each.checkVisibility() && Math.min(each.offsetWidth, each.offsetHeight) < 24)
                  .map((each) => each.id || each.textContent)""")
                expect(small == [], f"{state}: too small to touch: {small}")
                shift(page)


@check
def pictures_of_the_page(site):
    with site.page(width=1280, height=860) as page:
        draw(page, "a red fox on a beach at sunset", seed=1)
        page.click("#use")
        page.click("#mask")
        page.wait_for_selector("dialog.mask")
        stroke(page, [0.3, 0.12], [0.7, 0.12], [0.7, 0.22], [0.3, 0.22])
        show(page, "playground-mask")
        shift(page)


if __name__ == "__main__":
    sys.exit(visit(__doc__))
