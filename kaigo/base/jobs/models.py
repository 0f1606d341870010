"""Runs of jobs: what was started for which business date, on what inputs, with what result."""

from __future__ import annotations

from django.db import models

from kaigo.base.records.models import About, Work


class Run(Work):
    """One run of a job. state: waiting | running | done | failed | refused."""

    about = About("none", "operations", {})

    job = models.CharField(max_length=80)
    on = models.DateField()
    state = models.CharField(max_length=20)
    actor = models.CharField(max_length=60)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    result = models.JSONField(default=dict)
    message = models.TextField(blank=True)

    class Meta:
        db_table = "jobs_run"
        indexes = [models.Index(fields=["job", "on"], name="jobs_run_job")]
