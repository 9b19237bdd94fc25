"""The LAN side: discovery, drivers, plan and verify, firmware, simulator. Never the mirror."""
