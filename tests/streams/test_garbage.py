import subprocess
import sys

# In a process of its own: what is told to the collector holds for the whole process.
WORKER = """
import gc, weakref
from streams.garbage import collect_rarely

class Knot:
    def __init__(self):
        self.own = self

gone = []
collect_rarely()
before = sum(generation["collections"] for generation in gc.get_stats())
slice_ = [(number, [number]) for number in range(20_000)]
during = sum(generation["collections"] for generation in gc.get_stats())
for _ in range(300_000):
    weakref.finalize(knot := Knot(), gone.append, None).atexit = False
print(during - before, len(gone) > 100_000)
"""


def test_a_slice_is_left_alone_and_cycles_are_still_found() -> None:
    told = subprocess.run(
        [sys.executable, "-c", WORKER], capture_output=True, text=True, check=True
    )

    assert told.stdout.split() == ["0", "True"]
