/* Results as JSON: one object on stdout. */
#ifndef IOPT_CLI_JSON_H
#define IOPT_CLI_JSON_H

#include <cjson/cJSON.h>

/* Prints the object and deletes it; NaN becomes null, bytes that are no UTF-8 become U+FFFD. */
void cli_json_print(cJSON *taken);

/* object[key] = value; null if the value is NaN, or the text NULL. */
void cli_json_number(cJSON *object, const char *key, double value);
void cli_json_text(cJSON *object, const char *key, const char *value);

/* object[key] = a new object, or array, which is returned; the object's own. */
cJSON *cli_json_object(cJSON *object, const char *key);
cJSON *cli_json_array(cJSON *object, const char *key);

#endif
