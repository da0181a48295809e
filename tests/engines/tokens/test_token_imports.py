"""Results of tools that time language models, in the forms that they print, and what hostile ones get."""

import json
from pathlib import Path

import pytest

from planner.api.machine.tokens import import_tokens, write_anchors
from planner.engines.imports.tokens.llama_bench import weights_of
from planner.errors import InputError, UnknownIdError
from planner.language.answer.anchors import anchors_of

approx = pytest.approx
QWEN = "models/Qwen2.5-7B-Instruct-Q4_K_M.gguf"
PROMPT = {
    "backends": "CUDA", "model_filename": QWEN, "model_type": "qwen2 7B Q4_K - Medium", "n_threads": 8,
    "n_prompt": 512, "n_gen": 0, "n_depth": 0, "avg_ns": 72135640, "avg_ts": 7100.0, "samples_ts": [7100.0],
}  # fmt: skip
STEPS = PROMPT | {"n_prompt": 0, "n_gen": 128, "n_depth": 512, "avg_ts": 118.0}
FILES = Path(__file__).parents[1] / "files"
TABLE = (FILES / "llama_bench.md").read_text()
VLLM = {
    "date": "20260101-120000", "backend": "vllm", "model_id": "meta-llama/Llama-3.1-8B", "num_prompts": 80,
    "request_rate": "inf", "burstiness": 1.0, "max_concurrency": 8, "duration": 40.0, "completed": 80,
    "total_input_tokens": 80 * 1024, "total_output_tokens": 80 * 128, "request_throughput": 2.0,
    "output_throughput": 256.0, "total_token_throughput": 2304.0, "mean_ttft_ms": 420.0,
    "median_ttft_ms": 400.0, "p99_ttft_ms": 900.0, "mean_tpot_ms": 21.0, "median_tpot_ms": 20.0,
}  # fmt: skip
AIPERF = {
    "input_config": {"endpoint": {"model_names": ["Qwen/Qwen3-8B"]}, "loadgen": {"concurrency": 4}},
    "time_to_first_token": {"unit": "ms", "avg": 120.0, "p50": 110.0, "p99": 300.0},
    "inter_token_latency": {"unit": "ms", "avg": 26.0, "p50": 25.0},
    "output_token_throughput": {"unit": "tokens/sec", "avg": 140.0},
    "input_sequence_length": {"unit": "tokens", "avg": 550.0},
    "output_sequence_length": {"unit": "tokens", "avg": 200.0},
}
REPORT = {
    "metadata": {"model": "llama-3-8b", "framework": "ov", "device": "CPU",
                 "precision": "OV_FP16-4BIT_DEFAULT", "num_beams": 1, "batch_size": 1},
    "perfdata": {"compile_time": 3.0, "results": [
        {"iteration": iteration, "input_size": 32, "output_size": 128, "first_latency": first,
         "second_avg_latency": step, "prompt_idx": 0, "generation_time": 5.0, "latency": 39.0}
        for iteration, first, step in ((0, 900.0, 60.0), (1, 200.0, 40.0), (2, 210.0, 50.0), (3, 190.0, 45.0))
    ]},
}  # fmt: skip
CSV_REPORT = (FILES / "llm_bench.csv").read_text()


def written(tmp_path, content, name="result"):
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def problems(tmp_path, tool, content):
    with pytest.raises(InputError) as caught:
        import_tokens(tool, written(tmp_path, content))
    return caught.value.problems


def as_csv(*rows):
    names = [name for name in rows[0] if name != "samples_ts"]
    lines = [",".join(names), *(",".join(f'"{row[name]}"' for name in names) for row in rows)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "content",
    [
        [PROMPT, STEPS],
        json.dumps(PROMPT) + "\n" + json.dumps(STEPS) + "\n",
        as_csv(PROMPT, STEPS),
    ],
    ids=["json", "jsonl", "csv"],
)
def test_llama_bench_says_the_same_in_each_form(tmp_path, content):
    prompt, steps = import_tokens("llama-bench", written(tmp_path, content)).rates
    assert (prompt.model, prompt.engine, prompt.weights) == (QWEN, "llama-cpp", "q4_k_m")
    assert (prompt.prompt_tokens, prompt.prompt_tokens_per_s, prompt.tokens_per_s) == (512, 7100.0, None)
    # 512 in the cache before, and half of the 128 that are written.
    assert (steps.context_tokens, steps.tokens_per_s, steps.prompt_in_rate) == (576, 118.0, False)
    assert prompt.threads is None, "of a GPU the threads are the program's own"


def test_llama_bench_table(tmp_path):
    found = import_tokens("llama-bench", written(tmp_path, TABLE))
    prompt, steps, both = found.rates
    assert (prompt.prompt_tokens_per_s, prompt.threads, prompt.weights) == (7340.20, 4, "q4_k_m")
    assert (steps.tokens_per_s, steps.context_tokens) == (116.71, 576)
    assert (both.tokens_per_s, both.prompt_in_rate, both.weights) == (131.42, True, "q4_0")
    assert len(found.notes) == 1


@pytest.mark.parametrize(
    ("kind", "file", "name"),
    [
        ("llama 8B Q6_K", "x.gguf", "q6_k"),
        ("llama 8B Q5_K - Small", "x.gguf", "q5_k_s"),
        ("llama 8B F16", "", "fp16"),
        ("llama 8B IQ4_XS - 4.25 bpw", "", "iq4_xs"),
        ("llama ?B all F32 (guessed)", "", "fp32"),
        ("unknown", "Qwen3-8B-Q3_K_M.gguf", "q3_k_m"),
        ("unknown", "model.gguf", None),
    ],
)
def test_formats_of_weights_by_the_words_of_llama_cpp(kind, file, name):
    assert weights_of(file, kind) == name


def test_vllm_counts_steps_by_the_time_per_token(tmp_path):
    (rate,) = import_tokens("vllm", written(tmp_path, VLLM)).rates
    assert (rate.users, rate.prompt_tokens, rate.output_tokens) == (8, 1024, 128)
    # Eight people get a token each in 20 ms: 400 tokens/s, where the whole run has 256 with its prompts.
    assert (rate.tokens_per_s, rate.prompt_in_rate, rate.ttft_s) == (approx(400.0), False, approx(0.4))
    assert rate.context_tokens == 1024 + 64


def test_vllm_at_a_rate_of_requests_does_not_know_its_users(tmp_path):
    open_loop = VLLM | {"request_rate": 4.0, "max_concurrency": None}
    (rate,) = import_tokens("vllm", written(tmp_path, open_loop)).rates
    assert (rate.tokens_per_s, rate.prompt_in_rate) == (256.0, True)
    assert "not stated" in rate.note
    (rate,) = import_tokens("vllm", written(tmp_path, VLLM | {"max_concurrency": None})).rates
    assert rate.users == 80


@pytest.mark.parametrize("tool", ["genai-perf", "aiperf"])
def test_aiperf(tmp_path, tool):
    (rate,) = import_tokens(tool, written(tmp_path, AIPERF)).rates
    assert (rate.model, rate.users, rate.prompt_tokens, rate.context_tokens) == ("Qwen/Qwen3-8B", 4, 550, 650)
    assert (rate.tokens_per_s, rate.ttft_s) == (approx(4 / 0.025), approx(0.11))


@pytest.mark.parametrize(
    "config",
    [
        {"model": ["m"], "concurrency": 4},
        {"model_names": ["m"], "perf_analyzer": {"stimulus": {"concurrency": [4]}}},
        {"formatted_model_name": "m", "stimulus": {"concurrency": 4}},
    ],
)
def test_genai_perf_of_several_versions(tmp_path, config):
    (rate,) = import_tokens("genai-perf", written(tmp_path, AIPERF | {"input_config": config})).rates
    assert (rate.model, rate.users) == ("m", 4)


def test_llm_bench_takes_the_median_without_the_warm_up(tmp_path):
    (rate,) = import_tokens("llm-bench", written(tmp_path, REPORT)).rates
    assert (rate.engine, rate.weights, rate.ttft_s) == ("openvino-genai", "int4", approx(0.2))
    assert rate.tokens_per_s == approx(1000 / 45)
    short, long = import_tokens("llm-bench", written(tmp_path, CSV_REPORT)).rates
    assert (short.tokens_per_s, short.weights, short.prompt_tokens) == (approx(25.0), "int8", 32)
    assert (long.tokens_per_s, long.ttft_s, long.prompt_tokens) == (None, approx(2.0), 1024)


def test_a_report_of_the_warm_up_alone_says_so(tmp_path):
    first = REPORT | {"perfdata": {"results": REPORT["perfdata"]["results"][:1]}}
    found = import_tokens("llm-bench", written(tmp_path, first))
    assert found.rates[0].ttft_s == approx(0.9)
    assert "warm-up" in found.notes[0]


BAD = [None, "nan", "inf", "-5", -5, 0, "1e400", 2**64 * 10**9, "", "fast", [], {}, True]


@pytest.mark.parametrize("value", BAD, ids=repr)
def test_rates_that_are_none_are_refused_by_place(tmp_path, value):
    found = problems(tmp_path, "llama-bench", [PROMPT, STEPS | {"avg_ts": value, "n_gen": -1}])
    assert {problem.where for problem in found} == {"[1].avg_ts", "[1].n_gen"}
    found = problems(tmp_path, "vllm", VLLM | {"output_throughput": value, "completed": "many"})
    assert {problem.where for problem in found} >= {"output_throughput", "completed"}
    if value is not None:
        metric = AIPERF | {"time_to_first_token": {"unit": "ms", "p50": value}, "inter_token_latency": 5}
        found = problems(tmp_path, "aiperf", metric)
        assert {problem.where for problem in found} == {"time_to_first_token.p50", "inter_token_latency"}


@pytest.mark.parametrize("value", ["nan", "inf", "-5", "1e400", "fast", 0, [], True])
def test_latencies_of_llm_bench_that_are_none(tmp_path, value):
    results = [dict(row) for row in REPORT["perfdata"]["results"]]
    results[1]["first_latency"] = results[2]["second_avg_latency"] = value
    found = problems(tmp_path, "llm-bench", REPORT | {"perfdata": {"results": results}})
    assert {problem.where for problem in found} == {
        "perfdata.results[1].first_latency", "perfdata.results[2].second_avg_latency",
    }  # fmt: skip


@pytest.mark.parametrize("tool", ["llama-bench", "vllm", "aiperf", "llm-bench"])
@pytest.mark.parametrize(
    "content",
    ["", "{", "[", "[[[[", "{}", "[]", "[1, 2]", "null", '{"a": NaN}', "[" * 5000, "|", "a,b\n1,2\n", "\0"],
    ids=repr,
)
def test_other_texts_get_one_refusal(tmp_path, tool, content):
    assert problems(tmp_path, tool, content)


@pytest.mark.parametrize(
    ("tool", "content"),
    [("llama-bench", [PROMPT]), ("vllm", VLLM), ("aiperf", AIPERF), ("llm-bench", REPORT)],
)
def test_a_file_cut_short_is_refused_wherever_it_ends(tmp_path, tool, content):
    text = json.dumps(content)
    for end in range(1, len(text) - 1, 37):
        assert problems(tmp_path, tool, text[:end])


def test_a_table_with_a_test_or_a_rate_that_is_none(tmp_path):
    broken = TABLE.replace("pp512 |", "xx512 |").replace("116.71 ±", "nan ±")
    assert [problem.where for problem in problems(tmp_path, "llama-bench", broken)] == [
        "line 4, test",
        "line 5, avg_ts",
    ]


def test_very_many_problems_are_counted(tmp_path):
    found = problems(tmp_path, "llama-bench", [PROMPT | {"avg_ts": -1}] * 50)
    assert len(found) == 21
    assert found[-1].got == "30 more like these"


def test_an_unknown_tool_is_answered_with_the_known_ones():
    with pytest.raises(UnknownIdError, match="llama-bench"):
        import_tokens("llama-benchmark", "x")


def test_imported_rates_are_anchors(tmp_path, call):
    source, path = written(tmp_path, [PROMPT, STEPS], "bench.json"), tmp_path / "own.yaml"
    write_anchors(
        import_tokens("llama-bench", source), path, device="jetson-agx-orin-64", model="zoo:qwen2.5-7b"
    )
    prompt, steps = anchors_of([str(path)])
    assert (prompt.part, prompt.unit, prompt.engine) == ("jetson-agx-orin-64", "gpu", "llama-cpp")
    assert (prompt.prompt_tokens, prompt.prompt_tokens_per_s) == (512, 7100.0)
    assert (steps.context_tokens, steps.tokens_per_s) == (576, 118.0)
    found = call("import", "llama-bench", source, "--anchor", path, "--device", "jetson-agx-orin-64",
                 "--model", "zoo:qwen2.5-7b")  # fmt: skip
    assert found.status == 0
    found = call("llm", "zoo:qwen2.5-7b", "--device", "jetson-agx-orin-64", "--anchor", path)
    assert "2 rates measured" in found.out


def test_anchors_that_lack_what_the_tool_does_not_say(tmp_path, call):
    source, path = written(tmp_path, VLLM, "vllm.json"), tmp_path / "own.yaml"
    found = call("import", "vllm", source, "--anchor", path)
    assert (found.status, path.exists()) == (2, False)
    assert "--device" in found.err
    with pytest.raises(InputError) as caught:
        write_anchors(import_tokens("vllm", source), path, device="jetson-agx-orin-64")
    assert [problem.where for problem in caught.value.problems] == ["--weights"]
    found = call("import", "trtexec", source, "--anchor", path)
    assert found.status == 2


def test_the_command_writes_json_that_is_declared(tmp_path, call):
    source = written(tmp_path, AIPERF, "profile_export_aiperf.json")
    record = json.loads(call("import", "aiperf", source, "--format", "json").out)
    assert record["rates"][0]["tokens_per_s"] == approx(160.0)
    assert set(record) == {"tool", "file", "rates", "notes"}
