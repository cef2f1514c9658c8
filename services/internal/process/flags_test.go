package process

import (
	"flag"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Fault U8: flags after an argument were parsed as arguments.
func TestParseFlags(t *testing.T) {
	for args, want := range map[string]struct {
		rest, dir string
		verbose   bool
		peers     []string
	}{
		"":                        {},
		"a b":                     {rest: "a b"},
		"-o d a b":                {rest: "a b", dir: "d"},
		"a -o d b":                {rest: "a b", dir: "d"},
		"a b -o d":                {rest: "a b", dir: "d"},
		"a b -o=d":                {rest: "a b", dir: "d"},
		"a b --o d":               {rest: "a b", dir: "d"},
		"a -v b -o d c":           {rest: "a b c", dir: "d", verbose: true},
		"-v=false a":              {rest: "a"},
		"-peer 1 a -peer 2":       {rest: "a", peers: []string{"1", "2"}},
		"a -o c -o d":             {rest: "a", dir: "d"},
		"a -- -v":                 {rest: "a -v"},
		"-- -v":                   {rest: "-v"},
		"-v -- -o d":              {rest: "-o d", verbose: true},
		"a -- b -- -v":            {rest: "a b -- -v"},
		"-o d --":                 {dir: "d"},
		"a - -v":                  {rest: "a -", verbose: true},
		"127.0.0.1 4100 -o d x y": {rest: "127.0.0.1 4100 x y", dir: "d"},
	} {
		t.Run(args, func(t *testing.T) {
			flags, dir, verbose, peers := someFlags()
			rest, err := parseFlags(flags, strings.Fields(args))
			require.NoError(t, err)
			assert.Equal(t, want.rest, strings.Join(rest, " "))
			assert.Equal(t, want.dir, *dir)
			assert.Equal(t, want.verbose, *verbose)
			assert.Equal(t, want.peers, *peers)
		})
	}
}

func TestParseFlagsErrors(t *testing.T) {
	const hint = "; an argument that begins with - goes after --"
	for args, want := range map[string]string{
		"-1 5001":  "flag provided but not defined: -1" + hint,
		"X -y":     "flag provided but not defined: -y" + hint,
		"X --y":    "flag provided but not defined: -y" + hint,
		"X -o":     "flag needs an argument: -o",
		"X -o --":  "flag needs an argument: -o",
		"X -v=x y": `invalid boolean value "x" for -v: parse error`,
		"X ---y":   "bad flag syntax: ---y",
		"X y -h":   flag.ErrHelp.Error(),
	} {
		t.Run(args, func(t *testing.T) {
			flags, _, _, _ := someFlags()
			rest, err := parseFlags(flags, strings.Fields(args))
			require.EqualError(t, err, want)
			assert.Nil(t, rest)
		})
	}
}

func someFlags() (flags *flag.FlagSet, dir *string, verbose *bool, peers *[]string) {
	flags = flag.NewFlagSet("", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	peers = new([]string)
	flags.Func("peer", "", func(p string) error {
		*peers = append(*peers, p)
		return nil
	})
	return flags, flags.String("o", "", ""), flags.Bool("v", false, ""), peers
}
