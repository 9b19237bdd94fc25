"""Ring 8: the cloud core service. The workstation's code never imports it."""
