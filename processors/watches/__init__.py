"""What to watch for beyond the amount, a pattern a file.

Each looks at a payment that is seen for the first time, and learns from it in the same step.
"""
