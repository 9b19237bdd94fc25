"""Ring 6: xlsx and csv: templates, plans, exports."""
