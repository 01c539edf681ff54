/*
 * Stands in for the devices of several RS485 lines, each on a pseudo-terminal of its own.
 *
 * Answers function 3 with the timing of a real line: an answer starts one silence after the last
 * character of its request and comes in pieces of 16 characters, as a UART hands them over, each at
 * an absolute deadline. Writes are heard and never answered (broadcasts).
 *
 * usage: responder LINES BAUD BITS_PER_CHARACTER SILENCE_NS SILENT_UNIT
 *
 * Prints the path of each line. On its standard input, "report" answers with one line of
 * "requests violations missing_ns shortest_ns corrupt late_ns" per line of the bus and starts to
 * count anew; the end of the input ends the program.
 *
 * A violation is a request that begins earlier than SILENCE_NS after whatever was last on the line:
 * an answer, or a request nobody answered.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum {
    CHUNK = 16,
    LONGEST_FRAME = 256,
    READ_REGISTERS = 3,
    WRITE_REGISTERS = 16,
    READ_REQUEST = 8,
    WRITE_REQUEST_HEAD = 7,
    CRC_LENGTH = 2,
    MOST_REGISTERS = 125,
    MOST_LINES = 32,
};

struct counts {
    long requests;
    long violations;
    long corrupt;
    int64_t missing_ns;
    int64_t shortest_ns;
    int64_t late_ns;
};

struct line {
    int master;
    int slave;
    pthread_t thread;
    pthread_mutex_t lock;
    struct counts counts;
    int64_t busy_until_ns;
};

static struct line lines[MOST_LINES];
static double character_ns;
static int64_t silence_ns;
static int silent_unit;
static uint16_t crc_table[256];

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void fill_crc_table(void)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint16_t crc = (uint16_t)byte;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1) ? (uint16_t)((crc >> 1) ^ 0xA001) : (uint16_t)(crc >> 1);
        crc_table[byte] = crc;
    }
}

static uint16_t crc_of(const uint8_t *bytes, int length)
{
    uint16_t crc = 0xFFFF;
    for (int i = 0; i < length; i++)
        crc = (uint16_t)((crc >> 8) ^ crc_table[(crc ^ bytes[i]) & 0xFF]);
    return crc;
}

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void sleep_until(int64_t moment_ns)
{
    struct timespec time = {moment_ns / 1000000000, moment_ns % 1000000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
        ;
}

static void reset(struct counts *counts)
{
    *counts = (struct counts){.shortest_ns = INT64_MAX};
}

/* Length of the request that begins with these bytes; 0 while that cannot be told yet. */
static int request_length(const uint8_t *frame, int length)
{
    if (length < WRITE_REQUEST_HEAD)
        return 0;
    if (frame[1] == WRITE_REGISTERS)
        return WRITE_REQUEST_HEAD + frame[6] + CRC_LENGTH;
    return READ_REQUEST;
}

static void count_request(struct line *line, int64_t started_ns)
{
    pthread_mutex_lock(&line->lock);
    struct counts *counts = &line->counts;
    counts->requests++;
    if (line->busy_until_ns != 0) {
        int64_t quiet_ns = started_ns - line->busy_until_ns;
        if (quiet_ns < counts->shortest_ns)
            counts->shortest_ns = quiet_ns;
        if (quiet_ns < silence_ns) {
            counts->violations++;
            counts->missing_ns += silence_ns - quiet_ns;
        }
    }
    pthread_mutex_unlock(&line->lock);
}

/* Register n of unit u holds n + 256 u, so that a wrong value can be told from a right one. */
static int build_answer(const uint8_t *request, uint8_t *answer)
{
    int address = request[2] << 8 | request[3];
    int count = request[4] << 8 | request[5];
    int length = 3;
    answer[0] = request[0];
    answer[1] = READ_REGISTERS;
    answer[2] = (uint8_t)(2 * count);
    for (int i = 0; i < count; i++) {
        int value = address + i + 256 * request[0];
        answer[length++] = (uint8_t)(value >> 8);
        answer[length++] = (uint8_t)value;
    }
    uint16_t crc = crc_of(answer, length);
    answer[length++] = (uint8_t)crc;
    answer[length++] = (uint8_t)(crc >> 8);
    return length;
}

static void send_answer(struct line *line, const uint8_t *answer, int length, int64_t begin_ns)
{
    int64_t worst_ns = 0;
    for (int sent = 0; sent < length;) {
        int piece = length - sent < CHUNK ? length - sent : CHUNK;
        int64_t deadline_ns = begin_ns + (int64_t)((sent + piece) * character_ns);
        sleep_until(deadline_ns);
        /* Taken before: nobody can have seen the end of the answer earlier. */
        line->busy_until_ns = now_ns();
        if (write(line->master, answer + sent, (size_t)piece) != piece)
            return;
        if (line->busy_until_ns - deadline_ns > worst_ns)
            worst_ns = line->busy_until_ns - deadline_ns;
        sent += piece;
    }
    pthread_mutex_lock(&line->lock);
    if (worst_ns > line->counts.late_ns)
        line->counts.late_ns = worst_ns;
    pthread_mutex_unlock(&line->lock);
}

static void handle(struct line *line, const uint8_t *frame, int length, int64_t started_ns)
{
    uint8_t answer[LONGEST_FRAME];
    uint16_t crc = crc_of(frame, length - CRC_LENGTH);
    int64_t heard_ns = started_ns + (int64_t)(length * character_ns);
    bool fits = frame[length - 2] == (crc & 0xFF) && frame[length - 1] == crc >> 8;
    bool too_long = frame[1] == READ_REGISTERS && (frame[4] << 8 | frame[5]) > MOST_REGISTERS;
    if (!fits || too_long) {
        pthread_mutex_lock(&line->lock);
        line->counts.corrupt++;
        pthread_mutex_unlock(&line->lock);
        return;
    }
    count_request(line, started_ns);
    line->busy_until_ns = heard_ns;
    if (frame[0] == silent_unit || frame[1] != READ_REGISTERS)
        return;
    send_answer(line, answer, build_answer(frame, answer), heard_ns + silence_ns);
}

static void *serve(void *argument)
{
    struct line *line = argument;
    uint8_t frame[2 * LONGEST_FRAME];
    int length = 0;
    int64_t started_ns = 0;
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    for (;;) {
        ssize_t got = read(line->master, frame + length, sizeof frame - (size_t)length);
        if (got <= 0)
            return NULL;
        if (length == 0)
            started_ns = now_ns();
        length += (int)got;
        int whole = request_length(frame, length);
        if (whole != 0 && length >= whole) {
            handle(line, frame, whole, started_ns);
            length = 0;
        }
    }
}

static void open_line(struct line *line)
{
    struct termios raw;
    char path[64];
    cfmakeraw(&raw);
    if (openpty(&line->master, &line->slave, path, NULL, NULL) != 0)
        fail("openpty");
    tcgetattr(line->slave, &raw);
    cfmakeraw(&raw);
    tcsetattr(line->slave, TCSANOW, &raw);
    reset(&line->counts);
    pthread_mutex_init(&line->lock, NULL);
    if (pthread_create(&line->thread, NULL, serve, line) != 0)
        fail("pthread_create");
    /* A wire needs no processor time: where the system allows it, neither does this one wait. */
    struct sched_param first = {.sched_priority = 1};
    pthread_setschedparam(line->thread, SCHED_FIFO, &first);
    printf("%s\n", path);
}

static void report(struct line *line)
{
    pthread_mutex_lock(&line->lock);
    struct counts counts = line->counts;
    reset(&line->counts);
    pthread_mutex_unlock(&line->lock);
    printf("%ld %ld %lld %lld %ld %lld\n", counts.requests, counts.violations,
           (long long)counts.missing_ns, (long long)counts.shortest_ns, counts.corrupt,
           (long long)counts.late_ns);
}

int main(int argument_count, char **arguments)
{
    char command[32];
    if (argument_count != 6 || atoi(arguments[1]) > MOST_LINES) {
        fprintf(stderr, "usage: responder LINES BAUD BITS_PER_CHARACTER SILENCE_NS SILENT_UNIT\n");
        return 2;
    }
    int line_count = atoi(arguments[1]);
    character_ns = 1e9 * atoi(arguments[3]) / atoi(arguments[2]);
    silence_ns = atoll(arguments[4]);
    silent_unit = atoi(arguments[5]);
    fill_crc_table();
    for (int i = 0; i < line_count; i++)
        open_line(&lines[i]);
    fflush(stdout);
    while (fgets(command, sizeof command, stdin) != NULL) {
        for (int i = 0; i < line_count; i++)
            report(&lines[i]);
        fflush(stdout);
    }
    return 0;
}
