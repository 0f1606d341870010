"""The demo: a synthetic ward on this machine, from its files to printed notices. Wiring only; refused in production."""
