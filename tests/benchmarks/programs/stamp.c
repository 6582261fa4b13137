/* Appends the time at which it started to the file that its argument names: seconds since 1970, one line. */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct timespec now;
    char line[64];
    int file, length;

    clock_gettime(CLOCK_REALTIME, &now);
    if (argc != 2) return 2;
    length = snprintf(line, sizeof line, "%lld.%09ld\n", (long long)now.tv_sec, now.tv_nsec);
    file = open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0600);
    return write(file, line, length) == length ? 0 : 1;
}
