"""Pages, forms and wizards; they speak to use cases and models only."""
