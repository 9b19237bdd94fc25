"""Ring 2: the closed vocabulary in which entities are declared."""
