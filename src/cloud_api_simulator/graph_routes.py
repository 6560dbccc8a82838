"""Every endpoint of the graph in one table: what it is, who answers, where the platform describes it."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cloud_api_simulator import graph_accounts as accounts
from cloud_api_simulator import graph_analytics as figures
from cloud_api_simulator import graph_apps as apps
from cloud_api_simulator import graph_media as media
from cloud_api_simulator import graph_numbers as numbers
from cloud_api_simulator import graph_people as people
from cloud_api_simulator import graph_template_sets as sets
from cloud_api_simulator import graph_templates as templates
from cloud_api_simulator.access import MANAGEMENT, MESSAGING
from cloud_api_simulator.graph_request import Call
from cloud_api_simulator.http_server import Response

Handle = Callable[[Call], Response | Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One endpoint: `node` names what the id in the path is, `edge` the rest of the path.

    `section` is the place in the platform reference; `body` the content type of a request with one; `query`
    the parameters it reads. Only management calls are metered.
    """

    method: str
    node: str
    edge: str = ""
    handle: Handle
    summary: str
    section: str
    query: tuple[str, ...] = ()
    body: str = ""
    permission: str = MANAGEMENT
    is_metered: bool = True


_CITED = re.compile(r" \((platform )?reference [^)]*\)")
PAGING = ("limit", "after", "before")
_COMPARED = ("template_ids", "start", "end")
_JSON = "application/json"
_NUMBER = "phone-number-id"
_WABA = "waba-id"
_APP = "app-id"
_BUSINESS = "business-id"
_TEMPLATE = "template-id"


def _route(method: str, node: str, edge: str, handle: Handle, **more: object) -> Route:
    """Return a route whose summary is the first line of its handler's docstring."""
    line = (handle.__doc__ or "").partition("\n")[0]
    summary = _CITED.sub("", line.partition("`: ")[2])
    summary = summary[:1].upper() + summary[1:]
    return Route(method=method, node=node, edge=edge, handle=handle, summary=summary, **more)  # type: ignore[arg-type]  # fields of Route, checked by its constructor


def _media_routes() -> tuple[Route, ...]:
    mine = {"permission": MESSAGING, "is_metered": False, "section": "8.7"}
    upload = {"section": "8.7", "is_metered": False}
    return (
        _route("POST", _NUMBER, "media", media.upload_media, body="multipart/form-data", **mine),
        _route("GET", "media-id", "", media.show_media, query=("phone_number_id",), **mine),
        _route("DELETE", "media-id", "", media.delete_media, query=("phone_number_id",), **mine),
        _route(
            "POST",
            _APP,
            "uploads",
            media.open_upload,
            query=("file_name", "file_length", "file_type"),
            **upload,
        ),
        _route("POST", "upload-id", "", media.continue_upload, body="application/octet-stream", **upload),
        _route("GET", "upload-id", "", media.show_upload, **upload),
    )


def _template_routes() -> tuple[Route, ...]:
    filters = (
        "fields",
        "name",
        "name_or_content",
        "status",
        "language",
        "category",
        "quality_score",
        "summary",
    )
    edge = "message_templates"
    plain = {"section": "8.1"}
    return (
        _route("POST", _WABA, edge, templates.create_template, body=_JSON, **plain),
        _route("GET", _WABA, edge, templates.list_templates, query=(*filters, *PAGING), **plain),
        _route(
            "DELETE", _WABA, edge, templates.delete_templates, query=("name", "hsm_id", "hsm_ids"), **plain
        ),
        _route("POST", _WABA, f"{edge}/archive", sets.archive_templates, body=_JSON, **plain),
        _route("POST", _WABA, f"{edge}/unarchive", sets.unarchive_templates, body=_JSON, **plain),
        _route("POST", _WABA, "upsert_message_templates", sets.upsert_templates, body=_JSON, **plain),
        _route(
            "POST",
            _WABA,
            "migrate_message_templates",
            sets.migrate_templates,
            query=("source_waba_id", "page_number"),
            **plain,
        ),
        _route(
            "GET",
            "message_template_library",
            "",
            sets.show_library,
            query=("search", "topic", "usecase", "industry", "language", *PAGING),
            **plain,
        ),
        _route("GET", _TEMPLATE, "", templates.show_template, query=("fields",), **plain),
        _route("POST", _TEMPLATE, "", templates.edit_template, body=_JSON, **plain),
        _route("POST", _TEMPLATE, "unpause", templates.unpause_template, section="4.7"),
        _route(
            "GET",
            _TEMPLATE,
            "compare",
            figures.compare_templates,
            query=("template_ids", "start", "end"),
            section="7.2",
        ),
    )


def _number_routes() -> tuple[Route, ...]:
    plain = {"section": "8.3"}
    sent = {"section": "8.3", "body": _JSON}
    return (
        _route("GET", _WABA, "phone_numbers", numbers.list_numbers, query=("fields", *PAGING), **plain),
        _route("POST", _WABA, "phone_numbers", numbers.add_number, **sent),
        _route("GET", _NUMBER, "", numbers.show_number, query=("fields",), **plain),
        _route("POST", _NUMBER, "", numbers.change_number, body=_JSON, section="3.1"),
        _route("POST", _NUMBER, "register", numbers.register, **sent),
        _route("POST", _NUMBER, "deregister", numbers.deregister, **plain),
        _route("POST", _NUMBER, "request_code", numbers.request_code, **sent),
        _route("POST", _NUMBER, "verify_code", numbers.verify_code, **sent),
        _route("GET", _NUMBER, "settings", numbers.show_settings, **plain),
        _route("POST", _NUMBER, "settings", numbers.change_settings, **sent),
        _route("GET", _NUMBER, "whatsapp_business_profile", numbers.show_profile, query=("fields",), **plain),
        _route("POST", _NUMBER, "whatsapp_business_profile", numbers.change_profile, **sent),
    )


def _people_routes() -> tuple[Route, ...]:
    block = {"section": "7.4", "permission": MESSAGING}
    named = {"section": "1.4"}
    signup = {"section": "2.8"}
    return (
        _route("POST", _NUMBER, "block_users", people.block_users, body=_JSON, **block),
        _route("DELETE", _NUMBER, "block_users", people.unblock_users, body=_JSON, **block),
        _route("GET", _NUMBER, "block_users", people.list_blocked, query=PAGING, **block),
        _route(
            "DELETE",
            _NUMBER,
            "contact_book",
            people.forget_contact,
            query=("messaging_product", "bsuid"),
            **named,
        ),
        _route("GET", _NUMBER, "username", people.show_username, **named),
        _route("POST", _NUMBER, "username", people.set_username, body=_JSON, **named),
        _route("DELETE", _NUMBER, "username", people.delete_username, **named),
        _route("GET", _NUMBER, "username_suggestions", people.suggest_usernames, **named),
        _route("POST", _WABA, "signups", people.create_signup, body=_JSON, **signup),
        _route("GET", _WABA, "signups", people.list_signups, query=PAGING, **signup),
        _route("GET", "signups", "{id}", people.show_signup, **signup),
        _route("POST", "signups", "{id}", people.change_signup, body=_JSON, **signup),
        _route("GET", "signup-id", "", people.show_signup, **signup),
        _route("POST", "signup-id", "", people.change_signup, body=_JSON, **signup),
    )


def _account_routes() -> tuple[Route, ...]:
    apps_place = {"section": "8.2"}
    hooks = {"section": "3.1"}
    portfolio = {"section": "1.1", "query": ("fields",)}
    return (
        _route("GET", _WABA, "", accounts.show_account, query=("fields",), section="1.1, 8.4, 8.5"),
        _route("POST", _WABA, "", accounts.change_account, body=_JSON, section="2.7, 8.6"),
        _route(
            "GET",
            _WABA,
            "template_analytics",
            figures.show_template_analytics,
            query=("start", "end", "granularity", "template_ids", "metric_types"),
            section="8.6",
        ),
        _route("GET", _WABA, "subscribed_apps", apps.list_subscribed_apps, **apps_place),
        _route("POST", _WABA, "subscribed_apps", apps.subscribe_app, body=_JSON, **apps_place),
        _route("DELETE", _WABA, "subscribed_apps", apps.unsubscribe_app, **apps_place),
        _route("GET", _BUSINESS, "", accounts.show_business, **portfolio),
        _route("GET", _BUSINESS, "owned_whatsapp_business_accounts", accounts.list_accounts, **portfolio),
        _route(
            "GET", _BUSINESS, "client_whatsapp_business_accounts", accounts.list_client_accounts, **portfolio
        ),
        _route("GET", _APP, "", accounts.show_app, **portfolio),
        _route("GET", _APP, "subscriptions", apps.list_subscriptions, **hooks),
        _route("POST", _APP, "subscriptions", apps.subscribe_fields, body=_JSON, **hooks),
        _route("DELETE", _APP, "subscriptions", apps.unsubscribe_fields, query=("fields",), **hooks),
        _route(
            "GET", "oauth", "access_token", apps.app_token, section="2.1", permission="", is_metered=False
        ),
        _route("GET", "debug_token", "", apps.debug_token, query=("input_token",), section="2.1"),
    )


ROUTES: tuple[Route, ...] = (
    *_media_routes(),
    *_template_routes(),
    *_number_routes(),
    *_people_routes(),
    *_account_routes(),
)
"""Every endpoint but `/messages` and `/marketing_messages`, which `accept` answers."""
