"""Ring 5: everything that persists on the workstation."""
