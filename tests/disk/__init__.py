"""What a disk may hold after the power went, and a disk that is full or broken. No test itself.

`shim.c` records what a process does to files, and makes calls fail; `shim.py` loads it into a process; `trace.py` reads
the record; `model.py` works out from it what could be on the disk at any moment.
"""
