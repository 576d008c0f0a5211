/* What happens when the processor cannot go on. */
#ifndef PLATFORMS_CORTEX_M_FAULTS_H_
#define PLATFORMS_CORTEX_M_FAULTS_H_

/* The exit status of a program that ended in a fault. */
#define SNI_FAULT_STATUS 134

/* What lies beneath the stack and must not be accessed: ARMv6-M and ARMv7-M. */
#define SNI_STACK_GUARD_BYTES 0x1000000u

/* The handler of every fault and of NMI: writes which fault it was, its reasons, where, and the
 * registers to standard error, and ends the run with SNI_FAULT_STATUS. */
void sni_fault(void);

#endif /* PLATFORMS_CORTEX_M_FAULTS_H_ */
