"""Tables of rows that came later: what is read, and every mistake of a file at once."""

import pytest

from planner.calibration.later.rows import later_files, network_of, read_later
from planner.errors import InputError
from planner.zoo.registry import names

HEAD = "device,unit,mode,model,input,precision,batch,engine,metric,value,source"


def table(tmp_path, *lines):
    path = tmp_path / "rows.csv"
    path.write_text("\n".join([HEAD, *lines]) + "\n")
    return path


def test_a_rate_is_read_as_the_time_between_batches(tmp_path):
    path = table(
        tmp_path,
        "t4,gpu,,zoo:resnet18,224,fp16,4,tensorrt,throughput_fps,1000,a page",
        "t4,gpu,,resnet18,224,fp16,4,tensorrt,latency_ms,5,a page",
    )
    rate, latency = read_later(path)
    assert rate.seconds == pytest.approx(4e-3)
    assert latency.seconds == pytest.approx(5e-3)
    assert (rate.model, rate.mode, rate.side) == ("resnet18", None, 224)


def test_all_mistakes_of_a_table_come_together_with_their_lines(tmp_path):
    path = table(
        tmp_path,
        "t4,gpu,,resnet18,224,fp16,1,tensorrt,latency_s,5,a page",
        "t4,tpu,,resnet18,224,fp17,0,tensorrt,latency_ms,-1,a page",
        "t4,gpu,,,224,fp16,1,tensorrt,latency_ms,1e-9,a page",
        "t4,gpu,,resnet18,224,fp16,1,tensorrt,latency_ms,1e-9,a page",
    )
    with pytest.raises(InputError) as caught:
        read_later(path)
    found = {(problem.line, problem.where) for problem in caught.value.problems}
    assert found == {
        (2, "metric"), (3, "unit"), (3, "precision"), (3, "batch"), (3, "value"), (4, "model"), (5, "value"),
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", "device,model\nt4,resnet18\n", HEAD + "\n"])
def test_a_table_without_columns_or_rows_is_refused(tmp_path, text):
    path = tmp_path / "rows.csv"
    path.write_text(text)
    with pytest.raises(InputError):
        read_later(path)


def test_shipped_tables_are_read_and_name_networks_that_exist():
    known = frozenset(names())
    rows = [row for path in later_files() for row in read_later(path)]
    assert len(rows) > 1000
    assert sum(network_of(row, None, known) is not None for row in rows) > 350


def test_a_file_of_the_name_goes_before_the_zoo(tmp_path):
    (row,) = read_later(table(tmp_path, "t4,gpu,,resnet18,224,fp16,1,tensorrt,latency_ms,5,a page"))
    (tmp_path / "resnet18.onnx").write_text("")
    assert network_of(row, tmp_path, frozenset()) == str(tmp_path / "resnet18.onnx")
    assert network_of(row, None, frozenset()) is None
