#!/usr/bin/env python3
"""Finds circular dependencies between the .rs files of each crate. Exits with 1 if there are any.

    infra/tools/circles.py [--self-test]

A file depends on another file if its code names an item that the other file defines, in a `use` or in a path. For a re-export,
that is the file with the item's definition. A `mod` declaration alone is not a dependency, but a `pub use` of a child is: a
lib.rs forms a circle if it re-exports its children and defines items that they import. The script ignores comments, strings and
`#[cfg(test)]` modules.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

IGNORED_TEXT = re.compile(
    r"""//[^\n]*|/\*.*?\*/|\bb?r(\#*)".*?"\1|b?"(?:\\.|[^"\\])*"|b?'(?:\\(?:u\{\w+\}|.)[^']*|[^'\\])'""", re.S)
TEST_MODULE = re.compile(r"#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*mod\s+\w+\s*(?=[;{])")
INLINE_MODULE = re.compile(r"\bmod\s+(\w+)\s*(?=\{)")
CHILD_MODULE = re.compile(r"\bmod\s+(\w+)\s*;")
USE = re.compile(r"\buse\s+([^;]+);")
USE_GROUP = re.compile(r"([\w:$\s]*)\{([^{}]*)\}")
BLOCK = re.compile(r"\{[^{}]*\}")
DEFINITION = re.compile(r"\b(?:fn|struct|enum|union|trait|type|const(?!\s+fn)|static|macro_rules!)\s+(?:mut\s+)?(\w+)")
PATH = re.compile(r"(?<![\w:])(?:\$?\w+\s*::\s*)+\w+|\b\w+\b")


def cut_block(text, match):
    """Removes a module declaration and its body, if any. Returns the remaining text and the body."""
    end, depth = match.end() + 1, text[match.end()] == "{"
    while depth and end < len(text):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        end += 1
    return text[:match.start()] + text[end:], text[match.end() + 1:end - 1]


def use_paths(tree):
    """Flattens `a::{b, c as d, e::*}` into pairs of a path and its local name; the local name of a glob is `*`."""
    while USE_GROUP.search(tree):
        tree = USE_GROUP.sub(
            lambda group: ",".join(group[1] + item.strip() for item in group[2].split(",") if item.strip()), tree)
    for item in filter(str.strip, tree.split(",")):
        path, *alias = re.split(r"\s+as\s+", item.strip())
        path = tuple(part.strip() for part in path.split("::") if part.strip() not in ("", "self") or path == "self")
        yield path, alias[0] if alias else path[-1]


class Module:
    """A module, inline or in its own file, with its definitions, its imports and the paths in its code."""

    def __init__(self, crate, parent, file, text):
        self.parent, self.root, self.file = parent, parent.root if parent else self, file
        self.children, self.imports, self.globs = {}, {}, []
        crate.append(self)
        while match := TEST_MODULE.search(text):
            text, _ = cut_block(text, match)
        while match := INLINE_MODULE.search(text):
            text, body = cut_block(text, match)
            self.children[match[1]] = Module(crate, self, file, body)
        self.child_files = CHILD_MODULE.findall(text)
        for tree in USE.findall(text):
            for path, name in use_paths(tree):
                if name == "*":
                    self.globs.append(path[:-1])
                else:
                    self.imports[name] = path
        code = USE.sub("", CHILD_MODULE.sub("", text))
        self.paths = {tuple(re.split(r"\s*::\s*", path)) for path in PATH.findall(code)}
        # Remove the blocks, so that methods and local items do not count as definitions.
        while BLOCK.search(code):
            code = BLOCK.sub(";", code)
        self.defined = set(DEFINITION.findall(code))

    def start_of(self, path):
        """The module where a path starts and the rest of the path; None for a path into another crate."""
        if path[0] in ("crate", "$crate"):
            return self.root, path[1:]
        module, rest = self, path[1:] if path[0] == "self" else path
        while rest and rest[0] == "super":
            module, rest = module.parent or module, rest[1:]
        known = len(rest) < len(path) or path[0] in {*self.children, *self.imports, *self.defined}
        return (module, rest) if known else None

    def resolve(self, path, seen=(), from_glob=False):
        """The file that defines the item of a path, and the item's name; None for a module or an item of another crate."""
        start = self.start_of(path)
        if start is None or (self, path) in seen:
            return None
        seen, (module, path) = (*seen, (self, path)), start
        for at, name in enumerate(path):
            if name in module.children and at + 1 < len(path):
                module = module.children[name]
                continue
            if name in module.defined:
                return module.file, name
            target = module.imports.get(name)
            if target:
                return module.resolve(target + path[at + 1:], seen, from_glob) if target[0] != name else None
            if name in module.children:
                return None
            found = (module.resolve((*glob, *path[at:]), seen, from_glob=True) for glob in module.globs)
            # If the module has no definition of an explicitly named item, one of its macros defines the item.
            return next(filter(None, found), None if from_glob else (module.file, name))
        return None

    def dependencies(self):
        """The items of other files that this module names, as pairs of the file and the name."""
        # A bare name that is neither defined nor imported here may come from a glob import.
        local = self.defined | set(self.imports)
        from_globs = {(*glob, path[0]) for glob in self.globs for path in self.paths if path[0] not in local}
        items = {self.resolve(path) for path in self.paths | set(self.imports.values())}
        items |= {self.resolve(path, from_glob=True) for path in from_globs}
        return {item for item in items if item and item[0] != self.file}


def load(crate, file, read, parent=None):
    """Reads a file and the files of its child modules."""
    module = Module(crate, parent, file, IGNORED_TEXT.sub(" ", read(file)))
    folder = file.parent if parent is None or file.name == "mod.rs" else file.parent / file.stem
    for child in module.child_files:
        for path in (folder / f"{child}.rs", folder / child / "mod.rs"):
            if read(path) is not None:
                module.children[child] = load(crate, path, read, module)
    return module


def dependency_graph(roots, read):
    graph = {}
    for root in roots:
        crate = []
        load(crate, root, read)
        for module in crate:
            for file, name in module.dependencies():
                graph.setdefault(module.file, {}).setdefault(file, set()).add(name)
    return graph


def find_circles(graph):
    """The strongly connected components of more than one file."""
    reachable = {}
    for start in graph:
        found, pending = set(), [start]
        while pending:
            new = set(graph.get(pending.pop(), ())) - found
            found |= new
            pending += new
        reachable[start] = found
    components = {frozenset(other for other in reachable[file] if file in reachable.get(other, ())) for file in graph}
    return sorted(sorted(component) for component in components if component)


def self_test():
    def circles_of(**texts):
        files = {f"{name}.rs": text for name, text in texts.items()}
        graph = dependency_graph([Path("lib.rs")], lambda path: files.get(path.as_posix()))
        return [[str(file) for file in circle] for circle in find_circles(graph)]

    lib = "mod a; mod b; pub use {a::A, b::B};"
    a = 'pub struct A; // crate::b::B\nconst S: &str = "crate::b::B"; #[cfg(test)] mod tests { use crate::B; }'
    assert circles_of(lib=lib, a=a, b="use crate::A; pub struct B(A);") == [], "comments, strings and tests are ignored"
    planted = circles_of(lib=lib, a="pub struct A(crate::b::B);", b="use super::*; pub struct B(Box<A>);")
    assert planted == [["a.rs", "b.rs"]], f"the planted circle: {planted}"
    hidden = circles_of(lib=f"{lib} pub struct Lib;", a=a, b="use crate::{Lib as L}; pub struct B(L);")
    assert hidden == [["b.rs", "lib.rs"]], f"the circle of lib.rs and its child: {hidden}"
    print("self-test passed")


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    os.chdir(Path(__file__).resolve().parents[2])
    command = ["cargo", "metadata", "--no-deps", "--format-version", "1", "--offline"]
    packages = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["packages"]
    roots = sorted(Path(target["src_path"]).relative_to(Path.cwd()) for it in packages for target in it["targets"])
    graph = dependency_graph(roots, lambda path: path.read_text(encoding="utf-8") if path.exists() else None)
    found = find_circles(graph)
    for circle in found:
        print(f"circle of {len(circle)} files:")
        for file in circle:
            for other in sorted(set(graph[file]) & set(circle)):
                print(f"  {file} -> {other}: {', '.join(sorted(graph[file][other]))}")
    print(f"{len(found)} circles between files")
    return 1 if found else 0


sys.exit(main(sys.argv[1:]))
