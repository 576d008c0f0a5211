"""Where each activation lies in the arena."""
