/* What a process does to the files below one folder: recorded, and made to fail where a test says so.
 *
 * Loaded by LD_PRELOAD before libc; SQLite's own calls come by here too. Every call that changes a file or makes a
 * change last is done, then appended to the trace, under one lock: the trace is the order in which the kernel got them.
 *
 * DISK_ROOT    absolute path of the folder; nothing else is looked at
 * DISK_TRACE   file for the trace (tests/disk/trace.py reads it); absent: nothing is recorded
 * DISK_FAIL    "AT ERRNO OPS MODE": the AT-th call whose letter is in OPS fails with ERRNO; MODE is `once`, or `full`:
 *              the call writes half of what it was given, and all that come after it and need room fail as well
 * disk_begin() does the same for a process that is running already (a fork of a test's).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 4096
#define NEEDS_ROOM "cwmst"

struct head { char op, pad[3]; uint32_t path, to; uint64_t inode, offset, size; };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[4096], fail_ops[32], watched[FILES];
static size_t root_length;
static int trace = -1, fail_errno, fail_for_good, failing;
static long fail_at, count;

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static ssize_t real_write(int fd, const void *data, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t);
    return real(fd, data, size);
}

static int real_open(const char *path, int flags, mode_t mode) {
    REAL(int, "open64", const char *, int, ...);
    return real(path, flags, mode);
}

void disk_begin(const char *trace_path, long at, int error, const char *ops, int for_good) {
    if (trace >= 0) close(trace);
    trace = -1;
    if (trace_path && *trace_path) {
        int fd = real_open(trace_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        trace = fcntl(fd, F_DUPFD_CLOEXEC, 900);
        close(fd);
    }
    fail_at = at, fail_errno = error, fail_for_good = for_good, count = 0, failing = 0;
    snprintf(fail_ops, sizeof fail_ops, "%s", ops ? ops : "");
}

long disk_count(void) { return count; }

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("DISK_ROOT"), *fail = getenv("DISK_FAIL");
    long at = 0;
    int error = 0;
    char ops[32] = "", mode[8] = "";
    if (!folder) return;
    root_length = (size_t)snprintf(root, sizeof root, "%s", folder);
    if (fail) sscanf(fail, "%ld %d %31s %7s", &at, &error, ops, mode);
    disk_begin(getenv("DISK_TRACE"), at, error, ops, !strcmp(mode, "full"));
}

/* The folder itself too: its names are to be synced. */
static int below(const char *path) {
    return root_length && path && !strncmp(path, root, root_length) && (!path[root_length] || path[root_length] == '/');
}

static int is_watched(int fd) { return fd >= 0 && fd < FILES && watched[fd]; }

static void record(char op, const char *path, const char *to, uint64_t inode, uint64_t offset,
                   const void *data, size_t size) {
    struct head head = {op, "", path ? (uint32_t)strlen(path) : 0, to ? (uint32_t)strlen(to) : 0, inode, offset, size};
    struct iovec parts[] = {{&head, sizeof head}, {(void *)(path ? path : ""), head.path},
                            {(void *)(to ? to : ""), head.to}, {(void *)data, size}};
    REAL(ssize_t, "writev", int, const struct iovec *, int);
    if (trace >= 0 && real(trace, parts, data ? 4 : 3) < 0) abort();
}

static uint64_t inode_of(int fd) {
    struct stat facts;
    return fstat(fd, &facts) ? 0 : facts.st_ino;
}

/* Whether this call is to fail. Held under the lock; errno is set. The file is named by its path or its descriptor. */
static int fails(char op, const char *path, int fd) {
    char link[64], file[4096] = "";
    if (failing) {
        if (!strchr(NEEDS_ROOM, op)) return 0;
        errno = fail_errno;
        return 1;
    }
    if (!strchr(fail_ops, op) || ++count != fail_at) return 0;
    failing = fail_for_good;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (!path && readlink(link, file, sizeof file - 1) > 0) path = file;
    record('!', path, (char[]){op, 0}, 0, 0, NULL, 0);
    errno = fail_errno;
    return 1;
}

#define BEGIN pthread_mutex_lock(&lock)
#define END(result) do { int kept = errno; pthread_mutex_unlock(&lock); errno = kept; return result; } while (0)

static int opened(const char *path, int flags, mode_t mode) {
    int fd, is_new;
    if (!below(path)) return real_open(path, flags, mode);
    BEGIN;
    is_new = (flags & O_CREAT) && access(path, F_OK);
    if (is_new && fails('c', path, -1)) END(-1);
    fd = real_open(path, flags, mode);
    if (fd >= 0 && fd < FILES) {
        watched[fd] = 1;
        if (is_new) record('c', path, NULL, inode_of(fd), 0, NULL, 0);
        else if (flags & O_TRUNC) record('t', NULL, NULL, inode_of(fd), 0, NULL, 0);
    }
    END(fd);
}

#define OPEN(name, ...) \
    int name(__VA_ARGS__, int flags, ...) { \
        va_list more; \
        va_start(more, flags); \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0; \
        va_end(more);
OPEN(open, const char *path) return opened(path, flags, mode); }
OPEN(open64, const char *path) return opened(path, flags, mode); }
OPEN(openat, int at, const char *path)
    REAL(int, "openat64", int, const char *, int, ...);
    return below(path) ? opened(path, flags, mode) : real(at, path, flags, mode); }
OPEN(openat64, int at, const char *path)
    REAL(int, "openat64", int, const char *, int, ...);
    return below(path) ? opened(path, flags, mode) : real(at, path, flags, mode); }
int creat(const char *path, mode_t mode) { return opened(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return opened(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

int close(int fd) {
    REAL(int, "close", int);
    if (is_watched(fd)) watched[fd] = 0;
    return real(fd);
}

static ssize_t written(int fd, const void *data, size_t size, off_t offset) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
    ssize_t done;
    BEGIN;
    if (fails('w', NULL, fd)) {
        if (!fail_for_good || size < 2 || count != fail_at) END(-1);
        count++;
        size /= 2;
    }
    done = offset < 0 ? real_write(fd, data, size) : real(fd, data, size, offset);
    if (done > 0) {
        if (offset < 0) offset = lseek(fd, 0, SEEK_CUR) - done;
        record('w', NULL, NULL, inode_of(fd), (uint64_t)offset, data, (size_t)done);
    }
    END(done);
}

ssize_t write(int fd, const void *data, size_t size) {
    return is_watched(fd) ? written(fd, data, size, -1) : real_write(fd, data, size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
    return is_watched(fd) ? written(fd, data, size, offset) : real(fd, data, size, offset);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) { return pwrite64(fd, data, size, offset); }

ssize_t writev(int fd, const struct iovec *parts, int number) {
    REAL(ssize_t, "writev", int, const struct iovec *, int);
    ssize_t total = 0;
    if (!is_watched(fd)) return real(fd, parts, number);
    for (int n = 0; n < number; n++) {
        ssize_t done = written(fd, parts[n].iov_base, parts[n].iov_len, -1);
        if (done < 0) return total ? total : -1;
        total += done;
        if ((size_t)done < parts[n].iov_len) break;
    }
    return total;
}

int ftruncate64(int fd, off64_t size) {
    REAL(int, "ftruncate64", int, off64_t);
    int result;
    if (!is_watched(fd)) return real(fd, size);
    BEGIN;
    if (fails('t', NULL, fd)) END(-1);
    if (!(result = real(fd, size))) record('t', NULL, NULL, inode_of(fd), (uint64_t)size, NULL, 0);
    END(result);
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int synced(int fd, int (*real)(int)) {
    int result;
    if (!is_watched(fd)) return real(fd);
    BEGIN;
    if (fails('s', NULL, fd)) END(-1);
    if (!(result = real(fd))) record('s', NULL, NULL, inode_of(fd), 0, NULL, 0);
    END(result);
}

int fsync(int fd) { REAL(int, "fsync", int); return synced(fd, real); }
int fdatasync(int fd) { REAL(int, "fdatasync", int); return synced(fd, real); }

#define CHANGES_NAME(op, path, to, call) \
    int result; \
    if (!below(path)) return call; \
    BEGIN; \
    if (fails(op, path, -1)) END(-1); \
    if (!(result = call)) { \
        struct stat facts; \
        record(op, path, to, op == 'm' && !stat(path, &facts) ? facts.st_ino : 0, 0, NULL, 0); \
    } \
    END(result)

int rename(const char *from, const char *to) {
    REAL(int, "rename", const char *, const char *);
    CHANGES_NAME('r', from, to, real(from, to));
}

int renameat(int at, const char *from, int into, const char *to) {
    REAL(int, "renameat", int, const char *, int, const char *);
    CHANGES_NAME('r', from, to, real(at, from, into, to));
}

int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    CHANGES_NAME('u', path, NULL, real(path));
}

int unlinkat(int at, const char *path, int flags) {
    REAL(int, "unlinkat", int, const char *, int);
    CHANGES_NAME('u', path, NULL, real(at, path, flags));
}

int rmdir(const char *path) {
    REAL(int, "rmdir", const char *);
    CHANGES_NAME('u', path, NULL, real(path));
}

int mkdir(const char *path, mode_t mode) {
    REAL(int, "mkdir", const char *, mode_t);
    CHANGES_NAME('m', path, NULL, real(path, mode));
}

int mkdirat(int at, const char *path, mode_t mode) {
    REAL(int, "mkdirat", int, const char *, mode_t);
    CHANGES_NAME('m', path, NULL, real(at, path, mode));
}
