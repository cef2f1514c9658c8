/* The relay as the assignment asks for it.
 *
 *     ./relay_server PORT
 *
 * A node sends "JOIN HOST PORT". A client sends "LIST" and receives a line "HOST PORT"
 * for each node, until the connection is closed.
 */
#include "net.h"

#define MAX_NODES 100

static char nodes[MAX_NODES][LINE];
static int node_count;

static void answer(FILE *link)
{
	char line[LINE];

	if (!get_line(link, line))
		return;
	if (strncmp(line, "JOIN ", 5) == 0 && node_count < MAX_NODES)
		strcpy(nodes[node_count++], line + 5);
	if (strcmp(line, "LIST") == 0)
		for (int i = 0; i < node_count; i++)
			fprintf(link, "%s\n", nodes[i]);
}

int main(int argc, char **argv)
{
	int listener;

	if (argc != 2) {
		fprintf(stderr, "usage: relay_server PORT\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	listener = listen_at(atoi(argv[1]));
	for (;;) {
		FILE *link = fdopen(accept(listener, NULL, NULL), "r+");

		if (link == NULL)
			die("accept");
		answer(link);
		fclose(link);
	}
}
