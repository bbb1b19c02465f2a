#!/usr/bin/env python3
"""Checks the Markdown files without running their blocks.

    tests/documents/check.py

Every relative link leads to a file of the repository and to a heading of it. Every code block in a shell's or a programming
language is run by a test, or says why not. docs/api.md lists every path of the API, and README.md every route under /_local of the local
service. The comments that say how a block is tested:

    <!-- starts the service -->                               above a block: run.py runs all shell blocks of this page
    <!-- not run: why -->                                     above a block
    <!-- no shell block of this page is run: why -->          once in a file, for all its shell blocks
    <!-- run by: path of a test -->                           above a block
"""

import json
import pathlib
import re
import subprocess
import sys
import urllib.parse

import markdown

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHELLS = {"sh", "bash", "zsh", "shell", "console"}
LANGUAGES = {"python", "py", "js", "mjs", "javascript", "ts", "typescript", "rust", "toml"}
# Pages whose blocks in a programming language have a test that names the page.
TESTED_PAGES = {"docs/extending.md": "infra/tools/template/tests/generator/extending.rs"}


def pages():
    """The Markdown files that git tracks, or would track."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return sorted({name for name in names if (ROOT / name).exists()})


def run_pages():
    """The pages whose shell blocks run.py runs: those with a block that starts the service."""
    return [page for page in pages() if re.search(r"^<!-- starts the service -->$", (ROOT / page).read_text(), re.M)]


def block_error(page, text, block):
    """Why a block is not tested, or None."""
    if block.marker("not run:") == "":
        return f"{block}: it is not run, and the comment does not say why"
    if block.marker("not run:") or not block.language:
        return None
    if block.language in SHELLS:
        is_excused = any(
            re.match(r"no shell block of this page is run: *\S", marker) for marker in markdown.MARKER.findall(text)
        )
        is_run = page in run_pages() or is_excused
    elif block.language.split(",")[0] in LANGUAGES:
        is_run = page in TESTED_PAGES and page in (ROOT / TESTED_PAGES[page]).read_text()
    else:
        is_run = True
    test = block.marker("run by:")
    if test:
        file = ROOT / test
        is_run = file.exists() and page in file.read_text()
        return None if is_run else f"{block}: {test} does not name {page}"
    return None if is_run else f"{block}: no test runs this block ({block.language})"


def paste_errors(block):
    """What a reader of a shell block should not paste."""
    if re.search(r"(?:^|\s)#(?:\s|$)", block.text, re.M):
        yield f"{block}: zsh refuses comments at its prompt"
    if re.search(r"[?&](?:token|accesskey)=\$", block.text):
        yield f"{block}: a credential in a URL; send it in the header Authorization"


def link_errors(page, prose, anchors):
    for number, target in markdown.links(prose):
        if urllib.parse.urlparse(target).scheme:
            continue
        path, _, anchor = urllib.parse.unquote(target).partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        if not file.exists() or not file.resolve().is_relative_to(ROOT):
            yield f"{page}:{number}: {target} does not exist"
        elif anchor and file.suffix == ".md":
            name = str(file.resolve().relative_to(ROOT))
            if anchor not in anchors.get(name, set()):
                yield f"{page}:{number}: {name} has no heading #{anchor}"


def route_errors():
    """Paths of the API that the table of docs/api.md lacks, and paths of the table that the API lacks."""
    _, prose = markdown.blocks("docs/api.md", (ROOT / "docs/api.md").read_text())
    rows = [line for _, line in prose if line.startswith("| `") and " | " in line]
    routes = " ".join(row.split(" | ")[0] for row in rows if re.search(r"`[A-Z]+`?[ ,]", row))
    kinds = re.findall(r"`(\w+)`", next(row for row in rows if "/v1.0/<kind>`" in row).split(" | ")[2])
    listed = set()
    for path in re.findall(r"(/[\w.{}<>/-]+)", routes):
        listed.update(path.replace("<kind>", kind) for kind in kinds)
    described = set(json.loads((ROOT / "docs/openapi.json").read_text())["paths"])
    for path in sorted(described ^ listed):
        yield f"docs/api.md: {path} is {'missing in the table' if path in described else 'no route of the API'}"


def local_route_errors():
    """Routes of the local service that the table of README.md lacks."""
    router = (ROOT / "infra/local/service/src/control.rs").read_text()
    for path, method in re.findall(r'\.route\("([^"]+)", (get|post)\(', router):
        row = f"| `{method.upper()} /_local{re.sub(r'{.*', '…', path)}` |"
        if row not in (ROOT / "README.md").read_text():
            yield f"README.md: no row begins with {row}"


def main():
    parsed = {}
    for page in pages():
        text = (ROOT / page).read_text()
        parsed[page] = (text, *markdown.blocks(page, text))
    anchors = {page: markdown.anchors(prose) for page, (_, _, prose) in parsed.items()}
    errors = []
    for page, (text, blocks, prose) in parsed.items():
        errors += filter(None, (block_error(page, text, block) for block in blocks))
        pasted = [block for block in blocks if block.language in SHELLS and block.marker("not run:") is None]
        errors += (error for block in pasted for error in paste_errors(block))
        errors += link_errors(page, prose, anchors)
    errors += [*route_errors(), *local_route_errors()]
    for error in errors:
        print(error, file=sys.stderr)
    if errors:
        sys.exit(1)
    print(
        f"{len(parsed)} pages: every link to a page or a heading of this repository leads somewhere, and every block in a shell's or "
        "a programming language is run or says why not"
    )


if __name__ == "__main__":
    main()
