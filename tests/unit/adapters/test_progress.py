import io
import sys

import pytest

from allocast.adapters.progress import progress_bar, track


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_items_come_through_silently_where_no_terminal_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(track(iter("abc"), "Reading", total=3)) == ["a", "b", "c"]
    assert capsys.readouterr() == ("", "")


def test_a_terminal_shows_a_bar_on_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert list(track([1, 2], "Reading")) == [1, 2]
    assert "Reading" in terminal.getvalue()


def test_what_is_done_of_a_total_moves_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar("Training", 10) as show:
        show(5)
    assert "Training" in terminal.getvalue()
    assert "50%" in terminal.getvalue()


def test_what_is_done_of_a_total_is_silent_where_no_terminal_is(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("Training", 10) as show:
        show(5)
    assert capsys.readouterr() == ("", "")
