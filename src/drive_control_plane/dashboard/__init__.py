"""Pages for operators: what is connected, how it goes, what to do."""
