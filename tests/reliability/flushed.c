/* Keeps every file under $FLUSHED_FROM as it was at its last flush, in $FLUSHED_TO: what a power cut would leave.

   Made and loaded by test_f12_power_is_cut_after_a_commit. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void keep(int fd) {
    char link[64], path[4096], part[4200], whole[4200], piece[65536];
    const char *from = getenv("FLUSHED_FROM"), *to = getenv("FLUSHED_TO");
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (!from || !to || length <= 0) return;
    path[length] = 0;
    if (strncmp(path, from, strlen(from))) return;
    const char *name = strrchr(path, '/') + 1;
    snprintf(whole, sizeof whole, "%s/%s", to, name);
    snprintf(part, sizeof part, "%s/.%s", to, name);
    int source = open(path, O_RDONLY), target = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ssize_t got;
    while (source >= 0 && (got = read(source, piece, sizeof piece)) > 0)
        if (write(target, piece, got) != got) break;
    if (source >= 0) close(source);
    if (target >= 0) close(target);
    rename(part, whole);
}

int fsync(int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
    int done = real(fd);
    if (!done) keep(fd);
    return done;
}

int fdatasync(int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
    int done = real(fd);
    if (!done) keep(fd);
    return done;
}
