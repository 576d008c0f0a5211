/* Exit statuses of the program. */
#ifndef SNI_RULES_RUNTIME_STATUS_H_
#define SNI_RULES_RUNTIME_STATUS_H_

typedef enum sni_status {
  SNI_STATUS_OK = 0,
  SNI_STATUS_FAILED =
      1, /* input or output failed, a header that lacks columns, an engine that cannot start */
  SNI_STATUS_USAGE = 2,   /* wrong command line */
  SNI_STATUS_BAD_ROWS = 3 /* all went well but for rows that could not be used */
} sni_status;

#endif /* SNI_RULES_RUNTIME_STATUS_H_ */
