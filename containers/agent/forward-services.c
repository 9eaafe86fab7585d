/*
 * Joins ports of the sandbox's loopback with services outside: forward-services DIRECTORY PORT...
 *
 * Listens at 127.0.0.1 on each port, and joins every connection with the Unix socket DIRECTORY/PORT, behind which the
 * runner connects to the service. Goes into the background once all ports are open, so that the caller knows that they
 * are. Each direction of a connection has a process of its own, which sleeps in read and write: a slow reader slows its
 * writer down and nobody else.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Connections of all ports at a time. Each has two processes, which count towards the sandbox's limit. */
#define MAX_CONNECTIONS 128
#define MAX_PORTS 64
/* Milliseconds before descriptors or processes that have run out are asked for again. */
#define PAUSE_MS 100

static void fail(const char *what) {
  fprintf(stderr, "forward-services: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int open_port(const char *text) {
  int port = atoi(text);
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int yes = 1;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) fail(text);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 128) != 0) fail(text);
  return listener;
}

static int open_service(const char *directory, const char *port) {
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int length = snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", directory, port);
  if (length < 0 || (size_t)length >= sizeof address.sun_path) return -1;
  int service = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (service < 0 || connect(service, (struct sockaddr *)&address, sizeof address) != 0) return -1;
  return service;
}

/* Copies until there is no more, then says so. Whoever cannot be written to is not read from any more either. */
static void copy(int from, int to) {
  static char buffer[65536];
  for (;;) {
    ssize_t length = read(from, buffer, sizeof buffer);
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) break;
    for (ssize_t done = 0; done < length;) {
      ssize_t written = write(to, buffer + done, (size_t)(length - done));
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) {
        shutdown(from, SHUT_RD);
        return;
      }
      done += written;
    }
  }
  shutdown(to, SHUT_WR);
}

static void serve(int client, const char *directory, const char *port) {
  int service = open_service(directory, port);
  if (service < 0) return;
  pid_t other = fork();
  if (other < 0) return;
  if (other == 0) {
    copy(service, client);
    _exit(0);
  }
  copy(client, service);
  /* Both descriptors stay open here until the other direction has ended: the number of connections counts both. */
  while (waitpid(other, NULL, 0) < 0 && errno == EINTR) continue;
}

static void wake(int number) {
  (void)number;
}

int main(int count, char **words) {
  struct pollfd listeners[MAX_PORTS];
  nfds_t ports = 0;
  if (count < 3 || count - 2 > MAX_PORTS) {
    fprintf(stderr, "forward-services: DIRECTORY PORT...\n");
    return 1;
  }
  for (int at = 2; at < count; at++) {
    listeners[ports].fd = open_port(words[at]);
    listeners[ports++].events = POLLIN;
  }
  /* The end of a connection is only heard of while waiting for the next one, so that it cannot be missed. */
  sigset_t ends, none;
  sigemptyset(&none);
  sigemptyset(&ends);
  sigaddset(&ends, SIGCHLD);
  sigprocmask(SIG_BLOCK, &ends, NULL);
  struct sigaction action = { .sa_handler = wake };
  sigaction(SIGCHLD, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
  pid_t background = fork();
  if (background < 0) fail("fork");
  if (background > 0) return 0;

  int connections = 0;
  for (;;) {
    while (connections > 0 && waitpid(-1, NULL, connections < MAX_CONNECTIONS ? WNOHANG : 0) > 0) connections--;
    if (ppoll(listeners, ports, NULL, &none) < 0) {
      if (errno == EINTR) continue;
      return 1;
    }
    for (nfds_t at = 0; at < ports && connections < MAX_CONNECTIONS; at++) {
      if ((listeners[at].revents & POLLIN) == 0) continue;
      int client = accept4(listeners[at].fd, NULL, NULL, SOCK_CLOEXEC);
      pid_t child = client < 0 ? -1 : fork();
      if (child == 0) {
        serve(client, words[1], words[at + 2]);
        _exit(0);
      }
      if (child > 0) connections++;
      else if (errno != ECONNABORTED) usleep(PAUSE_MS * 1000);
      if (client >= 0) close(client);
    }
  }
}
