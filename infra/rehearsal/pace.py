"""The clock that can be moved, and waiting until nothing is due: what `/_local/clock` and `/_local/idle` mean."""

import math
import mmap
import os
import struct
import threading
import time

import corrections
from ministack.services import dynamodb, lambda_svc, scheduler, sqs
from rights_in_force import ACCOUNT, REGION

# How long what is under way may take before somebody who waits for its end is told that it does not end.
PATIENCE = 60

_looking = threading.Lock()


class Clock:
    """Seconds that clock.c adds to the time of day, in this process and in those of the functions."""

    def __init__(self, path):
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 8)

    def advance(self, seconds):
        (offset,) = struct.unpack("<q", self.map[:8])
        self.map[:8] = struct.pack("<q", offset + seconds)


def hold_pollers():
    """The pollers look one at a time, so that nobody takes the moment between taking and counting a message for rest."""
    for name in ("_poll_sqs", "_poll_dynamodb_streams"):
        def poll(look=getattr(lambda_svc, name)):
            with _looking:
                return look()

        setattr(lambda_svc, name, poll)


def mappings(kind):
    for _, _, mapping in lambda_svc._iter_all_esms():
        source = mapping["EventSourceArn"]
        if mapping.get("Enabled", True) and f":{kind}:" in source:
            yield mapping, source


def messages():
    for _, source in mappings("sqs"):
        queue = sqs._queue_by_arn(source)
        yield from list(queue["messages"]) if queue else []


def told(mapping, source):
    """Whether everything in a stream was told. A batch that fails is tried again in a second; that is not now."""
    table = source.split(":table/")[1].split("/")[0]
    end = dynamodb.stream_end_position(table, account_id=ACCOUNT, region=REGION)
    at = lambda_svc._dynamodb_stream_positions.get_scoped(ACCOUNT, REGION, mapping["UUID"], 0)
    return at >= end or mapping.get("LastProcessingResult") == "FAILED"


def busy():
    now = time.time()
    with _looking:
        return (lambda_svc._inflight_total > 0 or corrections.asynchronous["running"] > 0 or bool(lambda_svc._esm_inflight)
                or any(it.get("visible_at", 0) <= now for it in messages())
                or not all(told(*it) for it in mappings("dynamodb")))


def rest():
    """Waits until nothing runs and nothing is due; false if that does not come."""
    deadline, quiet = time.monotonic() + PATIENCE, 0
    while quiet < 2:
        quiet = 0 if busy() else quiet + 1
        if time.monotonic() > deadline:
            return False
        if quiet < 2:
            lambda_svc._esm_wake.set()
            time.sleep(0.01)
    return True


def recurring():
    return [job for _, job in scheduler._schedules.all_items() if scheduler._at_time_epoch(job["ScheduleExpression"]) is None]


class Pace:
    def __init__(self, clock):
        self.clock = clock
        self.held = False
        self._firing = threading.RLock()
        threading.Thread(target=self._every_second, daemon=True).start()

    def _every_second(self):
        while True:
            time.sleep(1)
            self.fire()

    def fire(self, only_once=False):
        """What is due. On the way to a later time, jobs that recur wait for its end, as they do in the local service: they
        would do the work of the others."""
        with self._firing:
            waiting = recurring() if only_once else []
            for job in waiting:
                job["State"] = "DISABLED"
            if not self.held:
                scheduler._tick_schedules()
            for job in waiting:
                job["State"] = "ENABLED"

    def jobs(self):
        for _, job in scheduler._schedules.all_items():
            yield job, scheduler._at_time_epoch(job["ScheduleExpression"])

    def next_due(self, until):
        """The next moment at which a job or a hidden message is due."""
        now = time.time()
        moments = [] if self.held else [due for _, due in self.jobs() if due]
        moments += [it["visible_at"] for it in messages()]
        return min((it for it in moments if now < it <= until), default=None)

    def advance(self, seconds):
        """From due time to due time, each followed by whatever it causes."""
        target = time.time() + seconds
        with self._firing:
            self.fire()
            while rest() and (due := self.next_due(target)):
                self.clock.advance(max(1, math.ceil(due - time.time())))
                self.fire(only_once=True)
            self.clock.advance(max(0, round(target - time.time())))
            self.fire()
        return rest()


def start():
    hold_pollers()
    return Pace(Clock(os.environ["CUSTODIAN_CLOCK"]))
