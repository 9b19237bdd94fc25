"""The workstation's side of sync: push, pull, files, and the engine that runs them (sync.md 3). Never a use case."""
