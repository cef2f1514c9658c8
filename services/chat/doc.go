// Package chat is a hybrid peer-to-peer chat: a server introduces clients to
// each other, they talk over a full mesh, and the mesh outlives the server.
//
// docs/protocol.md defines the protocol, and docs/architecture.md describes how
// the code is laid out. internal/wire has the messages, internal/broadcast decides
// which lines are shown and in which order, internal/liveness which members are
// silent, and internal/registry is the server's file of clients.
package chat
