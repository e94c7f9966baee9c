"""Serves moto on a free loopback port, says which on standard output, and ends when standard input does.

A test that is killed takes its end of the pipe with it, so no server is ever left behind.
"""

import sys

try:
    from moto.server import ThreadedMotoServer
except ImportError as error:
    print(error, flush=True)
    sys.exit(1)

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
_, port = server.get_host_and_port()
print(port, flush=True)
sys.stdin.read()
server.stop()
