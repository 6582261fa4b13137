/* Writes so many blocks of so many bytes to its stdout, one write(2) each; every block ends with a newline. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    long blocks = atol(argv[1]), size = atol(argv[2]);
    char *block = malloc(size);

    memset(block, 'x', size);
    block[size - 1] = '\n';
    while (blocks-- > 0) {
        for (long done = 0; done < size;) {
            long written = write(1, block + done, size - done);
            if (written < 0) return 1;
            done += written;
        }
    }
    return 0;
}
