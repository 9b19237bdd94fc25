"""Starts the cloud service inside this program, for the demo and for one machine; the only door to core.cloud."""
