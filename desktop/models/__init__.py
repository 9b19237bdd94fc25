"""Qt models over the mirror; they know no view."""
