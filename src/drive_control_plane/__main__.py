"""`python -m drive_control_plane`: the same as the command."""

from drive_control_plane.cli import main

if __name__ == "__main__":
    main()
