module kvasir.io/load-tests/proxy/paced

go 1.22
