// Calls that the C library shows only to GNU sources, behind plain functions.
#ifndef VINTAGE_CPLATFORM_H
#define VINTAGE_CPLATFORM_H

#include <stdint.h>

// How many processors this process may run on, or 0 where the system cannot tell.
int vintage_allowed_processors(void);

// Asks the system to start writing a range of a file to the disk. A hint: nothing happens where it is unknown.
void vintage_start_writeback(int descriptor, int64_t offset, int64_t count);

// The environment of this process, as `NAME=value` strings that end with a null pointer.
char **vintage_environment(void);

// Gives memory that was freed back to the system, where the C library can.
void vintage_return_memory(void);

#endif
