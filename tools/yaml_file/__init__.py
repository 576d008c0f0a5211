"""YAML files as values that know their lines, for readers that tell all mistakes at once."""
