"""The end-to-end test: deploys the template to the emulator and tests the deployed product. run.sh starts it."""

import signal
import sys

import iam_policies
import routes
import scenarios
import stack
import suites
from api_client import ADMIN, PASSWORD, ApiClient
from check_runner import CheckRunner
from emulator_process import Emulator


def deploy(emulator, template):
    stack.upload_template(emulator, template)
    physical_ids = stack.create(emulator)
    route_count = stack.verify(emulator, template, physical_ids)
    emulator.request("POST", "/_e2e/api", {"id": physical_ids["Api"]})
    print(f"  {route_count} routes, {len(template.functions)} functions, {len(physical_ids)} resources deployed")
    return physical_ids


def set_up_platform(emulator):
    """Before the set-up, a request that needs the platform's keys gets 503. A running function loads the new keys within 30
    seconds."""
    client, body = ApiClient(emulator), {"username": "nobody@example.com"}
    response = client.post("/auth/password-forgot", body)
    assert response.status == 503, f"before the set-up: {response.status} {response.text}"
    scenarios.invoke(emulator, "platform-setup", {"username": ADMIN, "password": PASSWORD})
    client.advance_clock(30)
    client.post("/auth/password-forgot", body).ok()
    client.wait_until_idle()
    emulator.request("POST", "/_e2e/snapshot")


def iam_denied_nothing(emulator):
    denied = emulator.request("GET", "/_e2e/report")["denied"]
    assert not denied, "IAM denied calls that the product needs:\n" + "\n".join(sorted({str(it) for it in denied}))


def log_has_no_personal_data(emulator):
    """Searches the log for the password, the addresses and the numbers that most earlier checks sent."""
    lines = emulator.function_log.read_text(encoding="utf-8").splitlines()
    personal = (PASSWORD, "@example.com", "+1555", ADMIN)
    leaks = [line for line in lines if any(it in line for it in personal)]
    assert not leaks, "\n".join(leaks[:10])
    return f"{len(lines)} lines"


def every_function_was_invoked(emulator, template):
    invocations = emulator.request("GET", "/_e2e/report")["invocations"]
    names = {it["Properties"]["FunctionName"]["Fn::Sub"].split("-", 1)[1] for it in template.functions.values()}
    not_invoked = sorted(name for name in names if f"{stack.STACK}-{name}" not in invocations)
    failed = {name: it["failed"] for name, it in invocations.items() if it["failed"]}
    assert not not_invoked, f"never invoked: {not_invoked}"
    assert not failed, f"failed invocations: {failed}"
    return f"{sum(it['invoked'] for it in invocations.values())} invocations of {len(invocations)} functions, none failed"


def main(root, work_dir, binaries_dir, cargo_messages):
    runner, emulator = CheckRunner(), Emulator(work_dir, binaries_dir)
    template = stack.Template(f"{root}/template.yaml")
    try:
        runner.section("Deployment")
        emulator.start()
        physical_ids = runner.check("the unchanged template is deployed", deploy, emulator, template)
        if physical_ids is None or runner.check("platform-setup creates the first admin", set_up_platform, emulator) is None:
            return runner.summarize()
        runner.section("Every route, under the role of its own function")
        routes.run(runner, emulator, template)
        runner.section("Scheduled jobs, streams, rules and queues")
        scenarios.run(runner, emulator)
        runner.check("every function was invoked", every_function_was_invoked, emulator, template)
        runner.check("IAM denied nothing so far", iam_denied_nothing, emulator)
        runner.section("The black-box suites")
        suites.run(runner, emulator, cargo_messages)
        runner.check("IAM denied nothing so far", iam_denied_nothing, emulator)
        runner.check("the functions' log has no personal data", log_has_no_personal_data, emulator)
        runner.section("Every statement of a role is needed")
        iam_policies.run(runner, emulator, template, physical_ids)
        return runner.summarize()
    finally:
        emulator.stop()


if __name__ == "__main__":
    # Turns SIGTERM into an exception, so that `finally` stops the emulator.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    sys.exit(main(*sys.argv[1:]))
