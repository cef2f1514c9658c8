/* A client of the relay as the assignment asks for it.
 *
 *     ./peer_client RELAY_HOST RELAY_PORT
 *
 * It asks the relay for the nodes, then asks for names of files, and prints each file from
 * the first node that has it.
 */
#include "net.h"

#define MAX_NODES 100

static char hosts[MAX_NODES][LINE], ports[MAX_NODES][LINE];
static int node_count;

static void ask_relay(const char *host, const char *port)
{
	char line[LINE];
	FILE *link = dial(host, port);

	if (link == NULL)
		die("the relay");
	fprintf(link, "LIST\n");
	fflush(link);
	while (node_count < MAX_NODES && get_line(link, line))
		if (sscanf(line, "%s %s", hosts[node_count], ports[node_count]) == 2)
			node_count++;
	fclose(link);
}

/* fetch prints a file if the node has it. */
static int fetch(int node, const char *name)
{
	char line[LINE], data[4096];
	int found;
	size_t n;
	FILE *link = dial(hosts[node], ports[node]);

	if (link == NULL)
		return 0; /* it has ended */
	fprintf(link, "%s\n", name);
	fflush(link);
	found = get_line(link, line) && strcmp(line, "FOUND") == 0;
	while (found && (n = fread(data, 1, sizeof data, link)) > 0)
		fwrite(data, 1, n, stdout);
	fclose(link);
	return found;
}

int main(int argc, char **argv)
{
	char name[LINE];

	if (argc != 3) {
		fprintf(stderr, "usage: peer_client RELAY_HOST RELAY_PORT\n");
		return 2;
	}
	ask_relay(argv[1], argv[2]);
	for (;;) {
		int found = 0;

		printf("File name: ");
		fflush(stdout);
		if (!get_line(stdin, name))
			return 0;
		for (int node = 0; node < node_count && !found; node++)
			found = fetch(node, name);
		if (!found)
			printf("No node has %s.\n", name);
	}
}
