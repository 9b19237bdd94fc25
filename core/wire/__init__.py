"""Ring 3: sync messages and their codec, versioned."""
