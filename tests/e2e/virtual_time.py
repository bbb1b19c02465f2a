"""The adjustable clock, the Scheduler on that clock, and waiting until the functions are idle: `/_local/clock` and
`/_local/idle`."""

import math
import mmap
import os
import struct
import threading
import time

import emulator_patches
from iam_enforcement import ACCOUNT, REGION
from ministack.services import dynamodb, lambda_svc, scheduler, sqs

IDLE_TIMEOUT_SECONDS = 300

_poll_lock = threading.Lock()


class Clock:
    """Writes the offset in seconds that clock.c adds to the time of day, in this process and in the functions."""

    def __init__(self, path):
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 8)

    def advance(self, seconds):
        (offset,) = struct.unpack("<q", self.map[:8])
        self.map[:8] = struct.pack("<q", offset + seconds)


def serialize_pollers():
    """Lets one poller run at a time. Otherwise is_busy() could miss a message that a poller has taken but not yet counted."""
    for name in ("_poll_sqs", "_poll_dynamodb_streams"):
        def poll(original=getattr(lambda_svc, name)):
            with _poll_lock:
                return original()

        setattr(lambda_svc, name, poll)


def event_source_mappings(service):
    for _, _, mapping in lambda_svc._iter_all_esms():
        source = mapping["EventSourceArn"]
        if mapping.get("Enabled", True) and f":{service}:" in source:
            yield mapping, source


def queued_messages():
    for _, source in event_source_mappings("sqs"):
        queue = sqs._queue_by_arn(source)
        yield from list(queue["messages"]) if queue else []


def has_read_stream(mapping, source):
    """Whether a mapping has processed its whole stream. A failed batch counts as processed: its retry comes a second later."""
    table = source.split(":table/")[1].split("/")[0]
    end = dynamodb.stream_end_position(table, account_id=ACCOUNT, region=REGION)
    position = lambda_svc._dynamodb_stream_positions.get_scoped(ACCOUNT, REGION, mapping["UUID"], 0)
    return position >= end or mapping.get("LastProcessingResult") == "FAILED"


def is_busy():
    now = time.time()
    with _poll_lock:
        return (lambda_svc._inflight_total > 0 or emulator_patches.running_async_invocations["count"] > 0
                or bool(lambda_svc._esm_inflight)
                or any(it.get("visible_at", 0) <= now for it in queued_messages())
                or not all(has_read_stream(*it) for it in event_source_mappings("dynamodb")))


def wait_until_idle():
    """Waits until nothing runs, no visible message waits and all streams are read. Raises TimeoutError if that takes too long."""
    deadline, idle_checks = time.monotonic() + IDLE_TIMEOUT_SECONDS, 0
    while idle_checks < 2:
        idle_checks = 0 if is_busy() else idle_checks + 1
        if idle_checks < 2:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the functions were not idle within {IDLE_TIMEOUT_SECONDS} seconds")
            lambda_svc._esm_wake.set()
            time.sleep(0.01)


def recurring_jobs():
    return [job for _, job in scheduler._schedules.all_items() if scheduler._at_time_epoch(job["ScheduleExpression"]) is None]


class TimeController:
    def __init__(self, clock):
        self.clock = clock
        self.scheduler_paused = False
        self._lock = threading.RLock()
        threading.Thread(target=self._run_due_jobs_every_second, daemon=True).start()

    def _run_due_jobs_every_second(self):
        while True:
            time.sleep(1)
            self.run_due_jobs()

    def run_due_jobs(self, only_one_time=False):
        """Runs the due jobs. On the way of advance() to the new time only one-time jobs run, as in the local service: the
        recurring `reconcile` would otherwise do the work of the one-time jobs, and a broken one would go unnoticed."""
        with self._lock:
            disabled = recurring_jobs() if only_one_time else []
            for job in disabled:
                job["State"] = "DISABLED"
            if not self.scheduler_paused:
                scheduler._tick_schedules()
            for job in disabled:
                job["State"] = "ENABLED"

    def jobs(self):
        for _, job in scheduler._schedules.all_items():
            yield job, scheduler._at_time_epoch(job["ScheduleExpression"])

    def next_due_time(self, until):
        """The next time at which a one-time job is due or a hidden message becomes visible, if it is not after `until`."""
        now = time.time()
        due_times = [] if self.scheduler_paused else [due for _, due in self.jobs() if due]
        due_times += [it["visible_at"] for it in queued_messages()]
        return min((it for it in due_times if now < it <= until), default=None)

    def advance(self, seconds):
        """Moves the clock from one due time to the next and waits each time until the functions are idle."""
        target = time.time() + seconds
        with self._lock:
            self.run_due_jobs()
            wait_until_idle()
            while due := self.next_due_time(target):
                self.clock.advance(max(1, math.ceil(due - time.time())))
                self.run_due_jobs(only_one_time=True)
                wait_until_idle()
            self.clock.advance(max(0, math.ceil(target - time.time())))
            self.run_due_jobs()
        wait_until_idle()


def start():
    serialize_pollers()
    return TimeController(Clock(os.environ["CUSTODIAN_CLOCK"]))
