/* What the search for an arena asks of an engine that works in memory of the caller's. One engine
 * is linked into a program. */
#ifndef SNI_RULES_PROBE_ENGINE_H_
#define SNI_RULES_PROBE_ENGINE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What an input can be filled with. */
typedef enum sni_probe_kind {
  SNI_PROBE_ZEROS, /* other numbers may be indices out of range */
  SNI_PROBE_BYTES,
  SNI_PROBE_FLOATS
} sni_probe_kind;

typedef struct sni_probe_tensor {
  void* data; /* NULL: there is no such tensor */
  size_t bytes;
  sni_probe_kind kind;
} sni_probe_tensor;

/* Bytes of the engine's own objects, beside the arena. */
size_t sni_probe_object_bytes(void);

/* Whether setup would be good in an arena that is aligned to 16 bytes: without harm where it is
 * not. */
bool sni_probe_try(uint8_t* arena, size_t bytes);

/* Begins anew in an arena that was tried. false: it is too small. */
bool sni_probe_setup(uint8_t* arena, size_t bytes);

/* After a setup that was good: bytes of the arena that are in use now. No smaller arena can do. */
size_t sni_probe_used(void);

/* After a setup that was good; index from 0 on. */
sni_probe_tensor sni_probe_input(size_t index);
sni_probe_tensor sni_probe_output(size_t index);

/* One inference. false: it failed. */
bool sni_probe_invoke(void);

#ifdef __cplusplus
}
#endif

#endif /* SNI_RULES_PROBE_ENGINE_H_ */
