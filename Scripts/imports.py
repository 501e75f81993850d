#!/usr/bin/env python3
"""Compares the dependencies that Package.swift declares with the modules that are imported, in both
directions."""

import json
import pathlib
import re
import subprocess
import sys

IMPORT = re.compile(r"^(?:@\w+ )*(?:(?:internal|package|public) )?import (\w+)", re.MULTILINE)
ROOT = pathlib.Path(__file__).resolve().parent.parent


def sources(target):
    folder = target.get("path") or f"{'Tests' if target['type'] == 'test' else 'Sources'}/{target['name']}"
    return sorted((ROOT / folder).rglob("*.swift"))


def main():
    package = json.loads(
        subprocess.run(["swift", "package", "dump-package"], cwd=ROOT, check=True, capture_output=True).stdout)
    kinds = {target["name"]: target["type"] for target in package["targets"]}
    problems = []
    for target in package["targets"]:
        declared = {list(dependency.values())[0][0] for dependency in target["dependencies"]}
        imported = set()
        for file in sources(target):
            imported.update(IMPORT.findall(file.read_text()))
        for module in sorted((imported & kinds.keys()) - declared):
            problems.append(f"{target['name']} imports {module} and does not declare it")
        # Tests of a program run it.
        for module in sorted(name for name in declared - imported if kinds[name] != "executable"):
            problems.append(f"{target['name']} declares {module} and does not import it")
    print("\n".join(problems), end="\n" if problems else "", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
