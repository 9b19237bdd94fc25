"""Logging: one rotating file per profile, standard library only, secrets masked before a line is written."""

from __future__ import annotations

import logging
import re
from logging.handlers import RotatingFileHandler

from core.base.paths import Profile

_SECRETS = re.compile(
    r"(?i)(\"?(?:password|passwd|pwd|privatepin|pin|cardcode|card|code|token|secret|authorization|cookie)\"?\s*[:=]\s*)"
    r"(\"[^\"]*\"|'[^']*'|[^\s,;&}]+)"
)
LIMIT_BYTES = 2_000_000
FILES = 5


def mask(text: str) -> str:
    """The text with the values of everything that is named like a secret replaced by dots."""
    return _SECRETS.sub(r"\1••••", text)


class MaskingFormatter(logging.Formatter):
    """Formats as usual, then masks: also what came in by arguments or a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        return mask(super().format(record))


def start_logs(profile: Profile, *, level: int = logging.INFO) -> logging.Handler:
    """Write the root logger's lines to the profile's log file. Called again for the same profile, it does nothing."""
    path = profile.logs / "gatewright.log"
    root = logging.getLogger()
    for handler in root.handlers:
        if isinstance(handler, RotatingFileHandler) and handler.baseFilename == str(path.absolute()):
            return handler
    handler = RotatingFileHandler(path, maxBytes=LIMIT_BYTES, backupCount=FILES, encoding="utf-8", delay=True)
    handler.setFormatter(MaskingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.setLevel(level)
    root.addHandler(handler)
    root.setLevel(min(root.level or level, level) if root.level else level)
    for chatty in ("httpx", "httpcore", "asyncio", "zeroconf", "hpack"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    return handler


def stop_logs(handler: logging.Handler) -> None:
    """Close what `start_logs` opened."""
    logging.getLogger().removeHandler(handler)
    handler.close()
