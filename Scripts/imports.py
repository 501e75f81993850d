#!/usr/bin/env python3
"""Compares the dependencies that Package.swift declares with the modules that are imported, in both
directions."""

import json
import pathlib
import re
import subprocess
import sys

IMPORT = re.compile(r"^(?:@\w+ )*(?:(?:internal|package|public) )?import (\w+)", re.MULTILINE)
INCLUDE = re.compile(r'^#include "(\w+\.h)"', re.MULTILINE)
ROOT = pathlib.Path(__file__).resolve().parent.parent


def folder(target):
    return ROOT / (target.get("path") or f"{'Tests' if target['type'] == 'test' else 'Sources'}/{target['name']}")


def modules_used(target, headers):
    """The modules that Swift files import, and those whose public headers C files include."""
    used = set()
    for file in folder(target).rglob("*.swift"):
        used.update(IMPORT.findall(file.read_text()))
    for file in folder(target).rglob("*.[ch]"):
        used.update(headers[name] for name in INCLUDE.findall(file.read_text()) if name in headers)
    return used - {target["name"]}


def main():
    package = json.loads(
        subprocess.run(["swift", "package", "dump-package"], cwd=ROOT, check=True, capture_output=True).stdout)
    kinds = {target["name"]: target["type"] for target in package["targets"]}
    headers = {
        file.name: target["name"] for target in package["targets"] for file in folder(target).glob("include/*.h")}
    problems = []
    for target in package["targets"]:
        declared = {list(dependency.values())[0][0] for dependency in target["dependencies"]}
        imported = modules_used(target, headers)
        for module in sorted((imported & kinds.keys()) - declared):
            problems.append(f"{target['name']} imports {module} and does not declare it")
        # Tests of a program run it.
        for module in sorted(name for name in declared - imported if kinds[name] != "executable"):
            problems.append(f"{target['name']} declares {module} and does not import it")
    print("\n".join(problems), end="\n" if problems else "", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
