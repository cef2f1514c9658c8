// Command server introduces the clients of a chat to each other.
package main

import (
	"context"
	_ "embed"
	"flag"
	"time"

	"peerlab/services/chat"
	"peerlab/services/internal/process"
)

//go:embed manual.txt
var manual string

func main() {
	var c chat.ServerConfig
	process.Main(process.Program{
		Name:   "server",
		Manual: manual,
		Flags: func(f *flag.FlagSet) {
			f.StringVar(&c.Listen, "listen", "127.0.0.1:4000", "")
			f.StringVar(&c.Registry, "registry", "clients.txt", "")
			f.StringVar(&c.TLS.Dir, "tls", "", "")
			f.BoolVar(&c.TLS.Insecure, "insecure", false, "")
		},
		Check: c.Parse,
		Hint:  func() string { return "server: type a line to chat, /help lists commands" },
		Serve: func(ctx context.Context, p *process.Process) error {
			c.Incarnation = uint64(time.Now().UnixMicro())
			c.Screen, c.Input, c.Log = p.Console.Out, p.Console.In, p.Log
			s, err := chat.ListenServer(c)
			if err != nil {
				return err
			}
			p.Log.Info("listening on " + s.Addr())
			return s.Serve(ctx)
		},
		Health: func(ctx context.Context) error { return c.Probe(ctx, c.Listen) },
	})
}
