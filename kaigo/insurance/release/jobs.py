"""Named work of the room: only what two persons have approved, and looking again."""

from __future__ import annotations

from django.conf import settings

from kaigo.base.jobs.registry import Daily, NotReady, Progress, job
from kaigo.base.records.context import Context
from kaigo.insurance.release import exports, printing, pulls
from kaigo.insurance.release.leaving import KINDS
from kaigo.insurance.release.models import Request


@job("release.print", title="承認された印刷とファイル", purpose="release")
def print_approved(ctx: Context, progress: Progress) -> dict:
    """Print every approved run, let out every approved file. Nothing that is not approved."""
    approved = list(Request.objects.filter(state="approved").select_related("gate").order_by("id"))
    if not approved:
        raise NotReady(["承認された依頼がありません"])
    done = {"runs": 0, "letters": 0, "pages": 0, "files": 0, "records": 0}
    for request in approved:
        if request.subject == "letters":
            run = printing.print_run(ctx, request, progress)
            done["runs"] += 1
            done["letters"] += run.letters
            done["pages"] += run.pages
        else:
            done["files"] += 1
            done["records"] += KINDS[request.subject].let_out(ctx, settings.INSURER, request).records
    return done


@job(
    "release.recheck",
    title="印刷済み・未発送の通知の点検",
    when=Daily(),
    needs=("residents.take",),
    purpose="release",
)
def recheck(ctx: Context, progress: Progress) -> dict:
    """Letters that are printed and not posted: whose person is now protected, moved, dead, decided anew."""
    return pulls.recheck_all(ctx)


@job("release.erase", title="受け取られなかった持出しの消去", when=Daily(), purpose="release")
def erase_exports(ctx: Context, progress: Progress) -> dict:
    """Files of 持出し that nobody fetched in time. Their manifests stay."""
    return {"erased": exports.erase_old()}
