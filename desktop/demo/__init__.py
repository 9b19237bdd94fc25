"""The main job, end to end, on real sockets: an embedded cloud, a simulated LAN, a workstation, and a second one."""
