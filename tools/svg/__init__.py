"""What pictures of the project have in common: how numbers and names are shown, and where axes have their marks."""
