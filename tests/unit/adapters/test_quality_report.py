import pytest

from allocast.adapters.quality import Finding, QualityReport, RepairRules
from allocast.errors import DataError, UnknownNameError


def a_finding(**changed):
    facts = {
        "table": "stock",
        "check": "negative units",
        "column": "on_hand",
        "rows": 12,
        "first_places": ("row 7 (soap shop 2024-01-01)",),
        "action": "refused",
        "done": "repair them",
    }
    return Finding(**{**facts, **changed})


def test_a_report_without_refusals_lets_the_tables_pass():
    QualityReport((a_finding(action="repaired"), a_finding(action="kept"))).raise_if_refused()


def test_all_refusals_are_listed_at_once():
    report = QualityReport((a_finding(), a_finding(action="kept"), a_finding(column="backordered")))
    with pytest.raises(DataError) as caught:
        report.raise_if_refused()
    lines = str(caught.value).splitlines()
    assert lines[1:] == [
        "stock.on_hand: negative units, 12 rows, first row 7 (soap shop 2024-01-01). repair them.",
        "stock.backordered: negative units, 12 rows, first row 7 (soap shop 2024-01-01). repair them.",
    ]


def test_a_printed_report_fits_110_columns():
    long = a_finding(
        table="purchase_orders", check="received more than ordered", done="word " * 60, rows=1_234_567
    )
    printed = str(QualityReport((long, a_finding())))
    assert max(map(len, printed.splitlines())) <= 110
    assert "1,234,567" in printed


def test_a_report_that_found_nothing_says_so():
    assert str(QualityReport()) == "data quality: nothing found"
    assert QualityReport().to_frame().empty


def test_reports_add_up_and_become_a_frame():
    frame = (QualityReport((a_finding(),)) + QualityReport((a_finding(rows=3),))).to_frame()
    assert frame["rows"].tolist() == [12, 3]
    assert frame["first_places"].tolist() == ["row 7 (soap shop 2024-01-01)"] * 2


def test_each_rule_takes_its_words_and_no_others():
    assert RepairRules(gaps="zero").gaps == "zero"
    with pytest.raises(UnknownNameError, match="unknown word for the rule gaps 'zeros'; valid are zero"):
        RepairRules(gaps="zeros")
