// Package chat is a hybrid peer-to-peer chat: a server introduces clients to
// each other, they talk over a full mesh, and the mesh outlives the server.
//
// docs/protocol.md defines the protocol, and docs/architecture.md describes how
// the code is laid out. internal/wire has the messages and internal/registry the
// server's file of clients.
package chat
