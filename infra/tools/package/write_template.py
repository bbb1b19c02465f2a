"""Prints the size of each packaged function and writes a template that refers to the packages."""

import os
import re
import sys
from pathlib import Path

# The size limit of a zipped function, since every cold start downloads and unpacks it.
MAX_ZIPPED_BYTES = 4_000_000


def binary_names(template):
    """The binary of each function in the order of the template; functions may share a binary."""
    return re.findall(r"BuildProperties: \{Binary: ([\w-]+)\}", template)


def main(packages, output):
    template = Path("template.yaml").read_text(encoding="utf-8")
    names = sorted(set(binary_names(template)))
    sizes = {name: (packages / name / "bootstrap.zip").stat().st_size for name in names}
    print("| function | zipped MB |\n|---|---:|")
    for name, size in sorted(sizes.items(), key=lambda row: -row[1]):
        print(f"| {name} | {size / 1e6:.2f} |")
    print(f"| all {len(sizes)} | {sum(sizes.values()) / 1e6:.1f} |")

    too_large = [name for name, size in sizes.items() if size > MAX_ZIPPED_BYTES]
    if too_large:
        sys.exit(f"larger than {MAX_ZIPPED_BYTES / 1e6} MB: {', '.join(too_large)}")

    remaining = iter(binary_names(template))
    folder = os.path.relpath(packages)
    packed = re.sub(r"CodeUri: \S+", lambda _: f"CodeUri: {folder}/{next(remaining)}/bootstrap.zip", template)
    assert next(remaining, None) is None, "a function has no CodeUri"
    Path(output).write_text(packed, encoding="utf-8")
    print(f"\nsam deploy --template-file {output}")


main(Path(sys.argv[1]), sys.argv[2])
