#include <git2.h>
#include <git2/sys/filter.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>
#include <spawn.h>

#if defined(__APPLE__)
#include <crt_externs.h>
#else
#include <unistd.h>
extern char **environ;
#endif

/* Swift cannot call C functions that take a variable number of arguments, so the options used have a wrapper each. */

/* Names the repository extensions that may be present without libgit2 refusing to open the repository. */
static inline int cgit2_accept_extensions(const char **names, size_t count) {
    return git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, names, count);
}

/* Makes every write below the git directory durable before it is renamed into place. */
static inline int cgit2_sync_writes(int enabled) {
    return git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, enabled);
}

/* Whether repositories of other users are refused unless the configuration names them. */
static inline int cgit2_check_owner(int enabled) {
    return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, enabled);
}

/* A place for objects, and who answers for it. */
struct cgit2_promisor_backend {
    git_odb_backend parent;
    void *owner;
};

/* The environment of this process, as `NAME=value` strings that end with a null pointer. */
static inline char **cgit2_environment(void) {
#if defined(__APPLE__)
    return *_NSGetEnviron();
#else
    return environ;
#endif
}

/* glibc shows this function only to programs that ask for all its extensions before the first header. */
#if defined(__GLIBC__)
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
#endif

/* Has a process start in a folder. */
static inline int cgit2_spawn_in_folder(posix_spawn_file_actions_t *actions, const char *folder) {
    return posix_spawn_file_actions_addchdir_np(actions, folder);
}
