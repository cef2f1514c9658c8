package main

import (
	"flag"
	"fmt"
	"io"
	"time"

	"peerlab/lab/certs"
)

// week is how long a certificate is valid without -for.
const week = 7 * 24 * time.Hour

// certify makes, or revokes, the certificates of processes.
func certify(args []string, out, log io.Writer) int {
	flags := flag.NewFlagSet("peerlab cert", flag.ContinueOnError)
	flags.SetOutput(log)
	dir := flags.String("dir", "certs", "the folder of the CA and the certificates")
	life := flags.Duration("for", week, "how long a certificate is valid")
	revoke := flags.Bool("revoke", false, "revoke all certificates of these names")
	if flags.Parse(args) != nil {
		return usage
	}
	if flags.NArg() == 0 || *life <= 0 {
		fmt.Fprintln(log, "peerlab cert: give the names of processes, such as server client1, and a time in which a certificate is valid")
		return usage
	}
	for _, name := range flags.Args() {
		said, err := fmt.Sprintf("%s: -tls %s/%s, valid for %v", name, *dir, name, *life), error(nil)
		if *revoke {
			said, err = name+": revoked; copy revoked.pem to processes on other machines", certs.Dir(*dir).Revoke(name)
		} else {
			err = certs.Dir(*dir).Issue(name, *life)
		}
		if err != nil {
			fmt.Fprintf(log, "peerlab cert: %v\n", err)
			return broken
		}
		fmt.Fprintln(out, said)
	}
	return done
}
