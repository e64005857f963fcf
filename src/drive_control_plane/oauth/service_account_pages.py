"""Pages for service accounts: a key file and addresses in; connections, or a page that says what to do, out.

What was typed stays in the form when something is wrong; the key never does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.responses import RedirectResponse, Response
from pydantic import TypeAdapter, ValidationError

from drive_control_plane.connections import lookup
from drive_control_plane.connections.routes import ConnectionId
from drive_control_plane.context import Context, InContext
from drive_control_plane.http.problems import Problem
from drive_control_plane.http.who import InWorkingOperator, InWorkingVisitor, SignedIn
from drive_control_plane.oauth.delegating import connect, key_of
from drive_control_plane.oauth.delegating_many import MOST_SUBJECTS, Email, Outcome, connect_many
from drive_control_plane.oauth.keeping import Wanted
from drive_control_plane.oauth.replacing import Replacement, replace_key
from drive_control_plane.oauth.scopes import DRIVE_READONLY, METADATA_READONLY, READS, scopes_for
from drive_control_plane.oauth.service_account import MAX_KEY_FILE_CHARACTERS, ServiceAccountKey
from drive_control_plane.oauth.shown import credential_of
from drive_control_plane.operators.frame import shared
from drive_control_plane.pages import page

_EMAIL: Final = TypeAdapter[str](Email)
_SHOWN_CHARACTERS: Final = 80

router = APIRouter(prefix="/service-accounts", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class _Filled:
    """What was typed into the form."""

    subjects: str = ""
    name: str = ""
    reads: str = "everything"


@router.get("/new")
async def show_new(request: Request, operator: InWorkingVisitor) -> Response:
    """The form, and what has to be set up at Google before."""
    return await _form(request, operator, _Filled())


@router.post("")
async def make(
    request: Request,
    context: InContext,
    operator: InWorkingOperator,
    key_file: UploadFile,
    subjects: Annotated[str, Form()] = "",
    name: Annotated[str, Form(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = "",
    reads: Annotated[Literal["everything", "metadata"], Form()] = "everything",
) -> Response:
    """Connect one user, several, or the service account itself."""
    try:
        emails = _emails(subjects)
        key = await key_of(await _document(key_file))
        settings = READS[reads]
        if len(emails) > 1:
            wanted = Wanted(operator.tenant_id, settings, operator.operator_id)
            outcomes = await connect_many(context, operator.actor, wanted, key, emails)
            left = "\n".join(each.subject for each in outcomes if each.connection_id is None)
            return await _many(request, operator, outcomes, key, settings, _Filled(left, name, reads))
        wanted = Wanted(operator.tenant_id, settings, operator.operator_id, name.strip() or None)
        made = await connect(context, operator.actor, wanted, key, emails[0] if emails else None)
    except Problem as problem:
        return await _form(request, operator, _Filled(subjects, name, reads), problem)
    return RedirectResponse(f"/connections/{made}", 303)


@router.get("/{connection_id}")
async def show_replace(
    request: Request, context: InContext, operator: InWorkingVisitor, connection_id: ConnectionId
) -> Response:
    """The form for another key."""
    return await _replace_form(request, context, operator, connection_id)


@router.post("/{connection_id}")
async def replace(
    request: Request,
    context: InContext,
    operator: InWorkingOperator,
    connection_id: ConnectionId,
    key_file: UploadFile | None = None,
    reads: Annotated[Literal["", "everything", "metadata"], Form()] = "",
) -> Response:
    """Give a connection another key, or have its own tried again."""
    try:
        document = None if key_file is None else await _document(key_file)
        replacement = Replacement(document, READS.get(reads))
        await replace_key(context, operator.actor, operator.tenant_id, connection_id, replacement)
    except Problem as problem:
        return await _replace_form(request, context, operator, connection_id, problem)
    return RedirectResponse(f"/connections/{connection_id}", 303)


async def _many(
    request: Request,
    operator: SignedIn,
    outcomes: Sequence[Outcome],
    key: ServiceAccountKey,
    settings: Mapping[str, Any],
    form: _Filled,
) -> Response:
    """What became of each address, and the form again for those that are left."""
    lacking = any(each.code == "unauthorized_client" for each in outcomes)
    return page(
        request,
        "service_account_made.html",
        **await shared(request, operator),
        outcomes=outcomes,
        made=sum(each.connection_id is not None for each in outcomes),
        delegation={"client_id": key.client_id, "scopes": _pasted(scopes_for(settings))} if lacking else None,
        form=form,
        most=MOST_SUBJECTS,
    )


async def _form(request: Request, operator: SignedIn, form: _Filled, problem: Problem | None = None) -> Response:
    return page(
        request,
        "service_account_new.html",
        problem.status if problem else 200,
        **await shared(request, operator),
        form=form,
        problem=_shown("Not connected", problem),
        most=MOST_SUBJECTS,
        scope_everything=DRIVE_READONLY,
        scope_metadata=METADATA_READONLY,
    )


async def _replace_form(
    request: Request, context: Context, operator: SignedIn, connection_id: str, problem: Problem | None = None
) -> Response:
    """The form, as long as the connection has a key that can be replaced. Raises `Problem`."""
    connection = await lookup.visible(context, operator.tenant_id, connection_id)
    credential = await credential_of(context, connection_id)
    if not credential.by_service_account:
        raise problem or Problem(404, "unknown_connection", "There is no such connection by a service account.")
    return page(
        request,
        "service_account_replace.html",
        problem.status if problem else 200,
        **await shared(request, operator),
        connection=connection,
        credential=credential,
        problem=_shown("Not replaced", problem),
    )


def _shown(title: str, problem: Problem | None) -> dict[str, Any] | None:
    if problem is None:
        return None
    return {
        "title": title,
        "code": problem.code,
        "advice": problem.detail,
        "client_id": problem.more.get("client_id"),
        "scopes": _pasted(problem.more.get("scopes", ())),
        "connection_id": problem.more.get("connection_id"),
    }


def _pasted(scopes: Any) -> str:
    """Scopes as the Admin console takes them."""
    return ",".join(sorted(scopes))


async def _document(key_file: UploadFile) -> str:
    """What was uploaded, as text; it is never written to a disk, since requests are smaller than what is."""
    content = await key_file.read(MAX_KEY_FILE_CHARACTERS + 1)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Problem(422, "bad_key", "No key of a service account: the file is no text.") from None


def _emails(text: str) -> list[str]:
    """The addresses in a text, by lines, blanks or commas. Raises `Problem` 422."""
    found = text.replace(",", " ").replace(";", " ").split()
    if len(found) > MOST_SUBJECTS:
        raise Problem(422, "too_many_subjects", f"These are {len(found):,} addresses; {MOST_SUBJECTS:,} go at once.")
    for email in found:
        try:
            _EMAIL.validate_python(email)
        except ValidationError:
            told = f"This is no e-mail address: {email[:_SHOWN_CHARACTERS]}"
            raise Problem(422, "invalid_subject", told) from None
    return list({email.lower(): email for email in found}.values())
