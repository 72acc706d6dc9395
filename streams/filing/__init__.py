"""Filing rules tried on what a user's journal holds; nothing is written."""
