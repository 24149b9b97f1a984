// Go's own reverse proxy, as its documentation shows it, with a pool that fits the load.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
)

func main() {
	address := flag.String("listen", "127.0.0.1:0", "where to listen")
	upstream := flag.String("upstream", "", "where to relay to")
	flag.Parse()
	target, err := url.Parse(*upstream)
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns = 1024
	transport.MaxIdleConnsPerHost = 1024
	proxy.Transport = transport
	fmt.Printf("serving on http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, proxy))
}
