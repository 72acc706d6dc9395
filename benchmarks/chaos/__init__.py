"""Chaos: what is lost, doubled, wrong or late while workers, broker and Redis are killed.

python -m benchmarks.chaos --seconds 60 --seed 1
"""
