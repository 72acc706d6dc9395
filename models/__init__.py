"""Learners: they score, learn and predict, and know nothing of banks, topics or stores.

Each has River's shape, answers before it has learned, never changes while it answers, and gives
its memory as a few plain numbers.
"""
