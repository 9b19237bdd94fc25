"""What the core needs of the world outside, as Protocols. Adapters live in device_link, sync and core.store."""
