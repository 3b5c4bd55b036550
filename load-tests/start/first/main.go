// Command first measures how a program starts and how dear its first requests are. It starts the program named behind "--"
// again and again, over engines of its own, waits for gRPC health to answer SERVING, and then sends requests: one, some, many,
// and some again, which are what the first ones are compared with.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	filter "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_proc/v3"
	extproc "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
)

const (
	model     = "m"
	compilers = "CompilerThre" // threads' names are cut
	ticks     = 100.0          // a second, for all programs
)

var (
	runs  = flag.Int("runs", 5, "starts; figures are their medians")
	door  = flag.String("door", "picker", "which door gets the requests: picker or proxy")
	size  = flag.Int("body", 8000, "bytes of a request's body")
	first = flag.Int("first", 500, "requests that count as the first ones, and as many later ones")
	many  = flag.Int("many", 10_000, "requests from the first on that are compared with as many later ones")
	warm  = flag.Int("warm", 20_000, "requests between those and the later ones")
	idle  = flag.Duration("idle", 5*time.Second, "from readiness to a look at memory")
	at    = flag.Int("concurrent", 8, "requests at a time, but for the first")
)

// process is what was started.
type process struct {
	command                   *exec.Cmd
	http, grpc, health, admin int
}

// figures of one run, in the order of names.
var names = []string{"start to SERVING, ms", "its CPU, ms", "compilers at start, ms", "first request, ms",
	"first requests, CPU µs each", "compilers in first, µs", "many from the first on, CPU µs each", "compilers in many, µs",
	"later ones, CPU µs each", "first to later", "many to later", "memory idle, MB", "memory at most, MB"}

func main() {
	flag.Parse()
	if flag.NArg() == 0 {
		log.Fatal("first [flags] -- COMMAND...: the command is serve's, without ports and endpoints")
	}
	folder, err := os.MkdirTemp("", "first")
	check(err)
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "endpoints.yaml")
	check(os.WriteFile(file, []byte(endpoints(2)), 0o644))
	var all [][]float64
	for range *runs {
		row := run(file)
		all = append(all, row)
		fmt.Fprintln(os.Stderr, row)
	}
	for i, name := range names {
		var column []float64
		for _, row := range all {
			column = append(column, row[i])
		}
		slices.Sort(column)
		fmt.Printf("| %s | %.4g | %.4g to %.4g |\n", name, column[len(column)/2], column[0], column[len(column)-1])
	}
}

func run(file string) []float64 {
	p := &process{http: free(), grpc: free(), health: free(), admin: free()}
	command := append(flag.Args(), "serve", "--mode", "both", "--endpoints", file, "--http-port", strconv.Itoa(p.http),
		"--grpc-port", strconv.Itoa(p.grpc), "--grpc-health-port", strconv.Itoa(p.health), "--metrics-port", strconv.Itoa(p.admin))
	p.command = exec.Command(command[0], command[1:]...)
	log, err := os.CreateTemp("", "first-log")
	check(err)
	defer os.Remove(log.Name())
	p.command.Stdout, p.command.Stderr = log, log
	began := time.Now()
	check(p.command.Start())
	defer p.stop()
	serving(p.health)
	row := []float64{milliseconds(time.Since(began)), p.cpu() * 1e3, p.compiling() * 1e3}
	send := p.sender()
	began = time.Now()
	send(0)
	row = append(row, milliseconds(time.Since(began)))
	start, startCompilers := p.cpu(), p.compiling()
	requests(send, 1, *first)
	each := func(since, now float64, count int) float64 { return (now - since) / float64(count) * 1e6 }
	firstCost := each(start, p.cpu(), *first)
	row = append(row, firstCost, each(startCompilers, p.compiling(), *first))
	all := max(*first, *many)
	requests(send, *first, all-*first)
	manyCost := each(start, p.cpu(), all)
	row = append(row, manyCost, each(startCompilers, p.compiling(), all))
	requests(send, 0, *warm)
	start = p.cpu()
	requests(send, 0, all)
	later := each(start, p.cpu(), all)
	row = append(row, later, firstCost/later, manyCost/later)
	most := p.memory("VmHWM")
	return append(row, p.idleMemory(), most)
}

// idleMemory is that of another process: this one was busy.
func (p *process) idleMemory() float64 {
	p.stop()
	began := time.Now()
	p.command = exec.Command(p.command.Args[0], p.command.Args[1:]...)
	check(p.command.Start())
	serving(p.health)
	time.Sleep(*idle - min(*idle, time.Since(began)))
	return p.memory("VmRSS")
}

func (p *process) stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM)
	_, _ = p.command.Process.Wait()
}

// requests sends that many, and waits for all.
func requests(send func(int), from, count int) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range *at {
		wait.Go(func() {
			for i := int(next.Add(1)); i <= count; i = int(next.Add(1)) {
				send(from + i)
			}
		})
	}
	wait.Wait()
}

// cpu of the whole process, in seconds: of threads that ended, too, as compilers' and those of a start do.
func (p *process) cpu() float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.command.Process.Pid))
	check(err)
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / ticks
}

// compiling is the CPU of the compilers' threads that there are now, in seconds.
func (p *process) compiling() float64 {
	var sum float64
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", p.command.Process.Pid))
	for _, thread := range threads {
		name, err := os.ReadFile(thread + "/comm")
		if err != nil || !strings.Contains(string(name), compilers) {
			continue // another, or one that ended
		}
		if text, err := os.ReadFile(thread + "/schedstat"); err == nil {
			nanoseconds, _ := strconv.ParseFloat(strings.Fields(string(text))[0], 64)
			sum += nanoseconds / 1e9
		}
	}
	return sum
}

func (p *process) memory(name string) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	check(err)
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, name+":") {
			kilobytes, _ := strconv.ParseFloat(strings.Fields(line)[1], 64)
			return kilobytes / 1024
		}
	}
	return 0
}

// sender sends one request and waits for the end of its answer.
func (p *process) sender() func(int) {
	if *door == "proxy" {
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: *at}}
		return func(number int) {
			answer, err := client.Post(fmt.Sprintf("http://127.0.0.1:%d/v1/chat/completions", p.http), "application/json",
				bytes.NewReader(body(number)))
			check(err)
			_, err = io.Copy(io.Discard, answer.Body)
			check(err)
			check(answer.Body.Close())
			if answer.StatusCode != http.StatusOK {
				log.Fatal("an answer of ", answer.StatusCode)
			}
		}
	}
	connection, err := grpc.NewClient(fmt.Sprintf("127.0.0.1:%d", p.grpc),
		grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{InsecureSkipVerify: true})))
	check(err)
	client := extproc.NewExternalProcessorClient(connection)
	return func(number int) { pick(client, number) }
}

func pick(client extproc.ExternalProcessorClient, number int) {
	stream, err := client.Process(context.Background())
	check(err)
	mode := &extproc.ProtocolConfiguration{RequestBodyMode: filter.ProcessingMode_FULL_DUPLEX_STREAMED,
		ResponseBodyMode: filter.ProcessingMode_FULL_DUPLEX_STREAMED}
	check(stream.Send(&extproc.ProcessingRequest{ProtocolConfig: mode,
		Request: &extproc.ProcessingRequest_RequestHeaders{RequestHeaders: headers(":method", "POST", ":path",
			"/v1/chat/completions", "content-type", "application/json")}}))
	check(stream.Send(&extproc.ProcessingRequest{Request: &extproc.ProcessingRequest_RequestBody{
		RequestBody: &extproc.HttpBody{Body: body(number), EndOfStream: true}}}))
	// the pick, then the body
	answered, err := stream.Recv()
	check(err)
	if answered.GetRequestHeaders() == nil {
		log.Fatal("no pick: ", answered)
	}
	for {
		message, err := stream.Recv()
		check(err)
		if message.GetRequestBody().GetResponse().GetBodyMutation().GetStreamedResponse().GetEndOfStream() {
			break
		}
	}
	check(stream.Send(&extproc.ProcessingRequest{Request: &extproc.ProcessingRequest_ResponseHeaders{
		ResponseHeaders: headers(":status", "200", "content-type", "application/json")}}))
	check(stream.Send(&extproc.ProcessingRequest{Request: &extproc.ProcessingRequest_ResponseBody{
		ResponseBody: &extproc.HttpBody{Body: []byte(`{"model":"m","choices":[]}`), EndOfStream: true}}}))
	check(stream.CloseSend())
	for {
		if _, err := stream.Recv(); err == io.EOF {
			return
		} else {
			check(err)
		}
	}
}

func headers(namesAndValues ...string) *extproc.HttpHeaders {
	var list []*core.HeaderValue
	for i := 0; i < len(namesAndValues); i += 2 {
		list = append(list, &core.HeaderValue{Key: namesAndValues[i], RawValue: []byte(namesAndValues[i+1])})
	}
	return &extproc.HttpHeaders{Headers: &core.HeaderMap{Headers: list}}
}

func body(number int) []byte {
	text := strings.Repeat(fmt.Sprintf("words %d ", number), *size/8)[:max(*size-120, 1)]
	return fmt.Appendf(nil, `{"model":%q,"stream":true,"max_tokens":16,"messages":[{"role":"user","content":%q}]}`, model, text)
}

// serving waits for the health that gateways and kubelets ask for.
func serving(port int) {
	connection, err := grpc.NewClient(fmt.Sprintf("127.0.0.1:%d", port),
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: time.Millisecond, Multiplier: 1, MaxDelay: time.Millisecond},
			MinConnectTimeout: time.Second}))
	check(err)
	defer connection.Close()
	for range 12_000 {
		// a connection that was refused is tried again at once
		if socket, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			_ = socket.Close()
			answer, err := grpc_health_v1.NewHealthClient(connection).Check(context.Background(),
				&grpc_health_v1.HealthCheckRequest{})
			if err == nil && answer.Status == grpc_health_v1.HealthCheckResponse_SERVING {
				return
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	log.Fatal("no readiness in a minute")
}

// endpoints that answer at once, in this process.
func endpoints(count int) string {
	text := "endpoints:\n"
	for i := range count {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		check(err)
		go func() { log.Fatal(http.Serve(listener, http.HandlerFunc(answer))) }()
		text += fmt.Sprintf("  - {name: e%d, address: 127.0.0.1, port: %d, product: NVIDIA-H100, model: %s}\n", i,
			listener.Addr().(*net.TCPAddr).Port, model)
	}
	return text
}

func answer(to http.ResponseWriter, request *http.Request) {
	switch request.URL.Path {
	case "/metrics":
		_, _ = io.WriteString(to, "# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running{model_name=\"m\"} 0\n"+
			"# TYPE vllm:num_requests_waiting gauge\nvllm:num_requests_waiting{model_name=\"m\"} 0\n"+
			"# TYPE vllm:kv_cache_usage_perc gauge\nvllm:kv_cache_usage_perc{model_name=\"m\"} 0\n")
	case "/v1/models":
		_, _ = io.WriteString(to, `{"object":"list","data":[{"id":"m","object":"model"}]}`)
	case "/health":
	default:
		_, _ = io.Copy(io.Discard, request.Body)
		to.Header().Set("content-type", "text/event-stream")
		_, _ = io.WriteString(to, "data: {\"id\":\"a\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[]}\n\ndata: [DONE]\n\n")
	}
}

func free() int {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func milliseconds(time time.Duration) float64 { return float64(time.Microseconds()) / 1e3 }

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
