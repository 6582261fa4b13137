/* Prints so many lines of 40 bytes, one write(2) each, at so many a second; then appends the seconds that this took to
   a file. Lines are numbered from 1. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 40 };

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec + at.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    char line[SIZE + 1];
    if (argc != 4) return 2;
    long lines = atol(argv[1]), rate = atol(argv[2]);
    double began = now();

    for (long number = 1; number <= lines; number++) {
        double ahead = began + (double)number / rate - now();
        if (ahead > 0.001) usleep(1e6 * ahead);
        snprintf(line, sizeof line, "line %-*ld\n", SIZE - 6, number);
        if (write(1, line, SIZE) != SIZE) return 1;
    }
    int file = open(argv[3], O_WRONLY | O_CREAT | O_APPEND, 0600);
    int length = snprintf(line, sizeof line, "%.6f\n", now() - began);
    return write(file, line, length) == length ? 0 : 1;
}
