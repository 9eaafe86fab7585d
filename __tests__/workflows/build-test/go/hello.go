package main

import (
	"fmt"

	"github.com/google/uuid"
)

func main() {
	if uuid.Validate(uuid.NewString()) == nil {
		fmt.Println("built: go")
	}
}
