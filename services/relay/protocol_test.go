package relay

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/lines"
)

func TestCheckName(t *testing.T) {
	long := strings.Repeat("n", 255)
	for _, name := range []string{
		"a", "a.txt", ".hidden", "...", "..a", "a..", "a/b/c", "two words", ` "quoted" 'name'`, " ", "~", "-", "$(reboot)", "a:b", "*",
		"Übersicht.txt", "文件", "é", long, long + "/" + long,
	} {
		require.NoError(t, CheckName(name), "%q", name)
	}
	for name, why := range map[string]string{
		"":                              "empty",
		"/":                             "no leading slash",
		"/etc/passwd":                   "no leading slash",
		"../x":                          "not the name",
		"a/../x":                        "not the name",
		"a/..":                          "not the name",
		"..":                            "not the name",
		".":                             "not the name",
		"./a":                           "not the name",
		"a/./b":                         "not the name",
		"a//b":                          "not the name",
		"a/":                            "not the name",
		`..\x`:                          "no backslash",
		`C:\x`:                          "no backslash",
		"a\x00b":                        "control characters",
		"a\nb":                          "control characters",
		"a\tb":                          "control characters",
		"\x1b[2J":                       "control characters",
		"\u009b":                        "control characters",
		"\u202etxt.exe":                 "control characters",
		"\xff":                          "not UTF-8", // fault F5: another reason was given
		"caf\xe9.txt":                   "not UTF-8",
		long + "n":                      "a part of 256 bytes",
		strings.Repeat("n/", 512) + "n": "1025 bytes",
	} {
		err := CheckName(name)
		require.ErrorContains(t, err, why, "%q", name)
		require.True(t, lines.Clean([]byte(err.Error())), "%q", err)
	}
}

func TestSplitAddr(t *testing.T) {
	for addr, want := range map[string][2]string{
		"127.0.0.1:7001":       {"127.0.0.1", "7001"},
		":7001":                {"", "7001"},
		"[::1]:7001":           {"::1", "7001"},
		"[fe80::1%eth0]:1":     {"fe80::1%eth0", "1"},
		"node-1.example:65535": {"node-1.example", "65535"},
	} {
		host, port, err := splitAddr(addr)
		require.NoError(t, err, addr)
		require.Equal(t, want, [2]string{host, port}, addr)
	}
	for _, addr := range []string{
		"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1:07001", "127.0.0.1:http",
		"::1:7001", "a b:1", "a:1 b", "a#b:1", "\x1b:1", "a\x00:1", strings.Repeat("a", 127) + ":1",
	} {
		_, _, err := splitAddr(addr)
		require.True(t, lines.IsRefusal(err, "syntax"), "%q: %v", addr, err)
	}
}

func TestNumber(t *testing.T) {
	for s, want := range map[string]int64{"0": 0, "7": 7, "9223372036854775807": 1<<63 - 1} {
		n, err := number(s)
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	for _, s := range []string{"", "-", "-0", "-1", "+1", "01", "1 ", "1e3", "0x1", "1_000", "9223372036854775808", "१"} {
		_, err := number(s)
		require.True(t, lines.IsRefusal(err, "syntax"), "%q", s)
	}
}

func TestLeaseOf(t *testing.T) {
	for s, want := range map[string]string{"0": "0s", "1": "1s", "15": "15s", "16": "15s", "9223372036854775807": "15s"} {
		d, err := leaseOf(s)
		require.NoError(t, err)
		require.Equal(t, want, d.String(), s)
	}
	_, err := leaseOf("soon")
	require.Error(t, err)
}

func TestCheckHash(t *testing.T) {
	require.NoError(t, checkHash("-"))
	require.NoError(t, checkHash(hashed("")))
	for _, s := range []string{"", "--", hashed("")[1:], hashed("") + "0", strings.ToUpper(hashed("")), strings.Repeat("g", 64)} {
		require.True(t, lines.IsRefusal(checkHash(s), "syntax"), "%q", s)
	}
}

func TestAnswer(t *testing.T) {
	for line, want := range map[string][]string{
		"OK":                  {},
		"NODE 127.0.0.1:1":    {"127.0.0.1:1"},
		"FILE 3 - two  words": {"3", "-", "two  words"},
		"FILE 3 - ":           {"3", "-", ""},
	} {
		verb, _, _ := strings.Cut(line, " ")
		got, err := answer(line, verb, len(want))
		require.NoError(t, err, line)
		require.Equal(t, want, got, line)
	}
	for _, test := range []struct {
		line, verb   string
		n            int
		code, reason string
	}{
		{"ERR notfound no file \"x\" here", "SEND", 3, "notfound", `no file "x" here`},
		{"ERR differs", "SEND", 3, "differs", ""},
		{"ERR changed \x1b[2J\u202e", "SEND", 3, "changed", `\x1b[2J\u202e`},
		{"ERR \x07 x", "SEND", 3, `\x07`, "x"},
		{"ERR", "SEND", 3, "syntax", `received "ERR" instead of SEND`},
		{"", "OK", 0, "syntax", `received "" instead of OK`},
		{"OK ", "OK", 0, "syntax", `received "OK " instead of OK`},
		{"SEND 1 2", "SEND", 3, "syntax", `received "SEND 1 2" instead of SEND`},
		{"send 1 2 3", "SEND", 3, "syntax", `received "send 1 2 3" instead of SEND`},
		{"\x1b", "SEND", 3, "syntax", `received "\x1b" instead of SEND`},
	} {
		_, err := answer(test.line, test.verb, test.n)
		require.Equal(t, &lines.Refusal{Code: test.code, Reason: test.reason}, err, "%q", test.line)
	}
}

func TestReadLine(t *testing.T) {
	in := lines.NewReader(strings.NewReader("one\r\n"+strings.Repeat("x", maxLine)+"\n"+strings.Repeat("y", maxLine+1)+"\n"), maxLine)
	line, err := readLine(in)
	require.NoError(t, err)
	require.Equal(t, "one", line)
	line, err = readLine(in)
	require.NoError(t, err)
	require.Len(t, line, maxLine)
	_, err = readLine(in)
	require.True(t, lines.IsRefusal(err, "syntax"), err)
	_, err = readLine(lines.NewReader(strings.NewReader("OK"), maxLine))
	require.ErrorContains(t, err, "unexpected EOF", "a line without its end")
	require.False(t, lines.IsRefusal(err, "syntax"))
}

func TestWhichRefusalsCloseTheConnection(t *testing.T) {
	for code, want := range map[string]bool{
		"syntax": true, "version": true, "timeout": true, "full": true, "name": true, "changed": true, "failed": true,
		"notfound": false, "differs": false,
	} {
		require.Equal(t, want, closes(lines.Refuse(code, "")), code)
	}
}
