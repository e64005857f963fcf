"""`python -m drive_demo`: the same as the command."""

from drive_demo.cli import main

if __name__ == "__main__":
    main()
