"""Costs of engines against the published figures that they were derived from."""

import pytest

from planner.errors import InputError
from planner.hardware.catalog import device_ids, engine_ids, read_device, read_engine
from planner.latency.point import point_for
from planner.schema.reading.quantity import numbers_in


def test_the_kernel_cost_of_a_dla_is_what_resnet50_leaves_above_the_roof() -> None:
    """NVIDIA's DLA repository: 2037 images/s on two DLA of AGX Orin, batch 2, dense INT8, MAXN."""
    batch_s = 2 / (2037 / 2)
    compute_s = 2 * 8.2e9 / 26.2e12
    convolutions_with_what_they_absorb, poolings, products = 53, 2, 1
    kernels = convolutions_with_what_they_absorb + poolings + products

    launch_s = read_engine("tensorrt").units["dla"].launch_s.value

    assert launch_s == pytest.approx((batch_s - compute_s) / kernels, rel=0.01)


def test_the_fixed_cost_of_an_npu_is_what_squeezenet_leaves_above_its_launches() -> None:
    """Ascend ModelZoo: SqueezeNet 1.1 at batch 1 does 4849.7 images/s; 26 convolutions, 3 poolings, 8
    concatenations and the last average."""
    npu = read_engine("acl").units["npu"]
    kernels = 26 + 3 + 8 + 1

    assert npu.fixed_s.value == pytest.approx(1 / 4849.7 - kernels * npu.launch_s.value, rel=0.02)


@pytest.mark.parametrize("engine_id", engine_ids())
def test_a_kernel_costs_something_and_less_than_an_inference(engine_id: str) -> None:
    for kind, costs in read_engine(engine_id).units.items():
        assert 1e-7 < costs.launch_s.value < 1e-4, kind
        assert costs.launch_s.value < costs.fixed_s.value < 1e-3, kind


def test_the_generic_engine_covers_every_kind_of_unit() -> None:
    assert set(read_engine("generic").units) == {"gpu", "dla", "npu", "cpu"}


@pytest.mark.parametrize("engine_id", engine_ids())
def test_every_number_has_source_and_reason(engine_id: str) -> None:
    engine = read_engine(engine_id)
    for entry in numbers_in(engine):
        assert entry.number.source in engine.sources
        assert entry.number.formula or entry.number.status != "derived"
        assert entry.number.note or entry.number.status != "assumed"


@pytest.mark.parametrize("engine_id", ["tensorrt", "acl", "openvino", "generic"])
def test_engines_that_compile_a_graph_fold_residual_additions(engine_id: str) -> None:
    rules = read_engine(engine_id).fusion
    wanted = {"BatchNormalization", "Relu", "Add"}

    assert any("Conv" in rule.anchor and wanted <= set(rule.absorbs) for rule in rules)


@pytest.mark.parametrize("device_id", device_ids())
def test_engines_of_a_unit_cover_its_kind(device_id: str) -> None:
    for unit in read_device(device_id).units.values():
        for engine in unit.engines:
            assert unit.kind in read_engine(engine).units, (unit.name, engine)


@pytest.mark.parametrize(
    ("device", "runs", "lacks"),
    [
        # Axelera's table of opset 17 has no layer normalisation, error function or gather; Axera's list has.
        ("axelera-metis-m2", {"Conv", "HardSwish", "Softmax"}, {"LayerNormalization", "Erf", "Gather"}),
        ("ax650n", {"Conv", "LayerNormalization", "Erf", "GridSample", "TopK"}, {"NonMaxSuppression", "GRU"}),
    ],
)
def test_an_npu_lacks_what_its_makers_list_lacks(device: str, runs: set[str], lacks: set[str]) -> None:
    operators = point_for(read_device(device), unit="npu", precision="int8").operators
    assert runs <= operators
    assert not lacks & operators


def test_products_of_two_activations_are_refused_by_an_ethos_u65() -> None:
    (limit,) = point_for(read_device("imx93"), unit="npu", precision="int8").limits
    assert (limit.rule, set(limit.operators)) == ("weights", {"MatMul", "Gemm"})


@pytest.mark.parametrize("device", ["axelera-metis-m2", "deepx-dx-m1", "rdk-x5", "sl1680", "tda4vm"])
def test_an_npu_in_8_bits_refuses_floats(device: str) -> None:
    with pytest.raises(InputError, match="fp16"):
        point_for(read_device(device), unit="npu", precision="fp16")


@pytest.mark.parametrize(
    ("device", "unit", "engine"),
    [
        ("intel-arc-a770", "gpu", "openvino"),
        ("intel-core-ultra-7-258v", "npu", "openvino"),
        ("ryzen-ai-max-395", "gpu", "ncnn-vulkan"),
        ("ryzen-7-8845hs", "npu", "vitisai"),
        ("bm1684x", "npu", "tpumlir"),
        ("memryx-mx3-m2", "npu", "memryx"),
    ],
)
def test_the_usual_engine_of_a_unit_is_its_makers(device: str, unit: str, engine: str) -> None:
    assert point_for(read_device(device), unit=unit).engine == engine


@pytest.mark.parametrize(
    ("engine", "runs", "falls_back"),
    [
        ("tidl", {"Conv", "LayerNormalization", "GridSample"}, {"LSTM", "NonMaxSuppression", "Einsum"}),
        ("ethosu", {"Conv", "LSTM", "Resize"}, {"Gather", "LayerNormalization", "Erf"}),
        ("timvx", {"Conv", "MatMul", "GRU"}, {"NonMaxSuppression", "GroupNormalization", "Einsum"}),
    ],
)
def test_what_makers_tables_list_runs_and_the_rest_does_not(engine, runs, falls_back):
    found = read_engine(engine).units["npu"]
    assert found.operators is not None
    assert found.support is not None
    assert runs <= set(found.operators)
    assert not falls_back & set(found.operators)
