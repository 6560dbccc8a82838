"""The retailer's real invoices: imported by the example mapping, asked by the example rules, counted again by hand."""

import tomllib
from collections.abc import Iterator
from decimal import Decimal

import pytest
from tests.real_data import customers
from tests.real_data.part import IS_WHOLE
from tests.real_data.shop import EXAMPLES, Shop, data_folder, example, imported, name_people

SAMPLE_SIZE = 200
MEMORY_MIB_MAX = 1_000

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def counted_customers() -> tuple[dict[int, customers.Customer], customers.Counts]:
    return customers.read_customers(data_folder("online_retail"))


@pytest.fixture(scope="module")
def known_customers(counted_customers) -> dict[int, customers.Customer]:
    return counted_customers[0]


@pytest.fixture(scope="module")
def retailer(tmp_path_factory, known_customers) -> Iterator[Shop]:
    home = tmp_path_factory.mktemp("online_retail")
    files = (example("events", "online_retail/online_retail.csv.gz", "invoices.toml"),)
    with imported("online_retail", files, home, zone=customers.ZONE) as shop:
        name_people(shop, known_customers)
        yield shop


def test_the_retailer_keeps_every_line_that_names_a_customer_and_refuses_the_others(
    retailer: Shop, counted_customers
) -> None:
    known, counted = counted_customers
    whole = (541_909, 135_080, 9_288)
    assert not IS_WHOLE or (counted.lines, counted.without_customer, counted.cancelled) == whole
    assert retailer.events_by_name() == {
        "cancellation": sum(len(one.cancellations) for one in known.values()),
        "purchase": sum(len(one.purchases) for one in known.values()),
    }
    (report,) = retailer.reports.values()
    assert report.reject_codes == {"RC-IMPORT-102": counted.without_customer}
    assert len(retailer.numbers) == len(known)
    assert not IS_WHOLE or len(known) == 4_372
    assert retailer.memory_mib < MEMORY_MIB_MAX


def test_a_customer_of_two_countries_is_of_the_one_named_last(retailer: Shop, known_customers) -> None:
    rows = retailer.rows("SELECT contact_id, attributes ->> 'country' FROM profile.contact")
    stored = {retailer.numbers[contact_id]: country for contact_id, country in rows}
    mapping = tomllib.loads((EXAMPLES / "online_retail" / "invoices.toml").read_text(encoding="utf-8"))
    codes = mapping["attributes"]["country"]["map"]
    assert stored == {
        number: codes[one.country].lower() if one.country in codes else None
        for number, one in known_customers.items()
    }


def test_the_usual_cleaning_gives_the_published_figures_from_the_stored_events(
    retailer: Shop, counted_customers
) -> None:
    _known, counted = counted_customers
    by_hand = (counted.clean_lines, len(counted.clean_customers), round(counted.clean_amount, 2))
    assert not IS_WHOLE or by_hand == (397_884, 4_338, Decimal("8911407.90"))
    cleaned = retailer.value(
        "SELECT ARRAY[count(*), count(DISTINCT contact_id), round(sum((properties ->> 'amount')::numeric), 2)]"
        " FROM collect.event WHERE name = 'purchase' AND (properties ->> 'quantity')::bigint > 0"
        " AND (properties ->> 'unit_price')::numeric > 0"
    )
    assert tuple(cleaned) == by_hand


@pytest.mark.parametrize("rule", customers.RULES)
def test_an_audience_of_customers_is_the_one_counted_by_hand(
    retailer: Shop, known_customers, rule: str
) -> None:
    now, counts = customers.RULES[rule]
    by_hand = {number for number, one in known_customers.items() if counts(one, now)}
    audience = retailer.audience(rule, now)
    assert audience == by_hand
    assert audience
    sample = retailer.sample(audience, SAMPLE_SIZE)
    assert retailer.audience_by_reference(rule, now, sample) == audience & sample
