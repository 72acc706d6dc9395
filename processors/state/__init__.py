"""What is remembered: one user's state, what the users of a partition share, and the view of both.

Here belong shapes and the few operations that keep them consistent. Rules belong one level up.
"""
