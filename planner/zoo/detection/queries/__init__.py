"""Detectors that answer a fixed number of queries: transformers behind a backbone, without suppression."""
