"""The black-box suites of `tests/`, run against the deployed functions.

A test takes part if it speaks HTTP, and nothing else, to one service. Not run are whole suites that do otherwise (lifecycle,
cascade, faults, budget, operations, description) and what is named below, by a part of its name.
"""

import json
import os
import re
import subprocess

# They look into their service's tables, make its calls to the database fail or wait, or move its parts one by one.
INSIDE = {
    "specification": [
        "late::names", "late::recovery", "late::verification_after", "life::names_are_free_at_once"],
    "access": ["every_route_answers_every_caller", "the_table_has_every_route"],
    "people": [
        "delegates::every_delegation_is_noted", "email::a_link_proves", "leases::", "links::a_l", "links::an_address_whose",
        "links::no_table_has", "links::of_links", "passwords::a_login_renews", "repeats::a_key_belongs",
        "throttles::"],
    "refusals": ["raw::"],
    "kinds": [
        "limits::", "model::", "names::a_number_is_free_again", "pages::", "tenants::nothing_is_made_changed"],
    # The other modules need receivers on this machine, to which a stack that is deployed sends nothing, or no service.
    "events": [
        "life::the_streams_told_again", "operations::everything_that_runs", "operations::news_of_a_freeze",
        "operations::the_call_plane_hears"],
}
ONLY = {"events": ["life::", "operations::", "refused::"]}
# The emulator's gateway answers otherwise than the product asks of one: it makes text of any bytes, finds no route for
# a path with %2f, takes two slashes for one, and answers what a browser asks beforehand by itself.
OTHERWISE = {
    "refusals": [
        "bodies::what_is_no_json_object", "requests::a_path_id_is_a_uuid", "requests::an_unknown_path",
        "requests::a_browser_may_send"],
}


def environment(cloud):
    """Without the clock of the rehearsal: a test asks the service what time it is."""
    kept = {name: value for name, value in os.environ.items() if name not in ("LD_PRELOAD", "CUSTODIAN_CLOCK")}
    return {**kept, "CUSTODIAN_DEPLOYED": cloud.api_url, "RUST_BACKTRACE": "0"}


def suite(cloud, program, name):
    left_out = INSIDE[name] + OTHERWISE.get(name, [])
    skips = [it for part in left_out for it in ("--skip", part)]
    words = [program, "--test-threads=1", *ONLY.get(name, []), *skips]
    done = subprocess.run(words, env=environment(cloud), capture_output=True, text=True)
    summary = re.search(r"(\d+) passed.* (\d+) filtered out", done.stdout)
    assert done.returncode == 0 and summary and int(summary[1]), done.stdout[-6000:] + done.stderr[-2000:]
    return f"{summary[1]} tests, {summary[2]} left out"


def programs(built):
    """Where cargo has put each suite, from what it says of its artifacts."""
    with open(built, encoding="utf-8") as lines:
        artifacts = [json.loads(line) for line in lines]
    return {it["target"]["name"]: it["executable"] for it in artifacts if it.get("executable")}


def run(report, cloud, built):
    program = programs(built)
    for name in INSIDE:
        report.check(name, suite, cloud, program[name], name)
