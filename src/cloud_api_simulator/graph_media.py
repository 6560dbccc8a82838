"""Endpoints of files: media of messages and resumable uploads of examples (platform reference 8.7)."""

from cloud_api_simulator.errors import ApiError
from cloud_api_simulator.graph_request import Call, no_object
from cloud_api_simulator.http_server import Response, json_response
from cloud_api_simulator.media import URL_SECONDS, MediaFile, MediaStore, check_upload
from cloud_api_simulator.multipart import read_multipart

ATTACHMENTS = "whatsapp_business/attachments"
"""Path of a download address, as Meta's."""


def upload_media(call: Call) -> Response:
    """`POST /{phone-number-id}/media`: keep a file for 30 days and return its id."""
    parts = read_multipart(call.request.body, call.request.headers.get("content-type", ""))
    product = parts.get("messaging_product")
    if product is None or product.content != b"whatsapp":
        raise ApiError(100, message="(#100) The parameter messaging_product is required.")
    file = parts.get("file")
    if file is None:
        raise ApiError(100, message="(#100) The parameter file is required.")
    named = parts.get("type")
    mime_type = file.mime_type or (named.content.decode("latin-1") if named is not None else "")
    check_upload(file.content, mime_type)
    kept = call.world.graph.media.keep(
        file.content,
        number_id=call.node,
        mime_type=mime_type,
        filename=file.filename,
        now=call.world.clock.now(),
    )
    return json_response({"id": kept.media_id})


def show_media(call: Call) -> Response:
    """`GET /{media-id}`: an address that works for five minutes, type, digest and size."""
    file = _file(call)
    return json_response(
        {
            "url": media_address(call.world.graph.media, file, call.origin, call.world.clock.now()),
            "mime_type": file.mime_type,
            "sha256": file.sha256,
            "file_size": file.size_bytes,
            "id": file.media_id,
            "messaging_product": "whatsapp",
        }
    )


def media_address(store: MediaStore, file: MediaFile, origin: str, now: float) -> str:
    """Return where a file can be downloaded with the token for the next five minutes."""
    expires_at = int(now) + URL_SECONDS
    link_hash = store.url_hash(file, expires_at)
    return f"{origin}/{ATTACHMENTS}/?mid={file.media_id}&ext={expires_at}&hash={link_hash}"


def delete_media(call: Call) -> Response:
    """`DELETE /{media-id}`: the id is gone at once."""
    call.world.graph.media.delete(_file(call))
    return json_response({"success": True})


def download_media(call: Call) -> Response:
    """`GET` on a download address with the same token; 404 once the address or the file is too old."""
    store, now = call.world.graph.media, call.world.clock.now()
    file = store.find(call.query.get("mid", ""), now)
    until = call.query.get("ext", "")
    if (
        file is None
        or not until.isascii()
        or not until.isdigit()
        or int(until[:12]) < now
        or call.query.get("hash") != store.url_hash(file, int(until[:12]))
    ):
        return Response(status=404, body=b"", content_type="text/html")
    return Response(body=store.read(file), content_type=file.mime_type)


def open_upload(call: Call) -> Response:
    """`POST /{app-id}/uploads`: a session for a file of a given length and type."""
    body = call.body()
    length = str(body.get("file_length", ""))
    if not length.isascii() or not length.isdigit():
        raise ApiError(100, message="(#100) The parameter file_length is required.")
    mime_type = str(body.get("file_type", ""))
    session = call.world.graph.uploads.open(mime_type=mime_type, length=int(length[:12]))
    return json_response({"id": session.session_id})


def continue_upload(call: Call) -> Response:
    """`POST /upload:…`: bytes from `file_offset` on; the handle when they are all there."""
    uploads = call.world.graph.uploads
    session = uploads.find(call.node)
    offset = call.request.headers.get("file_offset", call.request.headers.get("file-offset", "0"))
    if not offset.isascii() or not offset.isdigit():
        raise ApiError(100, message="(#100) The header file_offset must be a number.")
    handle = uploads.take(session, call.request.body, offset=int(offset[:12]))
    return json_response({"h": handle} if handle else show_session(session.session_id, len(session.content)))


def show_upload(call: Call) -> Response:
    """`GET /upload:…`: where to go on after an interruption."""
    session = call.world.graph.uploads.find(call.node)
    return json_response(show_session(session.session_id, len(session.content)))


def show_session(session_id: str, received_bytes: int) -> dict[str, object]:
    """Return the state of an upload."""
    return {"id": session_id, "file_offset": received_bytes}


def _file(call: Call) -> MediaFile:
    file = call.world.graph.media.find(call.node, call.world.clock.now())
    owner = call.query.get("phone_number_id")
    if file is None or (owner is not None and owner != file.number_id):
        raise no_object(call.node, call.request.method)
    return file
