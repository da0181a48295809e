"""Work shared with copies of this process gives what it gives alone."""

import os
import signal

import pytest

from planner.forks import in_turns, usable_processes


@pytest.mark.parametrize("processes", [1, 2, 3, 9])
def test_results_stand_in_the_order_of_their_numbers(processes):
    assert in_turns(lambda number: number**2, 7, processes) == [0, 1, 4, 9, 16, 25, 36]
    assert in_turns(lambda number: number, 0, processes) == []


def test_what_fails_in_a_copy_fails_here():
    def odd_fail(number):
        if number % 2:
            raise ValueError(f"task {number}")
        return number

    with pytest.raises(ValueError, match="task 1"):
        in_turns(odd_fail, 4, 2)


def test_what_a_killed_copy_left_is_done_here():
    here = os.getpid()

    def killed_elsewhere(number):
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    assert in_turns(killed_elsewhere, 5, 2) == [0, 1, 2, 3, 4]


def test_there_is_always_a_process_to_use():
    assert 1 <= usable_processes() <= 4
