"""Qt helpers that know no entity: bridge, tasks, dialogs, theme."""
