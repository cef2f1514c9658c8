import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A server of the chat as the assignment asks for it: java Server
 *
 * It listens at port 4000. A client sends "ID PORT" and receives the clients that are there,
 * "ID PORT ID PORT ...", on one line. Every later line is shown as it is. clients.txt holds
 * "ID PORT" of each client, a line each.
 */
public class Server {
	static final Path REGISTRY = Path.of("clients.txt");
	static final Map<String, String> ports = new LinkedHashMap<>(); // by client
	static final Map<String, Socket> links = new LinkedHashMap<>(); // by client

	public static void main(String[] args) throws IOException {
		ServerSocket listener = new ServerSocket(4000, 16, InetAddress.getLoopbackAddress());
		if (Files.exists(REGISTRY)) {
			for (String line : Files.readAllLines(REGISTRY)) {
				String[] words = line.split(" ");
				ports.put(words[0], words[1]);
			}
			for (String client : List.copyOf(ports.keySet())) {
				start(() -> reconnect(client));
			}
		}
		start(() -> {
			while (true) {
				Socket link = listener.accept();
				start(() -> welcome(link));
			}
		});
		BufferedReader typed = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
		for (String line; (line = typed.readLine()) != null && !line.equals("Exit");) {
			sendAll("Server: " + line);
		}
		sendAll("Server: terminated.");
		System.exit(0);
	}

	interface Task {
		void run() throws IOException;
	}

	static void start(Task task) {
		Thread thread = new Thread(() -> {
			try {
				task.run();
			} catch (IOException e) {
				// The client has left.
			}
		});
		thread.setDaemon(true);
		thread.start();
	}

	static void welcome(Socket link) throws IOException {
		BufferedReader lines = lines(link);
		String line = lines.readLine();
		if (line == null) {
			return; // no client
		}
		String[] words = line.split(" ");
		synchronized (links) {
			Files.writeString(REGISTRY, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
			List<String> others = new ArrayList<>();
			ports.forEach((client, port) -> others.add(client + " " + port));
			ports.put(words[0], words[1]);
			links.put(words[0], link);
			send(link, String.join(" ", others));
			System.out.println("Client " + words[0] + ": initiated.");
		}
		show(lines);
	}

	static void reconnect(String client) throws IOException {
		Socket link = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(ports.get(client)));
		send(link, "Server: initiated");
		BufferedReader lines = lines(link);
		String answer = lines.readLine();
		synchronized (links) {
			links.put(client, link);
			System.out.println(answer);
		}
		show(lines);
	}

	static void show(BufferedReader lines) throws IOException {
		for (String line; (line = lines.readLine()) != null;) {
			System.out.println(line);
		}
	}

	static void sendAll(String line) {
		synchronized (links) {
			links.values().forEach(link -> send(link, line));
		}
	}

	static void send(Socket link, String line) {
		try {
			OutputStream out = link.getOutputStream();
			out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
		} catch (IOException e) {
			// The client has left.
		}
	}

	static BufferedReader lines(Socket link) throws IOException {
		return new BufferedReader(new InputStreamReader(link.getInputStream(), StandardCharsets.UTF_8));
	}
}
