// A plain good edge in Go: what an able engineer would write with net/http in place of ours.
//
// It serves the same visit: a latency channel with single-use nonces, whose receipt is sealed and
// carries the kernel's timing of the connection, and a post whose body it checks, puts beside what
// it observed, and relays at once, one request a post.
package main

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"github.com/gorilla/websocket"
)

const (
	maxBody     = 64 << 10
	maxVolleys  = 64
	receiptLife = 120 * time.Second
	tcpInfo     = 11
)

type connectionKey struct{}

type timing struct {
	RttUs    uint32 `json:"rttUs"`
	RttVarUs uint32 `json:"rttVarUs"`
	MinRttUs uint32 `json:"minRttUs"`
	SndMss   uint32 `json:"sndMss"`
	RcvMss   uint32 `json:"rcvMss"`
}

type channel struct {
	Ref      string    `json:"ref"`
	SourceIP string    `json:"sourceIp"`
	RttUs    []int64   `json:"rttUs"`
	TCP      *timing   `json:"tcp,omitempty"`
	At       int64     `json:"at"`
	Expires  time.Time `json:"exp"`
}

type report struct {
	V          int                        `json:"v"`
	ID         string                     `json:"id"`
	SessionRef string                     `json:"sessionRef"`
	Signals    map[string]json.RawMessage `json:"signals"`
	Receipts   []string                   `json:"receipts"`
}

type envelope struct {
	V          int             `json:"v"`
	ID         string          `json:"id"`
	SessionRef string          `json:"sessionRef"`
	ReceivedAt int64           `json:"receivedAt"`
	Want       bool            `json:"wantVerdict"`
	Observed   map[string]any  `json:"observed"`
	Report     json.RawMessage `json:"report"`
}

type results struct {
	Results []struct {
		ID string `json:"id"`
		OK bool   `json:"ok"`
	} `json:"results"`
}

type edge struct {
	upstream string
	client   *http.Client
	sealer   cipher.AEAD
	upgrader websocket.Upgrader
}

func main() {
	address := flag.String("listen", "127.0.0.1:0", "where to listen")
	upstream := flag.String("upstream", "", "the service")
	cert := flag.String("cert", "", "certificate chain, PEM")
	key := flag.String("key", "", "its key, PEM")
	alpn := flag.String("alpn", "http/1.1", "what TLS offers, comma-separated")
	flag.Parse()
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	secret := sha256.Sum256([]byte("the licence"))
	block, err := aes.NewCipher(secret[:])
	if err != nil {
		log.Fatal(err)
	}
	sealer, err := cipher.NewGCM(block)
	if err != nil {
		log.Fatal(err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns = 1024
	transport.MaxIdleConnsPerHost = 1024
	e := &edge{
		upstream: *upstream + "/v1/signals",
		client:   &http.Client{Transport: transport, Timeout: 5 * time.Second},
		sealer:   sealer,
		upgrader: websocket.Upgrader{CheckOrigin: func(r *http.Request) bool { return r.Header.Get("Origin") != "" }},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/octet/v1/signals", e.signals)
	mux.HandleFunc("/octet/v1/ws", e.latency)
	mux.HandleFunc("/octet/health", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"ok":true}`) })
	server := &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		IdleTimeout:       60 * time.Second,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connectionKey{}, c)
		},
		TLSConfig: &tls.Config{NextProtos: strings.Split(*alpn, ",")},
	}
	if *cert == "" {
		fmt.Printf("serving on http://%s\n", listener.Addr())
		log.Fatal(server.Serve(listener))
	}
	if *alpn == "http/1.1" {
		server.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
	}
	fmt.Printf("serving on https://%s\n", listener.Addr())
	log.Fatal(server.ServeTLS(listener, *cert, *key))
}

func (e *edge) signals(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
		http.Error(w, "unsupported", http.StatusUnsupportedMediaType)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	var posted report
	if err := json.Unmarshal(body, &posted); err != nil || posted.ID == "" || posted.V != 1 || posted.Signals == nil {
		http.Error(w, "malformed", http.StatusBadRequest)
		return
	}
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	channels := []channel{}
	for _, receipt := range posted.Receipts {
		if opened, ok := e.open(receipt, posted.SessionRef); ok {
			channels = append(channels, opened)
		}
	}
	headers := make([][2]string, 0, len(r.Header))
	for name, values := range r.Header {
		for _, value := range values {
			headers = append(headers, [2]string{name, value})
		}
	}
	text, err := json.Marshal(map[string][]envelope{"envelopes": {{
		V: 1, ID: posted.ID, SessionRef: posted.SessionRef, ReceivedAt: time.Now().UnixMilli(),
		Observed: map[string]any{
			"sourceIp": host, "peerIp": host, "via": "direct",
			"http": map[string]any{"version": "1.1", "headers": headers},
			"tcp":  timingOf(r.Context()), "latency": channels,
		},
		Report: body,
	}}})
	if err != nil {
		http.Error(w, "malformed", http.StatusBadRequest)
		return
	}
	if !e.relay(r.Context(), text, posted.ID) {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "upstream unavailable", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	io.WriteString(w, `{"ok":true}`)
}

func (e *edge) relay(ctx context.Context, text []byte, id string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.upstream, bytes.NewReader(text))
	if err != nil {
		return false
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := e.client.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	var answer results
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return false
	}
	io.Copy(io.Discard, response.Body)
	return len(answer.Results) == 1 && answer.Results[0].ID == id && answer.Results[0].OK
}

func (e *edge) latency(w http.ResponseWriter, r *http.Request) {
	volleys, err := strconv.Atoi(r.URL.Query().Get("volleys"))
	if err != nil || volleys < 1 || volleys > maxVolleys {
		volleys = 24
	}
	socket, err := e.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer socket.Close()
	socket.SetReadLimit(4096)
	socket.SetReadDeadline(time.Now().Add(15 * time.Second))
	socket.WriteMessage(websocket.TextMessage, []byte(fmt.Sprintf(`{"t":"hello","v":1,"volleys":%d}`, volleys)))
	rttUs := make([]int64, 0, volleys)
	pageNonce := ""
	for len(rttUs) < volleys {
		nonce := newNonce()
		ping := map[string]string{"t": "ping", "n": nonce}
		if pageNonce != "" {
			ping["m"] = pageNonce
		}
		text, _ := json.Marshal(ping)
		sent := time.Now()
		if socket.WriteMessage(websocket.TextMessage, text) != nil {
			return
		}
		kind, frame, err := socket.ReadMessage()
		if err != nil || kind != websocket.TextMessage {
			return
		}
		took := time.Since(sent)
		var pong struct{ T, N, M string }
		if json.Unmarshal(frame, &pong) != nil || pong.T != "pong" || pong.N != nonce || pong.M == "" {
			socket.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1008, ""), time.Now().Add(time.Second))
			return
		}
		pageNonce = pong.M
		rttUs = append(rttUs, took.Microseconds())
	}
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	now := time.Now()
	receipt := e.seal(channel{
		Ref: r.URL.Query().Get("ref"), SourceIP: host, RttUs: rttUs, TCP: timingOf(r.Context()),
		At: now.UnixMilli(), Expires: now.Add(receiptLife),
	})
	socket.WriteMessage(websocket.TextMessage, []byte(fmt.Sprintf(`{"t":"done","receipt":%q}`, receipt)))
	socket.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), now.Add(time.Second))
	socket.SetReadDeadline(now.Add(time.Second))
	socket.ReadMessage()
}

func newNonce() string {
	var raw [12]byte
	rand.Read(raw[:])
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

func (e *edge) seal(c channel) string {
	text, _ := json.Marshal(c)
	nonce := make([]byte, e.sealer.NonceSize())
	rand.Read(nonce)
	return base64.RawURLEncoding.EncodeToString(e.sealer.Seal(nonce, nonce, text, []byte(c.Ref)))
}

func (e *edge) open(receipt, ref string) (channel, bool) {
	var c channel
	raw, err := base64.RawURLEncoding.DecodeString(receipt)
	if err != nil || len(raw) < e.sealer.NonceSize() {
		return c, false
	}
	text, err := e.sealer.Open(nil, raw[:e.sealer.NonceSize()], raw[e.sealer.NonceSize():], []byte(ref))
	if err != nil || json.Unmarshal(text, &c) != nil || time.Now().After(c.Expires) {
		return c, false
	}
	return c, true
}

// timingOf asks the kernel for TCP_INFO of the request's connection.
func timingOf(ctx context.Context) *timing {
	connection, _ := ctx.Value(connectionKey{}).(net.Conn)
	if secured, ok := connection.(*tls.Conn); ok {
		connection = secured.NetConn()
	}
	tcp, ok := connection.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	var info [232]byte
	size := uint32(len(info))
	var errno syscall.Errno
	raw.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall6(syscall.SYS_GETSOCKOPT, fd, syscall.IPPROTO_TCP, tcpInfo,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	})
	if errno != 0 || size < 152 {
		return nil
	}
	at := func(offset int) uint32 { return *(*uint32)(unsafe.Pointer(&info[offset])) }
	return &timing{RttUs: at(68), RttVarUs: at(72), MinRttUs: at(148), SndMss: at(16), RcvMss: at(20)}
}
