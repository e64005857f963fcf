"""Why somebody was not signed in by the identity provider."""


class SignInError(Exception):
    """`code` is stable, `advice` says what to do; neither repeats what a provider or a browser sent."""

    def __init__(self, code: str, advice: str) -> None:
        super().__init__(f"{code}: {advice}")
        self.code = code
        self.advice = advice


def unavailable() -> SignInError:
    """The provider did not answer, or not as one."""
    return SignInError("provider_unavailable", "The identity provider does not answer. Try again in a minute.")


def mistrusted(code: str) -> SignInError:
    """The provider's word does not hold."""
    return SignInError(
        code, "What the identity provider said does not hold. Sign in anew; if it stays, see OIDC_ISSUER."
    )
