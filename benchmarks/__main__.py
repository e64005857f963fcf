"""`python -m benchmarks`. In: the command line. Out: an exit code."""

from benchmarks.cli import main

if __name__ == "__main__":
    main()
