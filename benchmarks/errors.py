"""What stops a benchmark. In: a reason. Out: a sentence for the person at the terminal."""


class BenchmarkError(Exception):
    """A run failed, or did not do the whole work; the text says which and why. Its figures would mean nothing."""
