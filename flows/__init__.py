"""Settings, stages in order, Prefect flows and schedule, command line, report. Only this room knows Prefect."""
