"""Apply a group of signed webhook bodies in one transaction: everything they tell, or nothing.

Reads come first, then the locks of everybody who is about to be stopped, then writes; every stop is in the journal
before the transaction commits, every lifting after it. The door answers 200 after that and not earlier.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

import structlog

from rulecast.collect import record_events
from rulecast.collect.drop_repeats import drop_repeats
from rulecast.collect.inbox import BODY_COLUMN, ReceivedBody, keep_bodies, keep_texts
from rulecast.collect.inbox.received_body import SealedText
from rulecast.conversation import answer_entry_points, keep_details, open_windows, revoke_messages
from rulecast.database import Connection
from rulecast.database.errors import OperationalError
from rulecast.database.retry import retry_conflicts
from rulecast.deliver.pace_memory import note_inbound
from rulecast.profile.suppression import (
    JournalEntry,
    SuppressionJournal,
)
from rulecast.profile.suppression.journal import JournalWriteError
from rulecast.profile.suppression.match_opt_out import DEFAULT_BUTTON_PAYLOADS
from rulecast.values.failpoints import INERT, Failpoint, Failpoints
from rulecast.values.ids import ContactId
from rulecast.vault import SealItem
from rulecast.wiring.keep_lifts import keep_lifts, keep_stops
from rulecast.wiring.message_book import Answer, MessageBook
from rulecast.wiring.opt_outs.note import note_answers
from rulecast.wiring.senders import Sender, create_senders, find_receivers
from rulecast.wiring.webhook_accounts import DisplayNumbers, apply_account_group
from rulecast.wiring.webhook_group import (
    PERSON_STOPPED_CODE,
    Group,
    GroupReader,
    PlainPost,
    Said,
    WebhookPost,
    describe_post,
)
from rulecast.wiring.webhook_owners import find_people_of_words
from rulecast.wiring.webhook_people import change_identities, learn_from_messages, part_strangers
from rulecast.wiring.webhook_signups import keep_signups
from rulecast.wiring.webhook_stops import stop_people
from rulecast.wiring.webhook_talk import TalkReader
from rulecast.wiring.workspace import Workspace

TEXT_COLUMN = "collect.inbound_text.sealed_text"

_LOG = structlog.get_logger(__name__)


def is_store_away(error: BaseException) -> bool:
    """Return whether an error says that database or journal are away, not that a body is bad."""
    return isinstance(error, OperationalError | JournalWriteError | OSError)


class WebhookDoor:
    """Stores and applies webhook bodies of one workspace."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        book: MessageBook,
        journal: SuppressionJournal,
        stop_payloads: Sequence[str] = DEFAULT_BUTTON_PAYLOADS,
        failpoints: Failpoints = INERT,
    ) -> None:
        """Join the workspace's rooms; `stop_payloads` are the button payloads that mean stop."""
        self._failpoints = failpoints
        self._workspace = workspace
        self._book = book
        self._journal = journal
        self._reader = GroupReader(stop_payloads)
        self._talk = TalkReader(
            vault=workspace.vault,
            reactions_open_windows=workspace.settings.reactions_open_windows == "yes",
        )
        self._displayed = DisplayNumbers()

    async def apply(self, posts: Sequence[WebhookPost]) -> None:
        """Store the bodies and everything they tell in one transaction; when this returns it is durable.

        Raises:
            Exception: whatever went wrong; nothing of the group was committed.
        """
        bodies = [await self._seal_body(post) for post in posts]
        await self._failpoints.reach(Failpoint.BEFORE_WEBHOOK_STORE)
        lifts = await retry_conflicts(lambda: self._apply_sealed(posts, bodies))
        await self._failpoints.reach(Failpoint.AFTER_WEBHOOK_COMMIT)
        await keep_lifts(self._journal, lifts)

    async def apply_plain(self, posts: Sequence[PlainPost]) -> None:
        """Store bodies of nothing but ordinary statuses, as `apply` does, by fewer and larger steps.

        Raises:
            Exception: whatever went wrong; nothing of the group was committed.
        """
        bodies = await self._seal_plain(posts)
        await self._failpoints.reach(Failpoint.BEFORE_WEBHOOK_STORE)
        await retry_conflicts(lambda: self._apply_plain_sealed(posts, bodies))
        await self._failpoints.reach(Failpoint.AFTER_WEBHOOK_COMMIT)

    async def _apply_plain_sealed(self, posts: Sequence[PlainPost], bodies: Sequence[ReceivedBody]) -> None:
        async with self._workspace.database.transaction() as connection:
            await keep_bodies(connection, bodies)
            await self._failpoints.reach(Failpoint.AFTER_WEBHOOK_STORE)
            await self._failpoints.reach(Failpoint.BEFORE_STATUS_MERGE)
            await self._book.apply_plain(connection, posts, self._workspace.clock.now())
            await self._failpoints.reach(Failpoint.AFTER_STATUS_MERGE)

    async def quarantine(self, post: WebhookPost, problem: str) -> None:
        """Store a body whose facts cannot be applied, and still honour the opt-outs it holds where possible.

        Raises:
            Exception: the database or the journal is away, or cannot take even the body; nothing was kept.
        """
        body = await self._seal_body(post, problem=problem)
        only_stops = replace(
            post.parsed,
            statuses=tuple(one for one in post.parsed.statuses if one.error_code == PERSON_STOPPED_CODE),
        )
        try:
            only_said = post._replace(parsed=only_stops)
            await keep_lifts(
                self._journal, await retry_conflicts(lambda: self._apply_stops_alone(only_said, body))
            )
        except Exception as error:
            # A stop that was only hindered must not be answered 200: Meta repeats it when the store is back.
            if is_store_away(error):
                raise
            _LOG.error("opt-outs of a quarantined webhook not applied", error_type=type(error).__name__)
            async with self._workspace.database.transaction() as connection:
                await keep_bodies(connection, [body])

    async def _apply_sealed(
        self, posts: Sequence[WebhookPost], bodies: Sequence[ReceivedBody]
    ) -> list[JournalEntry]:
        """Store everything in one transaction and return what the journal is to hold once it is committed."""
        async with self._workspace.database.transaction() as connection:
            now = self._workspace.clock.now()
            group = await self._reader.read(connection, posts, now)
            entries = await self._change_identities(connection, group, now)
            entries += await part_strangers(connection, self._workspace.vault, group, now)
            people = await self._find_people(connection, group)
            if group.signups:
                people = await keep_signups(
                    connection, self._workspace.vault, group.signups, people=people, now=now
                )
            entries += await stop_people(connection, self._workspace.vault, group, people=people, now=now)
            await keep_bodies(connection, bodies)
            await self._failpoints.reach(Failpoint.AFTER_WEBHOOK_STORE)
            if group.statuses:
                await self._failpoints.reach(Failpoint.BEFORE_STATUS_MERGE)
                await self._book.apply_statuses(connection, group.statuses, now)
                await self._failpoints.reach(Failpoint.AFTER_STATUS_MERGE)
            if group.said:
                received = Counter(said.message.business_number_id for said in group.said)
                await note_inbound(connection, received, now=now)
                people = await self._record_messages(connection, group, people, now)
                entries += await learn_from_messages(
                    connection, self._workspace.vault, group.said, people=people, now=now
                )
                await note_answers(connection, group.said, people)
            await self._record_beside(connection, group, people, now)
            await self._mark_opt_outs(connection, group, people, now)
            if group.is_about_accounts:
                await apply_account_group(connection, group, now)
            await self._failpoints.reach(Failpoint.BEFORE_JOURNAL_APPEND)
            lifts = await keep_stops(self._journal, entries)
            await self._failpoints.reach(Failpoint.AFTER_JOURNAL_APPEND)
        return lifts

    async def _change_identities(
        self, connection: Connection, group: Group, now: datetime
    ) -> list[JournalEntry]:
        """Bring identities up to date before anybody is looked for by them."""
        if not group.identity_changes:
            return []
        events, done = await change_identities(connection, self._workspace.vault, group.identity_changes, now)
        await record_events(connection, events, now)
        return done.entries

    async def _record_beside(
        self, connection: Connection, group: Group, people: Mapping[Sender, ContactId], now: datetime
    ) -> None:
        """Record what was said to known people in the Business app, opened by them, or free by an advertisement."""
        echoes = [self._talk.echo(echo, people[sender]) for echo, sender in group.echoes if sender in people]
        clicks = [
            self._talk.click(click, people[sender], now) for click, sender in group.clicks if sender in people
        ]
        clicks = await drop_repeats(connection, clicks, now)
        if echoes or clicks:
            await record_events(connection, [*(event for event, _ in echoes), *clicks], now)
            words = [detail for _, details in echoes for detail in details]
            await keep_details(connection, self._workspace.vault, words)
        await answer_entry_points(
            connection,
            [
                (status.business_number_id, people[sender], min(status.occurred_at, now))
                for status, sender in group.entry_answers
                if sender in people
            ],
        )

    async def _apply_stops_alone(self, post: WebhookPost, body: ReceivedBody) -> list[JournalEntry]:
        async with self._workspace.database.transaction() as connection:
            now = self._workspace.clock.now()
            group = await self._reader.read(connection, [post], now)
            people = await self._find_people(connection, group)
            entries = await stop_people(connection, self._workspace.vault, group, people=people, now=now)
            await keep_bodies(connection, [body])
            return await keep_stops(self._journal, entries)

    async def _seal_body(self, post: WebhookPost, problem: str = "") -> ReceivedBody:
        day = post.received_at.date()
        return ReceivedBody(
            received_at=post.received_at,
            body_hash=hashlib.sha256(post.body).digest(),
            sealed_body=await self._workspace.vault.seal_for_day(day, BODY_COLUMN, post.body),
            key_day=day,
            state="quarantined" if problem or post.parsed.is_broken else "applied",
            problem=problem or describe_post(post),
        )

    async def _seal_plain(self, posts: Sequence[PlainPost]) -> list[ReceivedBody]:
        bodies: list[ReceivedBody] = []
        for day, of_day in groupby(posts, key=lambda post: post.received_at.date()):
            mine = list(of_day)
            sealed = await self._workspace.vault.seal_all_for_day(
                day, BODY_COLUMN, [post.body for post in mine]
            )
            bodies.extend(
                ReceivedBody(
                    received_at=post.received_at,
                    body_hash=hashlib.sha256(post.body).digest(),
                    sealed_body=one,
                    key_day=day,
                    state="applied",
                )
                for post, one in zip(mine, sealed, strict=True)
            )
        return bodies

    async def _find_people(self, connection: Connection, group: Group) -> dict[Sender, ContactId]:
        vault = self._workspace.vault
        people = await find_people_of_words(connection, vault, group, self._workspace.clock.now())
        # A tap on our button may come under an id we do not know yet; the message it quotes tells whose it is.
        quoting = [
            (said.sender, said.message.context_wamid)
            for said in group.said
            if said.is_opt_out and said.message.context_wamid and said.sender not in people
        ]
        receivers = await find_receivers(connection, vault, [(wamid, None) for _, wamid in quoting])
        return people | {quoting[place][0]: contact_id for place, contact_id in receivers.items()}

    async def _record_messages(
        self, connection: Connection, group: Group, people: Mapping[Sender, ContactId], now: datetime
    ) -> dict[Sender, ContactId]:
        """Record what known people wrote, make contacts of strangers, and tell the messages they answered.

        What is written to a group stays in the sealed body: it is no talk between a person and a number.
        """
        known = {**people, **await self._meet_strangers(connection, group, people, now)}
        heard = [
            (said, known[said.sender])
            for said in group.said
            if said.sender in known and not (said.is_of_group or said.is_incomplete)
        ]
        vault = self._workspace.vault
        talk = self._talk.read([(said.message, contact_id) for said, contact_id in heard], now)
        await record_events(connection, talk.events, now)
        texts = await self._seal_texts(heard)
        await keep_texts(connection, texts)
        await keep_details(connection, vault, talk.details)
        written = {*(one.event_key for one in texts), *(one.event_key for one in talk.details)}
        await open_windows(connection, vault, talk.heard)
        await revoke_messages(
            connection, vault, revoked=talk.revoked, written=written, quotable=talk.quotable
        )
        await self._displayed.learn(
            connection,
            [(said.message.business_number_id, said.message.display_phone_number) for said in group.said],
        )
        answers = [_answer(*pair) for pair in heard if not pair[0].is_opt_out and pair[0].is_answer]
        if answers:
            await self._book.apply_reply(connection, answers, now)
        return known

    async def _mark_opt_outs(
        self, connection: Connection, group: Group, people: Mapping[Sender, ContactId], now: datetime
    ) -> None:
        """Tell the messages after which known people asked for silence, in words or in WhatsApp's settings."""
        opt_outs = [
            _answer(said, people[said.sender])
            for said in group.said
            # Who answers our question has asked already: the message they asked after is told, not the question.
            if said.is_opt_out and said.choice is None and said.sender in people
        ]
        opt_outs.extend(
            Answer(contact_id=people[sender], context_wamid=None, occurred_at=fact.occurred_at)
            for fact, sender in group.preferences
            if fact.value == "stop" and sender in people
        )
        if opt_outs:
            await self._book.apply_opt_out(connection, opt_outs, now)

    async def _meet_strangers(
        self, connection: Connection, group: Group, people: Mapping[Sender, ContactId], now: datetime
    ) -> dict[Sender, ContactId]:
        """Make contacts of unknown people who wrote; who only asks for silence is kept by keyed hash alone."""
        first_seen: dict[Sender, datetime] = {}
        for said in group.said:
            is_nobody = not said.sender.identities or said.is_of_group
            if said.is_opt_out or said.sender in people or is_nobody:
                continue
            seen = min(said.message.occurred_at, now)
            first_seen[said.sender] = min(seen, first_seen.get(said.sender, seen))
        return await create_senders(connection, self._workspace.vault, first_seen, now)

    async def _seal_texts(self, heard: Sequence[tuple[Said, ContactId]]) -> list[SealedText]:
        worded = [(said.message, contact_id) for said, contact_id in heard if said.message.text]
        if not worded:
            return []
        sealed = await self._workspace.vault.seal_many(
            [
                SealItem(contact_id, TEXT_COLUMN, (message.text or "").encode())
                for message, contact_id in worded
            ]
        )
        return [
            SealedText(
                event_key=self._talk.text_key(message),
                contact_id=contact_id,
                occurred_at=message.occurred_at,
                sealed_text=text,
            )
            for (message, contact_id), text in zip(worded, sealed, strict=True)
        ]


def _answer(said: Said, contact_id: ContactId) -> Answer:
    return Answer(
        contact_id=contact_id,
        context_wamid=said.message.context_wamid,
        occurred_at=said.message.occurred_at,
    )
