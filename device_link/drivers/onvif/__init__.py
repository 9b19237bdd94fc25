"""Cameras that speak ONVIF: what they are, their stream, a picture. Nothing is written to them but a restart."""
