package main

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand"
)

// visit does what a browser does that comes for the first time: a latency channel on a connection
// of its own, then one post on a second one, which resumes the first one's TLS session.
func (t *target) visit(body []byte, random *rand.Rand) error {
	cache := tls.NewLRUClientSessionCache(1)
	ref := fmt.Sprintf("sess_%016x%016x", random.Uint64(), random.Uint64())
	receipt, err := t.channel(cache, ref, random)
	if err != nil {
		return err
	}
	report := bytes.Replace(body, []byte(placeholderRef), []byte(ref), 1)
	report = bytes.Replace(report, []byte(placeholderReceipt), receipt, 1)
	page, err := t.dial(cache)
	if err != nil {
		return err
	}
	defer page.Close()
	return page.exchange(t.request(report))
}

func (t *target) visitor(random *rand.Rand) worker {
	return func() error { return t.visit(t.bodies[random.Intn(len(t.bodies))], random) }
}

// channel plays the volleys and returns the receipt.
func (t *target) channel(cache tls.ClientSessionCache, ref string, random *rand.Rand) ([]byte, error) {
	socket, err := t.dial(cache)
	if err != nil {
		return nil, err
	}
	defer socket.Close()
	fmt.Fprintf(socket, "GET %s/v1/ws?ref=%s&volleys=%d HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"+
		"Upgrade: websocket\r\nOrigin: https://localhost\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", t.path, ref, t.volleys)
	if status, _, _, err := socket.head(); err != nil || status != 101 {
		return nil, fault("upgrade")
	}
	for {
		frame, err := socket.frame()
		if err != nil {
			return nil, err
		}
		switch member(frame, "t") {
		case "ping":
			pong := fmt.Sprintf(`{"t":"pong","n":"%s","m":"%016x"}`, member(frame, "n"), random.Uint64())
			if _, err := socket.Write(masked(0x81, []byte(pong))); err != nil {
				return nil, fault("write")
			}
		case "done":
			receipt := []byte(member(frame, "receipt"))
			socket.frame() // the close
			socket.Write(masked(0x88, []byte{0x03, 0xe8}))
			return receipt, nil
		}
	}
}

// frame reads one unfragmented frame of a server.
func (c *connection) frame() ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(c.reader, head[:2]); err != nil {
		return nil, fault("channel")
	}
	length := int(head[1] & 0x7f)
	if length == 126 {
		if _, err := io.ReadFull(c.reader, head[2:4]); err != nil {
			return nil, fault("channel")
		}
		length = int(binary.BigEndian.Uint16(head[2:4]))
	}
	payload := make([]byte, length)
	if _, err := io.ReadFull(c.reader, payload); err != nil {
		return nil, fault("channel")
	}
	return payload, nil
}

// masked writes down a client's frame of at most 125 bytes.
func masked(first byte, payload []byte) []byte {
	frame := append([]byte{first, 0x80 | byte(len(payload)), 0x12, 0x34, 0x56, 0x78}, payload...)
	for place := range payload {
		frame[6+place] ^= frame[2+place%4]
	}
	return frame
}

// member returns a string member of a flat JSON object whose strings have no escapes.
func member(object []byte, name string) string {
	_, rest, found := bytes.Cut(object, []byte(`"`+name+`":`))
	if !found {
		return ""
	}
	_, rest, _ = bytes.Cut(rest, []byte(`"`))
	value, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(value)
}
