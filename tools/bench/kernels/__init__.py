"""What models cost with every kernel profile, beside what they cost elsewhere."""
