"""Ring 6: durable jobs with lanes, journal, progress, cancel and resume."""
