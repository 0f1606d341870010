"""Running jobs: preconditions, results, failures, and progress that others see while the job is still at work."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection

from kaigo.base.jobs import registry, run
from kaigo.base.jobs.models import Run


@pytest.fixture
def made(monkeypatch):
    """Register jobs for this test only."""
    monkeypatch.setattr(registry, "_JOBS", dict(registry.jobs()))
    return registry.job


def beside(query: str) -> tuple:
    """What somebody else sees: another connection, other transaction."""
    at = connection.settings_dict
    with psycopg.connect(
        host=at["HOST"], dbname=at["NAME"], user=at["USER"], password=at["PASSWORD"]
    ) as other:
        return other.execute(query).fetchone()


def test_others_see_how_far_a_job_is_before_it_has_ended(street, ctx, made):
    seen = []

    @made("test.long", title="長い業務")
    def long_job(ctx, progress):
        progress.step(40, 100, "判定")
        seen.append(beside("SELECT state, done, total, message FROM jobs_run ORDER BY id DESC LIMIT 1"))
        return {"people": 100}

    drawn = []
    done = run.run(ctx, "test.long", registry.Progress(lambda *parts: drawn.append(parts)))
    assert seen == [("running", 40, 100, "判定")]
    assert drawn == [(40, 100, "判定")]
    done.refresh_from_db()
    assert (done.state, done.result, done.message) == ("done", {"people": 100}, "")


def test_a_failed_job_saves_nothing_but_that_it_failed(street, ctx, made):
    @made("test.broken", title="壊れた業務")
    def broken(ctx, progress):
        Run.objects.create(job="test.leftover", on=ctx.on, state="done", actor=ctx.actor)
        raise ZeroDivisionError("氏名 見本")

    with pytest.raises(ZeroDivisionError):
        run.run(ctx, "test.broken")
    state = Run.objects.get(job="test.broken")
    # The kind of error, never its words: they may name a person.
    assert (state.state, state.message) == ("failed", "ZeroDivisionError")
    assert not Run.objects.filter(job="test.leftover").exists()


def test_a_job_waits_for_what_comes_before_it_and_says_so(street, ctx, made):
    @made("test.first", title="前の業務", when=registry.Yearly(4, 1))
    def first(ctx, progress):
        return {}

    @made(
        "test.second",
        title="後の業務",
        needs=("test.first",),
        ready=lambda ctx: ["税のファイル"] if ctx.on.month == 7 else [],
    )
    def second(ctx, progress):
        return {}

    with pytest.raises(registry.NotReady) as lacks:
        run.run(ctx, "test.second")
    assert lacks.value.missing == ["「前の業務」がまだ終わっていません", "税のファイル"]
    assert Run.objects.get(job="test.second").state == "refused"
    run.run(ctx, "test.first")
    assert run.missing(ctx, registry.jobs()["test.second"]) == ["税のファイル"]


def test_the_number_survives_an_error_while_the_failure_is_noted(street, ctx, made, monkeypatch):
    @made("test.twice", title="二度壊れる業務")
    def twice(ctx, progress):
        monkeypatch.setattr(run, "_end", gone)
        raise ValueError("x")

    def gone(*_):
        raise ConnectionError("y")

    with pytest.raises(ConnectionError) as raised:
        run.run(ctx, "test.twice")
    assert run.number_of(raised.value) == Run.objects.get(job="test.twice").id
