"""Speed, quality and chaos: each is one command that drives the product's own code."""
