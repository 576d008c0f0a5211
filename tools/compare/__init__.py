"""Engines side by side: measures programs of one network, and makes a table of what each costs."""
