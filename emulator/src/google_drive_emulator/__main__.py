"""Runs the command line: ``python -m google_drive_emulator``."""

from google_drive_emulator.cli import main

if __name__ == "__main__":
    main()
