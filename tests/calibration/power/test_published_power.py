"""The table of published watts: what is read, every mistake at once, and the score by hand."""

import math

import pytest

from planner.calibration.power.groups import group_scores
from planner.calibration.power.published import power_split, published_file, read_published
from planner.calibration.power.score import factors_of, scored_power
from planner.errors import InputError
from planner.latency.band import Band

HEADER = (
    "device,unit,mode,engine,model,side,precision,batch,threads,power_w,boundary,idle_w,latency_ms,"
    "publisher,source"
)


def table(tmp_path, *lines):
    path = tmp_path / "watts.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return path


def test_watts_times_the_time_of_a_batch_are_joules_of_each_inference(tmp_path):
    (row,) = read_published(
        table(tmp_path, "t4,gpu,,tensorrt,resnet50,224,fp16,8,,60,module,9,4,a page,there")
    )
    assert row.energy_j == pytest.approx(60 * 0.004 / 8)
    assert (row.boundary, row.idle_w, row.threads) == ("module", 9.0, None)


def test_every_mistake_of_a_table_is_named(tmp_path):
    path = table(
        tmp_path,
        "t4,gpu,,tensorrt,resnet50,224,fp16,8,,60000000,module,,4,a page,there",
        "t4,gpu,,tensorrt,resnet50,224,fp17,8,,60,desk,,4,a page,there",
        "t4,gpu,,tensorrt,resnet50,224,fp16,0,,60,module,70,-4,,there",
    )
    with pytest.raises(InputError) as refused:
        read_published(path)
    places = [(problem.line, problem.where) for problem in refused.value.problems]
    assert places == [
        (2, "power_w"), (3, "boundary"), (3, "precision"), (4, "publisher"), (4, "latency_ms"), (4, "batch"),
        (4, "idle_w"),
    ]  # fmt: skip


def test_an_empty_table_and_one_without_its_columns_are_refused(tmp_path):
    with pytest.raises(InputError, match="at least one"):
        read_published(table(tmp_path))
    path = tmp_path / "other.csv"
    path.write_text("device,watts\nt4,60\n")
    with pytest.raises(InputError, match="add unit, model, power_w"):
        read_published(path)


def test_factors_by_hand():
    found = factors_of([(11.0, Band(8, 10, 12)), (5.0, Band(8, 10, 12)), (10.0, Band(8, 10, 12))])
    assert found.median == pytest.approx(1.1)
    assert found.held == pytest.approx(2 / 3)
    assert found.bias == pytest.approx(1.0)
    assert found.half_width == pytest.approx(math.sqrt(1.5))


def blind_rows():
    """What publishers that no fit uses measured, each beside its prediction."""
    apart = frozenset(item.publisher for item in power_split().left_out)
    found, refused = scored_power(row for row in read_published(published_file()) if row.publisher in apart)
    assert not refused
    return found, apart


def test_publishers_that_no_fit_uses_are_within_the_target():
    """Watts 1.15 at the median and 1.4 at the 90th percentile; the bands hold 85 to 95 %.

    Of units like those that the law was fitted on: it was on no card, whose share is assumed.
    """
    found, apart = blind_rows()
    watts = group_scores([item for item in found if item.group != "gpu of a card"], apart)[0].factors
    assert watts.rows >= 18
    assert watts.median < 1.15
    assert watts.p90 < 1.4
    assert 0.85 <= watts.held <= 0.95


def test_the_card_that_came_after_the_fit_is_scored_as_it_was():
    """58 W of an RTX 5070 where 139 W are said: a miss that docs/power.md names, and that must not grow."""
    (card,) = [item for item in blind_rows()[0] if item.group == "gpu of a card"]
    assert (card.row.device, card.row.power_w) == ("rtx-5070", 58.0)
    assert 1 / 2.5 < card.ratio < 1
