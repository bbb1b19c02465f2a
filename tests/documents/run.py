#!/usr/bin/env python3
"""Runs the shell blocks of the documents as a reader pastes them, in bash and in zsh, and compares what they print.

    tests/documents/run.py [PAGE ...]

The current folder is the checkout in which the blocks run. Each page has a service of its own, started with the page's block below
`<!-- starts the service -->`. The page's other shell blocks run in one interactive shell, first of bash, then of zsh, against the
same service, so they must also work a second time. Comments leave out some blocks: see check.py. Without the option `-i`, a shell
would accept comments that zsh refuses at its prompt.

A block of the language `text` after a shell block is the output of that block. In it, `…` stands for any text within a line, and
a line `…` for any lines. A block below `<!-- saved as: NAME -->` is saved to that file before the shells start. The documents name
the service http://127.0.0.1:8080 and the receivers of webhooks 127.0.0.1:9000; the tests replace both.
"""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

import check
import markdown
import service

SHELLS = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}
DOCUMENTED_PORT = "9000"
# What a shell prints about itself at the start, because no terminal is attached.
HARMLESS = ("bash: cannot set terminal process group", "bash: no job control in this shell")
SEPARATOR = "\x1e"
TIMEOUT = 1200


def promised(text):
    """A pattern for the output that a document promises."""
    pattern = ""
    for line in text.splitlines():
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
        else:
            words = [re.escape(word).replace("…", r"[^\n]*?") for word in line.split()]
            pattern += r"[ \t]*" + r"[ \t]+".join(words) + r"[ \t]*\n"
    return re.compile(pattern)


def run_shell(command, script):
    """The output of an interactive shell that reads the script, and its errors. Ends what the script left running."""
    with contextlib.ExitStack() as files:
        config = files.enter_context(tempfile.TemporaryDirectory())
        stdin, stdout, stderr = (files.enter_context(tempfile.TemporaryFile("w+")) for _ in range(3))
        stdin.write(script)
        stdin.seek(0)
        environment = {**os.environ, "XDG_CONFIG_HOME": config, "PS1": "", "PS2": ""}
        process = subprocess.Popen(
            command, stdin=stdin, stdout=stdout, stderr=stderr, env=environment, start_new_session=True
        )
        try:
            process.wait(TIMEOUT)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for file in (stdout, stderr):
            file.seek(0)
        return stdout.read(), stderr.read()


class Page:
    def __init__(self, name):
        blocks, _ = markdown.blocks(name, pathlib.Path(name).read_text())
        blocks = [block for block in blocks if block.marker("not run:") is None]
        starts = [block for block in blocks if block.marker("starts the service") is not None]
        if len(starts) != 1:
            raise SystemExit(f"{name} has {len(starts)} blocks that start the service")
        self.name, self.start = name, starts[0].text
        self.files = [block for block in blocks if block.marker("saved as:")]
        self.steps = []
        for before, block in zip([None, *blocks], blocks):
            is_step = block.language in check.SHELLS and block.marker("run by:") is None
            if is_step and block is not starts[0]:
                self.steps.append([block, None])
            elif block.language == "text" and self.steps and before is self.steps[-1][0]:
                self.steps[-1][1] = block.text

    def run(self):
        with service.started(self.start, ".") as url:
            for shell in SHELLS:
                self.run_in(shell, url)
        print(f"{self.name}: {len(self.steps)} blocks print in bash and zsh what the page says")

    def run_in(self, shell, url):
        port = str(service.free_port())

        def local(text):
            return re.sub(rf"\b{DOCUMENTED_PORT}\b", port, text.replace(service.DOCUMENTED_URL, url))

        for block in self.files:
            pathlib.Path(block.marker("saved as:")).write_text(local(block.text))
        script = ""
        for number, (block, _) in enumerate(self.steps):
            script += f"{local(block.text)}printf '\\n\\036%s %s\\036' {number} $?\n"
        printed, errors = run_shell(SHELLS[shell], script)
        lines = [line for line in errors.splitlines() if not line.startswith(HARMLESS)]
        complaints = [line for line in lines if re.search(rf"(?:^|\s){shell}: ", line)]
        # The output of block 0, then "0 <its exit status>", the output of block 1, and so on.
        parts = printed.split(SEPARATOR)
        for number, (block, expected) in enumerate(self.steps):
            output, ended = parts[2 * number : 2 * number + 2] if 2 * number + 1 < len(parts) else ("", "did not run")
            output = output.strip("\n") + "\n" if output.strip() else ""
            wanted = None if expected is None else promised(local(expected))
            if ended != f"{number} 0" or (wanted and not wanted.fullmatch(output)):
                raise SystemExit(
                    f"{block} in {shell}: ended with {ended!r}\n--- printed\n{output}--- promised\n{expected}"
                    f"--- standard error\n{errors}"
                )
        if complaints:
            raise SystemExit(f"{self.name}: {shell} complains:\n" + "\n".join(complaints))


def main():
    for name in sys.argv[1:] or check.run_pages():
        Page(name).run()


if __name__ == "__main__":
    main()
