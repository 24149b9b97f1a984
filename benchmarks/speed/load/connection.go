package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

const (
	dialTimeout     = 10 * time.Second
	exchangeTimeout = 30 * time.Second
)

// connection is one HTTP/1.1 connection, kept alive between exchanges.
type connection struct {
	net.Conn
	reader *bufio.Reader
}

func (t *target) dial(cache tls.ClientSessionCache) (*connection, error) {
	raw, err := net.DialTimeout("tcp", t.address, dialTimeout)
	if err != nil {
		return nil, fault("dial")
	}
	raw.SetDeadline(time.Now().Add(exchangeTimeout))
	if t.roots == nil {
		return &connection{raw, bufio.NewReaderSize(raw, 4096)}, nil
	}
	secured := tls.Client(raw, &tls.Config{
		RootCAs: t.roots, ServerName: "localhost", ClientSessionCache: cache, NextProtos: []string{"http/1.1"},
	})
	if err := secured.Handshake(); err != nil {
		raw.Close()
		return nil, fault("handshake")
	}
	return &connection{secured, bufio.NewReaderSize(secured, 4096)}, nil
}

// request writes down a post of a report.
func (t *target) request(body []byte) []byte {
	var text bytes.Buffer
	fmt.Fprintf(&text, "POST %s/v1/signals HTTP/1.1\r\nHost: localhost\r\n", t.path)
	text.WriteString("Connection: keep-alive\r\n")
	fmt.Fprintf(&text, "Content-Length: %d\r\n", len(body))
	text.WriteString("sec-ch-ua-platform: \"Linux\"\r\n")
	text.WriteString("User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36\r\n")
	text.WriteString("sec-ch-ua: \"Chromium\";v=\"156\", \"Not_A Brand\";v=\"99\"\r\nContent-Type: application/json\r\n")
	text.WriteString("sec-ch-ua-mobile: ?0\r\nAccept: */*\r\nOrigin: https://localhost\r\nSec-Fetch-Site: same-origin\r\n")
	text.WriteString("Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\nReferer: https://localhost/\r\n")
	text.WriteString("Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: de-DE,de;q=0.9,en;q=0.8\r\n\r\n")
	text.Write(body)
	return text.Bytes()
}

// exchange sends one request and reads its response, which must be a 200.
func (c *connection) exchange(request []byte) error {
	c.SetDeadline(time.Now().Add(exchangeTimeout))
	if _, err := c.Write(request); err != nil {
		return fault("write")
	}
	status, length, chunked, err := c.head()
	if err != nil {
		return err
	}
	if chunked {
		err = c.skipChunks()
	} else {
		_, err = c.reader.Discard(length)
	}
	if err != nil {
		return fault("read")
	}
	if status != 200 {
		return fault(strconv.Itoa(status))
	}
	return nil
}

// head reads the head of a response.
func (c *connection) head() (status, length int, chunked bool, err error) {
	line, err := c.line()
	if err != nil || len(line) < 12 {
		return 0, 0, false, fault("read")
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, 0, false, fault("read")
	}
	for {
		line, err := c.line()
		if err != nil {
			return 0, 0, false, fault("read")
		}
		if len(line) == 0 {
			return status, length, chunked, nil
		}
		name, value, _ := strings.Cut(string(line), ":")
		switch textproto.TrimString(strings.ToLower(name)) {
		case "content-length":
			length, _ = strconv.Atoi(textproto.TrimString(value))
		case "transfer-encoding":
			chunked = true
		}
	}
}

func (c *connection) skipChunks() error {
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(line), 16, 32)
		if err != nil {
			return err
		}
		if _, err := io.CopyN(io.Discard, c.reader, size+2); err != nil {
			return err
		}
		if size == 0 {
			return nil
		}
	}
}

func (c *connection) line() ([]byte, error) {
	line, err := c.reader.ReadSlice('\n')
	return bytes.TrimRight(line, "\r\n"), err
}
