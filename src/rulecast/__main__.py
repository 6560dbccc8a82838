"""The program: joins the doors (web, receiver) to the command line and runs one command.

Each role imports what it needs when it starts: a command that only prints a report loads no web server.
"""

import asyncio
import contextlib
import os
import sys
from functools import partial

from rulecast.cli.app import run_command
from rulecast.wiring.roles import Post, Role, serve_http


async def run_web_role(post: Post) -> None:
    """Serve the page."""
    from rulecast.web import run_web  # noqa: PLC0415 - see above

    await run_web(post)


async def run_receiver_role(post: Post) -> None:
    """Take webhooks and follow tracked links."""
    from rulecast.receiver import build_receiver  # noqa: PLC0415 - see above

    await serve_http(build_receiver(post.workspace), post, http="httptools", lifespan="on")


async def run_engine_role(post: Post) -> None:
    """Hold the mart, answer questions, run triggers, next steps, notices, replies, alerts and the periodic jobs."""
    from rulecast.wiring.alerts import run_alerts  # noqa: PLC0415 - see above
    from rulecast.wiring.breaker import run_upkeep  # noqa: PLC0415 - see above
    from rulecast.wiring.engine import run_engine  # noqa: PLC0415 - see above
    from rulecast.wiring.moments.run import run_follow_ups, run_notices, run_replies  # noqa: PLC0415 - see above
    from rulecast.wiring.periodic import run_periodic  # noqa: PLC0415 - see above
    from rulecast.wiring.restore import work_while_free  # noqa: PLC0415 - see above
    from rulecast.wiring.triggers import run_triggers  # noqa: PLC0415 - see above

    works = (run_triggers, run_follow_ups, run_notices, run_replies, run_alerts, run_upkeep)
    async with asyncio.TaskGroup() as group:
        group.create_task(run_engine(post.workspace, post.stop))
        # What a restored database did before, it would do again.
        await work_while_free(
            post.workspace,
            post.stop,
            partial(run_periodic, post.workspace, post.stop),
            *(partial(work, post.workspace, stop_event=post.stop) for work in works),
        )


async def run_sender_role(post: Post) -> None:
    """Send from every active number, once every stop the journal knows holds in the database."""
    from rulecast.wiring.journal import replay_journal  # noqa: PLC0415 - see above
    from rulecast.wiring.restore import DatabaseHeldError, wait_until_free  # noqa: PLC0415 - see above
    from rulecast.wiring.sender import run_sender  # noqa: PLC0415 - see above

    await replay_journal(post.workspace)
    while not post.stop.is_set():
        await wait_until_free(post.workspace, post.stop)
        if post.stop.is_set():
            return
        # Where it is held again while messages are sent, it is waited for again; accepting it replays the journal.
        with contextlib.suppress(DatabaseHeldError):
            await run_sender(post.workspace, stop_event=post.stop)


ROLES: dict[str, Role] = {
    "web": run_web_role,
    "receiver": run_receiver_role,
    "engine": run_engine_role,
    "sender": run_sender_role,
}


def main() -> None:
    """Run the command line of this process and leave with its exit code."""
    sys.exit(run_command(sys.argv[1:], os.environ, roles=ROLES))


if __name__ == "__main__":
    main()
