"""What can go wrong with the control plane, by what to do about it.

ControlPlaneError
├── ControlPlaneUnavailableError   it fails or cannot be reached: later attempts may succeed
├── ClientRefusedError             it does not know this client and secret: mend the settings
├── RequestRefusedError            it knows the client and refuses the request; `code` says why
│   ├── UnknownConnectionError         there is no such connection
│   └── ReauthorizationRequiredError   somebody has to consent again
└── AnswerError                    what answers is no control plane, or one of another version

No text holds a secret, a token or a raw answer.
"""

__all__ = [
    "AnswerError",
    "ClientRefusedError",
    "ControlPlaneError",
    "ControlPlaneUnavailableError",
    "ReauthorizationRequiredError",
    "RequestRefusedError",
    "UnknownConnectionError",
]


class ControlPlaneError(Exception):
    """Any failure of a call. `retryable` says whether a later attempt may succeed as it is."""

    retryable = False


class ControlPlaneUnavailableError(ControlPlaneError):
    """It failed, asked to come later, or did not answer in time; `retry_after_seconds` is what it asked for."""

    retryable = True

    def __init__(self, message: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class ClientRefusedError(ControlPlaneError):
    """It does not accept this client's id and secret."""


class RequestRefusedError(ControlPlaneError):
    """It refuses the request; `code` is the stable name of the reason."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class UnknownConnectionError(RequestRefusedError):
    """There is no such connection, or it was disconnected."""


class ReauthorizationRequiredError(RequestRefusedError):
    """The grant is revoked or too small: it works again once somebody has consented."""


class AnswerError(ControlPlaneError):
    """An answer that the contract does not describe."""
