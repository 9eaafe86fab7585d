"""Makes each of the calls in CALLS.json, and prints the outcomes as JSON: python3 system-calls.py CALLS.json

A call is [way, number, arguments...]. The way is "native", or "int80" for the 32-bit calls of x86. An argument "memory"
is the address of zeros, and a list is the address of 32-bit numbers. The outcome is "ok", the name of the error, or the
number of the signal that ended the process.
"""

import ctypes
import errno
import json
import mmap
import os
import sys

MAP_32BIT = 0x40
libc = ctypes.CDLL(None, use_errno=True)


def memory(content=b"", flags=0, protection=mmap.PROT_READ | mmap.PROT_WRITE):
    libc.mmap.restype = ctypes.c_void_p
    address = libc.mmap(None, ctypes.c_size_t(4096), protection, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | flags, -1, 0)
    ctypes.memmove(address, content, len(content))
    return address


def native(number, arguments):
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(value) for value in arguments])
    return ctypes.get_errno() if result == -1 else 0


def int80(number, arguments):
    # push rbx; mov eax, edi; mov ebx, esi; mov r8d, ecx; mov ecx, edx; mov edx, r8d; int 0x80; pop rbx; ret
    code = bytes.fromhex("53 89f8 89f3 4189c8 89d1 4489c2 cd80 5b c3")
    address = memory(code, protection=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    call = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_uint] * 4)(address)
    result = call(number, *(arguments + [0, 0, 0])[:3])
    return -result if -4096 < result < 0 else 0


def value(argument, flags):
    if argument == "memory":
        return memory(flags=flags)
    if isinstance(argument, list):
        return memory(b"".join(part.to_bytes(4, sys.byteorder) for part in argument), flags)
    return argument


def outcome(way, number, *arguments):
    # Each in a process of its own: some calls change the process, and some end it.
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        flags = MAP_32BIT if way == "int80" else 0
        error = (int80 if way == "int80" else native)(number, [value(argument, flags) for argument in arguments])
        os.write(writer, (errno.errorcode.get(error, str(error)) if error else "ok").encode())
        os._exit(0)
    os.close(writer)
    _, status = os.waitpid(child, 0)
    return f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else os.read(reader, 100).decode()


with open(sys.argv[1]) as file:
    print(json.dumps({name: outcome(*call) for name, call in json.load(file).items()}))
