"""The stages of a night, one a file: plain functions that the direct run and the Prefect flow call alike."""
