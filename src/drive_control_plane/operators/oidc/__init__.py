"""Sign-in by an identity provider (OpenID Connect, authorisation code with PKCE).

In: `OIDC_ISSUER` and a browser. Out: an operator who was invited, or belongs to a domain that is let in, and their
session; or why not.
"""
