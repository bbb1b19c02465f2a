"""What the rehearsal prints: each check with its time, and at the end one line."""

import sys
import time
import traceback


class Report:
    def __init__(self):
        self.began = time.monotonic()
        self.faults = []
        self.checks = 0

    def section(self, name):
        print(f"\n{name}", flush=True)

    def check(self, name, body, *arguments):
        """Runs a check and prints how it went; answers what it answers, or None if it failed."""
        began, self.checks = time.monotonic(), self.checks + 1
        try:
            outcome = body(*arguments)
        except Exception as error:
            self.faults.append(name)
            text = str(error) or "".join(traceback.format_exception(error))
            print(f"  FAILED  {name} ({time.monotonic() - began:.1f} s)\n{indented(text)}", flush=True)
            if not isinstance(error, AssertionError):
                traceback.print_exc(file=sys.stdout)
            return None
        said = f": {outcome}" if isinstance(outcome, str) else ""
        print(f"  ok      {name}{said} ({time.monotonic() - began:.1f} s)", flush=True)
        return True if outcome is None else outcome

    def end(self):
        took = f"{time.monotonic() - self.began:.0f} s"
        if self.faults:
            print(f"\nThe rehearsal FAILED after {took}: {len(self.faults)} of {self.checks} checks ({'; '.join(self.faults)})")
            return 1
        print(f"\nThe rehearsal passed: {self.checks} checks in {took}")
        return 0


def indented(text):
    return "\n".join(f"          {line}" for line in text.splitlines())
