"""The same use cases without a window: one JSON document per command."""
