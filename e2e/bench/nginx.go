package main

import (
	"context"
	"fmt"
	"os"

	"peerlab/e2e/bench/internal/proc"
)

// nginxConf is a file server without a log. It is for: a user line, the pid
// file, a folder for what nginx wants to write, the address, and the folder that
// is served.
const nginxConf = `%s
daemon off;
worker_processes auto;
pid %s;
error_log stderr warn;
events { worker_connections 1024; }
http {
	access_log off;
	sendfile on;
	tcp_nopush on;
	client_body_temp_path %[3]s; proxy_temp_path %[3]s; fastcgi_temp_path %[3]s; uwsgi_temp_path %[3]s; scgi_temp_path %[3]s;
	server { listen %[4]s; root %[5]s; }
}
`

// startNginx starts an nginx that serves a folder. It must be stopped.
func (l *lab) startNginx(ctx context.Context, folder string) (s *proc.Server, addr string, err error) {
	path, err := proc.Find("nginx", "nginx")
	if err != nil {
		return nil, "", err
	}
	if addr, err = proc.FreePort(); err != nil {
		return nil, "", err
	}
	user := ""
	if os.Getuid() == 0 {
		user = "user root;" // its workers would be nobody, who may not read our folder
	}
	conf, own := l.path("nginx", "nginx.conf"), l.path("nginx")
	text := fmt.Sprintf(nginxConf, user, l.path("nginx", "pid"), own, addr, folder)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return nil, "", err
	}
	if s, err = proc.Start("nginx", path, "-p", own, "-c", conf, "-e", "stderr"); err != nil {
		return nil, "", err
	}
	if err := s.Ready(ctx, func() error { return dials(addr) }); err != nil {
		s.Stop()
		return nil, "", err
	}
	return s, addr, nil
}
