"""Where the frozen program begins. It differs from `python -m desktop` in one line, which child processes need."""

from __future__ import annotations

import multiprocessing

from desktop.cli.main import main

if __name__ == "__main__":
    # In a frozen program a child process starts this file again; this call turns it into the child.
    multiprocessing.freeze_support()
    raise SystemExit(main())
