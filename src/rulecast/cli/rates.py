"""`rulecast rates`: what messages cost, by market, category and day, and a newer card of Meta."""

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from rulecast.account import PRICE_SCALE
from rulecast.account.rate_card import Rate
from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.cli.text_file import read_text_file
from rulecast.values.money import MINOR_UNIT_DIGITS
from rulecast.wiring.rates import import_rates, list_rates
from rulecast.wiring.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(no_args_is_help=True, help="What messages cost.", rich_markup_mode=None)
    app.add_typer(group, name="rates")
    _add_list(group)
    _add_import(group)


def _add_list(group: typer.Typer) -> None:
    @group.command("list")
    def list_command(
        context: typer.Context,
        currency: Annotated[
            str | None, typer.Option("--currency", help="Default: the workspace's billing currency.")
        ] = None,
        on: Annotated[
            datetime | None,
            typer.Option("--on", formats=["%Y-%m-%d"], help="The account's day; default: today."),
        ] = None,
        json: JsonOption = False,
    ) -> None:
        """List the prices of one delivered message that hold on a day."""

        async def work(workspace: Workspace, terminal: Terminal) -> int | None:
            found = await list_rates(workspace, currency=currency, on=None if on is None else on.date())
            if json:
                terminal.print_json({"rates": [{**asdict(one), "rate": str(_price(one))} for one in found]})
            elif found:
                terminal.print(_table(found))
            else:
                terminal.print("No card holds prices in that currency on that day.")
            return None if found else 1

        run(context, work)


def _add_import(group: typer.Typer) -> None:
    @group.command("import")
    def import_command(
        context: typer.Context,
        file: Annotated[Path, typer.Argument(help="CSV file with the rates.")],
        json: JsonOption = False,
    ) -> None:
        """Add the rates of a newer card; a price that messages may have been sent at is never changed."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            imported = await import_rates(workspace, file.name, await read_text_file(file))
            if json:
                terminal.print_json(asdict(imported))
            elif imported.new:
                terminal.print(
                    f"{imported.new} rates in {', '.join(imported.currencies)} kept; the first holds from"
                    f" {imported.first_day}."
                )
            else:
                terminal.print("Every rate of this card was there already.")

        run(context, work, acts=True)


def _price(rate: Rate) -> Decimal:
    return (Decimal(rate.price_e4) / PRICE_SCALE).scaleb(-MINOR_UNIT_DIGITS.get(rate.currency, 2))


def _table(rates: list[Rate]) -> Table:
    table = Table(box=None)
    for heading in ("Market", "Category", "From message", "Price", "Since", "Source"):
        table.add_column(heading, justify="right" if heading in {"From message", "Price"} else "left")
    for one in rates:
        price = f"{_price(one).normalize():f} {one.currency}"
        tier = f"{one.tier_from:,}" if one.tier_from else ""
        table.add_row(one.market, one.category, tier, price, one.effective_from.isoformat(), one.source)
    return table
