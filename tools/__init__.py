"""Programs for developers: set-up, checks, locks. Nothing of the product imports this."""
