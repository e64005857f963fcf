"""The control API: what a test wants of the emulator in, the emulator's state read or changed."""
