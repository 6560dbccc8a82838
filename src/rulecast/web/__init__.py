"""The page in the browser: a session's requests come in, live funnels, a stop button and look-ups go out.

Loopback only and behind a one-time token until sign-in exists. What people wrote is shown as text, never as
markup.
"""

from rulecast.web.run_web import run_web

__all__ = ["run_web"]
