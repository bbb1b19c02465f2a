"""Runs the checks of the end-to-end test and prints each result with its duration, then one summary line."""

import sys
import time
import traceback


class CheckRunner:
    def __init__(self):
        self.started = time.monotonic()
        self.failed = []
        self.count = 0

    def section(self, title):
        print(f"\n{title}", flush=True)

    def check(self, name, function, *arguments):
        """Runs a check and prints its result. Returns the result of the function (True if it has none), or None if the check
        failed."""
        started, self.count = time.monotonic(), self.count + 1
        try:
            result = function(*arguments)
        except Exception as error:
            self.failed.append(name)
            text = str(error) or "".join(traceback.format_exception(error))
            print(f"  FAILED  {name} ({time.monotonic() - started:.1f} s)\n{indented(text)}", flush=True)
            if not isinstance(error, AssertionError):
                traceback.print_exc(file=sys.stdout)
            return None
        details = f": {result}" if isinstance(result, str) else ""
        print(f"  ok      {name}{details} ({time.monotonic() - started:.1f} s)", flush=True)
        return True if result is None else result

    def summarize(self):
        """Prints the summary line and returns the exit code."""
        duration = f"{time.monotonic() - self.started:.0f} s"
        if self.failed:
            print(f"\nThe end-to-end test FAILED after {duration}: "
                  f"{len(self.failed)} of {self.count} checks ({'; '.join(self.failed)})")
            return 1
        print(f"\nThe end-to-end test passed: {self.count} checks in {duration}")
        return 0


def indented(text):
    return "\n".join(f"          {line}" for line in text.splitlines())
