"""The pages of the authorisation endpoint: a question or an error in, HTML out. They work without scripts."""

from collections.abc import Iterable, Iterator, Mapping
from html import escape

from google_drive_emulator.oauth.authorization import Question
from google_drive_emulator.oauth.errors import OAuthError
from google_drive_emulator.oauth.scopes import DESCRIPTIONS, PREFIX, SIGN_IN
from google_drive_emulator.world.items import User

CONSENT_PATH = "/signin/oauth/consent"

MAX_ACCOUNTS = 200
"""How many accounts the page offers; ``login_hint`` names any other."""

_STYLE = """
:root { color-scheme: light dark; --edge: #75757540; --quiet: #5f6368; --accent: #0b57d0; --on-accent: #fff }
@media (prefers-color-scheme: dark) { :root { --quiet: #b0b4b9; --accent: #a8c7fa; --on-accent: #062e6f } }
* { box-sizing: border-box }
body { margin: 0; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
main { max-width: 32rem; margin: min(5vh, 2rem) auto; padding: 1.5rem; border: 1px solid var(--edge);
  border-radius: 1rem }
h1 { margin: 0 0 1rem; font-size: 1.375rem; font-weight: 500 }
label, legend { padding: 0; font-weight: 500 }
select { display: block; width: 100%; min-height: 3rem; margin: .25rem 0 1.25rem; padding: 0 .5rem; font: inherit }
fieldset { margin: 0 0 1.25rem; padding: 0; border: 0 }
ul { margin: .5rem 0 0; padding: 0; list-style: none }
li label, li > span { display: flex; gap: .75rem; padding: .5rem 0; font-weight: 400 }
input { flex: none; width: 1.25rem; height: 1.25rem; margin: .125rem 0 0; accent-color: var(--accent) }
small { display: block; color: var(--quiet) }
footer { display: flex; flex-wrap: wrap; gap: .75rem; justify-content: flex-end }
button { min-width: 6rem; min-height: 3rem; padding: 0 1.25rem; border: 1px solid var(--accent); border-radius: 1.5rem;
  background: none; color: var(--accent); font: inherit; font-weight: 500; cursor: pointer }
button.main { background: var(--accent); color: var(--on-accent) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
"""


def consent_page(question: Question, params: Mapping[str, str]) -> str:
    """Return the page that asks; ``params`` are those of the request, which the form sends back with the answer."""
    heading = f"{escape(question.client_name)} wants access to a Google Account"
    body = (
        f'<form method="post" action="{CONSENT_PATH}">'
        f"{''.join(_hidden(params))}{_accounts(question)}{_scopes(question)}"
        '<footer><button name="decision" value="deny">Cancel</button>'
        '<button class="main" name="decision" value="allow">Allow</button></footer></form>'
    )
    return _page(heading, body)


def error_page(error: OAuthError) -> str:
    """Return the page for what must not be sent back to the client."""
    name = f"Error {error.status}: {error.code}"
    return _page("Access blocked", f"<p>{escape(error.description)}</p><p><strong>{escape(name)}</strong></p>", name)


def _page(heading: str, body: str, title: str = "") -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title) or heading}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{heading}</h1>{body}</main></body></html>\n"
    )


def _hidden(params: Mapping[str, str]) -> Iterator[str]:
    for name, value in params.items():
        yield f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


def _accounts(question: Question) -> str:
    offered = dict.fromkeys([*question.accounts[:MAX_ACCOUNTS], question.chosen])
    options = "".join(_option(user, is_chosen=user == question.chosen) for user in offered)
    hidden = len(question.accounts) - len(offered)
    note = f"<small>{hidden} more accounts: login_hint names any of them.</small>" if hidden > 0 else ""
    return f'<label for="account">Account</label>{note}<select id="account" name="account">{options}</select>'


def _option(user: User, *, is_chosen: bool) -> str:
    address = escape(user.email)
    selected = " selected" if is_chosen else ""
    return f'<option value="{address}"{selected}>{escape(user.display_name)} ({address})</option>'


def _scopes(question: Question) -> str:
    return f"<fieldset><legend>It will be able to</legend><ul>{''.join(_scope_items(question))}</ul></fieldset>"


def _scope_items(question: Question) -> Iterable[str]:
    for scope in question.request.scopes:
        name = escape(scope.removeprefix(PREFIX))
        text = f"<span>{escape(DESCRIPTIONS.get(scope, scope))}<small>{name}</small></span>"
        if question.request.is_granular and scope not in SIGN_IN:
            box = f'<input type="checkbox" name="granted" value="{escape(scope)}" checked>'
            yield f"<li><label>{box}{text}</label></li>"
        else:
            yield f"<li><span>{text}</span></li>"
