"""Results of tools that time language models: llama-bench, vLLM's, AIPerf and genai-perf, llm_bench."""
