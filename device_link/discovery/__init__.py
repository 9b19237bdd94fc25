"""Finding devices on the LAN: targets, sweep, fingerprint, neighbour table, announcements, and the scanner."""
