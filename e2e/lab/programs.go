package lab

import (
	"os"
	"strings"
)

// variablePrefix begins the names of all variables of the lab.
const variablePrefix = "PEERLAB_"

// networkVariable puts all labs on the host's network if it is "host".
const networkVariable = variablePrefix + "NETWORK"

// keepVariable has the artifacts of each test be kept, and packetsVariable all packets as
// well, unless they are empty. limitsVariable is the number of the group as which programs
// run that are not the project's own; they then have limits, too.
const (
	limitsVariable  = variablePrefix + "LIMITS"
	lenientVariable = variablePrefix + "LENIENT" // limits that this machine cannot set are left out
	keepVariable    = variablePrefix + "KEEP"
	packetsVariable = variablePrefix + "PACKETS"
)

// originalVariable says of which programs those that play are a copy: a grade.Original.
const originalVariable = variablePrefix + "ORIGINAL"

// variable names the environment variable that says who plays a role, or who
// is the process of that name.
func variable(who string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(who, "-", "_"))
}

// settings returns what the environment says about who plays a role, or is the process of
// a name. Some of the names are no roles, such as e2e.
func settings() map[string]string {
	all := make(map[string]string)
	for _, setting := range os.Environ() {
		name, value, _ := strings.Cut(setting, "=")
		if who, ours := strings.CutPrefix(name, variablePrefix); ours && value != "" {
			all[strings.ToLower(strings.ReplaceAll(who, "_", "-"))] = value
		}
	}
	return all
}
