"""llama.cpp through the package `cyllama`: a file loaded, prompts and steps by token numbers.

Nothing is sampled and no text is made: a step is one call of `llama_decode` with one token, a prompt one with
many. The cache keeps keys and values in 16 bits, as llama.cpp does by itself; prompts go in pieces of 512.
"""

from __future__ import annotations

from pathlib import Path

from planner.engines.session import EngineError

CHUNK_TOKENS = 512
"""`n_ubatch` of llama.cpp."""


class LlamaSession:
    """One file in memory with a cache for one user."""

    def __init__(self, path: Path, *, context_tokens: int, threads: int) -> None:
        from cyllama.llama import llama_cpp as engine

        engine.disable_logging()
        model_options = engine.LlamaModelParams()
        model_options.n_gpu_layers = 0
        options = engine.LlamaContextParams()
        options.n_ctx, options.n_batch, options.n_ubatch = context_tokens, CHUNK_TOKENS, CHUNK_TOKENS
        options.n_threads = options.n_threads_batch = threads
        try:
            self._model = engine.LlamaModel(str(path), model_options)
            self._context = engine.LlamaContext(self._model, options)
        except (ValueError, RuntimeError, FileNotFoundError) as error:
            raise EngineError(f"llama.cpp refuses the file: {error}") from None
        self._batch = engine.LlamaBatch(n_tokens=CHUNK_TOKENS, embd=0, n_seq_max=1)
        self.cached = 0

    def use_threads(self, threads: int) -> None:
        """From the next pass on."""
        self._context.set_n_threads(threads, threads)

    def fill(self, tokens: int) -> None:
        """Bring the cache to so many tokens, whatever it has now."""
        if self.cached > tokens:
            self.clear()
        while self.cached < tokens:
            count = min(CHUNK_TOKENS, tokens - self.cached)
            self._decode(count, self.cached)
            self.cached += count

    def clear(self) -> None:
        """An empty cache."""
        self._context.kv_cache_clear()
        self.cached = 0

    def prompt(self, tokens: int) -> None:
        """Read a prompt into an empty cache, and empty it again."""
        self.clear()
        self.fill(tokens)

    def step(self) -> None:
        """One token after those in the cache, which has as many again afterwards."""
        self._decode(1, self.cached)
        self._context.memory_seq_rm(0, self.cached, -1)

    def _decode(self, count: int, position: int) -> None:
        # Any token numbers do; every vocabulary has the first few hundred.
        self._batch.set_batch([1 + index % 200 for index in range(count)], position, logits_all=False)
        self._context.decode(self._batch)
        self._context.synchronize()
