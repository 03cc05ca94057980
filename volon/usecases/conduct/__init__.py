"""`volon conduct`: a READY.md carried out phase by phase, on the engine of pipelines."""
