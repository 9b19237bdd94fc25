"""One package per maker, each behind `core.ports.device.DeviceGateway`."""
