/* Faults of a disk and a clock, between a program and its C library: LD_PRELOAD.
 *
 * KALENDS_FAULTS names a file of 16 octets that is mapped into memory, so that a test changes the fault while the program runs:
 *
 *   0       what happens to writes of files below KALENDS_FAULTS_BELOW: '-' nothing, 'F' the disk is full, 'R' it is read-only,
 *           'I' what is written cannot be brought to the disk (fsync fails)
 *   8..15   seconds added to the clock, as a number of 64 bits in the machine's order
 *
 * What it fails it does not do, as it is with the real errors. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static volatile const unsigned char *control;
static const char *below;

__attribute__((constructor)) static void begin(void) {
    const char *file = getenv("KALENDS_FAULTS");
    const char *directory = getenv("KALENDS_FAULTS_BELOW");
    if (!file || !directory) return;
    /* A copy: PostgreSQL writes the titles of its processes over its environment. */
    below = strdup(directory);
    if (!below) abort();
    int descriptor = open(file, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) abort();
    void *mapped = mmap(NULL, 16, PROT_READ, MAP_SHARED, descriptor, 0);
    if (mapped == MAP_FAILED) abort();
    control = mapped;
    close(descriptor);
}

static char fault(void) {
    return control ? (char)control[0] : '-';
}

static int is_below(const char *path) {
    return below && strncmp(path, below, strlen(below)) == 0;
}

static int concerns(int descriptor) {
    char link[64], path[4096];
    /* "/proc/self/fd/" and the number, without stdio, which might allocate. */
    char *end = link + sizeof link;
    *--end = 0;
    unsigned number = (unsigned)descriptor;
    do *--end = (char)('0' + number % 10); while (number /= 10);
    static const char directory[] = "/proc/self/fd/";
    end -= sizeof directory - 1;
    memcpy(end, directory, sizeof directory - 1);
    ssize_t length = readlink(end, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return is_below(path);
}

/* The error of a write now; 0 for none. */
static int error_of_write(int descriptor) {
    char now = fault();
    if ((now != 'F' && now != 'R') || !concerns(descriptor)) return 0;
    return now == 'F' ? ENOSPC : EROFS;
}

/* Declares `next`: the function of that name in the C library. */
#define NEXT(name)                                                  \
    static __typeof__(&name) next;                                  \
    if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name);

#define FAILING(type, name, parameters, arguments)                  \
    type name parameters {                                          \
        NEXT(name)                                                  \
        int error = error_of_write(descriptor);                     \
        if (error) { errno = error; return -1; }                    \
        return next arguments;                                      \
    }

FAILING(ssize_t, write, (int descriptor, const void *data, size_t size), (descriptor, data, size))
FAILING(ssize_t, writev, (int descriptor, const struct iovec *data, int count), (descriptor, data, count))
FAILING(ssize_t, pwrite, (int descriptor, const void *data, size_t size, off_t offset), (descriptor, data, size, offset))
FAILING(ssize_t, pwrite64, (int descriptor, const void *data, size_t size, off64_t offset), (descriptor, data, size, offset))
FAILING(int, ftruncate, (int descriptor, off_t size), (descriptor, size))
FAILING(int, ftruncate64, (int descriptor, off64_t size), (descriptor, size))

#define UNSYNCED(name)                                              \
    int name(int descriptor) {                                      \
        NEXT(name)                                                  \
        if (fault() == 'I' && concerns(descriptor)) { errno = EIO; return -1; } \
        return next(descriptor);                                    \
    }

UNSYNCED(fsync)
UNSYNCED(fdatasync)

static int refuses(const char *path, int flags) {
    return fault() == 'R' && (flags & (O_WRONLY | O_RDWR | O_CREAT)) && is_below(path);
}

#define OPENING(name)                                               \
    int name(const char *path, int flags, ...) {                    \
        NEXT(name)                                                  \
        va_list more;                                               \
        va_start(more, flags);                                      \
        int makes = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE; \
        mode_t mode = makes ? va_arg(more, mode_t) : 0;             \
        va_end(more);                                               \
        if (refuses(path, flags)) { errno = EROFS; return -1; }     \
        return next(path, flags, mode);                             \
    }

OPENING(open)
OPENING(open64)

static int64_t shift(void) {
    int64_t seconds = 0;
    if (control) memcpy(&seconds, (const void *)(control + 8), sizeof seconds);
    return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    NEXT(clock_gettime)
    int result = next(clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += shift();
    return result;
}

int gettimeofday(struct timeval *now, void *zone) {
    NEXT(gettimeofday)
    int result = next(now, zone);
    if (result == 0) now->tv_sec += shift();
    return result;
}

time_t time(time_t *place) {
    NEXT(time)
    time_t now = next(NULL) + shift();
    if (place) *place = now;
    return now;
}
