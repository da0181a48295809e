"""Tensors that outlive an inference: caches of keys and values, counted where engines keep them."""
