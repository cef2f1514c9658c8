package process

import (
	"flag"
	"fmt"
	"slices"
	"strings"
)

// undefined begins the error of package flag for a flag that is not defined.
const undefined = "flag provided but not defined: "

// parseFlags sets the flags among args and returns the other arguments, in order.
// Flags may stand before, between and after the arguments. The first "--" ends
// them: what follows it is an argument even if it begins with "-".
func parseFlags(flags *flag.FlagSet, args []string) (rest []string, err error) {
	var literal []string
	if i := slices.Index(args, "--"); i >= 0 {
		args, literal = args[:i], args[i+1:]
	}
	for {
		if err := flags.Parse(args); err != nil {
			if strings.HasPrefix(err.Error(), undefined) {
				err = fmt.Errorf("%w; an argument that begins with - goes after --", err)
			}
			return nil, err
		}
		if flags.NArg() == 0 {
			return append(rest, literal...), nil
		}
		rest = append(rest, flags.Arg(0))
		args = flags.Args()[1:]
	}
}
