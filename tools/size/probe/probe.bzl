"""Programs that measure how deep a model takes the stack: `stack_probe`."""

load("//sni_rules:defs.bzl", "sni_binary")
load("//sni_rules:providers.bzl", "SniModelInfo")

_MAIN = """/* What an inference of {name} takes, as JSON: without arguments the depth of the stack in each function, which runs
 * on a painted stack; with an argument the executed instructions. */
#include <stdio.h>

#include "sni_rules/runtime/counter.h"
#include "tools/size/probe/probe.h"
#include "{name}.h"

enum {{ RUNS = 3, ROWS = 100 }};

typedef struct depths {{
  size_t init, push, invoke, result;
}} depths;

static {name}_state state;

/* The functions take and give pointers of their own types; in calls all pointers are alike. */
#define CALL(function, first, second, bytes) \\
  sni_probe_call((sni_probe_function)(void (*)(void))(function), (void *)(first), (void *)(second), bytes)

/* Without `deepest` nothing is painted, which takes far longer than a row. */
static void feed(depths *deepest) {{
{feed}}}

static int count_instructions(void) {{
  sni_counter counter;
  const int counting = sni_counter_open(&counter);
  uint64_t empty = UINT64_MAX;
  {name}_init(&state);
  feed(NULL);
  for (int i = 0; counting && i < 64; ++i) {{
    const uint64_t start = sni_counter_read(&counter);
    const uint64_t taken = sni_counter_read(&counter) - start;
    if (taken < empty) empty = taken;
  }}
  const uint64_t start = counting ? sni_counter_read(&counter) : 0;
  {name}_invoke(&state);
  const uint64_t taken = counting ? sni_counter_read(&counter) - start : 0;
  if (counting) {{
    printf("{{\\"instructions\\": %lu}}\\n", (unsigned long)(taken - empty));
  }} else {{
    printf("{{\\"instructions\\": null}}\\n");
  }}
  return 0;
}}

int main(int argc, char **argv) {{
  (void)argv;
  if (argc > 1) return count_instructions();
  depths deepest = {{0, 0, 0, 0}};
  CALL({name}_init, &state, NULL, &deepest.init);
  for (int run = 0; run < RUNS; ++run) {{
    feed(&deepest);
    CALL({name}_invoke, &state, NULL, &deepest.invoke);
{result}  }}
  printf("{{\\"init\\": %lu, \\"push\\": %lu, \\"invoke\\": %lu, \\"result\\": %lu}}\\n", (unsigned long)deepest.init,
         (unsigned long)deepest.push, (unsigned long)deepest.invoke, (unsigned long)deepest.result);
  return 0;
}}
"""

# Any bytes are an input, and all inputs lie in the arena.
_FEED_ARENA = """  (void)deepest;
  for (size_t i = 0; i < {NAME}_ARENA_BYTES; ++i) state.arena.bytes[i] = sni_probe_byte();
"""

# Numbers of all sizes: functions of mathematics take their deepest paths for very large and very small ones.
_FEED_ROWS = """  static const float VALUES[] = {{0.0f, 0.5f, -3.0f, 45.0f, 200.0f, 1e5f, -1e9f, 1e30f, -3e38f, 1e-40f}};
  static float row[{NAME}_VALUES];
  for (int rows = 0;; ++rows) {{
    for (size_t i = 0; i < {NAME}_VALUES; ++i) row[i] = VALUES[sni_probe_byte() % (sizeof VALUES / sizeof *VALUES)];
    const int due = deepest == NULL ? {name}_push(&state, row) : (CALL({name}_push, &state, row, &deepest->push) & 1) != 0;
    if (due && rows >= ROWS) return;
  }}
"""

_RESULT = """    static float numbers[{NAME}_RESULTS];
    CALL({name}_result, &state, numbers, &deepest.result);
"""

def _probe_source_impl(ctx):
    info = ctx.attr.model[SniModelInfo]
    names = {"NAME": info.c_name.upper(), "name": info.c_name}
    source = ctx.actions.declare_file(ctx.label.name + ".c")
    ctx.actions.write(source, _MAIN.format(
        feed = (_FEED_ROWS if info.pipeline else _FEED_ARENA).format(**names),
        name = info.c_name,
        result = _RESULT.format(**names) if info.pipeline else "",
    ))
    return [DefaultInfo(files = depset([source]))]

_probe_source = rule(
    implementation = _probe_source_impl,
    attrs = {"model": attr.label(mandatory = True, providers = [SniModelInfo])},
)

def stack_probe(name, model, **kwargs):
    """A program that prints how deep the functions of a model take the stack, as JSON: bytes by `init`, `push` and so on.

    With the argument `bench` it prints the executed instructions of one inference instead, or null where they cannot be counted.

    Args:
      name: of the program.
      model: label of an sni_model.
      **kwargs: further attributes, as `visibility`.
    """
    _probe_source(
        name = name + "_main",
        model = model,
        **kwargs
    )
    sni_binary(
        name = name,
        srcs = [name + "_main"],
        # As the image is linked that the bound is worked out from. In a dynamically linked program the first call of a
        # library function may first look it up, on the same stack.
        linkopts = select({
            "@platforms//os:linux": ["-static"],
            "//conditions:default": [],
        }),
        model = model,
        deps = [
            Label("//sni_rules/runtime:counter"),
            Label("//tools/size/probe"),
        ],
        **kwargs
    )
