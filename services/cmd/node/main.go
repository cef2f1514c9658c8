// Command node serves the files of a folder and announces itself to a relay.
package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"flag"

	"peerlab/services/internal/process"
	"peerlab/services/relay"
)

//go:embed manual.txt
var manual string

func main() {
	var c relay.NodeConfig
	process.Main(process.Program{
		Name:   "node",
		Manual: manual,
		Flags: func(f *flag.FlagSet) {
			f.StringVar(&c.Dir, "dir", ".", "")
			f.StringVar(&c.Listen, "listen", "127.0.0.1:0", "")
			f.StringVar(&c.TLS.Dir, "tls", "", "")
			f.BoolVar(&c.TLS.Insecure, "insecure", false, "")
		},
		Check:   c.Parse,
		Prompts: func() bool { return false },
		Serve: func(ctx context.Context, p *process.Process) error {
			id := make([]byte, 8)
			_, _ = rand.Read(id) // never fails
			c.ID, c.Log = hex.EncodeToString(id), p.Log
			n, err := relay.ListenNode(c)
			if err != nil {
				return err
			}
			p.Log.Info("listening on " + n.Addr())
			return n.Serve(ctx)
		},
		Health: c.Probe,
	})
}
