/* JSON, written as it goes: the caller opens and closes, this keeps track of commas, line breaks
 * and escapes. */
#ifndef SNI_RULES_RUNTIME_JSON_H_
#define SNI_RULES_RUNTIME_JSON_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sni_rules/runtime/text.h"
#include "sni_rules/runtime/writer.h"

typedef struct sni_json {
  sni_writer* writer;
  bool pretty; /* one member a line down to `depth` 2, for people; else all in one line */
  int depth;   /* of open objects and arrays */
  bool first;  /* nothing has been written yet into the innermost of them */
  bool named;  /* a name has been written, its value comes next */
} sni_json;

sni_json sni_json_start(sni_writer* writer, bool pretty);

void sni_json_open(sni_json* json, char bracket);  /* '{' or '[' */
void sni_json_close(sni_json* json, char bracket); /* '}' or ']' */
void sni_json_name(sni_json* json, const char* name);
void sni_json_name_text(sni_json* json, sni_text name);

void sni_json_null(sni_json* json);
void sni_json_bool(sni_json* json, bool value);
void sni_json_u64(sni_json* json, uint64_t value);
void sni_json_i64(sni_json* json, int64_t value);
void sni_json_float(sni_json* json,
                    float value); /* null unless finite: JSON has no word for others */
void sni_json_decimal(sni_json* json, uint64_t value, int decimals); /* as sni_write_decimal */
void sni_json_string(sni_json* json, const char* value);

/* The text as a JSON string; bytes that are no UTF-8 become U+FFFD. */
void sni_json_text(sni_json* json, sni_text value);

/* The number of bytes, 1 to 4, of the UTF-8 sequence at the start of text, 0 where there is none;
 * text is not empty. */
size_t sni_utf8_length(sni_text text);

#endif /* SNI_RULES_RUNTIME_JSON_H_ */
