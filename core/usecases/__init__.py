"""Ring 7: the verbs, one module per area, one async function each."""
