"""Endpoints about users: block list, contact book, business usernames, sign-ups (reference 1.4, 2.8, 7.4)."""

import re
from typing import Any

from cloud_api_simulator.errors import ApiError, JsonObject
from cloud_api_simulator.graph_request import Call, no_object
from cloud_api_simulator.http_server import Response, json_response
from cloud_api_simulator.message_fields import need_choice, need_link, need_list, need_text, optional_text
from cloud_api_simulator.people import SERVICE_WINDOW_SECONDS, Person

BLOCKED_MAX = 64_000
"""Most users a number blocks (platform reference 4.8)."""
BLOCKED_AT_ONCE_MAX = 1_000
"""Most users of one request (platform reference 4.8)."""
MESSAGE_CHARACTERS_MAX = 300
"""Longest message of a sign-up (platform reference 2.8)."""

_USERNAME = re.compile(r"(?!.*\.\.)[a-z0-9_](?:[a-z0-9._]{1,33})[a-z0-9_]")
_PROMO_CODE = re.compile(r"[A-Za-z0-9]{1,50}")
_DECORATION = str.maketrans("", "", "+-() ")
_FIRST_SIGNUP_ID = 870_000_000_000_000


def block_users(call: Call) -> Response:
    """`POST /{phone-number-id}/block_users`: only people who wrote in the last 24 hours can be blocked."""
    world = call.world
    blocked = world.graph.blocked.setdefault(call.node, {})
    asked = _asked(call)
    if len(blocked) + len(asked) > BLOCKED_MAX:
        raise ApiError(139101)
    added, failed = [], []
    for given in asked:
        person = _person(call, given)
        last = person.last_inbound.get(call.node) if person is not None else None
        if person is None or last is None or world.clock.now() - last > SERVICE_WINDOW_SECONDS:
            failed.append(
                _failed(given, person, "The user has not messaged the business in the last 24 hours")
            )
            continue
        blocked[person.wa_id] = {"wa_id": person.wa_id, "user_id": person.user_id}
        added.append(_named(given, person))
    return _answer("added_users", added, failed)


def unblock_users(call: Call) -> Response:
    """`DELETE /{phone-number-id}/block_users`: people are let through again."""
    blocked = call.world.graph.blocked.setdefault(call.node, {})
    removed, failed = [], []
    for given in _asked(call):
        person = _person(call, given)
        if person is None or blocked.pop(person.wa_id, None) is None:
            failed.append(_failed(given, person, "The user is not blocked"))
        else:
            removed.append(_named(given, person))
    return _answer("removed_users", removed, failed)


def list_blocked(call: Call) -> Response:
    """`GET /{phone-number-id}/block_users`: the blocked people, page by page."""
    rows = [
        {"messaging_product": "whatsapp", **row}
        for row in call.world.graph.blocked.get(call.node, {}).values()
    ]
    return json_response(call.page(rows))


def _asked(call: Call) -> list[JsonObject]:
    body = call.body()
    if body.get("messaging_product") != "whatsapp":
        raise ApiError(100, message="(#100) The parameter messaging_product is required.")
    rows = need_list(body, "block_users", "block_users")
    if not 1 <= len(rows) <= BLOCKED_AT_ONCE_MAX:
        raise ApiError(
            100, message=f"(#100) Param block_users must have 1 to {BLOCKED_AT_ONCE_MAX} elements."
        )
    return rows


def _person(call: Call, given: JsonObject) -> Person | None:
    people = call.world.people
    if given.get("user_id"):
        return people.find_user(str(given["user_id"]))
    digits = str(given.get("user", "")).translate(_DECORATION)
    return people.find(people.resolve(digits)) if digits.isascii() and digits.isdigit() else None


def _named(given: JsonObject, person: Person) -> JsonObject:
    if given.get("user_id"):
        return {"input": given["user_id"], "user_id": person.user_id}
    return {"input": given["user"], "wa_id": person.wa_id}


def _failed(given: JsonObject, person: Person | None, reason: str) -> JsonObject:
    row = (
        _named(given, person) if person is not None else {"input": given.get("user") or given.get("user_id")}
    )
    error = {"message": reason, "code": 139100, "error_data": {"details": reason}}
    return {**row, "errors": [error]}


def _answer(key: str, done: list[JsonObject], failed: list[JsonObject]) -> Response:
    """Return the outcome: all well 200, else 139100 beside the list (platform reference 7.4)."""
    rows: dict[str, Any] = {key: done}
    body: JsonObject = {"messaging_product": "whatsapp", "block_users": rows}
    if not failed:
        return json_response(body)
    rows["failed_users"] = failed
    error = ApiError(139100)
    return json_response({**body, **error.body()}, status=error.http_status)


def forget_contact(call: Call) -> Response:
    """`DELETE /{phone-number-id}/contact_book?bsuid=`: webhooks may lose the phone (platform reference 1.4)."""
    if call.query.get("messaging_product") != "whatsapp":
        raise ApiError(100, message="(#100) The parameter messaging_product is required.")
    person = call.world.people.find_user(call.query.get("bsuid", ""))
    was_there = person is not None and person.in_contact_book
    if person is not None:
        person.in_contact_book = False
        call.world.people.keep(person)
    return json_response({"messaging_product": "whatsapp", "success": True, "deleted": was_there})


def show_username(call: Call) -> Response:
    """`GET /{phone-number-id}/username`: the business username and its status."""
    kept = call.world.graph.usernames.get(call.node)
    return json_response(kept if kept is not None else {})


def set_username(call: Call) -> Response:
    """`POST /{phone-number-id}/username`: 3 to 35 of a-z, 0-9, period, underscore; 147001 when it is taken."""
    wanted = str(call.body().get("username", ""))
    if _USERNAME.fullmatch(wanted) is None:
        raise ApiError(147002)
    names = call.world.graph.usernames
    if any(row["username"] == wanted for node, row in names.items() if node != call.node):
        raise ApiError(147001)
    names[call.node] = {"username": wanted, "status": "approved"}
    return json_response({"success": True, "status": "approved"})


def delete_username(call: Call) -> Response:
    """`DELETE /{phone-number-id}/username`: the business username is given up."""
    call.world.graph.usernames.pop(call.node, None)
    return json_response({"success": True})


def suggest_usernames(call: Call) -> Response:
    """`GET /{phone-number-id}/username_suggestions`: names that are free."""
    names = [f"business{call.node[-4:]}", f"business.{call.node[-4:]}"]
    return json_response({"data": [{"username_suggestions": names}]})


def create_signup(call: Call) -> Response:
    """`POST /{waba-id}/signups`: an in-app sign-up with its deep link (platform reference 2.8)."""
    body = call.body()
    _check_signup(body, is_new=not call.world.graph.signups)
    signup_id = str(_FIRST_SIGNUP_ID + len(call.world.graph.signups) + 1)
    known = (
        "signup_message",
        "confirmation_message",
        "privacy_policy_url",
        "website_url",
        "promo_code",
        "display_name",
    )
    call.world.graph.signups[signup_id] = {
        "id": signup_id,
        "status": "ACTIVE",
        **{key: body[key] for key in known if key in body},
    }
    return json_response({"id": signup_id})


def _check_signup(body: JsonObject, *, is_new: bool) -> None:
    for key in ("signup_message", "confirmation_message"):
        need_text(body, key, key, longest=MESSAGE_CHARACTERS_MAX)
    need_link(body, "privacy_policy_url", "privacy_policy_url")
    if body.get("website_url") is not None and not str(body["website_url"]).startswith("https://"):
        raise ApiError(100, message="(#100) Param website_url must begin with https://.")
    code = optional_text(body, "promo_code", "promo_code", longest=50)
    if code and _PROMO_CODE.fullmatch(code) is None:
        raise ApiError(100, message="(#100) Param promo_code must be letters and digits.")
    optional_text(body, "display_name", "display_name", longest=256)
    policy = body.get("policy")
    if is_new and not (isinstance(policy, dict) and policy.get("accepted")):
        raise ApiError(100, "The policy must be accepted the first time.", subcode=2494164)


def list_signups(call: Call) -> Response:
    """`GET /{waba-id}/signups`: the sign-ups, page by page."""
    return json_response(call.page(list(call.world.graph.signups.values())))


def show_signup(call: Call) -> Response:
    """`GET /signups/{id}`: one sign-up; its id alone finds it too."""
    return json_response(_signup(call))


def change_signup(call: Call) -> Response:
    """`POST /signups/{id}`: its texts or its status; the privacy policy is immutable."""
    signup, body = _signup(call), call.body()
    if "privacy_policy_url" in body:
        raise ApiError(100, "privacy_policy_url is immutable.", subcode=2494165)
    if "status" in body:
        need_choice(body, "status", "status", {"ACTIVE", "DISABLED"})
    known = ("signup_message", "confirmation_message", "website_url", "promo_code", "display_name", "status")
    signup.update((key, body[key]) for key in known if key in body)
    return json_response({"success": True})


def _signup(call: Call) -> JsonObject:
    found = call.world.graph.signups.get(call.rest[0] if call.rest else call.node)
    if found is None:
        raise no_object(call.node, call.request.method)
    return found
