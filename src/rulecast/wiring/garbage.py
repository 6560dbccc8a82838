"""How often a process looks for garbage that only its collector can find.

What stands when a role begins (modules, grammar, catalogues, holidays) lives as long as the process, and the collector
of CPython walks over it again and again: in a sender that was a quarter of its CPU time.
"""

import gc

OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""Some megabytes at most wait for the collector; reference counts free nearly everything by themselves."""
YOUNG_BETWEEN_MIDDLE, MIDDLE_BETWEEN_FULL = 20, 50


def collect_rarely() -> None:
    """Leave what stands now out of every later collection, and collect seldom; called once, where a role begins."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, YOUNG_BETWEEN_MIDDLE, MIDDLE_BETWEEN_FULL)
