"""`python -m google_drive_worker`: without a command it runs the worker."""

import sys

from google_drive_worker.cli import main

if __name__ == "__main__":
    main([*sys.argv[1:]] or ["run"])
