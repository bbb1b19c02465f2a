"""The rehearsal: deploys the template, and sees the product work as deployed. rehearse.sh runs it."""

import signal
import sys

import journeys
import rights
import routes
import stack
import suites
from cloud import Cloud
from report import Report
from service import ADMIN, PASSWORD, Service


def deploy(cloud, template):
    stack.upload(cloud, template)
    made = stack.create(cloud)
    count = stack.check(cloud, template, made)
    cloud.ask("POST", "/_rehearsal/api", {"id": made["Api"]})
    print(f"  {count} routes, {len(template.functions)} functions, {len(made)} resources deployed")
    return made


def set_up(cloud):
    """An instance that runs already learns of it within half a minute."""
    service, forgot = Service(cloud), {"username": "nobody@example.com"}
    early = service.post("/auth/password-forgot", forgot)
    assert early.status == 503, f"before: {early.status} {early.text}"
    journeys.invoke(cloud, "platform-setup", {"username": ADMIN, "password": PASSWORD})
    service.advance(30)
    service.post("/auth/password-forgot", forgot).ok()
    service.idle()
    cloud.ask("POST", "/_rehearsal/keep")


def nothing_refused(cloud):
    refused = cloud.ask("GET", "/_rehearsal/report")["refused"]
    assert not refused, "IAM refused what the product needs:\n" + "\n".join(sorted({str(it) for it in refused}))


def nothing_personal_logged(cloud):
    """What goes through the rehearsal is known, so that it would be found."""
    lines = cloud.log.read_text(encoding="utf-8").splitlines()
    personal = (PASSWORD, "@example.com", "+1555", ADMIN)
    leaks = [line for line in lines if any(it in line for it in personal)]
    assert not leaks, "\n".join(leaks[:10])
    return f"{len(lines)} lines"


def every_function_acted(cloud, template):
    invoked = cloud.ask("GET", "/_rehearsal/report")["invoked"]
    names = {it["Properties"]["FunctionName"]["Fn::Sub"].split("-", 1)[1] for it in template.functions.values()}
    idle = sorted(name for name in names if f"{stack.STACK}-{name}" not in invoked)
    failed = {name: it["failed"] for name, it in invoked.items() if it["failed"]}
    assert not idle, f"never invoked: {idle}"
    assert not failed, f"failed: {failed}"
    return f"{sum(it['times'] for it in invoked.values())} invocations of {len(invoked)} functions, none failed"


def main(root, work, programs, built):
    report, cloud, template = Report(), Cloud(work, programs), stack.Template(f"{root}/template.yaml")
    try:
        report.section("Deploy")
        cloud.start()
        made = report.check("the unchanged template", deploy, cloud, template)
        if made is None or report.check("platform-setup makes the first admin", set_up, cloud) is None:
            return report.end()
        report.section("Every route, under its function's own role")
        routes.run(report, cloud, template)
        report.section("What follows from events, queues and the clock")
        journeys.run(report, cloud)
        report.check("every function was invoked", every_function_acted, cloud, template)
        report.check("IAM refused nothing so far", nothing_refused, cloud)
        report.section("The black-box suites")
        suites.run(report, cloud, built)
        report.check("IAM refused nothing so far", nothing_refused, cloud)
        report.check("nothing personal is in the functions' log", nothing_personal_logged, cloud)
        report.section("Without any one of its rights a function fails")
        rights.run(report, cloud, template, made)
        return report.end()
    finally:
        cloud.stop()


if __name__ == "__main__":
    # A run that is called off stops what it has started as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("called off"))
    sys.exit(main(*sys.argv[1:]))
