"""The workstation's side of the sync with the cloud core. Never a use case or a device."""
