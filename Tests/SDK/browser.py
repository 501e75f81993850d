"""A browser for the scripts that judge the pages: Debian's Chromium, driven by Playwright."""

import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from judging import expect, main, png

CHROMIUM = "/usr/bin/chromium"
# In milliseconds. A render of the embedded model takes half a second, and one in a debug build of a busy machine longer.
PATIENCE = 120_000
# Sums what moves without a person having done something in the half second before (Layout Instability API). That counts
# from when the page hears of it: the browser's own time may be long past on a busy machine.
WATCH = """
window.shifts = [];
let acted = -Infinity;
for (const name of ["pointerdown", "pointerup", "click", "keydown", "input", "change"])
  addEventListener(name, () => (acted = performance.now()), { capture: true });
new PerformanceObserver((list) => {
  for (const { hadRecentInput, startTime, value, sources } of list.getEntries()) {
    const moved = sources.map(({ node }) => node?.id || node?.className || node?.nodeName);
    if (!hadRecentInput && startTime - acted > 500) window.shifts.push(`${moved} by ${value}`);
  }
}).observe({ type: "layout-shift", buffered: true });
"""


def launch(engine):
    # Containers have little room in /dev/shm.
    flags = ["--disable-dev-shm-usage"]
    # Chromium's sandbox refuses to work for root.
    flags += ["--no-sandbox"] if os.geteuid() == 0 else []
    return engine.chromium.launch(executable_path=CHROMIUM, args=flags, timeout=PATIENCE)


def usable():
    """Whether the browser and what drives it are installed, and start here."""
    if not os.access(CHROMIUM, os.X_OK):
        return False
    try:
        import axe_playwright_python
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        return False
    with sync_playwright() as engine:
        try:
            launch(engine).close()
        except Error as error:
            print(error, file=sys.stderr)
            return False
    return True


def eventually(page, condition):
    """Waits until something holds that the page does not show."""
    for _ in range(PATIENCE // 50):
        if condition():
            return True
        page.wait_for_timeout(50)
    return False


class Site:
    """A running service, and the browser that visits it."""

    def __init__(self, base, key):
        from playwright.sync_api import sync_playwright

        self.base, self.key = base, key
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.engine = sync_playwright().start()
        self.browser = launch(self.engine)

    def close(self):
        self.browser.close()
        self.engine.stop()
        shutil.rmtree(self.folder)

    @contextlib.contextmanager
    def page(self, path="/", site=None, width=1280, height=800, key=True, console=(), **options):
        """Visits a page as someone new does, whose console must stay empty but for the texts that are named."""
        options.setdefault("locale", "en-US")
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, accept_downloads=True, **options)
        context.add_init_script(WATCH)
        if key:
            context.add_init_script(f"sessionStorage.setItem('iris.key', '{self.key}')")
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        heard = []
        site = site or self.base
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("request", lambda request: expect(
            request.url.startswith((site, self.base, "blob:")) and self.key not in request.url, f"asked {request.url}"))
        page.goto(site + path)
        page.wait_for_load_state("networkidle")
        yield page
        expect([text for text in heard if not any(part in text for part in console)] == [], f"the console says {heard}")
        context.close()


def files(site, *names):
    """Images to edit, of different sizes."""
    paths = []
    for index, name in enumerate(names):
        path = site.folder / name
        path.write_bytes(png(width=192 + 64 * index, height=192))
        paths.append(str(path))
    return paths


def draw(page, prompt, **fields):
    """Asks for a picture and waits for it."""
    ask(page, prompt, **fields)
    finished(page)


def ask(page, prompt, **fields):
    page.fill("#prompt", prompt)
    if fields and not page.evaluate("document.getElementById('settings').open"):
        page.click("#settings summary")
    for name, value in fields.items():
        page.fill(f"#{name}", str(value))
    page.click("#go")


def ask_for_long(page, site, prompt, **fields):
    """Asks for a picture that takes long enough to do something beside its render, also in a slow browser.

    With five references and guidance it takes 45 s where one without them takes 3 s.
    """
    paths = [site.folder / f"large-{index}.png" for index in range(5)]
    for path in paths:
        path.write_bytes(png(704, 704))
    page.set_input_files("#files", paths)
    ask(page, prompt, steps=50, guidance=4, **fields)


def says(page, words):
    """Waits until the playground's status begins with these words."""
    page.locator("#status").filter(has_text=re.compile(f"^{re.escape(words)}")).wait_for()


def finished(page, done="Done"):
    """Waits until a picture is shown, of which the status tells, and kept, of which the button does."""
    says(page, done)
    page.wait_for_selector("#go:not([data-running])")


def text(page, selector):
    return page.inner_text(selector)


def shift(page):
    """Asserts that nothing has moved by itself."""
    # What moved with the last frame is told after it.
    page.wait_for_timeout(200)
    moved = page.evaluate("window.shifts")
    expect(moved == [], f"moved by themselves: {moved}")


def accessible(page, state):
    """Asserts that axe finds nothing, in a page whose policy lets it in."""
    from axe_playwright_python.sync_playwright import Axe

    results = Axe().run(page, options={"resultTypes": ["violations"]})
    found = [
        (each["id"], [node["target"] for node in each["nodes"]][:3]) for each in results.response["violations"]]
    expect(found == [], f"{state}: {found}")


def run(site, environment, language, code):
    """Runs code in the folder of the files, if the machine has its language."""
    program, name = {
        "bash": ("bash", "code.sh"), "python": (sys.executable, "code.py"), "javascript": ("node", "code.mjs")}[language]
    if not shutil.which(program):
        return
    (site.folder / name).write_text(code)
    outcome = subprocess.run([program, name], cwd=site.folder, env=environment, capture_output=True, timeout=120)
    told = (outcome.stdout[:500] + outcome.stderr).decode()
    expect(outcome.returncode == 0 and '"error"' not in told, f"{language}: {told}")


def show(page, name):
    """Keeps a picture of the page where the documentation has its own, if `IRIS_SCREENSHOTS` says so."""
    folder = os.environ.get("IRIS_SCREENSHOTS")
    page.evaluate("document.fonts.ready")
    image = page.screenshot(type="png", animations="disabled")
    if not folder:
        return
    webp = page.evaluate("""async (data) => {
      const bitmap = await createImageBitmap(new Blob([Uint8Array.from(data)], { type: "image/png" }));
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      canvas.getContext("2d").drawImage(bitmap, 0, 0);
      const blob = await canvas.convertToBlob({ type: "image/webp", quality: 0.9 });
      return [...new Uint8Array(await blob.arrayBuffer())];
    }""", list(image))
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    pathlib.Path(folder, f"{name}.webp").write_bytes(bytes(webp))


def visit(usage):
    """Judges the service that the command line names, and returns the exit status."""
    sites = []

    def connect(base, key):
        sites.append(Site(base, key))
        return sites[-1]

    try:
        return main(usage, connect)
    finally:
        for site in sites:
            site.close()


if __name__ == "__main__":
    sys.exit(not usable())
