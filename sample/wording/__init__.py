"""How banks put things into words."""
