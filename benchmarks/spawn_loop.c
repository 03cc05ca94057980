/* The least that running many programs takes: spawn, wait, so many at a time. usage: spawn_loop COUNT JOBS PROGRAM */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    int left = atoi(argv[1]), free_slots = atoi(argv[2]);
    char *words[] = {argv[3], NULL};
    while (left > 0 || free_slots < atoi(argv[2])) {
        pid_t pid;
        int status;
        if (left > 0 && free_slots > 0) {
            if (posix_spawn(&pid, words[0], NULL, NULL, words, environ) != 0) return 1;
            left--, free_slots--;
        } else {
            if (wait(&status) < 0 || status != 0) return 1;
            free_slots++;
        }
    }
    return 0;
}
