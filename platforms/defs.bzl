"""For those who have programs, tests and emulators of their own."""

load("//platforms:program.bzl", _platform_binary = "platform_binary", _platform_test = "platform_test")
load(
    "//platforms:table.bzl",
    _platform_constraints = "platform_constraints",
    _platform_copts = "platform_copts",
    _platform_linkopts = "platform_linkopts",
)
load("//platforms/emulators:emulator.bzl", _EmulatorInfo = "EmulatorInfo", _emulator = "emulator")

EmulatorInfo = _EmulatorInfo
emulator = _emulator
platform_binary = _platform_binary
platform_constraints = _platform_constraints
platform_copts = _platform_copts
platform_linkopts = _platform_linkopts
platform_test = _platform_test
