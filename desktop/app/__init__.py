"""The composition root: the only place that builds everything. `workstation` knows no window."""
