/* Makes the disk under the ledger fail, as a full or a broken one does: for the tests of increment-server, loaded with
   LD_PRELOAD. The file that the variable FAULTS names says what fails: `full`, `broken` or, with the error of a full
   disk in a sync, `no room`; or `slow`: a sync that lasts as
   long as that file says so; `unreadable` lets no byte be read. Without the file, nothing fails. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int is_ledger(int file) {
    char link[64], path[PATH_MAX] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    return length > 7 && strcmp(path + length - 7, "/ledger") == 0;
}

static int fails(const char *what, int file) {
    char told[16] = "";
    const char *name = getenv("FAULTS");
    int faults = name && is_ledger(file) ? open(name, O_RDONLY) : -1;
    if (faults < 0) return 0;
    ssize_t length = read(faults, told, sizeof told - 1);
    close(faults);
    return length > 0 && strcmp(told, what) == 0;
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t offset) {
    ssize_t (*next)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
    if (fails("full", file)) {
        errno = ENOSPC;
        return -1;
    }
    return next(file, bytes, length, offset);
}

ssize_t pread64(int file, void *bytes, size_t length, off64_t offset) {
    ssize_t (*next)(int, void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pread64");
    if (fails("unreadable", file)) {
        errno = EIO;
        return -1;
    }
    return next(file, bytes, length, offset);
}

int fdatasync(int file) {
    int (*next)(int) = dlsym(RTLD_NEXT, "fdatasync");
    while (fails("slow", file)) usleep(1000);
    if (fails("broken", file)) {
        errno = EIO;
        return -1;
    }
    if (fails("no room", file)) {
        errno = ENOSPC;
        return -1;
    }
    return next(file);
}
