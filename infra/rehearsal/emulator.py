"""AWS on loopback for the rehearsal: ministack with our corrections, and beside it the API's own port.

On the first port it answers as AWS does, to signed calls. On the second it answers as the deployed API does, and as the local
service does under `/_local/`, so that tests written for that one meet the deployed functions; `/_rehearsal/` is for us.
"""

import asyncio
import json
import signal
import sys
import time
from datetime import datetime, timezone
from urllib.parse import parse_qs

import corrections
import pace
import rights_in_force
from hypercorn.asyncio import serve
from hypercorn.config import Config
from memory import Memory
from ministack import app as ministack
from ministack.services import apigateway, eventbridge, lambda_svc, ses

AWS_PORT, API_PORT, (PROGRAMS, LOG) = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]


class Beside:
    """What `/_local/` and `/_rehearsal/` answer. Everything that waits does so in a thread."""

    def __init__(self, rhythm, forget_rights):
        self.pace, self.forget_rights, self.memory, self.api = rhythm, forget_rights, Memory(), None

    def now(self, rested=True):
        if not rested:
            raise TimeoutError("what is under way does not end")
        return {"now": stamp(time.time())}

    def get_local_health(self, _):
        return {"status": "ready"}

    def get_local_mailbox(self, _):
        mails = [it for rows in ses._sent_emails.to_dict().values() for it in rows]
        return {"result": [{"to": it["To"][0], "subject": it["Subject"], "text": it["BodyText"],
                            "tm_create": stamp(it["Timestamp"])} for it in reversed(mails)]}

    def get_local_events(self, _):
        entries = [it for rows in eventbridge._events_log.to_dict().values() for it in rows]
        return {"result": [{"source": it["Source"], "detail-type": it["DetailType"], "detail": json.loads(it["Detail"]),
                            "time": stamp(it["Time"])} for it in reversed(entries)]}

    def get_local_schedules(self, _):
        return {"result": [{"name": job["Name"], "due": stamp(due), "target": job["Target"]["Arn"]}
                           for job, due in self.pace.jobs() if due]}

    def post_local_idle(self, _):
        self.pace.fire()
        return self.now(pace.rest())

    def post_local_clock(self, asked):
        return self.now(self.pace.advance(int(asked["advance_seconds"])))

    def post_rehearsal_api(self, asked):
        self.api = asked["id"]
        return {}

    def post_rehearsal_keep(self, _):
        self.memory.keep()
        return {}

    def post_rehearsal_reset(self, _):
        pace.rest()
        self.memory.restore()
        return {}

    def post_rehearsal_hold(self, asked):
        """Whether jobs wait, as on a day on which the Scheduler is late."""
        self.pace.held = asked["held"]
        return {}

    def post_rehearsal_rights(self, asked):
        """The policy of a function has changed; its next invocation is in a new process."""
        lambda_svc.invalidate_worker(asked["function"])
        self.forget_rights()
        lambda_svc._esm_wake.set()
        return {}

    def get_rehearsal_report(self, _):
        granted = {role: sorted(pairs) for role, pairs in rights_in_force.granted.items()}
        return {"granted": granted, "refused": rights_in_force.refused, "invoked": corrections.invoked}


def stamp(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat().replace("+00:00", "Z")


async def read(receive):
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


async def answer_beside(beside, method, path, body):
    name = f"{method.lower()}{path.replace('/', '_').replace('__', '_')}"
    action = getattr(beside, name, None)
    if action is None:
        return 404, {}, b"{}"
    try:
        answer = await asyncio.to_thread(action, json.loads(body or b"{}"))
    except Exception as error:  # whatever it is, whoever asked has to see it
        return 503, {}, json.dumps({"error": repr(error)}).encode()
    return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()


async def answer_api(beside, scope, body):
    headers = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    query = scope["query_string"].decode("utf-8", "replace")
    path = apigateway.decode_http_api_path(scope["raw_path"].decode("latin-1"))
    return await apigateway.handle_execute(
        beside.api, "$default", path, scope["method"], headers, body, parse_qs(query, keep_blank_values=True),
        raw_query_string=query)


def both_ports(beside):
    async def application(scope, receive, send):
        if scope["type"] != "http" or scope["server"][1] != API_PORT:
            await ministack.app(scope, receive, send)
            return
        body = await read(receive)
        if scope["path"].startswith(("/_local/", "/_rehearsal/")):
            status, headers, answer = await answer_beside(beside, scope["method"], scope["path"], body)
        else:
            status, headers, answer = await answer_api(beside, scope, body)
        await ministack._send_response(send, status, headers, answer, head=scope["method"] == "HEAD")

    return application


async def run():
    corrections.correct(PROGRAMS, LOG)
    forget_rights = rights_in_force.watch()
    beside = Beside(pace.start(), forget_rights)
    config = Config()
    config.bind = [f"127.0.0.1:{port}" for port in (AWS_PORT, API_PORT)]
    config.keep_alive_timeout, config.loglevel = 600, "WARNING"
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await serve(both_ports(beside), config, shutdown_trigger=stop.wait)


asyncio.run(run())
