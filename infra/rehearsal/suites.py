"""The black-box suites of `tests/`, run against the deployed functions.

A test takes part if it speaks HTTP and nothing else. Left out are those that look into their service or make its calls to the
database fail, and the lists below say which of the others, and why.
"""

import json
import os
import re
import subprocess

# By suite: what is left out by a part of its name, beside what needs a service of its own.
SUITES = {
    "specification": [],
}
OWN = "this test needs a service of its own"


def environment(cloud):
    """Without the clock of the rehearsal: a test asks the service what time it is."""
    kept = {name: value for name, value in os.environ.items() if name not in ("LD_PRELOAD", "CUSTODIAN_CLOCK")}
    return {**kept, "CUSTODIAN_DEPLOYED": cloud.api_url}


def suite(cloud, program, left_out):
    skips = [it for name in left_out for it in ("--skip", name)]
    done = subprocess.run([program, "--test-threads=1", *skips], env=environment(cloud), capture_output=True, text=True)
    passed = re.search(r"(\d+) passed", done.stdout)
    assert done.returncode == 0 and passed, done.stdout[-6000:] + done.stderr[-2000:]
    return f"{passed[1]} tests"


def programs(built):
    """Where cargo has put each suite, from what it says of its artifacts."""
    with open(built, encoding="utf-8") as lines:
        artifacts = [json.loads(line) for line in lines]
    return {it["target"]["name"]: it["executable"] for it in artifacts if it.get("executable")}


def run(report, cloud, built):
    program = programs(built)
    for name, left_out in SUITES.items():
        report.check(name, suite, cloud, program[name], left_out)
