"""For those who have programs, tests and emulators of their own."""

load("//platforms:program.bzl", _platform_binary = "platform_binary", _platform_test = "platform_test")
load("//platforms/emulators:emulator.bzl", _EmulatorInfo = "EmulatorInfo", _emulator = "emulator")

EmulatorInfo = _EmulatorInfo
emulator = _emulator
platform_binary = _platform_binary
platform_test = _platform_test
