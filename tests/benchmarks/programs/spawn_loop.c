/* At a given moment starts one command many times by posix_spawn, and waits for all. */
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

int main(int argc, char **argv) {
    if (argc < 4) return 2;
    double slot = atof(argv[1]);
    struct timespec moment = {(time_t)slot, (long)((slot - (time_t)slot) * 1e9)};
    struct timespec now;
    pid_t pid;

    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec + now.tv_nsec / 1e9 > slot) return 75;
    while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &moment, NULL) == EINTR) {}
    for (long count = atol(argv[2]); count > 0; count--)
        if (posix_spawn(&pid, argv[3], NULL, NULL, argv + 3, environ) != 0) return 1;
    while (waitpid(-1, NULL, 0) > 0) {}
    return 0;
}
