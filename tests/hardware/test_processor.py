"""What a machine says of its processor, read from folders laid out as Linux has them."""

import os

import pytest

from planner.hardware.processor import Processor, cpu_flags, this_processor

PLAIN = Processor(4, 1, "4", None, "avx2")


def linux(root, **files):
    """`/proc` and `/sys` with these files; a double underscore is a slash."""
    for name, text in files.items():
        path = root / name.replace("CG", "sys__fs__cgroup").replace("__", "/").replace(
            "CPU_MAX", "cpu.max"
        ).replace("CFS", "cpu.cfs")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def cores(root, **values):
    """A folder for each core, with one file each."""
    for name, speeds in values.items():
        for number, speed in enumerate(speeds):
            path = (
                root
                / f"sys/devices/system/cpu/cpu{number}"
                / name.replace("CG", "sys__fs__cgroup").replace("__", "/")
            )
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{speed}\n")
    return root


def test_big_and_little_cores_are_counted_by_kind(tmp_path):
    # RK3588: four Cortex-A55 (capacity 530) and four Cortex-A76 (1024).
    assert this_processor(cores(tmp_path, cpu_capacity=[530] * 4 + [1024] * 4)).kinds == "4 + 4"


def test_kinds_by_the_highest_clock_where_there_is_no_capacity(tmp_path):
    clocks = [5_000_000] * 8 + [3_800_000] * 4
    assert this_processor(cores(tmp_path, cpufreq__cpuinfo_max_freq=clocks)).kinds == "8 + 4"


def test_some_cores_without_a_capacity_leave_the_kinds_open(tmp_path):
    root = cores(tmp_path, cpu_capacity=[530, 530])
    (root / "sys/devices/system/cpu/cpu2").mkdir()
    assert this_processor(root).kinds is None


@pytest.mark.parametrize(("listed", "count"), [("0", 1), ("0,4", 2), ("0-3", 4), ("0-1,8", 3)])
def test_threads_of_a_core(tmp_path, listed, count):
    assert this_processor(cores(tmp_path, topology__thread_siblings_list=[listed])).threads_per_core == count


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({"CG__CPU_MAX": "150000 100000"}, 1.5),
        ({"CG__CPU_MAX": "max 100000"}, None),
        ({"CG__CPU_MAX": "50000"}, 0.5),
        ({"CG__CPU_MAX": "50000 0"}, None),
        (
            {"CG__cpu__CFS_quota_us": "200000", "CG__cpu__CFS_period_us": "50000"},
            4.0,
        ),
        ({"CG__cpu__CFS_quota_us": "-1", "CG__cpu__CFS_period_us": "100000"}, None),
        ({}, None),
    ],
)
def test_the_limit_of_a_container(tmp_path, files, quota):
    assert this_processor(linux(tmp_path, **files)).quota == quota


def test_extensions_are_those_that_engines_choose_by(tmp_path):
    root = linux(tmp_path, proc__cpuinfo="Features : fp asimd aes asimddp i8mm\n")
    assert this_processor(root).extensions == "asimd asimddp i8mm"
    assert "aes" in cpu_flags(root)


def test_nothing_is_known_of_an_empty_system(tmp_path):
    found = this_processor(tmp_path)
    assert (found.threads_per_core, found.kinds, found.quota, found.extensions) == (None,) * 4


def test_garbage_is_unknown(tmp_path):
    root = cores(tmp_path, topology__thread_siblings_list=["a-b"], cpu_capacity=["fast"])
    (root / "proc").mkdir()
    (root / "proc/cpuinfo").write_bytes(b"\xff\xfe")
    found = this_processor(root)
    assert (found.threads_per_core, found.kinds, found.extensions) == (None,) * 3


def test_cores_are_those_that_the_process_may_use(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 5}, raising=False)
    assert this_processor(tmp_path).cores == 2
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert this_processor(tmp_path).cores == 7


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (PLAIN, []),
        (Processor(2, 1, "4", None, "avx2"), [("cores", 4, 2)]),
        (Processor(4, None, None, None, None), []),
        (Processor(4, 1, "4", 1.5, "avx2"), [("quota", "none", 1.5)]),
        (Processor(4, 2, "2 + 2", None, "avx2 avx512f"), [
            ("threads_per_core", 1, 2), ("kinds", "4", "2 + 2"), ("extensions", "avx2", "avx2 avx512f"),
        ]),
    ],
)  # fmt: skip
def test_differences_are_of_what_both_know(now, expected):
    assert list(PLAIN.differences(now)) == expected
