"""Tells how large each packed function is, and writes a template whose functions are those packages."""

import os
import re
import sys
from pathlib import Path

# What a function may weigh, zipped: it is fetched and unpacked at every cold start.
MOST_BYTES = 4_000_000


def binaries(template):
    """The binary of each function, in the order of the template: several functions may share one."""
    return re.findall(r"BuildProperties: \{Binary: ([\w-]+)\}", template)


def main(packages, written):
    template = Path("template.yaml").read_text(encoding="utf-8")
    names = sorted(set(binaries(template)))
    sizes = {name: (packages / name / "bootstrap.zip").stat().st_size for name in names}
    print("| function | zipped MB |\n|---|---:|")
    for name, size in sorted(sizes.items(), key=lambda row: -row[1]):
        print(f"| {name} | {size / 1e6:.2f} |")
    print(f"| all {len(sizes)} | {sum(sizes.values()) / 1e6:.1f} |")

    heavy = [name for name, size in sizes.items() if size > MOST_BYTES]
    if heavy:
        sys.exit(f"larger than {MOST_BYTES / 1e6} MB: {', '.join(heavy)}")

    uses = iter(binaries(template))
    root = os.path.relpath(packages)
    packed = re.sub(r"CodeUri: \S+", lambda _: f"CodeUri: {root}/{next(uses)}/bootstrap.zip", template)
    assert next(uses, None) is None, "a function without CodeUri"
    Path(written).write_text(packed, encoding="utf-8")
    print(f"\nsam deploy --template-file {written}")


main(Path(sys.argv[1]), sys.argv[2])
