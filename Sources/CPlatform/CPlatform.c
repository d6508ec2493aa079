#define _GNU_SOURCE
#include "CPlatform.h"

#if defined(__linux__)
#include <fcntl.h>
#include <sched.h>

int vintage_allowed_processors(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
}

void vintage_start_writeback(int descriptor, int64_t offset, int64_t count) {
    sync_file_range(descriptor, offset, count, SYNC_FILE_RANGE_WRITE);
}
#else
int vintage_allowed_processors(void) { return 0; }

void vintage_start_writeback(int descriptor, int64_t offset, int64_t count) {
    (void)descriptor;
    (void)offset;
    (void)count;
}
#endif

#if defined(__APPLE__)
#include <crt_externs.h>

char **vintage_environment(void) { return *_NSGetEnviron(); }
#else
#include <unistd.h>

char **vintage_environment(void) { return environ; }
#endif

#if defined(__GLIBC__)
#include <malloc.h>

void vintage_return_memory(void) { malloc_trim(0); }
#else
void vintage_return_memory(void) {}
#endif
