#!/usr/bin/env python3
"""Uses the account page and the console in headless Chromium, from the sign-up to the receipt, and attacks them. Reads the
reference of the API.

axe-core checks the states of which there are screenshots, at 375 and 1280 pixels, in light and in dark colors. Starts the service
with `cargo run` or from a given binary. Prints the folder of the screenshots.
"""

import argparse
import pathlib
import tempfile

import site_attacks
import site_failures
import site_operator
import site_owner
import site_reference
from driver import RUN_AXE, Browser, Service, stop
from site_driver import DESKTOP, Site

PARTS = {
    "owner": lambda site, service, attacker: site_owner.run(site, service, attacker),
    "reference": lambda site, service, _: site_reference.run(site, service),
    "operator": lambda site, service, _: site_operator.run(site, service),
    "failures": lambda site, service, _: site_failures.run(site, service),
    "attacks": site_attacks.run,
}


def run_part(name, service, folder, work, axe):
    browser, attacker = Browser(work, scripts=True), site_attacks.AttackerSite()
    browser.folder = folder
    try:
        site = Site(browser, service.base, axe, name)
        site.resize(DESKTOP)
        PARTS[name](site, service, attacker)
        print(f"{name}: passed, {site.states} states", flush=True)
    except BaseException:
        browser.screenshot(f"failed-{name}")
        raise
    finally:
        attacker.stop()
        stop(browser.process)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--axe", type=pathlib.Path, required=True, help="axe.min.js")
    arguments.add_argument("--program", help="the service's binary; the default is to build it with cargo run")
    arguments.add_argument("--folder", type=pathlib.Path, help="the folder for the screenshots")
    arguments.add_argument("--only", choices=PARTS, help="run one part")
    options = arguments.parse_args()
    folder = options.folder or pathlib.Path(tempfile.mkdtemp(prefix="custodian-site-"))
    folder.mkdir(parents=True, exist_ok=True)
    # chromedriver evaluates scripts outside the page's Content-Security-Policy.
    axe = f"{options.axe.read_text()};{RUN_AXE}"
    program = [options.program] if options.program else ["cargo", "run", "--quiet", "--"]
    for name in [options.only] if options.only else PARTS:
        # Each part has a browser profile and a service of its own.
        work = folder / name
        work.mkdir(exist_ok=True)
        with (work / "service.log").open("w") as log:
            service = Service(log, program, "--allow-loopback-webhooks")
            try:
                run_part(name, service, folder, work, axe)
            finally:
                stop(service.process)
    print(f"the account page, the console and the reference work in a browser; screenshots are in {folder}")


main()
