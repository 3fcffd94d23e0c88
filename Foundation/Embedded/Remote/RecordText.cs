using Orleans.Embedded.Serialization;
using Orleans.Serialization;

namespace Orleans.Embedded.Remote;

/// <summary>The parts that several records have: grain ids, contexts, times, failures.</summary>
internal static class RecordText
{
    private const int ContextEntriesMax = 1000;

    public static void WriteGrainId(CodecWriter writer, GrainId id)
    {
        writer.WriteBytes(id.Type.AsSpan());
        writer.WriteBytes(id.Key.AsSpan());
    }

    public static GrainId ReadGrainId(CodecReader reader)
    {
        var type = reader.ReadBytes().ToArray();
        var key = reader.ReadBytes().ToArray();
        return type.Length > 0 && key.Length > 0
            ? GrainId.Create(new GrainType(type), new IdSpan(key))
            : throw reader.Error("A grain id has no type or no key");
    }

    /// <summary>Times travel as milliseconds, 0 for ever: clocks of two processes differ.</summary>
    public static void WriteTime(CodecWriter writer, TimeSpan time) => writer.WriteVarint(
        time == Timeout.InfiniteTimeSpan ? 0 : (ulong)Math.Max(1, (long)time.TotalMilliseconds));

    public static TimeSpan ReadTime(CodecReader reader)
    {
        var milliseconds = reader.ReadVarint();
        return milliseconds is 0 or > (ulong)(24L * 3600 * 1000 * 10_000)
            ? Timeout.InfiniteTimeSpan
            : TimeSpan.FromMilliseconds(milliseconds);
    }

    public static void WriteContext(CodecWriter writer, RequestContextValues? context)
    {
        if (context is null)
        {
            writer.WriteByte(0);
            return;
        }

        writer.WriteByte(1);
        Span<byte> chain = stackalloc byte[16];
        context.ReentrancyId.TryWriteBytes(chain);
        writer.WriteBytes(chain);
        writer.WriteVarint((ulong)context.Values.Count);
        foreach (var (key, value) in context.Values)
        {
            writer.WriteString(key);
            writer.WriteField(0, value);
        }
    }

    public static RequestContextValues? ReadContext(CodecReader reader)
    {
        if (reader.ReadVarint() == 0)
        {
            return null;
        }

        var chain = reader.ReadBytes();
        if (chain.Length != 16)
        {
            throw reader.Error($"The id of a call chain has {chain.Length} bytes instead of 16");
        }

        var context = RequestContextValues.Empty.With(new Guid(chain));
        var count = ReadCount(reader, "values of the request context");
        if (count > ContextEntriesMax)
        {
            throw reader.Error($"A request context of {count} values is announced; {ContextEntriesMax} are allowed");
        }

        for (var index = 0; index < count; index++)
        {
            var key = reader.ReadString();
            if (reader.ReadField<object?>(reader.ReadHeader()) is { } value)
            {
                context = context.With(key, value);
            }
        }

        return context;
    }

    public static int ReadCount(CodecReader reader, string what)
    {
        // Each has a byte of its own at least.
        var count = reader.ReadVarint();
        return count <= (ulong)reader.Remaining
            ? (int)count
            : throw reader.Error($"{count} {what} are announced where {reader.Remaining} bytes are left");
    }

    /// <summary>What a caller gets for bytes that are no value of the type that it expects.</summary>
    public static Exception Unreadable(CodecReader reader, string what, Exception exception) =>
        exception is SerializerException ? exception : reader.Error($"The bytes are not {what}: {exception.Message}", exception);

    public static void WriteFailure(CodecWriter writer, Exception exception) => writer.WriteField(0, exception);

    public static Exception ReadFailure(CodecReader reader)
    {
        try
        {
            return reader.ReadField<Exception?>(reader.ReadHeader())
                ?? new OrleansException("The call failed, and the silo did not say why.");
        }
        catch (Exception exception)
        {
            return new OrleansException($"The call failed with an exception that cannot be read here: {exception.Message}", exception);
        }
    }
}
