"""`python -m rulecast.config` prints the page of settings."""

import sys

from rulecast.config.describe_settings import render_settings_page

sys.stdout.write(render_settings_page())
