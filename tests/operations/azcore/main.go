// One ARM operation by Azure's own Go libraries, from the request to the end of what it started.
//
//	azcore [-credential secret|workload|managed] put|patch|post|delete|get PATH < body.json
//	azcore resume < token
//
// It prints JSON lines: {"accepted": {"status", "token"}} when ARM took the operation on, the token being the
// poller's, and {"ended": {"body"}} or {"ended": {"error": {"status", "code"}}}. What isn't ARM's
// answer goes to standard error, with exit code 1.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

type line struct {
	Accepted *accepted `json:"accepted,omitempty"`
	Ended    *ended    `json:"ended,omitempty"`
}

type accepted struct {
	Status int    `json:"status"`
	Token  string `json:"token"`
}

type ended struct {
	Body  any      `json:"body,omitempty"`
	Error *refusal `json:"error,omitempty"`
}

type refusal struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
}

func main() {
	credential := flag.String("credential", "secret", "secret, workload or managed")
	flag.Parse()
	body, err := run(context.Background(), *credential, flag.Args())
	var refused *azcore.ResponseError
	switch {
	case errors.As(err, &refused):
		say(line{Ended: &ended{Error: &refusal{refused.StatusCode, refused.ErrorCode}}})
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	default:
		say(line{Ended: &ended{Body: body}})
	}
}

func run(ctx context.Context, credential string, words []string) (any, error) {
	given, err := io.ReadAll(os.Stdin)
	if err != nil {
		return nil, err
	}
	client, err := connect(ctx, credential)
	if err != nil {
		return nil, err
	}
	switch {
	case len(words) == 1 && words[0] == "resume":
		return client.resume(ctx, string(given))
	case len(words) == 2:
		return client.do(ctx, words[0], words[1], given)
	default:
		return nil, fmt.Errorf("azcore METHOD PATH, or azcore resume: not %q", words)
	}
}

func say(what line) {
	text, err := json.Marshal(what)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}
