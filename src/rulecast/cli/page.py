"""`rulecast page`: another one-time address for the page that `rulecast serve` shows."""

import typer
from rich.text import Text

from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.wiring.page_access import known_page_port, make_page_token, page_url
from rulecast.wiring.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("page")
    def page(context: typer.Context, json: JsonOption = False) -> None:
        """Print a new one-time address of the page; `rulecast serve` must be running."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            address = page_url(known_page_port(workspace), await make_page_token(workspace))
            if json:
                terminal.print_json({"page": address})
            else:
                terminal.print(Text(address, style="bold cyan"))

        run(context, work)
