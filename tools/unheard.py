"""Strings of the layers below the window that no person reads there; everything else that reads like words is said.

These lists are short on purpose: what is not on them has to have its words in every language (`tools/below.py`).
"""

from __future__ import annotations

import re

FILES = (
    "core/base/logs.py",
    "core/cloud/account_routes.py",
    "core/cloud/admin.py",
    "core/cloud/backup.py",
    "core/cloud/bulk_sql.py",
    "core/cloud/dialect.py",
    "core/cloud/pages.py",
    "core/cloud/json_logs.py",
    "core/cloud/mail.py",
    "core/cloud/metrics.py",
    "core/cloud/migrations.py",
    "core/cloud/openapi.py",
    "core/cloud/operator.py",
    "core/cloud/retention.py",
    "core/cloud/run.py",
    "core/cloud/settings.py",
    "core/cloud/tenancy.py",
    "core/sheets/code_pages.py",
    "core/store/direct.py",
    "core/store/screen.py",
    "core/usecases/recordings.py",
    "device_link/discovery/sip.py",
    "device_link/discovery/ssdp.py",
    "device_link/discovery/wsd.py",
    "device_link/drivers/akuvox/bulk.py",
    "device_link/recorder.py",
    "device_link/rehearsal.py",
    "device_link/replay.py",
    "device_link/simulator/",
    "device_link/small_server.py",
)
"""Files without a word for the window: logs, letters, the operator's command line, protocols, simulated devices."""

_LOGS = ("debug", "info", "warning", "error", "exception", "log", "MaskingFormatter")
_STORE = (
    *("execute", "executemany", "exec_driver_sql", "execution_options", "run_many", "ask", "ask_dicts"),
    *("text", "prefix_with", "CheckConstraint", "Index"),
)
_ROUTES = ("add_api_route", "FastAPI", "Response", "get", "put", "post", "delete", "head", "patch")
_TEXTS = (
    *("compile", "encode", "hash", "blind", "strftime", "sub", "match", "split", "replace"),
    *("removesuffix", "startswith", "endswith"),
)
BUILT_IN = ("ValueError", "TypeError", "RuntimeError", "LookupError", "KeyError", "AssertionError", "OSError")
"""Errors of Python itself tell a programmer; one that escapes goes to the crash dialog, which has words of its own."""

CALLS = frozenset(
    (
        *_LOGS,
        *_STORE,
        *_ROUTES,
        *_TEXTS,
        *BUILT_IN,
        "create_task",
        "Letter",
        "BadFieldError",
        "SheetColumn",
    )
)
"""What these are given goes to a log, a database, a letter, a file's headings, a route's description."""

KEYWORDS = frozenset(("example", "aliases", "also", "pattern", "kind_name"))
"""Arguments that hold samples and other names for the headings of files."""

PROTOCOL = re.compile(
    r"^(SELECT|INSERT|UPDATE|DELETE|CREATE|WHERE|FROM|AND|IN|ON CONFLICT|NOT NULL|CHECK|Content-|Bearer|Basic|Ret)\b"
    r"|\b(SELECT|INTO|IS NULL|IS NOT|WHERE|COLLATE|BEGIN|END|LIMIT|DOCTYPE)\b"
    r"|multipart/|application/|text/plain|name=|^[<;]|^--|\.txt$"
    r"|^[A-Z][a-z]+([A-Z][a-z]+)?\(|^coalesce\(|^[a-z]+_[a-z_, ]+$|^gatewright "
)
"""What speaks to a database, a device or a parser."""
