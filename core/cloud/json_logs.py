"""Log lines as JSON objects, one a line, with secrets masked: what a log collector reads without rules of its own."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from core.base.logs import MaskingFormatter, mask


class JsonFormatter(logging.Formatter):
    """`at`, `level`, `logger`, `message`, the facts of a request, and of a fault its type and places in the code."""

    def format(self, record: logging.LogRecord) -> str:
        """One line. Facts are ours and hold no secret; the message is masked, an exception's text is left out."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": mask(record.getMessage()),
        }
        facts = getattr(record, "facts", None)
        if isinstance(facts, dict):
            line |= facts
        if record.exc_info and record.exc_info[0] is not None:
            line["fault"] = record.exc_info[0].__name__
            line["where"] = _places(record.exc_info[2])
        return json.dumps(line, ensure_ascii=False, default=str)


class TextFormatter(MaskingFormatter):
    """The usual lines for a terminal. Of a fault the places in the code, never its text: databases put values there."""

    def formatException(self, ei: Any) -> str:  # noqa: N802  the standard library's name
        """See `logging.Formatter.formatException`."""
        return f"{ei[0].__name__} at " + " < ".join(reversed(_places(ei[2])))


def _places(trace: Any) -> list[str]:
    found = []
    while trace is not None:
        code = trace.tb_frame.f_code
        found.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return found[-12:]


def log_to_stderr(*, as_json: bool) -> None:
    """The root logger's lines on stderr; nothing when somebody has set logging up already. No query, no header and no
    body is ever logged: secrets travel in those.
    """
    root = logging.getLogger()
    if root.handlers:
        return
    handler = logging.StreamHandler(sys.stderr)
    words = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    handler.setFormatter(JsonFormatter() if as_json else TextFormatter(words))
    root.addHandler(handler)
    root.setLevel(logging.INFO)
