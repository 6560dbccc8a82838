"""The web role: the page and its guard on one socket."""

from rulecast.web.build_web import build_web
from rulecast.web.guard import Guard
from rulecast.wiring.roles import Post, serve_http


async def run_web(post: Post) -> None:
    """Serve the page until told to stop."""
    await serve_http(Guard(build_web(post.workspace), post.workspace), post, lifespan="on")
