#include "sni_rules/runtime/header.h"

#include "sni_rules/runtime/float_parse.h"
#include "sni_rules/runtime/names.h"

#define SNI_LISTED_NAMES 20

static bool is_named(sni_text field, sni_text name) {
  return sni_text_equal(sni_text_trim(field), name);
}

/* The first field from `from` on that has this name, or `count`. */
static size_t find(const sni_text* fields, size_t from, size_t count, sni_text name) {
  while (from < count && !is_named(fields[from], name)) {
    ++from;
  }
  return from;
}

bool sni_header_match(const sni_columns* columns, const sni_text* fields, size_t count,
                      size_t* positions) {
  const sni_engine_info* const info = columns->info;
  size_t next = 0;
  for (size_t i = 0; i < info->column_count; ++i) {
    if (columns->roles[i] == 0) {
      continue;
    }
    char buffer[SNI_NAME_TEXT];
    const sni_text name = sni_column_name(info, i, buffer);
    /* Most headers have the columns in our order: then each one is right behind the one before. */
    if (next >= count || !is_named(fields[next], name)) {
      next = find(fields, 0, count, name);
    }
    if (next == count) {
      return false;
    }
    positions[i] = next++;
  }
  if (count == columns->needed) {
    return true; /* every field is taken, none is left to be a repetition */
  }
  for (size_t i = 0; i < info->column_count; ++i) {
    if (columns->roles[i] != 0) {
      char buffer[SNI_NAME_TEXT];
      const sni_text name = sni_column_name(info, i, buffer);
      const size_t first = find(fields, 0, count, name);
      if (find(fields, first + 1, count, name) < count) {
        return false;
      }
    }
  }
  return true;
}

bool sni_header_plausible(const sni_columns* columns, const sni_text* fields, size_t count) {
  for (size_t i = 0; i < columns->info->column_count; ++i) {
    char buffer[SNI_NAME_TEXT];
    const sni_text name = sni_column_name(columns->info, i, buffer);
    if (columns->roles[i] != 0 && find(fields, 0, count, name) < count) {
      return true;
    }
  }
  bool any_text = false;
  for (size_t i = 0; i < count; ++i) {
    float ignored;
    const sni_number number = sni_float_parse(fields[i], &ignored);
    if (number != SNI_NUMBER_TEXT && number != SNI_NUMBER_EMPTY) {
      return false;
    }
    any_text = any_text || number == SNI_NUMBER_TEXT;
  }
  return any_text;
}

/* The next name of a list that is cut where it gets too long to be read. */
static void list_name(sni_writer* log, sni_text name, size_t* listed) {
  if (*listed < SNI_LISTED_NAMES) {
    sni_write_string(log, *listed > 0 ? ", " : " ");
    sni_write_quoted(log, name);
  }
  ++*listed;
}

static void end_list(sni_writer* log, size_t listed) {
  if (listed > SNI_LISTED_NAMES) {
    sni_write_string(log, " and ");
    sni_write_u64(log, listed - SNI_LISTED_NAMES);
    sni_write_string(log, " more");
  }
}

/* Lists the needed columns that are missing, or those that are there twice, behind `title`; nothing
 * where there are none. */
static void list_faults(const sni_columns* columns, const sni_text* fields, size_t count,
                        bool repeated, const char* title, sni_writer* log) {
  size_t listed = 0;
  for (size_t i = 0; i < columns->info->column_count; ++i) {
    char buffer[SNI_NAME_TEXT];
    const sni_text name = sni_column_name(columns->info, i, buffer);
    if (columns->roles[i] == 0) {
      continue;
    }
    const size_t first = find(fields, 0, count, name);
    const bool missing = first == count;
    if (repeated ? !missing && find(fields, first + 1, count, name) < count : missing) {
      if (listed == 0) {
        sni_write_string(log, title);
      }
      list_name(log, name, &listed);
    }
  }
  end_list(log, listed);
}

void sni_header_explain(const sni_columns* columns, const sni_text* fields, size_t count,
                        uint64_t line, sni_writer* log) {
  sni_write_string(log, "error: line ");
  sni_write_u64(log, line);
  sni_write_string(log, ": taken for a header");
  list_faults(columns, fields, count, false, "; it lacks", log);
  list_faults(columns, fields, count, true, "; it repeats", log);
  sni_write_string(log, "; it has");
  size_t listed = 0;
  for (size_t i = 0; i < count; ++i) {
    list_name(log, sni_text_trim(fields[i]), &listed);
  }
  end_list(log, listed);
  sni_write_string(log, " (columns are found by name, in any order; ");
  if (fields[0].size > 0 && fields[0].data[0] == '#') {
    sni_write_string(log, "--comment=# skips lines like this one; ");
  }
  sni_write_string(log, "--header=no takes every line for data)\n");
}
