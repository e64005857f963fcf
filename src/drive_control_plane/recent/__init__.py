"""What changed in a drive of late: read from the worker's records when somebody looks, kept nowhere."""
