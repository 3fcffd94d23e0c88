using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using OrleansFlow.Engine.Functions;

namespace OrleansFlow.Streaming.Udfs.Python;

/// <summary>Columns between the engine's memory and a frame: a byte whether there are nulls, a byte for each row if so, then values; lengths before what has any. All little-endian.</summary>
internal static class PythonColumns
{
    private static readonly long EpochTicks = DateTime.UnixEpoch.Ticks;
    private static readonly int EpochDay = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    private delegate void FixedWriter<T>(Span<byte> to, T value);

    private delegate T FixedReader<T>(ReadOnlySpan<byte> from);

    public static bool IsNull(in FunctionCall call, int index, FunctionType type, int row) => type.Code switch
    {
        '?' => call.Argument<bool>(index).IsNull(row),
        'h' => call.Argument<short>(index).IsNull(row),
        'i' => call.Argument<int>(index).IsNull(row),
        'q' => call.Argument<long>(index).IsNull(row),
        'f' => call.Argument<float>(index).IsNull(row),
        'd' => call.Argument<double>(index).IsNull(row),
        'm' => call.Argument<decimal>(index).IsNull(row),
        's' => call.Argument<string>(index).IsNull(row),
        'b' => call.Argument<byte[]>(index).IsNull(row),
        'D' => call.Argument<DateOnly>(index).IsNull(row),
        'T' => call.Argument<TimeOnly>(index).IsNull(row),
        't' => call.Argument<DateTime>(index).IsNull(row),
        _ => call.Argument<DateTimeOffset>(index).IsNull(row),
    };

    /// <summary>An argument for people; null is null.</summary>
    public static object? Box(in FunctionCall call, int index, FunctionType type, int row) => IsNull(call, index, type, row) ? null : type.Code switch
    {
        '?' => call.Argument<bool>(index)[row],
        'h' => call.Argument<short>(index)[row],
        'i' => call.Argument<int>(index)[row],
        'q' => call.Argument<long>(index)[row],
        'f' => call.Argument<float>(index)[row],
        'd' => call.Argument<double>(index)[row],
        'm' => call.Argument<decimal>(index)[row],
        's' => call.Argument<string>(index)[row],
        'b' => call.Argument<byte[]>(index)[row],
        'D' => call.Argument<DateOnly>(index)[row],
        'T' => call.Argument<TimeOnly>(index)[row],
        't' => call.Argument<DateTime>(index)[row],
        _ => call.Argument<DateTimeOffset>(index)[row],
    };

    /// <summary>Writes the arguments of a parameter for some rows.</summary>
    public static void Write(ArrayBufferWriter<byte> frame, in FunctionCall call, int index, FunctionType type, ReadOnlySpan<int> rows)
    {
        switch (type.Code)
        {
            case '?': Fixed(frame, call.Argument<bool>(index), rows, 1, static (to, value) => to[0] = value ? (byte)1 : (byte)0); break;
            case 'h': Fixed(frame, call.Argument<short>(index), rows, 2, BinaryPrimitives.WriteInt16LittleEndian); break;
            case 'i': Fixed(frame, call.Argument<int>(index), rows, 4, BinaryPrimitives.WriteInt32LittleEndian); break;
            case 'q': Fixed(frame, call.Argument<long>(index), rows, 8, BinaryPrimitives.WriteInt64LittleEndian); break;
            case 'f': Fixed(frame, call.Argument<float>(index), rows, 4, BinaryPrimitives.WriteSingleLittleEndian); break;
            case 'd': Fixed(frame, call.Argument<double>(index), rows, 8, BinaryPrimitives.WriteDoubleLittleEndian); break;
            case 'D': Fixed(frame, call.Argument<DateOnly>(index), rows, 4, static (to, value) => BinaryPrimitives.WriteInt32LittleEndian(to, value.DayNumber - EpochDay)); break;
            case 'T': Fixed(frame, call.Argument<TimeOnly>(index), rows, 8, static (to, value) => BinaryPrimitives.WriteInt64LittleEndian(to, value.Ticks / TimeSpan.TicksPerMicrosecond)); break;
            case 't': Fixed(frame, call.Argument<DateTime>(index), rows, 8, static (to, value) => BinaryPrimitives.WriteInt64LittleEndian(to, (value.Ticks - EpochTicks) / TimeSpan.TicksPerMicrosecond)); break;
            case 'z': Fixed(frame, call.Argument<DateTimeOffset>(index), rows, 8, static (to, value) => BinaryPrimitives.WriteInt64LittleEndian(to, (value.UtcTicks - EpochTicks) / TimeSpan.TicksPerMicrosecond)); break;
            case 'm': Bytes(frame, call.Argument<decimal>(index), rows, static value => Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture))); break;
            case 's': Bytes(frame, call.Argument<string>(index), rows, Encoding.UTF8.GetBytes); break;
            default: Bytes(frame, call.Argument<byte[]>(index), rows, static value => value); break;
        }
    }

    /// <summary>Makes every result null.</summary>
    public static void WriteNulls(in FunctionCall call)
    {
        // Whatever the type: nulls are beside the values.
        var results = call.Results<long>();
        for (var row = 0; row < results.Count; row++)
        {
            results.SetNull(row);
        }
    }

    /// <summary>Writes every result: those of the answer in the places of their rows, null in the others.</summary>
    /// <exception cref="OverflowException">A value does not fit the type; as <see cref="ArgumentException"/> and <see cref="FormatException"/>.</exception>
    public static void Read(in FunctionCall call, FunctionType type, ReadOnlySpan<int> rows, ReadOnlySpan<byte> column)
    {
        switch (type.Code)
        {
            case '?': Fixed(call.Results<bool>(), rows, column, 1, static from => from[0] != 0); break;
            case 'h': Fixed(call.Results<short>(), rows, column, 2, BinaryPrimitives.ReadInt16LittleEndian); break;
            case 'i': Fixed(call.Results<int>(), rows, column, 4, BinaryPrimitives.ReadInt32LittleEndian); break;
            case 'q': Fixed(call.Results<long>(), rows, column, 8, BinaryPrimitives.ReadInt64LittleEndian); break;
            case 'f': Fixed(call.Results<float>(), rows, column, 4, BinaryPrimitives.ReadSingleLittleEndian); break;
            case 'd': Fixed(call.Results<double>(), rows, column, 8, BinaryPrimitives.ReadDoubleLittleEndian); break;
            case 'D': Fixed(call.Results<DateOnly>(), rows, column, 4, static from => DateOnly.FromDayNumber(BinaryPrimitives.ReadInt32LittleEndian(from) + EpochDay)); break;
            case 'T': Fixed(call.Results<TimeOnly>(), rows, column, 8, static from => new TimeOnly(BinaryPrimitives.ReadInt64LittleEndian(from) * TimeSpan.TicksPerMicrosecond)); break;
            case 't': Fixed(call.Results<DateTime>(), rows, column, 8, static from => new DateTime(TicksOf(from))); break;
            case 'z': Fixed(call.Results<DateTimeOffset>(), rows, column, 8, static from => new DateTimeOffset(TicksOf(from), TimeSpan.Zero)); break;
            case 'm': Bytes(call.Results<decimal>(), rows, column, static from => decimal.Parse(Encoding.ASCII.GetString(from), NumberStyles.Float, CultureInfo.InvariantCulture)); break;
            case 's': Bytes(call.Results<string>(), rows, column, Encoding.UTF8.GetString); break;
            default: Bytes(call.Results<byte[]>(), rows, column, static from => from.ToArray()); break;
        }
    }

    private static long TicksOf(ReadOnlySpan<byte> from) => (BinaryPrimitives.ReadInt64LittleEndian(from) * TimeSpan.TicksPerMicrosecond) + EpochTicks;

    private static void Presence<T>(ArrayBufferWriter<byte> frame, EngineColumn<T> column, ReadOnlySpan<int> rows)
    {
        frame.GetSpan(1)[0] = column.MayHaveNulls ? (byte)1 : (byte)0;
        frame.Advance(1);
        if (!column.MayHaveNulls)
        {
            return;
        }

        var present = frame.GetSpan(rows.Length);
        for (var place = 0; place < rows.Length; place++)
        {
            present[place] = column.IsNull(rows[place]) ? (byte)0 : (byte)1;
        }

        frame.Advance(rows.Length);
    }

    private static void Fixed<T>(ArrayBufferWriter<byte> frame, EngineColumn<T> column, ReadOnlySpan<int> rows, int size, FixedWriter<T> write)
    {
        Presence(frame, column, rows);
        var values = frame.GetSpan(rows.Length * size)[..(rows.Length * size)];
        values.Clear();
        for (var place = 0; place < rows.Length; place++)
        {
            if (!column.IsNull(rows[place]))
            {
                write(values.Slice(place * size, size), column[rows[place]]);
            }
        }

        frame.Advance(values.Length);
    }

    private static void Bytes<T>(ArrayBufferWriter<byte> frame, EngineColumn<T> column, ReadOnlySpan<int> rows, Func<T, byte[]> encode)
    {
        Presence(frame, column, rows);
        var bodies = new byte[rows.Length][];
        for (var place = 0; place < rows.Length; place++)
        {
            bodies[place] = column.IsNull(rows[place]) ? [] : encode(column[rows[place]]);
            BinaryPrimitives.WriteInt32LittleEndian(frame.GetSpan(4), bodies[place].Length);
            frame.Advance(4);
        }

        foreach (var body in bodies)
        {
            frame.Write(body);
        }
    }

    private static void Fixed<T>(EngineColumnWriter<T> results, ReadOnlySpan<int> rows, ReadOnlySpan<byte> column, int size, FixedReader<T> read)
    {
        var values = column[(1 + rows.Length)..];
        var place = 0;
        for (var row = 0; row < results.Count; row++)
        {
            if (place == rows.Length || rows[place] != row)
            {
                results.SetNull(row);
                continue;
            }

            if (column[1 + place] == 0)
            {
                results.SetNull(row);
            }
            else
            {
                results[row] = read(values.Slice(place * size, size));
            }

            place++;
        }
    }

    private static void Bytes<T>(EngineColumnWriter<T> results, ReadOnlySpan<int> rows, ReadOnlySpan<byte> column, FixedReader<T> read)
    {
        var lengths = column.Slice(1 + rows.Length, 4 * rows.Length);
        var bodies = column[(1 + (5 * rows.Length))..];
        var place = 0;
        for (var row = 0; row < results.Count; row++)
        {
            if (place == rows.Length || rows[place] != row)
            {
                results.SetNull(row);
                continue;
            }

            var body = bodies[..BinaryPrimitives.ReadInt32LittleEndian(lengths[(4 * place)..])];
            bodies = bodies[body.Length..];
            if (column[1 + place] == 0)
            {
                results.SetNull(row);
            }
            else
            {
                results[row] = read(body);
            }

            place++;
        }
    }
}
