"""Akuvox over its local HTTP API (device API 1 to 7)."""
