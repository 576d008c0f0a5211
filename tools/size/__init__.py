"""What a linked program costs: flash, RAM and the worst-case stack of the models in it, read from ELF files."""
