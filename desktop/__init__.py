"""The window and the command line; sees every other package and wires them together."""

from __future__ import annotations

import sys

# Where `rich` and `click` happen to be installed, httpx imports them for a command line of its own, which nobody calls:
# a twelfth of all imports. An entry of None is Python's way of saying that a module is not there.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
