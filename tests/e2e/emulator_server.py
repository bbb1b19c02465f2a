"""The AWS emulator of the end-to-end test: ministack with our patches, and the deployed API on a port of its own.

The first port serves signed AWS calls. The second port serves the deployed API. It also serves `/_local/` like the local
service, so that the same tests run against both. This test controls the emulator through `/_e2e/`.
"""

import asyncio
import json
import signal
import sys
import time
from datetime import datetime, timezone
from urllib.parse import parse_qs

import emulator_patches
import iam_enforcement
import virtual_time
from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as ministack
from ministack.services import apigateway, eventbridge, lambda_svc, ses
from snapshot import Snapshot

AWS_PORT, API_PORT, (BINARIES_DIR, FUNCTION_LOG) = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]


class ControlApi:
    """The handlers of `/_local/` and `/_e2e/`. They may block: each call runs in a thread."""

    def __init__(self, time_controller, clear_permission_cache):
        self.time, self.clear_permission_cache = time_controller, clear_permission_cache
        self.snapshot, self.api_id = Snapshot(), None

    def now(self):
        return {"now": timestamp(time.time())}

    def get_local_health(self, _):
        return {"status": "ready"}

    def get_local_mailbox(self, _):
        mails = [it for rows in ses._sent_emails.to_dict().values() for it in rows]
        return {"result": [{"to": it["To"][0], "subject": it["Subject"], "text": it["BodyText"],
                            "html": it.get("BodyHtml", ""),
                            "tm_create": timestamp(it["Timestamp"])} for it in reversed(mails)]}

    def get_local_events(self, _):
        entries = [it for rows in eventbridge._events_log.to_dict().values() for it in rows]
        return {"result": [{"source": it["Source"], "detail-type": it["DetailType"], "detail": json.loads(it["Detail"]),
                            "time": timestamp(it["Time"])} for it in reversed(entries)]}

    def get_local_schedules(self, _):
        return {"result": [{"name": job["Name"], "due": timestamp(due), "target": job["Target"]["Arn"]}
                           for job, due in self.time.jobs() if due and not job["Name"].startswith("remind-")]}

    def post_local_idle(self, _):
        self.time.run_due_jobs()
        virtual_time.wait_until_idle()
        return self.now()

    def post_local_clock(self, body):
        self.time.advance(int(body["advance_seconds"]))
        return self.now()

    def post_e2e_api(self, body):
        self.api_id = body["id"]
        return {}

    def post_e2e_snapshot(self, _):
        self.snapshot.take()
        return {}

    def post_e2e_reset(self, _):
        virtual_time.wait_until_idle()
        self.snapshot.restore()
        return {}

    def post_e2e_scheduler(self, body):
        """Pauses or resumes the Scheduler, to test what happens when its jobs are late."""
        self.time.scheduler_paused = body["paused"]
        return {}

    def post_e2e_policy_changed(self, body):
        """Stops the worker processes of a function whose policy changed, so that its start-up runs under the new policy."""
        lambda_svc.invalidate_worker(body["function"])
        self.clear_permission_cache()
        lambda_svc._esm_wake.set()
        return {}

    def get_e2e_report(self, _):
        allowed = {role: sorted(calls) for role, calls in iam_enforcement.allowed_by_role.items()}
        return {"allowed": allowed, "denied": iam_enforcement.denied,
                "invocations": emulator_patches.invocations_by_function}


def timestamp(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat().replace("+00:00", "Z")


async def read_body(receive):
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


async def handle_control_request(control_api, method, path, body):
    name = f"{method.lower()}{path.replace('/', '_').replace('-', '_').replace('__', '_')}"
    handler = getattr(control_api, name, None)
    if handler is None:
        return 404, {}, b"{}"
    try:
        result = await asyncio.to_thread(handler, json.loads(body or b"{}"))
    except Exception as error:  # The caller has to see every error, of any type.
        return 503, {}, json.dumps({"error": repr(error)}).encode()
    return 200, {"Content-Type": "application/json"}, json.dumps(result).encode()


async def handle_api_request(control_api, scope, body):
    headers = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    query = scope["query_string"].decode("utf-8", "replace")
    path = apigateway.decode_http_api_path(scope["raw_path"].decode("latin-1"))
    return await apigateway.handle_execute(
        control_api.api_id, "$default", path, scope["method"], headers, body, parse_qs(query, keep_blank_values=True),
        raw_query_string=query)


def route_by_port(control_api):
    async def application(scope, receive, send):
        if scope["type"] != "http" or scope["server"][1] != API_PORT:
            await ministack.app(scope, receive, send)
            return
        body = await read_body(receive)
        if scope["path"].startswith(("/_local/", "/_e2e/")):
            status, headers, content = await handle_control_request(control_api, scope["method"], scope["path"], body)
        else:
            status, headers, content = await handle_api_request(control_api, scope, body)
        await ministack._send_response(send, status, headers, content, head=scope["method"] == "HEAD")

    return application


async def run():
    emulator_patches.apply(BINARIES_DIR, FUNCTION_LOG)
    clear_permission_cache = iam_enforcement.install()
    control_api = ControlApi(virtual_time.start(), clear_permission_cache)
    config = Config()
    config.bind = [f"127.0.0.1:{port}" for port in (AWS_PORT, API_PORT)]
    config.keep_alive_timeout, config.loglevel = 600, "WARNING"
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await serve(route_by_port(control_api), config, shutdown_trigger=stop.wait)


asyncio.run(run())
