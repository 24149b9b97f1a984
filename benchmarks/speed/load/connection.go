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
	"sync"
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
	body   []byte // of the last response
}

// handshakes counts how connections were secured.
type handshakes struct {
	sync.Mutex
	counts map[string]int
}

func (h *handshakes) add(state tls.ConnectionState) {
	h.Lock()
	defer h.Unlock()
	if h.counts == nil {
		h.counts = map[string]int{}
	}
	kind := "full"
	if state.DidResume {
		kind = "resumed"
	}
	h.counts[tls.CipherSuiteName(state.CipherSuite)+" "+kind]++
}

func (t *target) dial(cache tls.ClientSessionCache, protocols ...string) (*connection, error) {
	raw, err := net.DialTimeout("tcp", t.address, dialTimeout)
	if err != nil {
		return nil, fault("dial")
	}
	raw.SetDeadline(time.Now().Add(exchangeTimeout))
	if t.roots == nil {
		return &connection{Conn: raw, reader: bufio.NewReaderSize(raw, 4096)}, nil
	}
	if protocols == nil {
		protocols = []string{"http/1.1"}
	}
	secured := tls.Client(raw, &tls.Config{
		RootCAs: t.roots, ServerName: "localhost", ClientSessionCache: cache, NextProtos: protocols,
	})
	if err := secured.Handshake(); err != nil {
		raw.Close()
		return nil, fault("handshake")
	}
	t.secured.add(secured.ConnectionState())
	return &connection{Conn: secured, reader: bufio.NewReaderSize(secured, 4096)}, nil
}

// headers are what Chromium sends with a post, in its order.
var headers = [][2]string{
	{"sec-ch-ua-platform", `"Linux"`},
	{"User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"},
	{"sec-ch-ua", `"Chromium";v="156", "Not_A Brand";v="99"`},
	{"Content-Type", "application/json"},
	{"sec-ch-ua-mobile", "?0"},
	{"Accept", "*/*"},
	{"Origin", "https://localhost"},
	{"Sec-Fetch-Site", "same-origin"},
	{"Sec-Fetch-Mode", "cors"},
	{"Sec-Fetch-Dest", "empty"},
	{"Referer", "https://localhost/"},
	{"Accept-Encoding", "gzip, deflate, br, zstd"},
	{"Accept-Language", "de-DE,de;q=0.9,en;q=0.8"},
}

// request writes down a post of a report.
func (t *target) request(body []byte) []byte {
	var text bytes.Buffer
	fmt.Fprintf(&text, "POST %s/v1/signals HTTP/1.1\r\nHost: localhost\r\n", t.path)
	text.WriteString("Connection: keep-alive\r\n")
	fmt.Fprintf(&text, "Content-Length: %d\r\n", len(body))
	for _, header := range headers {
		fmt.Fprintf(&text, "%s: %s\r\n", header[0], header[1])
	}
	text.WriteString("\r\n")
	text.Write(body)
	return text.Bytes()
}

var refused = []byte(`"ok":false`)

// exchange sends one request and reads its response, which must be a 200 that refuses nothing.
func (c *connection) exchange(request []byte) error {
	c.SetDeadline(time.Now().Add(exchangeTimeout))
	if _, err := c.Write(request); err != nil {
		return fault("write")
	}
	if err := c.answer(); err != nil {
		return err
	}
	if bytes.Contains(c.body, refused) {
		return fault("refused")
	}
	return nil
}

// answer reads a response, which must be a 200; its body stays until the next.
func (c *connection) answer() error {
	status, length, chunked, err := c.head()
	if err != nil {
		return err
	}
	c.body = c.body[:0]
	if chunked {
		err = c.chunks()
	} else {
		err = c.take(length)
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

// take adds so many bytes to the body.
func (c *connection) take(length int) error {
	from := len(c.body)
	if cap(c.body) < from+length {
		c.body = append(make([]byte, 0, 2*(from+length)), c.body...)
	}
	c.body = c.body[:from+length]
	_, err := io.ReadFull(c.reader, c.body[from:])
	return err
}

func (c *connection) chunks() error {
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(line), 16, 32)
		if err != nil {
			return err
		}
		if err := c.take(int(size)); err != nil {
			return err
		}
		if _, err := c.reader.Discard(2); err != nil {
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
