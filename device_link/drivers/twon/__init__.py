"""2N intercoms over their HTTP API (device API 8)."""
