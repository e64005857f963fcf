"""Dead letters: what could not be applied, looked at and sent again."""
