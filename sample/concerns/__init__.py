"""Sides of a household's life, each looked after day by day."""
