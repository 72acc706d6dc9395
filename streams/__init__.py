"""The shell: Kafka, Redis, the process, the command line.

Everything that touches the world stands here; no rule about money does.
"""
