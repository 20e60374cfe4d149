"""Functions by their dotted names: who hands work out need not load what does it.

Owns how a name is written. Must not know what is called.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def function_at(dotted: str) -> Any:
    """The function that `module:name` names."""
    module, _, name = dotted.partition(":")
    return getattr(import_module(module), name)


def call(dotted: str, *args: Any) -> Any:
    """In a worker: what it gives."""
    return function_at(dotted)(*args)
