# Runs functions of users for a worker: batches of rows come in on standard input and go out on standard output, as frames of a length (4 bytes, little-endian) and as
# many bytes. Needs Python 3.9 or newer and nothing besides its own library. What functions print goes to the error output.
import datetime, decimal, inspect, json, os, struct, sys, threading, time, types

FIXED = {"?": 1, "h": 2, "i": 4, "q": 8, "f": 4, "d": 8, "D": 4, "T": 8, "t": 8, "z": 8}
CODES = {"D": "i", "T": "q", "t": "q", "z": "q"}
EPOCH_DAY = datetime.date(1970, 1, 1).toordinal()
EPOCH = datetime.datetime(1970, 1, 1)
EPOCH_UTC = EPOCH.replace(tzinfo=datetime.timezone.utc)
MICRO = datetime.timedelta(microseconds=1)


def end_with(parent):
    # A worker that is killed closes nothing in time: who has no parent any more ends.
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(3)


def read_exactly(file, count):
    data = file.read(count)
    if data is None or len(data) < count:
        os._exit(0)
    return data


def read_frame(file):
    return read_exactly(file, struct.unpack("<I", read_exactly(file, 4))[0])


def write_frame(file, parts):
    file.write(struct.pack("<I", sum(map(len, parts))))
    for part in parts:
        file.write(part)
    file.flush()


def to_time(micros):
    rest, micro = divmod(micros, 1_000_000)
    return datetime.time(rest // 3600 % 24, rest // 60 % 60, rest % 60, micro)


FROM_RAW = {
    "D": lambda days: datetime.date.fromordinal(EPOCH_DAY + days),
    "T": to_time,
    "t": lambda micros: EPOCH + datetime.timedelta(microseconds=micros),
    "z": lambda micros: EPOCH_UTC + datetime.timedelta(microseconds=micros),
    "s": lambda data: data.decode("utf-8"),
    "b": bytes,
    "m": lambda data: decimal.Decimal(data.decode("ascii")),
}


def wanted(kind, value):
    if not isinstance(value, kind):
        raise TypeError("its result is of type " + type(value).__name__)
    return value


def whole(value):
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError("its result is of type " + type(value).__name__)
    return value.__index__()


def to_zoned(value):
    if wanted(datetime.datetime, value).tzinfo is None:
        raise TypeError("its result is a datetime without a time zone")
    return (value - EPOCH_UTC) // MICRO


def to_plain(value):
    if wanted(datetime.datetime, value).tzinfo is not None:
        raise TypeError("its result is a datetime with a time zone")
    return (value - EPOCH) // MICRO


TO_RAW = {
    "?": lambda value: wanted(bool, value),
    "h": whole,
    "i": whole,
    "q": whole,
    "f": float,
    "d": float,
    "D": lambda value: wanted(datetime.date, value).toordinal() - EPOCH_DAY,
    "T": lambda value: ((wanted(datetime.time, value).hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond,
    "t": to_plain,
    "z": to_zoned,
    "s": lambda value: wanted(str, value).encode("utf-8"),
    "b": lambda value: bytes(wanted((bytes, bytearray), value)),
    "m": lambda value: format(decimal.Decimal(wanted((int, decimal.Decimal), value)), "f").encode("ascii"),
}


def read_column(data, at, code, rows):
    present = None
    if data[at]:
        present = data[at + 1:at + 1 + rows]
        at += rows
    at += 1
    if code in FIXED:
        values = struct.unpack_from("<%d%s" % (rows, CODES.get(code, code)), data, at)
        at += rows * FIXED[code]
    else:
        lengths = struct.unpack_from("<%dI" % rows, data, at)
        at += 4 * rows
        values = []
        for length in lengths:
            values.append(data[at:at + length])
            at += length
    read = FROM_RAW.get(code)
    if present is None:
        return (list(values) if read is None else [read(value) for value in values]), at
    if read is None:
        return [value if here else None for value, here in zip(values, present)], at
    return [read(value) if here else None for value, here in zip(values, present)], at


def write_column(raw, code):
    rows = len(raw)
    parts = [b"\1", bytes(0 if value is None else 1 for value in raw)]
    if code in FIXED:
        parts.append(struct.pack("<%d%s" % (rows, CODES.get(code, code)), *(0 if value is None else value for value in raw)))
    else:
        bodies = [value or b"" for value in raw]
        parts.append(struct.pack("<%dI" % rows, *map(len, bodies)))
        parts.append(b"".join(bodies))
    return parts


class Function:
    def __init__(self, told, call):
        self.call, self.parameters, self.result, self.gives_null = call, told["parameters"], told["result"], told["gives_null"]

    def run(self, data):
        rows = struct.unpack_from("<I", data, 2)[0]
        at, columns = 6, []
        for code in self.parameters:
            values, at = read_column(data, at, code, rows)
            columns.append(values)
        to_raw, check = TO_RAW[self.result], "<" + CODES.get(self.result, self.result) if self.result in FIXED else None
        raw = []
        for row, arguments in enumerate(zip(*columns)):
            try:
                value = self.call(*arguments)
                if value is not None:
                    value = to_raw(value)
                    if check:
                        struct.pack(check, value)
                raw.append(value)
            except Exception as error:
                if not self.gives_null:
                    return [b"\1", struct.pack("<I", row), ("%s: %s" % (type(error).__name__, error)).encode("utf-8", "replace")[:4000]]
                raw.append(None)
        return [b"\0"] + write_column(raw, self.result)


def load(told):
    marked = []

    def udf(*given, **_):
        def mark(function):
            marked.append(function)
            return function
        return mark(given[0]) if given and callable(given[0]) else mark

    module = types.ModuleType("function_" + told["name"])
    module.udf = udf
    for name in ("arroyo_udf", "orleansflow_udf"):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].udf = udf
    exec(compile(told["source"], told["name"] + ".py", "exec"), module.__dict__)
    entry = told["entry"]
    call = getattr(module, entry, None) or next((value for key, value in vars(module).items() if key.lower() == entry.lower() and callable(value)), None)
    if call is None and not told["is_named"] and len(marked) == 1:
        call = marked[0]
    if not callable(call):
        raise NameError("it has no function '%s'; name it with ENTRY" % entry)
    try:
        inspect.signature(call).bind(*told["parameters"])
    except ValueError:
        pass
    return Function(told, call)


def main():
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    functions = []
    for index, told in enumerate(json.loads(read_frame(source))):
        try:
            functions.append(load(told))
        except BaseException as error:
            write_frame(sink, [json.dumps({"index": index, "error": "%s: %s" % (type(error).__name__, error)}).encode()])
            return
    write_frame(sink, [b"{}"])
    while True:
        data = read_frame(source)
        write_frame(sink, functions[struct.unpack_from("<H", data)[0]].run(data))


main()
