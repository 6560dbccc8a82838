"""Note, in the transaction of a webhook, whom to answer about messages: nobody has to be there for it."""

from collections.abc import Iterable, Mapping

from rulecast.database import Connection
from rulecast.profile.suppression.stop_language import language_of_stop
from rulecast.values.ids import ContactId
from rulecast.wiring.opt_outs import store
from rulecast.wiring.opt_outs.records import Asked
from rulecast.wiring.senders import Sender
from rulecast.wiring.webhook_group import Said


async def note_answers(
    connection: Connection, said: Iterable[Said], people: Mapping[Sender, ContactId]
) -> None:
    """Note a confirmation for everybody known who asked for silence, and a question for who asks for offers again.

    Run it after the people were stopped, and so locked. A stop is confirmed once, until it is lifted; who is not
    stopped, or was asked within a day, is asked nothing.
    """
    stopped: list[Asked] = []
    again: list[Asked] = []
    for one in said:
        contact_id = people.get(one.sender)
        number = one.message.business_number_id
        # A tap on our question is its answer. What was said in a group, or without a time, opens no window.
        if contact_id is None or not number or one.choice or one.is_of_group or one.is_incomplete:
            continue
        if one.is_opt_out or one.asks_again:
            asked = Asked(
                contact_id=contact_id,
                asked_at=one.message.occurred_at,
                business_number_id=number,
                # What stands on a button was written by us.
                language="" if one.is_button else language_of_stop(one.message.text or ""),
            )
            (stopped if one.is_opt_out else again).append(asked)
    if stopped:
        await store.note_confirmations(connection, stopped)
    if again:
        await store.note_questions(connection, again)
