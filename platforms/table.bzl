"""What is known of every platform: the one table that platforms, toolchains, emulators and docs are made from."""

# QEMU's machines. boot: where the vector table is. rom, ram: (origin, bytes) as the linker script sees them. counter:
# address of a counter of 32 bits, with a tick of tick_ns nanoseconds.
_AN385 = struct(
    machine = "mps2-an385",
    boot = "0x00000000",
    rom = ("0x00000400", "0x3ffc00"),
    ram = ("0x20000000", "0x400000"),
    counter = "0x40028018",
    tick_ns = 40,
)
_AN386 = struct(
    machine = "mps2-an386",
    boot = "0x00000000",
    rom = ("0x00000400", "0x3ffc00"),
    ram = ("0x20000000", "0x400000"),
    counter = "0x40028018",
    tick_ns = 40,
)
_AN500 = struct(
    machine = "mps2-an500",
    boot = "0x00000000",
    rom = ("0x00000400", "0x3ffc00"),
    ram = ("0x20000000", "0x400000"),
    counter = "0x40028018",
    tick_ns = 40,
)
_AN505 = struct(
    machine = "mps2-an505",
    boot = "0x10000000",
    rom = ("0x10000400", "0x3ffc00"),
    ram = ("0x38000000", "0x400000"),
    counter = "0x50302018",
    tick_ns = 50,
)
_AN547 = struct(
    machine = "mps3-an547",
    boot = "0x00000000",
    rom = ("0x01000000", "0x200000"),
    ram = ("0x21000000", "0x400000"),
    counter = "0x59302018",
    tick_ns = 50,
)

# The cores, and what each can be combined with. profiles: the kernels made for a core, by its MVE. The FPUs and MVEs of a core: what selects them in GCC's and Clang's
# command lines. cpu: the value of @platforms//cpu; fpu_cpu: likewise where there is an FPU.
CORES = {
    "cortex_m0": struct(
        # QEMU's only board with this core has 16 KB of RAM. Its instructions are a subset of a Cortex-M3's, and the start-up
        # code has the M3 refuse unaligned accesses, as an M0 does.
        cpu = "armv6-m",
        flags = ["-mcpu=cortex-m0"],
        fpus = {"none": ["-mfloat-abi=soft"]},
        mves = {"none": []},
        profiles = {"none": "scalar"},
        emulated = _AN385,
    ),
    "cortex_m3": struct(
        cpu = "armv7-m",
        flags = ["-mcpu=cortex-m3"],
        fpus = {"none": ["-mfloat-abi=soft"]},
        mves = {"none": []},
        profiles = {"none": "scalar_m3"},
        emulated = _AN385,
    ),
    "cortex_m4": struct(
        cpu = "armv7e-m",
        flags = ["-mcpu=cortex-m4"],
        fpus = {
            "none": ["-mfloat-abi=soft"],
            "single": ["-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"],
        },
        mves = {"none": []},
        profiles = {"none": "dsp"},
        emulated = _AN386,
    ),
    "cortex_m7": struct(
        cpu = "armv7e-m",
        flags = ["-mcpu=cortex-m7"],
        fpus = {
            "none": ["-mfloat-abi=soft"],
            "single": ["-mfloat-abi=hard", "-mfpu=fpv5-sp-d16"],
            "double": ["-mfloat-abi=hard", "-mfpu=fpv5-d16"],
        },
        mves = {"none": []},
        profiles = {"none": "dsp"},
        emulated = _AN500,
    ),
    "cortex_m33": struct(
        cpu = "armv8-m",
        flags = ["-mcpu=cortex-m33"],
        fpus = {
            "none": ["-mfloat-abi=soft"],
            "single": ["-mfloat-abi=hard", "-mfpu=fpv5-sp-d16"],
        },
        mves = {"none": []},
        profiles = {"none": "dsp"},
        emulated = _AN505,
    ),
    "cortex_m55": struct(
        cpu = "armv8-m",
        flags = [],
        fpus = {"double": ["-mfloat-abi=hard", "-mfpu=auto"]},
        mves = {
            "none": ["-mcpu=cortex-m55+nomve"],
            "integer": ["-mcpu=cortex-m55+nomve.fp"],
            "float": ["-mcpu=cortex-m55"],
        },
        profiles = {"none": "dsp", "integer": "mve_integer", "float": "mve"},
        emulated = _AN547,
    ),
}

# What compiles for all of them, and what runs their programs: QEMU, behind whose arguments come the machine's. Nothing but
# the semihosting calls may use the standard streams. Counting, an instruction takes 1 ns: times are exact and repeatable.
BARE_METAL_COMPILER = "arm-none-eabi-gcc"
BARE_METAL_EMULATOR = ["qemu-system-arm", "-display", "none", "-monitor", "none", "-serial", "none", "-M"]
COUNTING_ARGUMENTS = ["-icount", "shift=0"]

def board_defines(machine):
    """What platforms/cortex_m/board.c is told of a machine.

    Args:
      machine: struct, `emulated` of a row of CORES.

    Returns:
      list of strings, NAME=VALUE.
    """
    return ["SNI_BOARD_COUNTER=" + machine.counter, "SNI_BOARD_TICK_NS=%d" % machine.tick_ns]

def board_linkopts(machine):
    """What platforms/cortex_m/qemu.ld is told of a machine.

    Args:
      machine: struct, `emulated` of a row of CORES.

    Returns:
      list of strings.
    """
    return [
        "-Wl,--defsym=sni_boot=" + machine.boot,
        "-Wl,--defsym=sni_rom=" + machine.rom[0],
        "-Wl,--defsym=sni_rom_bytes=" + machine.rom[1],
        "-Wl,--defsym=sni_ram=" + machine.ram[0],
        "-Wl,--defsym=sni_ram_bytes=" + machine.ram[1],
    ]

FPUS = ["none", "single", "double"]
MVES = ["none", "integer", "float"]

def bare_metal(core, fpu = "none", mve = "none"):
    """A bare-metal platform's row. Fails where there is no such core, or no such core with this FPU or MVE.

    Args:
      core: string, a key of CORES.
      fpu: string: `none`, `single` or `double` precision.
      mve: string: `none`, `integer` or `float`.

    Returns:
      struct of `core`, `fpu`, `mve`, `cpu` (the value of @platforms//cpu), `copts` (list of strings, for compiling and
      linking) and `emulated` (struct, QEMU's machine).
    """
    problem = impossible(core, fpu, mve)
    if problem:
        fail(problem)
    row = CORES[core]
    cpu = "armv7e-mf" if row.cpu == "armv7e-m" and fpu != "none" else row.cpu
    return struct(
        core = core,
        fpu = fpu,
        mve = mve,
        cpu = cpu,
        copts = row.flags + ["-mthumb"] + row.mves[mve] + row.fpus[fpu],
        emulated = row.emulated,
    )

def impossible(core, fpu, mve):
    """Why there is no such core, FPU and MVE.

    Args:
      core: string or None.
      fpu: string or None.
      mve: string or None.

    Returns:
      string: the reason, and what there is; None if the combination exists.
    """
    row = CORES.get(core)
    if row and fpu in row.fpus and mve in row.mves:
        return None
    if core:
        lines = ["core %s with FPU %s and MVE %s: no such processor. These exist:" % (core, fpu, mve)]
    else:
        lines = ["no core (a constraint value of //platforms/core). These exist:"]
    for name, other in CORES.items():
        lines.append("  core %s: FPU %s; MVE %s" % (name, " or ".join(other.fpus.keys()), " or ".join(other.mves.keys())))
    return "\n".join(lines)

# The bare-metal platforms by name, with their aliases.
BARE_METAL = {
    "cortex_m0": bare_metal("cortex_m0"),
    "cortex_m3": bare_metal("cortex_m3"),
    "cortex_m4": bare_metal("cortex_m4", "single"),
    "cortex_m4_soft": bare_metal("cortex_m4"),
    "cortex_m7": bare_metal("cortex_m7", "double"),
    "cortex_m7_single": bare_metal("cortex_m7", "single"),
    "cortex_m33": bare_metal("cortex_m33", "single"),
    "cortex_m55": bare_metal("cortex_m55", "double", "float"),
}

def with_fpu(name, fpu):
    """The same processor with or without a floating-point unit.

    Args:
      name: string, a platform's name or alias.
      fpu: bool, or None for the platform as it is.

    Returns:
      string: the platform's name; the same one where the processor has no such choice.
    """
    row = BARE_METAL.get(ALIASES.get(name, name))
    if fpu == None or not row or (row.fpu != "none") == fpu:
        return name
    others = [other for other in BARE_METAL if BARE_METAL[other].core == row.core]
    fitting = [other for other in others if (BARE_METAL[other].fpu != "none") == fpu]
    return fitting[0] if fitting else name

# What can emulate an x86-64 process where its instructions are to be counted: it has AVX2 and FMA, but no AVX-512. Without
# such an emulator they are counted in single steps.
_COUNTED_X86_64 = ["qemu-x86_64", "-cpu", "max"]

# Platforms with Linux. everywhere: whether a machine that runs tests can be expected to run it, by itself or an emulator.
LINUX = {
    "armv7l": struct(
        processor = "ARMv7-A with NEON, Linux",
        floats = "double precision",
        runs = "`qemu-arm`",
        constraints = ["@platforms//cpu:armv7", "//platforms/isa:neon"],
        copts = ["-march=armv7-a", "-mfpu=neon", "-mfloat-abi=hard", "-mthumb"],
        compiler = "arm-linux-gnueabihf-gcc",
        # -L: where Debian's cross compiler keeps the shared libraries, for programs that are not linked statically.
        emulator = ["qemu-arm", "-cpu", "cortex-a15", "-L", "/usr/arm-linux-gnueabihf"],
        counter = [],
        profile = "neon",
        everywhere = True,
    ),
    "x86_64": struct(
        processor = "x86-64, Linux",
        floats = "double precision",
        runs = "the machine itself",
        constraints = ["@platforms//cpu:x86_64"],
        copts = [],
        compiler = "gcc",
        emulator = [],
        counter = _COUNTED_X86_64,
        profile = "x86",
        everywhere = True,
    ),
    "x86_64_v3": struct(
        processor = "x86-64 with AVX2 and FMA, Linux",
        floats = "double precision",
        runs = "the machine itself",
        constraints = ["@platforms//cpu:x86_64", "//platforms/isa:x86_64_v3"],
        copts = ["-march=x86-64-v3"],
        compiler = "gcc",
        emulator = [],
        counter = _COUNTED_X86_64,
        profile = "x86",
        everywhere = True,
    ),
    "x86_64_v4": struct(
        processor = "x86-64 with AVX-512, Linux",
        floats = "double precision",
        runs = "the machine itself",
        constraints = ["@platforms//cpu:x86_64", "//platforms/isa:x86_64_v4"],
        copts = ["-march=x86-64-v4"],
        compiler = "gcc",
        emulator = [],
        counter = [],
        profile = "x86",
        everywhere = False,
    ),
}

# Each function and table in a section of its own, so that the linker can leave out what nothing refers to. Products and
# sums are not contracted on the compiler's own account: bits must not hang on it.
COMPILE_FLAGS = ["-ffunction-sections", "-fdata-sections", "-ffp-contract=off", "-fno-common"]
LINK_FLAGS = ["-Wl,--gc-sections", "-Wl,--fatal-warnings"]

# newlib's smaller variant. Start-up code is the program's own. The warning is about segments that an operating system
# would map.
BARE_METAL_COMPILE_FLAGS = ["--specs=nano.specs"]
BARE_METAL_LINK_FLAGS = ["-nostartfiles", "--specs=nano.specs", "-Wl,--no-warn-rwx-segments"]

def platform_copts(name):
    """The flags to compile with for a platform, for a C toolchain of one's own.

    Args:
      name: string, as `cortex_m4`.

    Returns:
      list of strings.
    """
    if name in BARE_METAL:
        return BARE_METAL[name].copts + COMPILE_FLAGS + BARE_METAL_COMPILE_FLAGS
    return _linux(name).copts + COMPILE_FLAGS

def platform_linkopts(name):
    """The flags to link with for a platform, for a C toolchain of one's own.

    Args:
      name: string, as `cortex_m4`.

    Returns:
      list of strings.
    """
    if name in BARE_METAL:
        return BARE_METAL[name].copts + LINK_FLAGS + BARE_METAL_LINK_FLAGS
    return _linux(name).copts + LINK_FLAGS

def platform_profile(name):
    """The kernel profile made for a platform's processor.

    Args:
      name: string, as `cortex_m4`.

    Returns:
      string: the profile, as `dsp`.
    """
    if name in BARE_METAL:
        row = BARE_METAL[name]
        return CORES[row.core].profiles[row.mve]
    return _linux(name).profile

def platform_constraints(name):
    """The constraint values of a platform, but for the board: for a toolchain of one's own, or a platform of one's own.

    Args:
      name: string, as `cortex_m4`.

    Returns:
      list of Labels.
    """
    if name in BARE_METAL:
        row = BARE_METAL[name]
        return [Label(text) for text in [
            "@platforms//cpu:" + row.cpu,
            "@platforms//os:none",
            "//platforms/core:" + row.core,
            "//platforms/fpu:" + row.fpu,
            "//platforms/mve:" + row.mve,
        ]]
    return [Label(text) for text in _linux(name).constraints + ["@platforms//os:linux"]]

def _linux(name):
    if name not in LINUX:
        fail("no platform \"%s\" (one of: %s)" % (name, ", ".join(sorted(BARE_METAL) + sorted(LINUX))))
    return LINUX[name]

ALIASES = {
    "cortex_m0plus": "cortex_m0",
    "cortex_m4_hard": "cortex_m4",
    "cortex_m4f": "cortex_m4",
    "cortex_m7_double": "cortex_m7",
    "cortex_m33f": "cortex_m33",
    "armv7": "armv7l",
    "x86_64_avx2": "x86_64_v3",
    "x86_64_avx512": "x86_64_v4",
}
