"""Freeze a request for each draft: address and parameters opened, rendered, and sealed again for the ledger.

This happens before anything is locked. The gate then checks, under the lock, that address and template are still
those the request was made from.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Self

import msgspec

from rulecast.account.undelivered import country_of_address
from rulecast.gate import store
from rulecast.gate.coupon_slot import make_slot
from rulecast.gate.draft import Draft, PreparedDraft
from rulecast.gate.open_each import open_each
from rulecast.gate.permit import Edge
from rulecast.gate.quoted import find_quoted
from rulecast.gate.recipient_values import VALUES, Opened, own_value, parameter_values
from rulecast.gate.reply_terms import ReplyTerms, make_reply
from rulecast.gate.store import Connection, RecipientRow, SendingNumberRow
from rulecast.gate.terms import RunTerms
from rulecast.gate.typed_content import TypedContent, read_typed
from rulecast.plan.parameters import COUPON_SPECIMEN
from rulecast.profile.one_time_codes import code_digits
from rulecast.profile.one_time_codes.store import live_nonces
from rulecast.rule.language.document import Parameter, send_for
from rulecast.template import MessageTemplate, ParameterMissingError
from rulecast.template.messages import (
    MessageInvalidError,
    PhoneRequiredError,
    marketing_request,
    message_request,
    template_message,
)
from rulecast.template.messages.request import opaque_text
from rulecast.template.parts import file_parameters
from rulecast.template.render_components import ComponentForm, Value
from rulecast.template.store import find_templates
from rulecast.values.ids import ContactId, OpaqueId, TemplateId
from rulecast.values.link_token import LinkToken, link_index_of, make_link_token
from rulecast.values.reason import Reason
from rulecast.values.recipient import recipient_of
from rulecast.vault import SealItem, Vault

SEALED_IDENTITY = "profile.identity.value"
SEALED_ATTRIBUTES = "profile.contact.sealed_attributes"
SEALED_REPLY = "deliver.typed_reply.sealed_text"
SEALED_REQUEST = "deliver.attempt.sealed_request"
OPAQUE_ID_BYTES = 16
CODE_PARAMETER = "1"
CODE_HIDDEN = "******"
"""What the ledger keeps in the place of a one-time code or a coupon."""

RandomBytes = Callable[[int], bytes]

_ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """A template with what is the same for everybody, worked out once a batch."""

    template: MessageTemplate
    components: ComponentForm
    edge: Edge
    is_sendable: bool
    links: tuple[tuple[str, int], ...]
    components_hash: bytes
    has_opt_out: bool
    needs_code: bool

    @classmethod
    def of(cls, template: MessageTemplate, number: SendingNumberRow) -> Self:
        edge: Edge = "messages"
        if template.category == "marketing" and number.marketing_messages:
            edge = "marketing_messages"
        return cls(
            template=template,
            components=ComponentForm(template),
            edge=edge,
            # The other edge refuses a clip as header (132012): only the approval of the template could tell before.
            is_sendable=not template.parts.unknown
            and (template.parts.header_format != "GIF" or edge == "marketing_messages"),
            links=tuple((name, link_index_of(template.links, name)) for name in template.link_names),
            components_hash=template.components_hash,
            has_opt_out=template.has_opt_out,
            needs_code=template.category == "authentication",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Secrets:
    """The vault, and of a batch: codes by run and person, typed replies by run, ids of answered messages by person."""

    vault: Vault
    quoted: Mapping[int, str] = field(repr=False)
    typed: Mapping[int, TypedContent] = field(repr=False)
    codes: Mapping[tuple[int, int], str] = field(repr=False)


async def prepare_drafts(
    connection: Connection,
    vault: Vault,
    drafts: Sequence[Draft],
    *,
    terms: Mapping[int, RunTerms],
    business_number_id: str,
    random_bytes: RandomBytes,
) -> list[PreparedDraft]:
    """Return the drafts with their requests frozen, in order; `problem` tells where none could be made.

    A person without a phone number is reached by the BSUID of the portfolio the number belongs to.
    """
    number = await store.read_sending_number(connection, business_number_id)
    recipients = await store.read_recipients(
        connection, sorted({one.contact_id for one in drafts}), portfolio_id=number.portfolio_id
    )
    templates = await find_templates(connection, {TemplateId(one.template_id) for one in drafts})
    forms = {template_id: _Form.of(one, number) for template_id, one in templates.items()}
    opened = await _open(vault, recipients)
    secrets = _Secrets(
        vault=vault,
        codes=await _codes(connection, vault, drafts, forms=forms),
        typed=await _typed(connection, vault, terms),
        quoted=await find_quoted(
            connection,
            vault,
            [one.contact_id for one in drafts if _answers_words(terms.get(one.run_id))],
            business_number_id=business_number_id,
        ),
    )
    # One call for all: each is a call of the system.
    random = random_bytes(OPAQUE_ID_BYTES * len(drafts))
    made = [
        _make(
            draft,
            opened.get(draft.contact_id),
            forms.get(TemplateId(draft.template_id)),
            terms=terms.get(draft.run_id),
            opaque_id=OpaqueId(random[place * OPAQUE_ID_BYTES : (place + 1) * OPAQUE_ID_BYTES]),
            secrets=secrets,
        )
        for place, draft in enumerate(drafts)
    ]
    return await _seal(vault, made)


def _answers_words(terms: RunTerms | None) -> bool:
    return terms is not None and terms.reply is not None and terms.reply.answers_words


async def _codes(
    connection: Connection, vault: Vault, drafts: Sequence[Draft], *, forms: Mapping[TemplateId, _Form]
) -> dict[tuple[int, int], str]:
    """Return the codes of the drafts whose templates need one; where none is live there is none."""
    run_ids = {
        one.run_id
        for one in drafts
        if (form := forms.get(TemplateId(one.template_id))) is not None and form.needs_code
    }
    if not run_ids:
        return {}
    nonces = await live_nonces(connection, sorted(run_ids))
    return {
        (run_id, contact_id): code_digits(vault.sign, ContactId(contact_id), nonce)
        for (run_id, contact_id), nonce in nonces.items()
    }


async def _typed(
    connection: Connection, vault: Vault, terms: Mapping[int, RunTerms]
) -> dict[int, TypedContent]:
    """Return what was typed for the runs that are one typed reply each; what cannot be opened is missing."""
    forms = {
        run_id: one.reply.typed_form
        for run_id, one in terms.items()
        if one.reply is not None and one.reply.is_typed
    }
    if not forms:
        return {}
    rows = await store.read_typed_replies(connection, list(forms))
    items = [SealItem(ContactId(contact_id), SEALED_REPLY, sealed) for _, contact_id, sealed in rows]
    plain, _ = await open_each(vault, items)
    return {
        run_id: typed
        for (run_id, *_), one in zip(rows, plain, strict=True)
        if one is not None and (typed := read_typed(forms[run_id], one)) is not None
    }


async def _open(vault: Vault, recipients: Mapping[int, RecipientRow]) -> dict[int, Opened]:
    addressed = [row for row in recipients.values() if row.sealed_value is not None]
    valued = [row for row in recipients.values() if row.sealed_attributes is not None]
    items = [
        SealItem(ContactId(row.contact_id), SEALED_IDENTITY, row.sealed_value or b"") for row in addressed
    ] + [
        SealItem(ContactId(row.contact_id), SEALED_ATTRIBUTES, row.sealed_attributes or b"") for row in valued
    ]
    plain, broken = await open_each(vault, items)
    addresses = {row.contact_id: one for row, one in zip(addressed, plain, strict=False)}
    personal = {row.contact_id: one for row, one in zip(valued, plain[len(addressed) :], strict=True)}
    return {
        contact_id: Opened(
            row=row,
            # Whoever has a value that nobody can vouch for gets no message made from the rest of them.
            address=None
            if (raw := addresses.get(contact_id)) is None or contact_id in broken
            else raw.decode(),
            personal={} if (values := personal.get(contact_id)) is None else VALUES.decode(values),
        )
        for contact_id, row in recipients.items()
    }


def _make(
    draft: Draft,
    person: Opened | None,
    form: _Form | None,
    *,
    terms: RunTerms | None,
    opaque_id: OpaqueId,
    secrets: _Secrets,
) -> PreparedDraft:
    if terms is not None and terms.reply is not None:
        return _compose_reply(draft, person, terms.reply, opaque_id=opaque_id, secrets=secrets)
    return _compose(draft, person, form, terms=terms, opaque_id=opaque_id, secrets=secrets)


def _compose(
    draft: Draft,
    person: Opened | None,
    form: _Form | None,
    *,
    terms: RunTerms | None,
    opaque_id: OpaqueId,
    secrets: _Secrets,
) -> PreparedDraft:
    checked = terms.checked if terms is not None else None
    lacking = _lacking_file(draft, form, terms)
    if person is None or checked is None or lacking is not None:
        return _impossible(draft, opaque_id, lacking or Reason.FACTS_UNKNOWN)
    if person.address is None or person.row.lookup is None:
        return _impossible(draft, opaque_id, Reason.UNREACHABLE)
    if form is None:
        return _impossible(draft, opaque_id, Reason.MISSING_TRANSLATION)
    if not form.is_sendable:
        return _impossible(draft, opaque_id, Reason.TEMPLATE_UNUSABLE)
    parameters = send_for(checked.rule, draft.variant).parameters
    # Staff who try a rule take no code from anybody.
    slot = None if terms is None or terms.is_test else make_slot(parameters, opaque_id)
    specimen = COUPON_SPECIMEN if slot is None else slot.stand_in
    values = _values_of(draft, parameters, person, coupon=specimen)
    code = secrets.codes.get((draft.run_id, draft.contact_id)) if form.needs_code else None
    if form.needs_code:
        # A code comes from nowhere else, whatever the rule says.
        values = {name: value for name, value in values.items() if name != CODE_PARAMETER}
    tokens = _tokens(form, secrets.vault, opaque_id)
    ask = partial(_request, form, person, tokens=tokens, opaque_id=opaque_id)
    hidden = None if slot is None else _values_of(draft, parameters, person, coupon=CODE_HIDDEN)
    try:
        body, kept = _bodies(ask, values, code=code, hidden=hidden)
    except (ParameterMissingError, MessageInvalidError, PhoneRequiredError, ValueError) as error:
        is_value = isinstance(error, (ParameterMissingError, MessageInvalidError))
        return _impossible(draft, opaque_id, Reason.MISSING_PARAMETER if is_value else Reason.UNREACHABLE)
    return PreparedDraft(
        draft=draft,
        opaque_id=opaque_id,
        lookup=person.row.lookup,
        body=_ENCODER.encode(body),
        kept_body=b"" if kept is None else _ENCODER.encode(kept),
        edge=form.edge,
        sealed_request=b"",
        components_hash=form.components_hash,
        has_opt_out=form.has_opt_out,
        country=country_of_address(person.address, stated=person.row.country),
        coupon=slot,
    )


def _tokens(form: _Form, vault: Vault, opaque_id: OpaqueId) -> dict[str, str]:
    """Return the signed token of each tracked link of a message."""
    sign = partial(vault.sign, "link")
    return {
        name: make_link_token(LinkToken(opaque_id=opaque_id, link_index=index), sign)
        for name, index in form.links
    }


def _bodies(
    ask: Callable[[Mapping[str, Value]], Mapping[str, object]],
    values: Mapping[str, Value],
    *,
    code: str | None,
    hidden: Mapping[str, Value] | None,
) -> tuple[Mapping[str, object], Mapping[str, object] | None]:
    """Return the request, and what the ledger keeps instead where it holds a one-time code or a coupon.

    The ledger knows a coupon by the permit that carries it.
    """
    body = ask(values if code is None else {**values, CODE_PARAMETER: code})
    if hidden is not None:
        return body, ask(hidden)
    return body, None if code is None else ask({**values, CODE_PARAMETER: CODE_HIDDEN})


def _values_of(
    draft: Draft, parameters: Sequence[Parameter], person: Opened, *, coupon: str
) -> dict[str, Value]:
    """Return the values of a message by name, its coupon and the uploads of its files among them."""
    coupons = {one.name: coupon for one in parameters if one.coupon_pool is not None}
    return {**parameter_values(parameters, person), **coupons, **draft.uploads}


def _lacking_file(draft: Draft, form: _Form | None, terms: RunTerms | None) -> Reason | None:
    """Return why the message cannot show a file of its run; where nobody knows, it is asked for again."""
    if form is None or terms is None or draft.variant not in terms.media:
        return None
    if all(name in draft.uploads for name in file_parameters(form.template.parts)):
        return None
    return draft.file_problem or Reason.FACTS_UNKNOWN


def _compose_reply(
    draft: Draft, person: Opened | None, reply: ReplyTerms, *, opaque_id: OpaqueId, secrets: _Secrets
) -> PreparedDraft:
    if person is None:
        return _impossible(draft, opaque_id, Reason.FACTS_UNKNOWN)
    if person.address is None or person.row.lookup is None:
        return _impossible(draft, opaque_id, Reason.UNREACHABLE)
    sign = partial(secrets.vault.sign, "link")
    content = make_reply(
        reply,
        language=person.row.language,
        typed=secrets.typed.get(draft.run_id),
        value_of=lambda name: own_value(name, person),
        token_of=lambda index: make_link_token(LinkToken(opaque_id=opaque_id, link_index=index), sign),
        file_of=lambda name: draft.uploads.get(name) or draft.file_problems.get(name, Reason.FACTS_UNKNOWN),
    )
    if isinstance(content, Reason):
        return _impossible(draft, opaque_id, content)
    recipient = recipient_of(person.row.kind or "", person.address)
    # A reaction stands under its message already.
    is_quoting = reply.answers_words and content.kind != "reaction"
    quotes = secrets.quoted.get(draft.contact_id) if is_quoting else None
    return PreparedDraft(
        draft=draft,
        opaque_id=opaque_id,
        lookup=person.row.lookup,
        body=_ENCODER.encode(message_request(content, recipient, opaque_id=opaque_id, quotes=quotes)),
        sealed_request=b"",
        components_hash=b"",
        has_opt_out=False,
        country=country_of_address(person.address, stated=person.row.country),
    )


def _request(
    form: _Form,
    person: Opened,
    values: Mapping[str, Value],
    *,
    tokens: Mapping[str, str],
    opaque_id: OpaqueId,
) -> Mapping[str, object]:
    template = form.template
    components = form.components.render(values, link_tokens=tokens, flow_token=opaque_text(opaque_id))
    content = template_message(template.name, template.language, components, category=template.category)
    recipient = recipient_of(person.row.kind or "", person.address or "")
    body = message_request(content, recipient, opaque_id=opaque_id)
    return marketing_request(body) if form.edge == "marketing_messages" else body


def _impossible(draft: Draft, opaque_id: OpaqueId, problem: Reason) -> PreparedDraft:
    return PreparedDraft(
        draft=draft,
        opaque_id=opaque_id,
        lookup=b"",
        body=b"",
        sealed_request=b"",
        components_hash=b"",
        has_opt_out=False,
        problem=problem,
    )


async def _seal(vault: Vault, made: Sequence[PreparedDraft]) -> list[PreparedDraft]:
    ready = [one for one in made if one.problem is None]
    sealed = iter(
        await vault.seal_many(
            [SealItem(one.draft.contact_id, SEALED_REQUEST, one.kept_body or one.body) for one in ready]
        )
    )
    return [one if one.problem is not None else one.with_seal(next(sealed)) for one in made]
