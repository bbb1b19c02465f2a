"""The local service, started as a document says, on a free port."""

import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

DOCUMENTED_URL = "http://127.0.0.1:8080"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def started(command, folder):
    """Runs `command`, which begins with `cargo run --`, and yields the address of the service."""
    command = command.strip().replace("cargo run --", "cargo run --quiet -- --port 0", 1)
    with tempfile.TemporaryDirectory(prefix="custodian-documents-") as logs:
        output, errors = pathlib.Path(logs, "stdout"), pathlib.Path(logs, "stderr")
        with output.open("w") as stdout, errors.open("w") as stderr:
            # A session of its own, so that the signal at the end also reaches cargo's child process.
            process = subprocess.Popen(
                ["bash", "-c", command], cwd=folder, stdout=stdout, stderr=stderr, start_new_session=True
            )
        try:
            yield wait_for_banner(process, output, errors)
        except SystemExit:
            print(f"the service's log:\n{output.read_text()}{errors.read_text()}", file=sys.stderr)
            raise
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def wait_for_banner(process, output, errors):
    deadline = time.monotonic() + 900
    while time.monotonic() < deadline and process.poll() is None:
        banner = re.search(r"Custodian on (http://\S+)", output.read_text())
        if banner:
            return banner[1]
        time.sleep(0.1)
    raise SystemExit("the service did not start")
