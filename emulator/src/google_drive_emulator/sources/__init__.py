"""What a world starts with: a seed, a directory or a scenario in, items out."""
