"""Results of tools that time language models: llama-bench, vLLM's, AIPerf and genai-perf, llm_bench.

In: files that these tools wrote.
Out: rates with what was measured, as anchors of `planner llm`.
"""
