/*
 * Runs the command with a standard input of its own:
 *
 *   attach-input pipe COMMAND [ARGUMENT...]                        a pipe
 *   attach-input tty ROWS COLUMNS joined|apart COMMAND [ARGUMENT...]  a terminal; `apart`: except for standard error
 *
 * This program's own standard input brings frames: a letter, the length of the content (two octets, the higher first),
 * and the content.
 *
 *   d  what the command is to read
 *   e  the end of that; a terminal has none
 *   w  the size of the window: rows and columns, two octets each
 *
 * What the command writes needs no frames: to a pipe, it goes to this program's own output directly; to a terminal, it is
 * copied there. The exit code is the command's, or 128 and the number of the signal that ended it, as a shell has it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* Milliseconds of silence after which a terminal whose command has ended has no more output. */
#define LAST_OUTPUT_MS 100
#define HEADER 3

/* A pipe's writing end, or the terminal's other side; -1 when the command does not read any more. */
static int target = -1;
static int is_terminal;

/* The frame that is being read. */
static unsigned char header[HEADER];
static size_t header_length;
static size_t content_left;
static unsigned char window_size[4];
static size_t window_length;

/* What the command has not read yet. No more frames are read before it has. */
static unsigned char pending[65536];
static size_t pending_from, pending_to;
static int has_ended;

static void fail(const char *what) {
  fprintf(stderr, "attach-input: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void set_window(int terminal, unsigned rows, unsigned columns) {
  struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns };
  ioctl(terminal, TIOCSWINSZ, &size);
}

static void end_input(void) {
  has_ended = 1;
  if (is_terminal || target < 0 || pending_from < pending_to) return;
  close(target);
  target = -1;
}

/* The command reads no more: what it was to read is of no use. */
static void give_up(void) {
  if (target >= 0) close(target);
  target = -1;
  pending_from = pending_to = 0;
}

static void send_pending(void) {
  ssize_t written = write(target, pending + pending_from, pending_to - pending_from);
  if (written < 0 && errno != EAGAIN && errno != EINTR) give_up();
  if (written > 0) pending_from += (size_t)written;
  if (pending_from == pending_to && has_ended) end_input();
}

/* Reads the next part of a frame. Content for the command is only read when the command has read what was before it. */
static void read_frame(void) {
  ssize_t length;
  if (header_length < HEADER) {
    length = read(0, header + header_length, HEADER - header_length);
    if (length > 0) header_length += (size_t)length;
    if (header_length == HEADER) {
      content_left = (size_t)header[1] << 8 | header[2];
      window_length = 0;
    }
  } else if (header[0] == 'w') {
    unsigned char octet;
    length = read(0, &octet, 1);
    if (length > 0) content_left--;
    if (length > 0 && window_length < sizeof window_size) window_size[window_length++] = octet;
  } else {
    pending_from = pending_to = 0;
    length = read(0, pending, content_left < sizeof pending ? content_left : sizeof pending);
    if (length > 0) content_left -= (size_t)length;
    if (length > 0 && header[0] == 'd') pending_to = (size_t)length;
  }
  if (length == 0) end_input();
  if (length <= 0 || header_length < HEADER || content_left > 0) return;
  header_length = 0;
  if (header[0] == 'e') end_input();
  if (header[0] == 'w' && window_length == sizeof window_size && is_terminal && target >= 0)
    set_window(target, (unsigned)window_size[0] << 8 | window_size[1], (unsigned)window_size[2] << 8 | window_size[3]);
}

/* Copies output of the terminal. Returns 0 when there will be no more. */
static int copy_output(void) {
  static unsigned char buffer[65536];
  ssize_t length = read(target, buffer, sizeof buffer);
  /* EIO: nothing has the terminal open any more. */
  if (length < 0) return errno == EAGAIN || errno == EINTR;
  for (ssize_t done = 0; done < length;) {
    ssize_t written = write(1, buffer + done, (size_t)(length - done));
    if (written < 0 && errno != EINTR) break;
    if (written > 0) done += written;
  }
  return length > 0;
}

static int open_terminal(const char *rows, const char *columns, int *other_side) {
  int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) fail("no terminal");
  *other_side = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (*other_side < 0) fail("no terminal");
  struct termios settings;
  if (tcgetattr(*other_side, &settings) == 0) {
    /* Backspace removes a character of UTF-8, not an octet. */
    settings.c_iflag |= IUTF8;
    tcsetattr(*other_side, TCSANOW, &settings);
  }
  set_window(terminal, (unsigned)atoi(rows), (unsigned)atoi(columns));
  return terminal;
}

static pid_t start(char **command, int input, int has_own_error) {
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child > 0) return child;
  /* A shell ignores the first two for what it starts in the background. */
  signal(SIGINT, SIG_DFL);
  signal(SIGQUIT, SIG_DFL);
  signal(SIGPIPE, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  signal(SIGHUP, SIG_DFL);
  signal(SIGCHLD, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (is_terminal) {
    setsid();
    ioctl(input, TIOCSCTTY, 0);
    dup2(input, 1);
    if (!has_own_error) dup2(input, 2);
  }
  dup2(input, 0);
  execvp(command[0], command);
  int reason = errno;
  fprintf(stderr, "%s: %s\n", command[0], strerror(reason));
  _exit(reason == ENOENT ? 127 : 126);
}

static void wake(int number) {
  (void)number;
}

int main(int count, char **words) {
  is_terminal = count > 5 && strcmp(words[1], "tty") == 0;
  if (!is_terminal && (count < 3 || strcmp(words[1], "pipe") != 0)) {
    fprintf(stderr, "attach-input: pipe COMMAND..., or tty ROWS COLUMNS joined|apart COMMAND...\n");
    return 1;
  }
  int ends[2];
  if (is_terminal) target = open_terminal(words[2], words[3], &ends[0]);
  else if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
  else target = ends[1];
  fcntl(target, F_SETFL, O_RDWR | O_NONBLOCK);

  /* The end of the command is only heard of while waiting, so that it cannot be missed. */
  sigset_t ends_of_children, none;
  sigemptyset(&none);
  sigemptyset(&ends_of_children);
  sigaddset(&ends_of_children, SIGCHLD);
  sigprocmask(SIG_BLOCK, &ends_of_children, NULL);
  struct sigaction action = { .sa_handler = wake };
  sigaction(SIGCHLD, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
  /* At the end of its time, every process gets SIGTERM. This one relays what the command says then. */
  signal(SIGTERM, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  pid_t child = start(words + (is_terminal ? 5 : 2), ends[0], is_terminal && strcmp(words[4], "apart") == 0);
  close(ends[0]);

  int status;
  while (waitpid(child, &status, WNOHANG) != child) {
    int is_full = pending_from < pending_to;
    struct pollfd ready[2] = {
      { .fd = has_ended || is_full || target < 0 ? -1 : 0, .events = POLLIN },
      { .fd = target, .events = (short)((is_full ? POLLOUT : 0) | (is_terminal ? POLLIN : 0)) },
    };
    if (ppoll(ready, 2, NULL, &none) < 0) continue;
    if (ready[0].revents != 0) read_frame();
    if (is_terminal && (ready[1].revents & (POLLIN | POLLHUP)) != 0 && !copy_output()) give_up();
    if (!is_terminal && (ready[1].revents & POLLERR) != 0) give_up();
    if (target >= 0 && pending_from < pending_to) send_pending();
  }
  struct pollfd last = { .fd = target, .events = POLLIN };
  while (is_terminal && target >= 0 && poll(&last, 1, LAST_OUTPUT_MS) > 0 && copy_output()) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
