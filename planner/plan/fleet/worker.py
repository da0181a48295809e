"""The program of a worker that answers questions of sites."""

from __future__ import annotations

from planner.plan.fleet.answer import answer_question
from planner.plan.sweep.point import PointTask
from planner.plan.sweep.worker import Reply, reply_to, serve

MODULE = "planner.plan.fleet.worker"


def reply_to_question(task: PointTask) -> Reply:
    """The reply to one question, for workers of Dask."""
    return reply_to(task, answer_question)


if __name__ == "__main__":
    serve(answer_question)
