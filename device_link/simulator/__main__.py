"""`python -m device_link.simulator`."""

from __future__ import annotations

import sys

from device_link.simulator.command import main

if __name__ == "__main__":
    sys.exit(main())
