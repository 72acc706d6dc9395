"""Where labelled transactions come from: the journal, or a file."""
