package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"peerlab/e2e/bench/internal/load"
	"peerlab/e2e/bench/internal/proc"
	"peerlab/e2e/bench/internal/rounds"
)

// fileAddr is the address of every server of files, each on its own network.
var fileAddr = netip.MustParseAddrPort("127.0.0.1:8080")

// fileServer serves the files of a folder.
type fileServer struct {
	name     string
	protocol load.Protocol
	start    func(ctx context.Context, l *lab, g *load.Group, dir string) error // returns when it can be asked
}

var (
	node  = fileServer{"node", load.Relay, startNode}
	bare  = fileServer{"bare sendfile", load.Relay, startBare}
	nginx = fileServer{"nginx", load.HTTP, startNginx}
)

func startNode(ctx context.Context, l *lab, g *load.Group, dir string) error {
	const relay = "127.0.0.1:4100"
	if err := g.Serve(ctx, listening(relay), l.bin("relay"), "4100"); err != nil {
		return err
	}
	return g.Serve(ctx, func() error { return listed(relay) }, l.bin("node"), "-dir", dir, "-listen", fileAddr.String(), "127.0.0.1", "4100")
}

// listed fails unless a relay lists a node.
func listed(relay string) error {
	conn, err := net.Dial("tcp", relay)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := fmt.Fprint(conn, "HELLO peerlab-relay/1\nNODES\n"); err != nil {
		return err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && !strings.HasPrefix(line, "NODES 1 ") {
		err = fmt.Errorf("the relay answers %q", line)
	}
	return err
}

func startBare(ctx context.Context, l *lab, g *load.Group, dir string) error {
	return g.Serve(ctx, listening(fileAddr.String()), l.bin("bare"), fileAddr.String(), dir)
}

// nginxConf is a file server without a log. It is for: a folder for what nginx writes,
// the address, the folder that is served, and a user line.
const nginxConf = `%[4]s
daemon off;
worker_processes auto;
pid %[1]s/pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
	access_log off;
	sendfile on;
	tcp_nopush on;
	client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
	server { listen %[2]s; root %[3]s; }
}
`

func startNginx(ctx context.Context, l *lab, g *load.Group, dir string) error {
	path, err := proc.Find("nginx", "nginx")
	if err != nil {
		return rounds.Absent(err.Error())
	}
	own, err := os.MkdirTemp(l.dir, "nginx-")
	if err != nil {
		return err
	}
	user := ""
	if os.Getuid() == 0 {
		user = "user root;" // else its workers may not read the folder
	}
	conf := own + "/nginx.conf"
	if err := os.WriteFile(conf, fmt.Appendf(nil, nginxConf, own, fileAddr, dir, user), 0o600); err != nil {
		return err
	}
	return g.Serve(ctx, listening(fileAddr.String()), path, "-p", own, "-c", conf, "-e", "stderr")
}

// work is files that are requested in a turn.
type work struct {
	folder string
	files  []string
	size   int64
	atOnce int  // connections, one for each file
	again  bool // measured is the second time
	unit   float64
	cost   float64 // bytes or files that processor time is for
	bytes  bool    // the value is bytes a second, not files
}

// serves are sides that serve files.
func (l *lab) serves(w work, servers ...fileServer) (sides []rounds.Side) {
	for _, s := range servers {
		sides = append(sides, rounds.Side{Name: s.name, Turn: turn(l.fileTurn(w, s))})
	}
	return sides
}

func (l *lab) fileTurn(w work, s fileServer) func(context.Context, *load.Group) (rounds.Sample, error) {
	return func(ctx context.Context, g *load.Group) (rounds.Sample, error) {
		dir, err := l.folder(w.folder, w.size, w.files)
		if err == nil {
			err = s.start(ctx, l, g, dir)
		}
		if err == nil && w.again {
			_, _, err = g.Files(ctx, s.protocol, fileAddr, w.files, w.atOnce)
		}
		if err != nil {
			return rounds.Sample{}, err
		}
		total, u, err := g.Files(ctx, s.protocol, fileAddr, w.files, w.atOnce)
		if want := w.size * int64(len(w.files)); err == nil && total != want {
			err = fmt.Errorf("%s sent %d bytes of %d", s.name, total, want)
		}
		amount := float64(len(w.files))
		if w.bytes {
			amount = float64(total)
		}
		return sample(amount/u.Seconds/w.unit, u, amount/w.cost), err
	}
}
