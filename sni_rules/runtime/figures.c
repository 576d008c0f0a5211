#include "sni_rules/runtime/figures.h"

static void write_string(sni_json* json, const char* name, const char* value) {
  sni_json_name(json, name);
  sni_json_string(json, value);
}

static void write_u64(sni_json* json, const char* name, uint64_t value) {
  sni_json_name(json, name);
  sni_json_u64(json, value);
}

void sni_figures_write(const sni_engine_info* info, sni_json* json) {
  write_string(json, "engine", info->engine);
  write_string(json, "version", info->version);
  write_string(json, "model", info->model);
  write_string(json, "model_sha256", info->model_sha256);
  write_string(json, "options", info->options);
  write_u64(json, "state_bytes", info->state_bytes);
  write_u64(json, "arena_bytes", info->arena_bytes);
  write_u64(json, "constant_bytes", info->constant_bytes);
  write_u64(json, "macs", info->macs);
}
