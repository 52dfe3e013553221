"""Service levels as the ledger has them, and the minutes that are kept of them."""
