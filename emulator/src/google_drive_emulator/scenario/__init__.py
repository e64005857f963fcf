"""Scenarios: a JSON file that describes a world in, that world and what shall happen to it out."""
