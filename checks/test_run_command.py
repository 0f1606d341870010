"""`kaigo run` by hand: what is said when a job fails."""

from __future__ import annotations

import pytest

from kaigo.base.jobs import registry
from kaigo.base.jobs.models import Run
from kaigo.site.commands import run as command


@pytest.fixture
def made(monkeypatch):
    """Register jobs for this test only."""
    monkeypatch.setattr(registry, "_JOBS", dict(registry.jobs()))
    monkeypatch.setattr(command, "django_ready", lambda: None)
    return registry.job


def test_who_starts_a_job_by_hand_is_told_which_error_and_never_its_words(street, made, capsys):
    """The words of an error may name a person; the run's number leads to what is known."""

    @made("test.broken", title="壊れた業務")
    def broken(ctx, progress):
        try:
            raise KeyError("被保険者 0000000018 見本 花子")
        except KeyError as cause:
            raise ValueError("氏名 見本 花子") from cause

    assert command.main(["test.broken", "--on", "2026-07-01"]) == 1
    shown = capsys.readouterr()
    number = Run.objects.get(job="test.broken").id
    assert f"業務「test.broken」が失敗しました: ValueError(実行番号 {number})" in shown.err
    assert "builtins.KeyError" in shown.err and "test_run_command.py" in shown.err
    assert "見本" not in shown.err + shown.out and "0000000018" not in shown.err + shown.out


def test_a_job_that_fails_before_it_is_noted_is_told_without_a_number(street, made, capsys):
    def unreachable(ctx):
        raise ConnectionError("見本 花子")

    @made("test.lost", title="届かない業務", ready=unreachable)
    def lost(ctx, progress):
        return {}

    assert command.main(["test.lost", "--on", "2026-07-01"]) == 1
    shown = capsys.readouterr().err
    assert "業務「test.lost」が失敗しました: ConnectionError(実行の記録より前)" in shown
    assert "花子" not in shown
