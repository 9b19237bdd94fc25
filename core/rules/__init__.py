"""Ring 4: pure functions about the domain; no I/O and no clock."""
