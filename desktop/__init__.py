"""The window and the command line; sees every other package and wires them together."""
