"""Feature groups, one a file. The registry in `features.groups.registry` lists those in use."""
