package relay

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNodesThatFailedAreAskedLast(t *testing.T) {
	given := []string{"a", "b", "c", "d"}
	d := directory{nodes: given}
	d.moveToEnd(map[string]bool{"a": true, "c": true})
	require.Equal(t, []string{"b", "d", "a", "c"}, d.nodes)
	d.moveToEnd(nil)
	require.Equal(t, []string{"b", "d", "a", "c"}, d.nodes)
	require.Equal(t, []string{"a", "b", "c", "d"}, given, "moveToEnd does not modify a list that was returned before")
}
