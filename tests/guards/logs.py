"""Guard: a log record at WARNING or above that no test asked for fails the test in which it appears.

A test that means it says so in one of two ways:

    @pytest.mark.allow_logs(r"device .* is gone")     such records may appear
    log_guard.expect(r"device .* is gone")            such a record must appear, now or later in the test
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import pytest


class LogGuard(logging.Handler):
    """Keeps the records at WARNING and above of one test, and what the test said about them."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []
        self._allowed: list[re.Pattern[str]] = []
        self._expected: list[re.Pattern[str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record; called from any thread."""
        self.records.append(record)

    def allow(self, *patterns: str) -> None:
        """Let records pass whose text matches one of the patterns; without a pattern all pass."""
        self._allowed += [re.compile(pattern) for pattern in patterns or ("",)]

    def expect(self, pattern: str) -> None:
        """Demand that at least one record matches by the end of the test; the others that match pass too."""
        self._expected.append(re.compile(pattern))

    def complaints(self) -> list[str]:
        """Return one line per unexpected record and per expectation that was not met."""
        texts = [self._text(record) for record in self.records]
        passing = self._allowed + self._expected
        found = [f"unexpected: {text}" for text in texts if not any(one.search(text) for one in passing)]
        missed = [one for one in self._expected if not any(one.search(text) for text in texts)]
        return found + [f"expected, but never logged: {one.pattern}" for one in missed]

    @staticmethod
    def _text(record: logging.LogRecord) -> str:
        cause = f" [{record.exc_info[1]!r}]" if record.exc_info else ""
        return f"{record.levelname} {record.name}: {record.getMessage()}{cause}"


@pytest.fixture(autouse=True)
def log_guard(request: pytest.FixtureRequest) -> Iterator[LogGuard]:
    """The guard of the running test; ask for it to call `expect`."""
    guard = LogGuard()
    for marker in request.node.iter_markers("allow_logs"):
        guard.allow(*marker.args)
    root = logging.getLogger()
    root.addHandler(guard)
    yield guard
    root.removeHandler(guard)
    if complaints := guard.complaints():
        pytest.fail(
            "log records at WARNING or above (see tests/guards/logs.py):\n  " + "\n  ".join(complaints),
            pytrace=False,
        )
