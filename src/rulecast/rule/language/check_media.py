"""Check the files of messages: whether the template shows one, which one, and what is sent without it."""

from collections.abc import Iterable, Iterator, Sequence

from rulecast.rule.language import document as d
from rulecast.rule.language.problem_clause import MEDIA_FALLBACK, MEDIA_UNFIT
from rulecast.rule.language.scope import Scope, hint_of
from rulecast.values.catalogue import Medium, Template


def check_media(send: d.SendTemplate, template: Template, languages: Iterable[str], scope: Scope) -> None:
    """Report a file that the template does not show, one that it lacks, and people who would get no message."""
    if not template.shows_files:
        if send.media is not None:
            scope.report(MEDIA_UNFIT, f"{template.name} shows no file.", send.media.span)
        return
    media = list(_cards(send, template, scope))
    if template.media_headers:
        media.append(_medium(send, template, scope))
    elif send.media is not None and send.media.medium is not None:
        scope.report(
            MEDIA_UNFIT,
            f"The cards of {template.name} each show a file of their own; the rule names none.",
            send.media.span,
            hint=f'cards = ["{template.name}/1"] under [[media]] in the workspace file',
        )
    if send.media is not None:
        _check_choices(send.media, [one for one in media if one is not None], scope)
        _check_fallback(send, send.media, languages, scope)


def _cards(send: d.SendTemplate, template: Template, scope: Scope) -> Iterator[Medium | None]:
    """Yield the file of each card that shows one, None where there is none, which is reported."""
    for number, formats in template.media_cards.items():
        place = f"{template.name}/{number}"
        shown = {one.lower() for one in formats}
        kinds = ", ".join(sorted(shown))
        found = scope.catalogue.medium_for_card(template.name, number)
        what = None
        if found is None:
            what = f"Card {number} of {template.name} shows a file ({kinds}), and not one file is declared for it."
        elif shown != {found.kind}:
            what = (
                f"{found.name} is of the kind {found.kind}; card {number} of {template.name} shows {kinds}."
            )
        if what is not None:
            hint = f'cards = ["{place}"] under [[media]] in the workspace file'
            scope.report(MEDIA_UNFIT, what, send.template_span, hint=hint)
        yield found


def _medium(send: d.SendTemplate, template: Template, scope: Scope) -> Medium | None:
    """Return the file that is sent, or report that there is none."""
    name = None if send.media is None else send.media.medium
    span = send.template_span if send.media is None else send.media.span
    found = scope.catalogue.medium_for(template.name) if name is None else scope.catalogue.media.get(name)
    if found is None and name is None:
        shown = template.media_headers[0].lower()
        scope.report(
            MEDIA_UNFIT,
            f"{template.name} shows a file ({shown}) with each message, and the rule names none.",
            span,
            hint="from NUMBER media NAME; files are declared in the workspace file under [[media]]",
        )
    elif found is not None:
        _check_kind(send, found, template, scope)
    else:
        scope.report(
            MEDIA_UNFIT,
            f"There is no file {name}.",
            span,
            hint=hint_of(name or "", scope.catalogue.media)
            or "files are declared in the workspace file under [[media]]",
        )
    return found


def _check_kind(send: d.SendTemplate, medium: Medium, template: Template, scope: Scope) -> None:
    shown = {one.lower() for one in template.media_headers}
    if shown != {medium.kind}:
        scope.report(
            MEDIA_UNFIT,
            f"{medium.name} is of the kind {medium.kind}; {template.name} shows {', '.join(sorted(shown))}.",
            send.template_span if send.media is None else send.media.span,
        )


def _check_choices(media: d.MediaClause, shown: Sequence[Medium], scope: Scope) -> None:
    seen: set[str] = set()
    for choice in media.choices:
        if choice.cause in seen:
            scope.report(MEDIA_UNFIT, f"What goes out on {choice.cause} is said twice.", choice.span)
        seen.add(choice.cause)
        if choice.grade != "none" and shown and not any(one.can_be_lighter for one in shown):
            scope.report(
                MEDIA_UNFIT,
                f"rulecast makes only images lighter; {shown[0].name} is of the kind {shown[0].kind} and has no"
                " lighter form.",
                choice.span,
                hint='light = "the address of a smaller file" under [[media]], or none on slow network else template'
                " NAME",
            )


def _check_fallback(
    send: d.SendTemplate, media: d.MediaClause, languages: Iterable[str], scope: Scope
) -> None:
    needs_one = any(choice.grade == "none" for choice in media.choices)
    if media.fallback is None:
        if needs_one:
            scope.report(
                MEDIA_FALLBACK,
                "Who gets no file needs a template that shows none.",
                next(choice.span for choice in media.choices if choice.grade == "none"),
                hint="none on old system else template NAME",
            )
        return
    what = _fault(media.fallback, needs_one=needs_one, send=send, languages=languages, scope=scope)
    if what is not None:
        scope.report(MEDIA_FALLBACK, what, media.fallback_span)


def _fault(
    name: str, *, needs_one: bool, send: d.SendTemplate, languages: Iterable[str], scope: Scope
) -> str | None:
    """Return why a template cannot stand for one with a file, or None."""
    fallback = scope.catalogue.template(name)
    if not needs_one:
        return f"Nobody gets {name}: no choice says none."
    if fallback is None:
        return f"There is no template {name}."
    if fallback.shows_files:
        return f"{name} shows a file as well."
    lacking = [one for one in languages if one not in fallback.languages]
    if lacking:
        return f"{name} is not approved in {', '.join(lacking)}."
    own = scope.catalogue.template(send.template)
    if own is not None and own.category.lower() != fallback.category.lower():
        return f"{name} is of the category {fallback.category}; {own.name} is of {own.category}."
    given = {parameter.name for parameter in send.parameters}
    missing = [one for one in fallback.parameters if one not in given]
    return f"{name} takes parameters that the rule does not give: {', '.join(missing)}." if missing else None
