"""Runs every example of Documentation/examples.md against a running service.

    python Tests/SDK/examples.py http://127.0.0.1:8080 esk_live_…

Each block of Bash, Python and JavaScript runs as it stands, but for the address, in a folder of its own
that holds the images it wants. It must end well, say nothing on standard error, and leave the images
that it names. Ends with status 1 if one does not.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from judging import check, expect, main, png

DOCUMENT = pathlib.Path(__file__).parents[2] / "Documentation" / "examples.md"
ADDRESS = "http://127.0.0.1:8080"
RUNNERS = {
    "bash": ("example.sh", ["bash", "-euo", "pipefail"]),
    "python": ("example.py", [sys.executable]),
    "javascript": ("example.mjs", ["node"]),
}
GIVEN = {"photo.png": png(), "other.png": png(96, 64)}


def blocks():
    """The language and the text of each."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE)


def run(target, language, text):
    name, runner = RUNNERS[language]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for image, data in GIVEN.items():
            (folder / image).write_bytes(data)
        expect(ADDRESS in text, "it asks another address")
        (folder / name).write_text(text.replace(ADDRESS, target.base))
        done = subprocess.run(
            runner + [name], cwd=folder, env=os.environ | {"IRIS_KEY": target.key},
            capture_output=True, text=True, timeout=300,
        )
        expect(done.returncode == 0, f"status {done.returncode}: {done.stderr[-500:]}")
        expect(not done.stderr, f"it complains: {done.stderr[-500:]}")
        for image in set(re.findall(r"\b\w+\.png\b", text)):
            data = (folder / image).read_bytes()
            expect(data.startswith(b"\x89PNG\r\n\x1a\n"), f"{image} is no PNG")
        if "answer.json" in text:
            expect("data" in json.loads((folder / "answer.json").read_text()), "no image")
        return done.stdout


def add(number, language, text):
    def example(target):
        run(target, language, text)

    example.__name__ = f"example_{number}_{language}"
    check(example)


for number, (language, text) in enumerate(blocks(), 1):
    add(number, language, text)


@check
def there_are_examples_in_every_language(target):
    languages = {language for language, _ in blocks()}
    expect(languages == set(RUNNERS), f"only {languages}")


class Target:
    def __init__(self, base, key):
        self.base, self.key = base, key


if __name__ == "__main__":
    sys.exit(main(__doc__, Target))
