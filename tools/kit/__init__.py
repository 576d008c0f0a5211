"""Programs for a platform, built without Bazel."""
