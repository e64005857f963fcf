"""Google's accounts: who may act for whom, and the tokens that say so (facts C3, F).

In: a client's request for authorisation (``authorization_request``, ``authorization``, ``pages``), the form of a
token request (``exchange``, ``assertions``, ``codes``), and what is registered (``registry``, ``key_files``). Kept:
``grants``. Out: ``access_tokens``, the ``sessions`` of requests and the ``scopes`` they may use, and what is told about
users and tokens (``identity``, ``token_info``, ``openid``, ``report``). ``token_server`` holds it all together.
"""
