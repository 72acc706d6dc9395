"""The story of one transaction, told from the journal: what came, what it changed, and why."""
