/* Measures how deep a function takes the stack: calls it on a painted stack and looks how far down
 * the paint is gone. */
#ifndef TOOLS_SIZE_PROBE_PROBE_H
#define TOOLS_SIZE_PROBE_PROBE_H

#include <stddef.h>
#include <stdint.h>

/* Any function of up to two pointers; what it returns as a bool comes back in the lowest byte. */
typedef uintptr_t (*sni_probe_function)(void*, void*);

/* Calls function(first, second) on the painted stack, and gives its result. *bytes becomes the
 * depth of the deepest byte that was written, return address included, if that is more than *bytes;
 * SIZE_MAX if the stack was too short, or no way to another one is known for this processor (for
 * x86-64 and Arm it is). Interrupts must not use this stack: none are enabled on bare
 * metal, and signals are not sent. */
uintptr_t sni_probe_call(sni_probe_function function, void* first, void* second, size_t* bytes);

/* The next of a fixed sequence of bytes that look random. */
uint8_t sni_probe_byte(void);

#endif
