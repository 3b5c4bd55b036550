// Command paced is the engines and the clients of a proxy in one process: streams of chunks, each at its own time, and what
// the proxy's processes spent on them. As engines it answers every POST with a stream and every GET with a list of models.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// An event as engines write it, with the time at which it was written at its end.
const event = `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":` +
	`[{"index":0,"delta":{"content":" token"},"logprobs":null,"finish_reason":null}],"t":"%016x"}` + "\n\n"

const models = `{"object":"list","data":[{"id":"m","object":"model","max_model_len":100000}]}`

const done = "data: [DONE]\n\n"

var (
	gap     time.Duration
	tokens  int
	chunks  atomic.Int64
	broken  atomic.Int64
	timing  atomic.Bool
	delayed sync.Mutex
	delays  []int64
)

func engine(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		go serve(connection)
	}
}

func serve(connection net.Conn) {
	defer connection.Close()
	in := bufio.NewReader(connection)
	for {
		length, get := 0, false
		for first := true; ; first = false {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			line = strings.ToLower(strings.TrimSpace(line))
			if line == "" {
				break
			}
			if first {
				get = strings.HasPrefix(line, "get ")
			}
			if value, found := strings.CutPrefix(line, "content-length:"); found {
				length, _ = strconv.Atoi(strings.TrimSpace(value))
			}
		}
		if _, err := io.CopyN(io.Discard, in, int64(length)); err != nil {
			return
		}
		if get {
			fmt.Fprintf(connection, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s", len(models), models)
		} else if stream(connection) != nil {
			return
		}
	}
}

func stream(to net.Conn) error {
	if _, err := io.WriteString(to, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"); err != nil {
		return err
	}
	// streams that began together do not go on together
	next := time.Now().Add(time.Duration(time.Now().UnixNano()) % gap)
	for i := 0; i < tokens; i++ {
		time.Sleep(time.Until(next))
		next = next.Add(gap)
		text := fmt.Sprintf(event, time.Now().UnixNano())
		if _, err := fmt.Fprintf(to, "%x\r\n%s\r\n", len(text), text); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(to, "%x\r\n%s\r\n0\r\n\r\n", len(done), done)
	return err
}

func client(address string, until time.Time) error {
	body := `{"model":"m","stream":true,"messages":[{"role":"user","content":"` + strings.Repeat("prompt ", 200) + `"}]}`
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer connection.Close()
	in := bufio.NewReader(connection)
	var mine []int64
	for time.Now().Before(until) {
		fmt.Fprintf(connection, "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s", len(body), body)
		for ended := false; time.Now().Before(until); {
			line, err := in.ReadSlice('\n')
			if err != nil {
				return err
			}
			text := string(line)
			if at := len(text) - 19; at > 60 && strings.HasPrefix(text, "data: ") {
				chunks.Add(1)
				if written, err := strconv.ParseInt(text[at:at+16], 16, 64); err == nil && timing.Load() {
					mine = append(mine, time.Now().UnixNano()-written)
				}
			} else if text == "data: [DONE]\n" {
				ended = true
			} else if ended && text == "0\r\n" {
				if _, err := in.ReadSlice('\n'); err != nil {
					return err
				}
				break
			}
		}
	}
	delayed.Lock()
	delays = append(delays, mine...)
	delayed.Unlock()
	return nil
}

// CPU time of processes so far, in seconds.
func spent(processes []string) float64 {
	ticks := 0.0
	for _, process := range processes {
		stat, err := os.ReadFile("/proc/" + process + "/stat")
		if err != nil {
			panic(err)
		}
		fields := strings.Fields(string(stat[strings.LastIndex(string(stat), ")")+2:]))
		for _, field := range fields[11:13] {
			value, _ := strconv.ParseFloat(field, 64)
			ticks += value
		}
	}
	return ticks / 100
}

func quantile(q float64) float64 {
	if len(delays) == 0 {
		return 0
	}
	return float64(delays[int(q*float64(len(delays)-1))]) / 1e6
}

func main() {
	engines := flag.String("engines", "", "ports to answer at as engines, until killed; or else:")
	proxy := flag.String("proxy", "127.0.0.1:8080", "where clients ask")
	pids := flag.String("pids", "", "the proxy's processes")
	streams := flag.Int("streams", 200, "at a time")
	rate := flag.Float64("rate", 50, "chunks a second of each stream")
	warm := flag.Duration("warm-up", 10*time.Second, "before measuring")
	measured := flag.Duration("measured", 10*time.Second, "")
	flag.IntVar(&tokens, "tokens", 500, "chunks of a stream")
	flag.Parse()
	gap = time.Duration(float64(time.Second) / *rate)
	if *engines != "" {
		for _, port := range strings.Split(*engines, ",") {
			listener, err := net.Listen("tcp", "127.0.0.1:"+port)
			if err != nil {
				panic(err)
			}
			go engine(listener)
		}
		select {}
	}
	until := time.Now().Add(*warm + *measured)
	var running sync.WaitGroup
	for i := 0; i < *streams; i++ {
		running.Add(1)
		go func() {
			defer running.Done()
			if err := client(*proxy, until); err != nil {
				broken.Add(1)
				fmt.Fprintln(os.Stderr, "broken:", err)
			}
		}()
	}
	processes := strings.Split(*pids, ",")
	time.Sleep(*warm)
	timing.Store(true)
	cpu, count := spent(processes), chunks.Load()
	time.Sleep(time.Until(until) - gap)
	cpu, count = spent(processes)-cpu, chunks.Load()-count
	timing.Store(false)
	running.Wait()
	sort.Slice(delays, func(i, j int) bool { return delays[i] < delays[j] })
	fmt.Printf("%d | %.1f | %.2f / %.2f\n", count, cpu*1e6/float64(count), quantile(0.5), quantile(0.99))
	if broken.Load() > 0 {
		os.Exit(1)
	}
}
