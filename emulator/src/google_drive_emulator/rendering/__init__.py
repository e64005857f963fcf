"""Rendering: what the world holds in, the JSON of Google's resources out."""
