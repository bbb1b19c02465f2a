"""Fenced code blocks, headings and links of Markdown files."""

import dataclasses
import re

FENCE = re.compile(r"^( *)(```+)\s*(\S*)[^`]*$")
MARKER = re.compile(r"<!--\s*(.*?)\s*-->")
LINK = re.compile(r"(?<!\\)\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
DEFINITION = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)")
HEADING = re.compile(r"^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
ANCHOR = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")


@dataclasses.dataclass
class Block:
    """A fenced code block, and the comments directly above it."""

    path: str
    line: int
    language: str
    text: str
    markers: list

    def __str__(self):
        return f"{self.path}:{self.line}"

    def marker(self, prefix):
        """The rest of the comment that begins with this prefix, or None."""
        found = [marker[len(prefix):].strip() for marker in self.markers if marker.startswith(prefix)]
        return found[0] if found else None


def blocks(path, text):
    """The blocks of a file, and its other lines with their numbers."""
    found, prose, markers, block, indent, fence = [], [], [], None, 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        opening = FENCE.match(line)
        if block is None and opening:
            indent, fence = len(opening[1]), opening[2]
            block = Block(path, number, opening[3], "", markers)
        elif block is not None and line.strip().startswith(fence) and not line.strip().strip("`"):
            found.append(block)
            block, markers = None, []
        elif block is not None:
            block.text += line[min(indent, len(line) - len(line.lstrip(" "))):] + "\n"
        else:
            prose.append((number, line))
            comments = MARKER.findall(line)
            markers = markers + comments if comments or not line.strip() else []
    if block is not None:
        raise SystemExit(f"{block}: the code block has no end")
    return found, prose


def slug(heading):
    """The anchor that GitHub derives from a heading."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "")
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


def anchors(prose):
    found, counts = set(), {}
    for _, line in prose:
        found.update(ANCHOR.findall(line))
        heading = HEADING.match(line)
        if heading:
            name = slug(heading[2])
            count = counts.get(name, 0)
            counts[name] = count + 1
            found.add(f"{name}-{count}" if count else name)
    return found


def links(prose):
    for number, line in prose:
        outside_code = re.sub(r"`[^`]*`", lambda code: "`" * len(code[0]), line)
        for target in LINK.findall(outside_code) + DEFINITION.findall(outside_code):
            yield number, target
