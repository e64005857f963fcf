"""Trial after trial for as long as was asked: `python -m tests.soak --minutes 60`.

In: how long, and the first seed. Out: a line a minute, each failure with its seed and the end of its history; the exit
code is 1 if there was one. `--count 1` repeats one seed; with the same PYTHONHASHSEED it takes the same course.
"""

import argparse
import asyncio
import sys
import time
from dataclasses import dataclass, field

from tests.support.convergence.features import TODAY
from tests.support.convergence.trial import Outcome, trial

TELL_SECONDS = 60.0


@dataclass
class Tally:
    """What came out so far."""

    started: float = field(default_factory=time.monotonic)
    told_at: float = field(default_factory=time.monotonic)
    trials: int = 0
    records: int = 0
    failed: list[int] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Count one in, and show it if it failed."""
        self.trials += 1
        self.records += outcome.records
        if outcome.differences:
            self.failed.append(outcome.seed)
            print(outcome, flush=True)

    def tell(self) -> None:
        """Say how far it is."""
        self.told_at = time.monotonic()
        minutes = (self.told_at - self.started) / 60
        failed = f", failed: {self.failed}" if self.failed else ""
        print(f"{minutes:6.1f} min: {self.trials} trials, {self.records} records{failed}", flush=True)

    def is_due(self) -> bool:
        """Whether it is time to say something."""
        return time.monotonic() - self.told_at >= TELL_SECONDS


def main() -> int:
    """Run until time or seeds are over."""
    asked = _arguments()
    tally, seed = Tally(), asked.seed
    until = tally.started + asked.minutes * 60
    while time.monotonic() < until and (asked.count is None or tally.trials < asked.count):
        tally.add(_survived(seed))
        seed += 1
        if tally.is_due():
            tally.tell()
    tally.tell()
    return 1 if tally.failed else 0


def _survived(seed: int) -> Outcome:
    """One trial; one that breaks is a failure like another, and the next is run."""
    try:
        return asyncio.run(trial(seed, TODAY))
    except Exception as error:  # noqa: BLE001 # whatever it is, it belongs to this seed
        return Outcome(seed, [f"the trial broke: {error!r}"])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long to go on (60)")
    parser.add_argument("--seed", type=int, default=1_000, help="the first seed (1000)")
    parser.add_argument("--count", type=int, help="at most so many trials")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
