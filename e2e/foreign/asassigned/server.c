/* A server of the chat as the assignment asks for it.
 *
 *     ./server
 *
 * It listens at port 4000. A client sends "ID PORT" and receives the ports of the
 * clients that are there, each with its ID, on one line. Every later line is shown
 * as it is. peers.txt holds "client ID listens at PORT" of each client.
 */
#include "lines.h"

#define REGISTRY "peers.txt"
#define ENTRY "client %d listens at %d\n"

static char others[4096]; /* "ID PORT " of every client */

static void remember(int id, int port)
{
	size_t size = strlen(others);

	snprintf(others + size, sizeof others - size, "%d %d ", id, port);
}

static void welcome(struct link *link, const char *line)
{
	int id, port;
	FILE *registry;

	if (sscanf(line, "%d %d", &id, &port) != 2)
		return;
	registry = fopen(REGISTRY, "a");
	if (registry == NULL)
		die(REGISTRY);
	fprintf(registry, ENTRY, id, port);
	fclose(registry);
	link->known = 1;
	send_line(link, others, "");
	remember(id, port);
	printf("Client %d: initiated.\n", id);
}

static int take(struct link *link, char *line)
{
	if (link == &links[0] && strcmp(line, "Exit") == 0) {
		send_all("Server: ", "terminated.");
		return 0;
	}
	if (link == &links[0])
		send_all("Server: ", line);
	else if (!link->known)
		welcome(link, line);
	else
		printf("%s\n", line);
	return 1;
}

/* reconnect connects to the clients in the registry. What they answer is shown. */
static void reconnect(void)
{
	FILE *registry = fopen(REGISTRY, "r");
	int id, port, sock;

	if (registry == NULL)
		return; /* it is the first start */
	while (fscanf(registry, ENTRY, &id, &port) == 2) {
		remember(id, port);
		sock = connect_to(port, 0);
		if (sock >= 0)
			send_line(add_link(sock, 1), "Server: ", "initiated");
	}
	fclose(registry);
}

int main(void)
{
	int listener = listen_at(SERVER_PORT);

	signal(SIGPIPE, SIG_IGN);
	add_link(STDIN_FILENO, 1);
	reconnect();
	serve(listener, take);
	return 0;
}
