"""HTTP: requests in, answers in Google's shapes out; what every method has in common."""
