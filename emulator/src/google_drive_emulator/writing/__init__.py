"""Writes to files: a call and what its body wants in, the one change of the world that it makes out (facts A2, A6)."""
