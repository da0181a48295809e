"""Engines that serve language models: what each runs on, which formats it takes, which is the usual one."""
