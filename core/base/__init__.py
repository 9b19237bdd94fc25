"""Ring 1: clock, ids, errors, paths, settings, logs. Knows nobody."""
