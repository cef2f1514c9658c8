package relay

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNodesThatFailedAreAskedLast(t *testing.T) {
	given := []string{"a", "b", "c", "d"}
	d := directory{nodes: given}
	d.last(map[string]bool{"a": true, "c": true})
	require.Equal(t, []string{"b", "d", "a", "c"}, d.nodes)
	d.last(nil)
	require.Equal(t, []string{"b", "d", "a", "c"}, d.nodes)
	require.Equal(t, []string{"a", "b", "c", "d"}, given, "whoever has the list keeps it as it is")
}
