"""The components of the window: generic, they take plain data or a model; they know no entity and no store."""
