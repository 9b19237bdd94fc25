"""What a command says: lines for people, or exactly one JSON document on stdout (DESIGN.md, command line)."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from core.base.errors import GatewrightError


class Output:
    """Lines go to stdout, or to stderr when a document is asked for; the document is printed once, at the end."""

    def __init__(self, *, as_json: bool, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.as_json = as_json
        self._out = out or sys.stdout
        self._err = err or sys.stderr

    def line(self, text: str = "") -> None:
        """One line of progress or result for a person."""
        print(text, file=self._err if self.as_json else self._out, flush=True)

    def document(self, document: Any) -> None:
        """The one JSON document; nothing without `--json`."""
        if self.as_json:
            self.announce(document)

    def announce(self, document: Any) -> None:
        """One line of JSON on stdout in any case: the ready line of a long-running server."""
        print(json.dumps(document, ensure_ascii=False), file=self._out, flush=True)

    def table(self, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
        """Aligned columns for people; nothing with `--json`."""
        if self.as_json:
            return
        cells = [[_cell(row.get(c)) for c in columns] for row in rows]
        widths = [max([len(c), *(len(line[i]) for line in cells)]) for i, c in enumerate(columns)]
        for line in [list(columns), *cells]:
            self.line("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())

    def error(self, fault: GatewrightError) -> int:
        """Say a known error: a sentence on stderr, or the document `{"error": ...}`; returns the exit code."""
        if self.as_json:
            self.announce({"error": fault.document()})
        else:
            print(f"gatewright: {fault}", file=self._err, flush=True)
        return fault.exit_code


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = "" if value is None else str(value)
    return text if len(text) <= 48 else text[:47] + "…"
