"""Measurements of ours beside the best hand-made version of the same work, in the same run."""
