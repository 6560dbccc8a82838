"""Telling a person that their message was read, or that somebody writes an answer."""

import msgspec

from rulecast.deliver.transport import Answered, OutboundRequest, Transport
from rulecast.template.messages import read_receipt

HTTP_OK = 200


class _Success(msgspec.Struct):
    success: bool = False


_SUCCESS = msgspec.json.Decoder(_Success)
_ENCODER = msgspec.json.Encoder()


async def mark_read(
    transport: Transport, *, business_number_id: str, wamid: str, is_typing: bool = False
) -> bool:
    """Mark a message and all before it as read, and say whether Meta took it; no message, so nothing is counted.

    It may be repeated: the second time changes nothing.

    Raises:
        MessageInvalidError: that is no wamid.
    """
    body = _ENCODER.encode(read_receipt(wamid, is_typing=is_typing))
    answer = await transport.send(OutboundRequest(business_number_id=business_number_id, body=body))
    if not isinstance(answer, Answered) or answer.status != HTTP_OK or answer.body is None:
        return False
    try:
        return _SUCCESS.decode(answer.body).success
    except msgspec.MsgspecError:
        return False
