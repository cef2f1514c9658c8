// Command relay keeps the list of the nodes that have files.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"net"

	"peerlab/services/internal/process"
	"peerlab/services/internal/tcp"
	"peerlab/services/relay"
)

//go:embed manual.txt
var manual string

func main() {
	var listen string
	process.Main(process.Program{
		Name:   "relay",
		Manual: manual,
		Flags:  func(f *flag.FlagSet) { f.StringVar(&listen, "listen", "", "") },
		Check: func(args []string) error {
			if listen == "" && len(args) > 0 {
				listen, args = net.JoinHostPort("127.0.0.1", args[0]), args[1:]
			}
			if len(args) > 0 {
				return fmt.Errorf("%q is one argument too many", args[0])
			}
			if listen == "" {
				return errors.New("give the port to listen on, such as 4100, or -listen HOST:PORT")
			}
			return tcp.CheckAddr(listen)
		},
		Prompts: func() bool { return false },
		Serve: func(ctx context.Context, p *process.Process) error {
			r, err := relay.Listen(listen, p.Log)
			if err != nil {
				return err
			}
			p.Log.Info("listening on " + r.Addr())
			return r.Serve(ctx)
		},
		Health: func(ctx context.Context) error { return relay.ProbeRelay(ctx, listen) },
	})
}
