"""The tests: they mirror the modules, and go through the front door."""
