"""Which operator somebody is whom the identity provider knows.

In: an identity. Out: their session's secret, or why not. The first sign-in binds an account to the identity; after that
the address plays no part. Who has no account needs an invitation, or an address of a domain that is let in.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.config import ControlPlaneSettings
from drive_control_plane.context import Context
from drive_control_plane.database import new_id
from drive_control_plane.database.tables import Operator, Role, SetupLink
from drive_control_plane.operators import sessions
from drive_control_plane.operators.accounts import DEFAULT_TENANT, ensure_tenant
from drive_control_plane.operators.oidc.errors import SignInError
from drive_control_plane.operators.oidc.id_tokens import Identity


async def sign_in(context: Context, identity: Identity, address: str) -> str:
    """Begin a session; returns its secret. Raises `SignInError`."""
    try:
        return await _sign_in(context, identity, address)
    except IntegrityError:  # two browsers of theirs came for the first time at the same moment
        return await _sign_in(context, identity, address)


async def note_refusal(context: Context, error: SignInError, address: str, identity: Identity | None) -> None:
    """That somebody was not signed in, and why."""
    name = identity.email if identity else "somebody at the identity provider"
    async with context.database.transaction() as session:
        actor = Actor("anonymous", name, None, address)
        record(session, context.clock.now(), actor, "operator.signed_in", refused=True, by="oidc", code=error.code)


async def _sign_in(context: Context, identity: Identity, address: str) -> str:
    now = context.clock.now()
    async with context.database.transaction() as session:
        operator = await _known(session, identity)
        if operator is None:
            operator = await _new(session, context.settings, identity, now, address)
        if operator.disabled_at is not None:
            raise SignInError("disabled", "This account is disabled. Ask an administrator.")
        if operator.subject is None:
            operator.issuer, operator.subject = identity.issuer, identity.subject
            await session.flush()
        actor = Actor("operator", operator.email, operator.tenant_id, address)
        record(session, now, actor, "operator.signed_in", operator.id, by="oidc", issuer=identity.issuer)
        return sessions.begin(session, operator, now, address)


async def _known(session: AsyncSession, identity: Identity) -> Operator | None:
    """The account of an identity, else one of that address that is no other identity's. Raises `SignInError`."""
    bound = select(Operator).where(Operator.issuer == identity.issuer, Operator.subject == identity.subject)
    if (found := await session.scalar(bound)) is not None:
        return found
    by_address = select(Operator).where(Operator.email == identity.email).with_for_update()
    operator = await session.scalar(by_address)
    theirs = (identity.issuer, identity.subject)  # by now, if another browser of theirs was here a moment ago
    if operator is not None and operator.subject is not None and (operator.issuer, operator.subject) != theirs:
        raise SignInError(
            "other_identity", "The account of this address belongs to another identity. Ask an administrator."
        )
    return operator


async def _new(
    session: AsyncSession, settings: ControlPlaneSettings, identity: Identity, now: datetime, address: str
) -> Operator:
    """An account for somebody who was invited, or may come uninvited. Raises `SignInError`."""
    invited = await _invited(session, identity, now)
    if invited is None and (found := await _known(session, identity)) is not None:
        return found  # another browser of theirs used the invitation just now
    tenant_id, role = invited or await _let_in(session, settings, identity, now)
    operator = Operator(
        id=new_id("op"), tenant_id=tenant_id, email=identity.email, name=identity.name, role=role, created_at=now
    )
    session.add(operator)
    await session.flush()
    actor = Actor("operator", identity.email, tenant_id, address)
    record(session, now, actor, "operator.created", operator.id, by="oidc", role=role.value)
    return operator


async def _invited(session: AsyncSession, identity: Identity, now: datetime) -> tuple[str, Role] | None:
    """What the newest invitation of an address is for; it is used by that. Raises `SignInError`.

    Where two tenants want somebody it is not for us to choose: the one would get what they connect for the other.
    """
    good = select(SetupLink).where(
        SetupLink.email == identity.email, SetupLink.used_at.is_(None), SetupLink.expires_at > now
    )
    links = (await session.scalars(good.order_by(SetupLink.created_at.desc()).with_for_update())).all()
    if not links:
        return None
    if len({link.tenant_id for link in links}) > 1:
        advice = "Several organisations have invited this address. All but one have to withdraw their invitation."
        raise SignInError("invited_by_several", advice)
    links[0].used_at = now
    return links[0].tenant_id, links[0].role


async def _let_in(
    session: AsyncSession, settings: ControlPlaneSettings, identity: Identity, now: datetime
) -> tuple[str, Role]:
    name, _, domain = identity.email.rpartition("@")
    if settings.oidc_default_role is None or not name or domain not in settings.oidc_allowed_domains:
        advice = "Nobody has invited this address. Ask an administrator for an invitation, then sign in again."
        raise SignInError("not_invited", advice)
    await ensure_tenant(session, DEFAULT_TENANT, now)
    return DEFAULT_TENANT, Role(settings.oidc_default_role)
