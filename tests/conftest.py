"""What holds for every test.

Started in the background of a shell, this process and its children would ignore SIGINT, and Ctrl-C be untestable.
"""

import signal

signal.signal(signal.SIGINT, signal.default_int_handler)
