"""Consent: from "Connect" to a grant of Google's, and its end.

In: an operator's click, Google's redirect back, a service account's key file. Out: connections with sealed
credentials, access tokens, pages that say what to do when consent did not come about.
"""
