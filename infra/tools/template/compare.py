"""Compares two templates after SAM's transform.

    python compare.py before.yaml after.yaml

Prints every difference of resources (except `CodeUri`), parameters, conditions and outputs. The grouping and the order of
statements in a policy do not count: the script compares the policy's permissions, each an (action, resource, condition).
"""

import json
import sys
from pathlib import Path

from check import listed, transform
from samtranslator.yaml_helper import yaml_parse


def text(value):
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def permissions(document):
    """The permissions in a policy document, one line each."""
    found = set()
    for statement in listed(document["Statement"]):
        known = {"Effect", "Action", "Resource", "Condition"}
        if statement["Effect"] != "Allow" or not set(statement) <= known or "Principal" in statement:
            found.add(text(statement))
            continue
        for action in listed(statement["Action"]):
            for resource in listed(statement["Resource"]):
                condition = statement.get("Condition")
                found.add(f"{action} on {text(resource)}" + (f" if {text(condition)}" if condition else ""))
    return found


def flat(value, path, found):
    """Every leaf of a resource with its path. A policy document has one leaf per permission."""
    if isinstance(value, dict) and "Statement" in value:
        for permission in permissions(value):
            found.add(f"{path}: {permission}")
    elif isinstance(value, dict) and value:
        for key, inner in value.items():
            flat(inner, f"{path}.{key}", found)
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            flat(inner, f"{path}[{index}]", found)
    else:
        found.add(f"{path}: {text(value)}")
    return found


def leaves(path):
    template = yaml_parse(Path(path).read_text(encoding="utf-8"))
    rest = {name: template.get(name) for name in ("Parameters", "Conditions", "Outputs")}
    return flat(transform(path) | rest, "", set())


def main(before, after):
    before, after = leaves(before), leaves(after)
    for line in sorted(before - after):
        print(f"- {line.lstrip('.')}")
    for line in sorted(after - before):
        print(f"+ {line.lstrip('.')}")
    print(f"{len(before)} leaves before, {len(after)} after: {len(before - after)} removed, {len(after - before)} added")
    return 0 if before == after else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
